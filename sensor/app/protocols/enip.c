/* enip.c - EtherNet/IP over TCP and UDP: one tx for a request and its answer.
 * Source: "The CIP Networks Library", volume 2, chapter 2. */
#include "sensor/app/protocols/enip_state.h"

#define ENIP_PORT      44818
#define WAITING_MAX    256
#define REGISTER_BYTES 4u /* of a request for a session: version and options */

static const char *const events[ENIP_EVENT_COUNT] = {
    [ENIP_EVENT_TOO_MANY_TRANSACTIONS] = "too_many_transactions",
    [ENIP_EVENT_INVALID_PDU] = "invalid_pdu",
};

struct enip_state {
    struct app *app;
    struct app_flow *flow;
    struct framed framed[2];
};

static void read_header(struct bytes data, struct enip_message *m, uint16_t *length)
{
    struct cursor c = cursor_over(data);
    m->command = cursor_le16(&c);
    *length = cursor_le16(&c);
    m->session = cursor_le32(&c);
    m->status = cursor_le32(&c);
    cursor_skip(&c, 8);
    m->options = cursor_le32(&c);
}

static bool length_fits(const struct enip_message *m, uint16_t length)
{
    switch (m->command) {
    case ENIP_NOP:
        return m->options == 0;
    case ENIP_REGISTER_SESSION:
        return length == 4 || (length == 0 && m->status != 0);
    case ENIP_UNREGISTER_SESSION:
        return length == 0 || length == 4;
    default:
        return true;
    }
}

/* What every session over TCP begins with, in either direction: enough to tell it on any port. */
static enum app_result probe_register(struct bytes data)
{
    static const uint8_t start[] = {ENIP_REGISTER_SESSION, 0, REGISTER_BYTES, 0};
    struct bytes first = bytes_slice(data, 0, sizeof start);
    struct enip_message m = {0};
    uint16_t length;
    if (memcmp(first.p, start, first.len) != 0)
        return APP_DECLINE;
    if (data.len < ENIP_HEADER_BYTES + REGISTER_BYTES)
        return APP_MORE;
    read_header(data, &m, &length);
    struct cursor c = cursor_over(bytes_slice(data, ENIP_HEADER_BYTES, SIZE_MAX));
    bool plain = m.status == 0 && m.options == 0 && cursor_le16(&c) == 1 && cursor_le16(&c) == 0;
    return plain ? APP_OK : APP_DECLINE;
}

static enum app_result enip_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    struct enip_message m = {0};
    uint16_t length;
    (void)dir;
    if (e->port[0] != ENIP_PORT && e->port[1] != ENIP_PORT)
        return e->transport == 6 ? probe_register(data) : APP_DECLINE;
    if (data.len < ENIP_HEADER_BYTES)
        return data.len >= 2 && !enip_command_name((uint16_t)(data.p[0] | data.p[1] << 8))
                   ? APP_DECLINE
                   : APP_MORE;
    read_header(data, &m, &length);
    return enip_command_name(m.command) && enip_status_name(m.status) && length_fits(&m, length)
               ? APP_OK
               : APP_DECLINE;
}

/* Picked up midway, or a datagram: the end with the port is the server. */
static bool enip_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    return e->port[0] == ENIP_PORT && e->port[1] != ENIP_PORT &&
           enip_probe(e, TO_CLIENT, data) == APP_OK;
}

/* The oldest request of this command and session that has no answer yet. */
static struct enip_tx *request_of(struct enip_state *s, const struct enip_message *m)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct enip_tx *t = (struct enip_tx *)tx;
        const struct enip_message *asked = &t->side[TO_SERVER];
        if (tx->proto == APP_ENIP && asked->seen && !t->side[TO_CLIENT].seen &&
            asked->command == m->command &&
            (asked->session == m->session || m->command == ENIP_REGISTER_SESSION))
            return t;
    }
    return NULL;
}

/* Too many requests without an answer: the oldest counts as done, and says so. */
static void limit_waiting(struct enip_state *s)
{
    struct app_tx *oldest = NULL;
    unsigned waiting = 0;
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        if (tx->proto != APP_ENIP || app_tx_is_done(tx))
            continue;
        oldest = oldest ? oldest : tx;
        waiting++;
    }
    if (waiting < WAITING_MAX)
        return;
    app_tx_event(oldest, ENIP_EVENT_TOO_MANY_TRANSACTIONS);
    app_tx_advance(s->flow, oldest, TO_SERVER, ENIP_DONE);
    app_tx_advance(s->flow, oldest, TO_CLIENT, ENIP_DONE);
}

static bool enip_take(void *state, const struct app_input *in, struct bytes head, uint64_t length)
{
    struct enip_state *s = state;
    struct enip_message m = {.seen = true};
    uint16_t said;
    read_header(head, &m, &said);
    struct enip_tx *t = in->dir == TO_CLIENT ? request_of(s, &m) : NULL;
    if (!t) {
        limit_waiting(s);
        t = app_alloc(s->app, sizeof *t);
        app_tx_add(s->app, in->flow, APP_ENIP, &t->tx, in->ts_us);
    }
    app_text_add(s->app, &m.data, bytes_slice(head, ENIP_HEADER_BYTES, SIZE_MAX), ENIP_KEPT_BYTES);
    t->side[in->dir] = m;
    bool cut = length > head.len; /* what is not kept cannot be judged */
    if (!enip_put_payload(NULL, &m) && !cut)
        app_tx_event(&t->tx, ENIP_EVENT_INVALID_PDU);
    app_tx_advance(in->flow, &t->tx, in->dir, ENIP_DONE);
    bool unanswered = m.command == ENIP_NOP || m.command == ENIP_UNREGISTER_SESSION;
    if (in->dir == TO_CLIENT || unanswered)
        app_tx_advance(in->flow, &t->tx, OTHER(in->dir), ENIP_DONE);
    return true;
}

static int64_t enip_length(void *state, enum direction dir, struct bytes data)
{
    (void)state;
    (void)dir;
    return data.len < 4 ? 0 : (int64_t)ENIP_HEADER_BYTES + (data.p[2] | data.p[3] << 8);
}

static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    (void)state;
    return enip_probe(app_flow_endpoints(in->flow), in->dir, data) == APP_OK;
}

static const struct framed_kind messages = {.keep_bytes = ENIP_HEADER_BYTES + ENIP_KEPT_BYTES,
                                            .length = enip_length,
                                            .take = enip_take,
                                            .is_start = is_start};

static enum app_result enip_feed(void *state, const struct app_input *in)
{
    struct enip_state *s = state;
    if (app_is_udp(app_flow_endpoints(in->flow))) { /* a datagram is a message */
        if (in->data.len >= ENIP_HEADER_BYTES)
            enip_take(s, in, bytes_slice(in->data, 0, messages.keep_bytes), in->data.len);
        return APP_OK;
    }
    return framed_feed(&s->framed[in->dir], &messages, s, in) ? APP_OK : APP_BROKEN;
}

static void *enip_open(struct app *a, struct app_flow *f)
{
    struct enip_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void enip_close(struct app *a, void *state)
{
    struct enip_state *s = state;
    framed_release_both(s->framed, a);
    app_dealloc(a, s, sizeof *s);
}

static void enip_tx_free(struct app *a, struct app_tx *tx)
{
    struct enip_tx *t = (struct enip_tx *)tx;
    app_text_free(a, &t->side[TO_SERVER].data);
    app_text_free(a, &t->side[TO_CLIENT].data);
    app_dealloc(a, t, sizeof *t);
}

static bool begins(unsigned transport, uint8_t first)
{
    return transport == APP_OVER_TCP && first == ENIP_REGISTER_SESSION;
}

const struct app_parser app_parser_ENIP = {
    .transports = APP_OVER_TCP | APP_OVER_UDP,
    .complete = {ENIP_DONE, ENIP_DONE},
    .events = events,
    .event_count = ENIP_EVENT_COUNT,
    .probe = enip_probe,
    .begins = begins,
    .ports = {ENIP_PORT},
    .is_reversed = enip_is_reversed,
    .open = enip_open,
    .close = enip_close,
    .feed = enip_feed,
    .tx_free = enip_tx_free,
    .records = enip_records,
    .alert_json = enip_alert_json,
    .buffers = enip_buffers,
    .shapes = enip_shapes,
};
