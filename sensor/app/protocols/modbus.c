/* modbus.c - Modbus over TCP: one tx for a request and its answer. */
#include "sensor/app/protocols/modbus_state.h"

#define MODBUS_PORT  502
#define LENGTH_LEAST 2u /* unit and function */
#define LENGTH_MOST  254u
/* Requests without an answer, as in Suricata. */
#define FLOOD_COUNT  500u
#define HEADER_BYTES 6 /* which tell the length of the rest */

static const char *const events[MODBUS_EVENT_COUNT] = {
    [MODBUS_EVENT_UNSOLICITED_RESPONSE] = "unsolicited_response",
    [MODBUS_EVENT_INVALID_FUNCTION_CODE] = "invalid_function_code",
    [MODBUS_EVENT_INVALID_LENGTH] = "invalid_length",
    [MODBUS_EVENT_INVALID_VALUE] = "invalid_value",
    [MODBUS_EVENT_INVALID_EXCEPTION_CODE] = "invalid_exception_code",
    [MODBUS_EVENT_VALUE_MISMATCH] = "value_mismatch",
    [MODBUS_EVENT_FLOODED] = "flooded",
    [MODBUS_EVENT_INVALID_PROTOCOL_ID] = "invalid_protocol_id",
};

struct modbus_state {
    struct app *app;
    struct app_flow *flow;
    struct framed framed[2];
    bool astray[2]; /* a length made no sense: until a header does again */
    unsigned unanswered;
};

/* A message of a function whose shape can be checked, and nothing wrong with it. */
static bool is_convincing(struct bytes pdu, enum direction dir)
{
    return modbus_function_of(pdu.p[0] & MODBUS_FUNCTION_MASK)->shape != MODBUS_BYTES &&
           modbus_put(NULL, pdu, dir == TO_CLIENT, (struct bytes){0}) == 0;
}

/* On its port a header will do, elsewhere a whole message has to convince. */
static enum app_result modbus_probe(const struct app_endpoints *e, enum direction dir,
                                    struct bytes data)
{
    bool on_port = e->port[0] == MODBUS_PORT || e->port[1] == MODBUS_PORT;
    struct cursor c = cursor_over(data);
    cursor_skip(&c, 2);
    uint16_t protocol = cursor_u16(&c), length = cursor_u16(&c);
    bool fits = length >= LENGTH_LEAST && length <= LENGTH_MOST;
    if ((data.len >= 4 && protocol != 0) || (data.len >= HEADER_BYTES && !fits))
        return APP_DECLINE;
    cursor_skip(&c, 1);
    struct bytes pdu = cursor_take(&c, on_port || !fits ? 1 : length - 1u);
    if (!cursor_ok(&c))
        return APP_MORE;
    bool ok = on_port ? (pdu.p[0] & MODBUS_FUNCTION_MASK) != 0 : is_convincing(pdu, dir);
    return ok ? APP_OK : APP_DECLINE;
}

/* Picked up midway: the end with the port is the server. */
static bool modbus_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    return e->transport == 6 && e->port[0] == MODBUS_PORT && e->port[1] != MODBUS_PORT &&
           modbus_probe(e, TO_CLIENT, data) == APP_OK;
}

static bool answers(const struct modbus_message *request, const struct modbus_message *response)
{
    return request->transaction == response->transaction && request->unit == response->unit &&
           request->pdu.p[0] == (response->pdu.p[0] & MODBUS_FUNCTION_MASK);
}

/* The oldest tx that lacks this side and fits the message. */
static struct modbus_tx *partner(struct modbus_state *s, enum direction dir,
                                 const struct modbus_message *m)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct modbus_tx *t = (struct modbus_tx *)tx;
        if (tx->proto != APP_MODBUS || t->side[dir].seen || !t->side[OTHER(dir)].seen)
            continue;
        if (dir == TO_CLIENT ? answers(&t->side[TO_SERVER], m) : answers(m, &t->side[TO_CLIENT]))
            return t;
    }
    return NULL;
}

static void raise_faults(struct modbus_tx *t, enum direction dir)
{
    static const uint16_t of_fault[] = {
        MODBUS_EVENT_INVALID_VALUE,          MODBUS_EVENT_INVALID_LENGTH,
        MODBUS_EVENT_INVALID_EXCEPTION_CODE, MODBUS_EVENT_INVALID_FUNCTION_CODE,
        MODBUS_EVENT_INVALID_PROTOCOL_ID,
    };
    const struct modbus_message *m = &t->side[dir];
    unsigned faults = m->faults;
    uint8_t shape = modbus_function_of(m->pdu.p[0] & MODBUS_FUNCTION_MASK)->shape;
    bool accesses = shape != MODBUS_BYTES && shape != MODBUS_CODED;
    if (dir == TO_CLIENT && accesses && (faults & (MODBUS_BAD_VALUE | MODBUS_BAD_LENGTH))) {
        app_tx_event(&t->tx, MODBUS_EVENT_VALUE_MISMATCH);
        return;
    }
    for (unsigned i = 0; i < sizeof of_fault / sizeof *of_fault; i++)
        if (faults & 1u << i)
            app_tx_event(&t->tx, of_fault[i]);
}

static struct modbus_tx *tx_new(struct modbus_state *s, const struct app_input *in)
{
    struct modbus_tx *t = app_alloc(s->app, sizeof *t);
    app_tx_add(s->app, in->flow, APP_MODBUS, &t->tx, in->ts_us);
    if (s->unanswered >= FLOOD_COUNT)
        app_tx_event(&t->tx, MODBUS_EVENT_FLOODED);
    if (in->dir == TO_CLIENT)
        app_tx_event(&t->tx, MODBUS_EVENT_UNSOLICITED_RESPONSE);
    return t;
}

static void take_adu(struct modbus_state *s, const struct app_input *in, struct bytes adu)
{
    struct cursor c = cursor_over(adu);
    struct modbus_message m = {.seen = true};
    m.transaction = cursor_u16(&c);
    m.protocol = cursor_u16(&c);
    cursor_skip(&c, 2);
    m.unit = cursor_u8(&c);
    app_text_add(s->app, &m.pdu, cursor_rest(&c), MODBUS_ADU_MAX);
    struct modbus_tx *t = partner(s, in->dir, &m);
    s->unanswered = in->dir == TO_CLIENT ? 0 : s->unanswered + 1;
    if (!t)
        t = tx_new(s, in);
    m.faults = (uint8_t)modbus_put(NULL, app_text_bytes(&m.pdu), in->dir == TO_CLIENT,
                                   app_text_bytes(&t->side[TO_SERVER].pdu));
    if (m.protocol != 0)
        m.faults |= MODBUS_BAD_PROTOCOL;
    t->side[in->dir] = m;
    raise_faults(t, in->dir);
    app_tx_advance(in->flow, &t->tx, in->dir, MODBUS_DONE);
    if (in->dir == TO_CLIENT) /* whatever was asked is over */
        app_tx_advance(in->flow, &t->tx, TO_SERVER, MODBUS_DONE);
}

static bool length_fits(uint64_t length)
{
    return length >= HEADER_BYTES + LENGTH_LEAST && length <= HEADER_BYTES + LENGTH_MOST;
}

/* Many devices go by the function and not by the length, so neither is a bad length believed: what
 * follows such a header is searched for the next one that makes sense. */
static int64_t modbus_length(void *state, enum direction dir, struct bytes data)
{
    const struct modbus_state *s = state;
    if (s->astray[dir] && data.len < HEADER_BYTES + LENGTH_LEAST)
        return 0;
    if (data.len < HEADER_BYTES)
        return 0;
    uint64_t length = HEADER_BYTES + (uint64_t)(data.p[4] << 8 | data.p[5]);
    if (s->astray[dir] &&
        (data.p[2] || data.p[3] || !length_fits(length) || !(data.p[7] & MODBUS_FUNCTION_MASK)))
        return -1;
    return length_fits(length) ? (int64_t)length : HEADER_BYTES;
}

static bool modbus_take(void *state, const struct app_input *in, struct bytes adu, uint64_t length)
{
    struct modbus_state *s = state;
    s->astray[in->dir] = length == HEADER_BYTES;
    if (length > HEADER_BYTES) {
        take_adu(s, in, adu);
        return true;
    }
    struct modbus_tx *t = tx_new(s, in);
    app_tx_event(&t->tx, MODBUS_EVENT_INVALID_LENGTH);
    app_tx_advance(in->flow, &t->tx, TO_SERVER, MODBUS_DONE);
    app_tx_advance(in->flow, &t->tx, TO_CLIENT, MODBUS_DONE);
    return true;
}

static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    (void)state;
    return modbus_probe(app_flow_endpoints(in->flow), in->dir, data) == APP_OK;
}

static const struct framed_kind messages = {.keep_bytes = MODBUS_ADU_MAX,
                                            .length = modbus_length,
                                            .take = modbus_take,
                                            .is_start = is_start};

static enum app_result modbus_feed(void *state, const struct app_input *in)
{
    struct modbus_state *s = state;
    return framed_feed(&s->framed[in->dir], &messages, s, in) ? APP_OK : APP_BROKEN;
}

static void *modbus_open(struct app *a, struct app_flow *f)
{
    struct modbus_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void modbus_close(struct app *a, void *state)
{
    struct modbus_state *s = state;
    framed_release_both(s->framed, a);
    app_dealloc(a, s, sizeof *s);
}

static void modbus_tx_free(struct app *a, struct app_tx *tx)
{
    struct modbus_tx *t = (struct modbus_tx *)tx;
    app_text_free(a, &t->side[TO_SERVER].pdu);
    app_text_free(a, &t->side[TO_CLIENT].pdu);
    app_dealloc(a, t, sizeof *t);
}

const struct app_parser app_parser_MODBUS = {
    .transports = APP_OVER_TCP,
    .wants_all = true,
    .complete = {MODBUS_DONE, MODBUS_DONE},
    .events = events,
    .event_count = MODBUS_EVENT_COUNT,
    .probe = modbus_probe,
    .is_reversed = modbus_is_reversed,
    .open = modbus_open,
    .close = modbus_close,
    .feed = modbus_feed,
    .tx_free = modbus_tx_free,
    .records = modbus_records,
    .alert_json = modbus_alert_json,
    .buffers = modbus_buffers,
    .shapes = modbus_shapes,
};
