/* modbus.c - Modbus over TCP: one tx for a request and its answer. */
#include "sensor/app/protocols/modbus_state.h"

#define MODBUS_PORT  502
#define LENGTH_LEAST 2u /* unit and function */
#define LENGTH_MOST  254u
/* Requests without an answer, as in Suricata. */
#define FLOOD_COUNT   500u
#define FUNCTION_MASK 0x7f

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
    unsigned unanswered;
};

static enum app_result modbus_probe(const struct app_endpoints *e, enum direction dir,
                                    struct bytes data)
{
    struct cursor c = cursor_over(data);
    (void)dir;
    if (e->port[0] != MODBUS_PORT && e->port[1] != MODBUS_PORT)
        return APP_DECLINE;
    cursor_skip(&c, 2);
    uint16_t protocol = cursor_u16(&c), length = cursor_u16(&c);
    cursor_skip(&c, 1);
    uint8_t function = cursor_u8(&c);
    if (data.len >= 4 && protocol != 0)
        return APP_DECLINE;
    if (!cursor_ok(&c))
        return APP_MORE;
    return length >= LENGTH_LEAST && length <= LENGTH_MOST && (function & FUNCTION_MASK)
               ? APP_OK
               : APP_DECLINE;
}

static bool answers(const struct modbus_message *request, const struct modbus_message *response)
{
    return request->transaction == response->transaction && request->unit == response->unit &&
           request->pdu.p[0] == (response->pdu.p[0] & FUNCTION_MASK);
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
    unsigned faults = t->side[dir].faults;
    if (dir == TO_CLIENT && (faults & (MODBUS_BAD_VALUE | MODBUS_BAD_LENGTH))) {
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

static int64_t modbus_length(void *state, enum direction dir, struct bytes data)
{
    (void)state;
    (void)dir;
    if (data.len < 6)
        return 0;
    uint16_t length = (uint16_t)(data.p[4] << 8 | data.p[5]);
    return length < LENGTH_LEAST || length > LENGTH_MOST ? 6 : 6 + length;
}

static bool modbus_take(void *state, const struct app_input *in, struct bytes adu, uint64_t length)
{
    struct modbus_state *s = state;
    if (length > 6) {
        take_adu(s, in, adu);
        return true;
    }
    struct modbus_tx *t = tx_new(s, in); /* where the next message starts cannot be told */
    app_tx_event(&t->tx, MODBUS_EVENT_INVALID_LENGTH);
    app_tx_advance(in->flow, &t->tx, TO_SERVER, MODBUS_DONE);
    app_tx_advance(in->flow, &t->tx, TO_CLIENT, MODBUS_DONE);
    return false;
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
    framed_release(&s->framed[TO_SERVER], a);
    framed_release(&s->framed[TO_CLIENT], a);
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
    .open = modbus_open,
    .close = modbus_close,
    .feed = modbus_feed,
    .tx_free = modbus_tx_free,
    .records = modbus_records,
    .alert_json = modbus_alert_json,
    .shapes = modbus_shapes,
};
