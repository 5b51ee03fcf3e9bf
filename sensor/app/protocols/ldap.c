/* ldap.c - LDAP version 2 and 3 over TCP, and over UDP as Active Directory's clients do: one tx a
 * request, with its answers.
 *
 * Source: RFC 4511. Only the start of a message is kept, and of its answers as many as fit a cap.
 * StartTLS hands over to TLS; what a SASL layer wraps (RFC 4513 section 5.2) cannot be read. What
 * is no message is passed over until one begins. Events as in Suricata 8. */
#include "sensor/app/protocols/framed.h"
#include "sensor/app/protocols/ldap_state.h"

#define MESSAGE_KEPT  2048u
#define LENGTH_MAX    (16u << 20) /* a longer message is none: Active Directory allows 10 MB */
#define REQUEST_CAP   2048u
#define RESPONSE_CAP  512u  /* of one answer */
#define RESPONSES_CAP 8192u /* of all answers to a request; the last one has its place beyond */
#define OPEN_MAX      64u   /* requests that wait for their answers */
#define PROBE_BYTES   16u   /* a message's start up to its operation */
#define PORT          389

static const char *const events[] = {"too_many_transactions", "invalid_data", "request_not_found",
                                     "incomplete_data"};
enum ldap_event { TOO_MANY, INVALID_DATA, REQUEST_NOT_FOUND, INCOMPLETE_DATA, EVENT_COUNT };

struct ldap_state {
    struct app *app;
    struct app_flow *flow;
    struct framed framed[2];
    struct ldap_tx *open[OPEN_MAX]; /* by message id */
    bool astray[2];                 /* of a stream: looking for the next message */
    bool over_tcp, has_sasl, over, switched;
};

static struct ldap_tx *tx_new(struct ldap_state *s, uint32_t id, uint64_t ts_us)
{
    struct ldap_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    t->message_id = id;
    app_tx_add(s->app, s->flow, APP_LDAP, &t->tx, ts_us);
    return t;
}

/* Nothing more comes of this direction; when it has nothing for rules detect need not look. */
static void finish(struct ldap_state *s, struct ldap_tx *t, enum direction dir, bool empty)
{
    if (empty)
        t->tx.inspected[dir] = true;
    app_tx_advance(s->flow, &t->tx, dir, LDAP_DONE);
}

static void note_damage(struct ldap_state *s, const struct app_input *in, enum ldap_event e)
{
    struct ldap_tx *t = tx_new(s, 0, in->ts_us);
    t->is_damage = true;
    app_tx_event(&t->tx, (uint16_t)e);
    finish(s, t, OTHER(in->dir), true);
    finish(s, t, in->dir, false);
}

/* ---- messages ---- */

struct message {
    uint32_t id;
    uint8_t operation;
    struct bytes content; /* of the operation, as far as kept */
};

static bool read_message(struct bytes head, struct message *out)
{
    struct cursor c = cursor_over(head);
    uint8_t tag;
    (void)ber_head(&c, &tag);
    int32_t id = ber_int(&c, BER_INTEGER);
    size_t length = ber_head(&c, &out->operation);
    out->id = (uint32_t)id;
    out->content = bytes_slice(cursor_rest(&c), 0, length);
    return cursor_ok(&c) && tag == BER_SEQUENCE && id >= 0;
}

bool ldap_result(uint8_t operation, struct bytes content, uint32_t *code)
{
    struct cursor c = cursor_over(content);
    if (operation == LDAP_ENTRY || operation == LDAP_REFERENCE || operation == LDAP_INTERMEDIATE)
        return false;
    *code = (uint32_t)ber_int(&c, BER_ENUMERATED);
    return cursor_ok(&c);
}

static bool is_request(uint8_t operation)
{
    switch (operation) {
    case LDAP_UNBIND:
    case LDAP_DELETE:
    case LDAP_ABANDON:
    case LDAP_BIND:
    case LDAP_SEARCH:
    case LDAP_MODIFY:
    case LDAP_ADD:
    case LDAP_MODIFY_DN:
    case LDAP_COMPARE:
    case LDAP_EXTENDED:
        return true;
    default:
        return false;
    }
}

static bool is_final(uint8_t operation)
{
    switch (operation) {
    case LDAP_BIND_RESPONSE:
    case LDAP_SEARCH_DONE:
    case LDAP_MODIFY_RESPONSE:
    case LDAP_ADD_RESPONSE:
    case LDAP_DELETE_RESPONSE:
    case LDAP_MODIFY_DN_RESPONSE:
    case LDAP_COMPARE_RESPONSE:
    case LDAP_EXTENDED_RESPONSE:
        return true;
    default:
        return false;
    }
}

static bool is_response(uint8_t operation)
{
    return is_final(operation) || operation == LDAP_ENTRY || operation == LDAP_REFERENCE ||
           operation == LDAP_INTERMEDIATE;
}

static bool asks_sasl(const struct message *m)
{
    struct cursor c = cursor_over(m->content);
    (void)ber_take(&c, BER_INTEGER);
    (void)ber_take(&c, BER_OCTETS);
    return m->operation == LDAP_BIND && cursor_ok(&c) && ber_is_next(&c, BER_CONTEXT(3));
}

static bool asks_starttls(const struct message *m)
{
    struct cursor c = cursor_over(m->content);
    return m->operation == LDAP_EXTENDED &&
           bytes_eq(ber_take(&c, BER_PRIMITIVE(0)), BYTES_LIT("1.3.6.1.4.1.1466.20037"));
}

static void take_request(struct ldap_state *s, const struct app_input *in, const struct message *m)
{
    struct ldap_tx **slot = &s->open[m->id % OPEN_MAX], *t = tx_new(s, m->id, in->ts_us);
    t->operation = m->operation;
    t->has_sasl = asks_sasl(m);
    t->has_starttls = asks_starttls(m);
    app_text_add(s->app, &t->request, m->content, REQUEST_CAP);
    finish(s, t, TO_SERVER, false);
    if (m->operation == LDAP_UNBIND || m->operation == LDAP_ABANDON) {
        finish(s, t, TO_CLIENT, true);
        return;
    }
    if (*slot) { /* its answer did not come before so many others */
        app_tx_event(&(*slot)->tx, TOO_MANY);
        finish(s, *slot, TO_CLIENT, true);
    }
    *slot = t;
}

static void keep_response(struct ldap_state *s, struct ldap_tx *t, const struct message *m)
{
    struct bytes content = bytes_slice(m->content, 0, RESPONSE_CAP);
    uint32_t cap = RESPONSES_CAP + (is_final(m->operation) ? 3 + RESPONSE_CAP : 0);
    const uint8_t head[] = {m->operation, (uint8_t)(content.len >> 8), (uint8_t)content.len};
    if (t->responses.len + sizeof head + content.len > cap)
        return;
    app_text_add(s->app, &t->responses, bytes_of(head, sizeof head), cap);
    app_text_add(s->app, &t->responses, content, cap);
}

/* False: another protocol follows. */
static bool note_success(struct ldap_state *s, const struct ldap_tx *t, const struct message *m)
{
    uint32_t code;
    if (!ldap_result(m->operation, m->content, &code) || code != 0)
        return true;
    bool unseen = m->operation == LDAP_BIND_RESPONSE && t->operation == 0;
    s->has_sasl = s->has_sasl || t->has_sasl || unseen;
    s->switched = t->has_starttls;
    if (s->switched)
        app_flow_switch(s->app, s->flow, APP_TLS, (struct bytes){0});
    return !s->switched;
}

static bool take_response(struct ldap_state *s, const struct app_input *in, const struct message *m)
{
    struct ldap_tx **slot = &s->open[m->id % OPEN_MAX], *t = *slot;
    bool known = t && t->message_id == m->id, final = is_final(m->operation);
    if (!known && !final) /* of a search whose start was not seen: its end will tell */
        return true;
    if (!known) {
        t = tx_new(s, m->id, in->ts_us);
        finish(s, t, TO_SERVER, true);
        if (m->operation != LDAP_EXTENDED_RESPONSE) /* which may be a notice (RFC 4511 4.4) */
            app_tx_event(&t->tx, REQUEST_NOT_FOUND);
    }
    keep_response(s, t, m);
    if (!final)
        return true;
    if (known)
        *slot = NULL;
    bool more = note_success(s, t, m);
    finish(s, t, TO_CLIENT, false);
    return more;
}

/* ---- the flow ---- */

static bool starts_message(enum direction dir, struct bytes data)
{
    struct message m;
    return read_message(bytes_slice(data, 0, PROBE_BYTES), &m) &&
           (dir == TO_SERVER ? is_request(m.operation) : is_response(m.operation));
}

/* As message_length, while no message is known to begin here. */
static int64_t look_for_message(enum direction dir, struct bytes data)
{
    const uint8_t *next = memchr(data.p, BER_SEQUENCE, data.len);
    if (!next)
        return -(int64_t)data.len;
    if (next > data.p)
        return data.p - next;
    return data.len < PROBE_BYTES && !starts_message(dir, data) ? 0 : -1;
}

static int64_t message_length(void *state, enum direction dir, struct bytes data)
{
    struct ldap_state *s = state;
    struct cursor c = cursor_over(data);
    uint8_t tag;
    if (s->astray[dir] && !starts_message(dir, data))
        return look_for_message(dir, data);
    s->astray[dir] = false;
    if (data.p[0] != BER_SEQUENCE)
        return 1;
    size_t length = ber_head(&c, &tag);
    if (cursor_ok(&c)) /* take_message will find one byte too short */
        return length > LENGTH_MAX ? 1 : (int64_t)(data.len - cursor_left(&c) + length);
    return data.len < 6 ? 0 : 6;
}

static bool take_message(void *state, const struct app_input *in, struct bytes head,
                         uint64_t length)
{
    struct ldap_state *s = state;
    struct message m;
    (void)length;
    if (head.p[0] != BER_SEQUENCE && s->has_sasl) { /* wrapped from here on */
        s->over = true;
        app_flow_bypass(s->flow);
        return false;
    }
    if (!read_message(head, &m)) {
        note_damage(s, in, INVALID_DATA);
        s->astray[in->dir] = s->over_tcp;
        return s->over_tcp;
    }
    if (is_request(m.operation) && in->dir == TO_SERVER)
        take_request(s, in, &m);
    else if (is_response(m.operation) && in->dir == TO_CLIENT)
        return take_response(s, in, &m);
    else
        note_damage(s, in, INVALID_DATA);
    return true;
}

/* After a gap message_length looks for the next one. */
static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    (void)state;
    (void)in;
    (void)data;
    return true;
}

static const struct framed_kind messages = {.keep_bytes = MESSAGE_KEPT,
                                            .length = message_length,
                                            .take = take_message,
                                            .is_start = is_start};

/* A datagram ends its messages. */
static void end_datagram(struct ldap_state *s, const struct app_input *in)
{
    struct framed *f = &s->framed[in->dir];
    if (f->held.len > 0 || f->to_skip > 0)
        note_damage(s, in, INCOMPLETE_DATA);
    framed_release(f, s->app);
    f->to_skip = 0;
}

static enum app_result ldap_feed(void *state, const struct app_input *in)
{
    struct ldap_state *s = state;
    struct framed *f = &s->framed[in->dir];
    if (s->over)
        return APP_OK;
    if (in->flags & APP_FEED_GAP && in->gap_bytes > f->to_skip)
        s->astray[in->dir] = true;
    framed_feed(f, &messages, s, in);
    if (!s->over_tcp)
        end_datagram(s, in);
    if (s->switched) {
        app_flow_unread(s->app, s->flow, in->dir, f->rest);
        return APP_OK;
    }
    return APP_OK;
}

static enum app_result ldap_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    if (data.len > 0 && data.p[0] != BER_SEQUENCE)
        return APP_DECLINE;
    if (starts_message(dir, data))
        return APP_OK;
    return e->transport == 6 && data.len < PROBE_BYTES ? APP_MORE : APP_DECLINE;
}

static bool ldap_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    return e->port[0] == PORT && e->port[1] != PORT && starts_message(TO_CLIENT, data);
}

static void *ldap_open(struct app *a, struct app_flow *f)
{
    struct ldap_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    s->over_tcp = app_flow_endpoints(f)->transport == 6;
    s->astray[TO_SERVER] = s->astray[TO_CLIENT] = s->over_tcp; /* picked up midway, maybe */
    return s;
}

static void ldap_close(struct app *a, void *state)
{
    struct ldap_state *s = state;
    framed_release_both(s->framed, a);
    app_dealloc(a, s, sizeof *s);
}

static void ldap_tx_free(struct app *a, struct app_tx *tx)
{
    struct ldap_tx *t = (struct ldap_tx *)tx;
    struct ldap_tx **slot = &t->state->open[t->message_id % OPEN_MAX];
    if (*slot == t)
        *slot = NULL;
    app_text_free(a, &t->request);
    app_text_free(a, &t->responses);
    app_dealloc(a, t, sizeof *t);
}

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    return first == BER_SEQUENCE;
}

const struct app_parser app_parser_LDAP = {
    .transports = APP_OVER_TCP | APP_OVER_UDP,
    .complete = {LDAP_DONE, LDAP_DONE},
    .plain_to_rules = true,
    .events = events,
    .event_count = EVENT_COUNT,
    .probe = ldap_probe,
    .begins = begins,
    .ports = {PORT},
    .is_reversed = ldap_is_reversed,
    .open = ldap_open,
    .close = ldap_close,
    .feed = ldap_feed,
    .tx_free = ldap_tx_free,
    .records = ldap_records,
    .alert_json = ldap_alert_json,
    .shapes = ldap_shapes,
};
