/* dcerpc.c - DCE/RPC over TCP and UDP: a call, or a bind, with its answer is one tx.
 *
 * What is no PDU is passed over byte by byte until one begins again. Source: The Open Group C706,
 * chapters 9 and 12; fields and what is a tx as in Suricata 7, which has no events for DCE/RPC. */
#include "sensor/app/protocols/dcerpc.h"
#include "sensor/app/protocols/dcerpc_state.h"
#include "sensor/app/protocols/framed.h"
#include <stdio.h>

/* Longest PDU that can be: its length has 16 bits. */
#define PDU_MAX 65535u

static const char *const events[DCERPC_EVENT_COUNT] = {"malformed_data"};

/* ---- calls ---- */

void dcerpc_call_stub(struct app *a, struct dcerpc_call *c, enum direction dir, struct bytes stub)
{
    app_text_add(a, &c->stub[dir], stub, DCERPC_STUB_MAX);
    c->stub_bytes[dir] += stub.len;
    c->fragments[dir]++;
}

void dcerpc_call_free(struct app *a, struct dcerpc_call *c)
{
    app_text_free(a, &c->stub[TO_SERVER]);
    app_text_free(a, &c->stub[TO_CLIENT]);
}

struct dcerpc_tx *dcerpc_new_tx(struct dcerpc_state *s, bool datagram)
{
    struct dcerpc_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    t->datagram = datagram;
    app_tx_add(s->app, s->flow, APP_DCERPC, &t->tx, s->ts_us);
    return t;
}

void dcerpc_done(struct dcerpc_tx *t, enum direction dir)
{
    app_tx_advance(t->state->flow, &t->tx, dir, DCERPC_DONE);
    app_flow_flush(t->state->flow, dir);
}

void dcerpc_damage(struct dcerpc_state *s, bool datagram)
{
    struct dcerpc_tx *t = dcerpc_new_tx(s, datagram);
    t->damaged = true;
    app_tx_event(&t->tx, DCERPC_MALFORMED_DATA);
    dcerpc_done(t, TO_SERVER);
    dcerpc_done(t, TO_CLIENT);
}

static void dcerpc_tx_free(struct app *a, struct app_tx *tx)
{
    struct dcerpc_tx *t = (struct dcerpc_tx *)tx;
    dcerpc_call_free(a, &t->call);
    app_dealloc(a, t, sizeof *t);
}

/* ---- over TCP ---- */

static uint8_t request_of(uint8_t answer)
{
    switch (answer) {
    case DCE_BIND_ACK:
    case DCE_BIND_NAK:
        return DCE_BIND;
    case DCE_ALTER_CONTEXT_RESP:
        return DCE_ALTER_CONTEXT;
    default:
        return DCE_REQUEST;
    }
}

/* The call that waits for more of direction dir. */
static struct dcerpc_tx *find(struct dcerpc_state *s, uint32_t call_id, uint8_t request,
                              enum direction dir)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct dcerpc_tx *t = (struct dcerpc_tx *)tx;
        if (tx->proto == APP_DCERPC && tx->progress[dir] < DCERPC_DONE &&
            t->call.call_id == call_id && t->call.request == request)
            return t;
    }
    return NULL;
}

static struct dcerpc_tx *find_or_new(struct dcerpc_state *s, const struct dce_pdu *p,
                                     uint8_t request, enum direction dir)
{
    struct dcerpc_tx *t = find(s, p->call_id, request, dir);
    if (t)
        return t;
    t = dcerpc_new_tx(s, false);
    t->minor = p->minor;
    t->call.call_id = p->call_id;
    t->call.request = request;
    t->call.little = p->little;
    if (dir == TO_CLIENT) /* its request was not seen */
        dcerpc_done(t, TO_SERVER);
    return t;
}

static bool take_request(struct dcerpc_state *s, const struct dce_pdu *p)
{
    struct dce_call call;
    if (!dce_read_request(p, &call))
        return false;
    struct dcerpc_tx *t = find_or_new(s, p, DCE_REQUEST, TO_SERVER);
    if (!t->call.has_request) { /* the first fragment decides */
        t->call.has_request = true;
        t->call.opnum = call.opnum;
        t->call.context_id = call.context_id;
    }
    dcerpc_call_stub(s->app, &t->call, TO_SERVER, call.stub);
    app_flow_touch(s->flow, TO_SERVER);
    if (p->flags & DCE_LAST)
        dcerpc_done(t, TO_SERVER);
    return true;
}

/* What can be read of a damaged one counts: a server may be more patient. */
static bool take_bind(struct dcerpc_state *s, const struct dce_pdu *p)
{
    bool ok = dce_read_bind(s->app, p, &s->bound);
    struct dcerpc_tx *t = find_or_new(s, p, p->type, TO_SERVER);
    t->call.has_request = true;
    t->call.fragments[TO_SERVER] = 1;
    t->call.bind = s->bound.binds;
    dcerpc_done(t, TO_SERVER);
    return ok;
}

/* Of an answer's stub its own header is shown as a part, as in Suricata. */
static bool take_answer(struct dcerpc_state *s, const struct dce_pdu *p)
{
    bool ok = true;
    struct dcerpc_tx *t = find_or_new(s, p, request_of(p->type), TO_CLIENT);
    t->call.has_response = true;
    t->call.response = p->type;
    if (p->type == DCE_BIND_ACK || p->type == DCE_ALTER_CONTEXT_RESP)
        ok = dce_read_bind_ack(p, &s->bound);
    if (p->type == DCE_RESPONSE)
        dcerpc_call_stub(s->app, &t->call, TO_CLIENT, p->body);
    else
        t->call.fragments[TO_CLIENT] = 1;
    app_flow_touch(s->flow, TO_CLIENT);
    if (p->type != DCE_RESPONSE || p->flags & DCE_LAST)
        dcerpc_done(t, TO_CLIENT);
    return ok;
}

static bool take(struct dcerpc_state *s, const struct dce_pdu *p)
{
    switch (p->type) {
    case DCE_REQUEST:
        return take_request(s, p);
    case DCE_BIND:
    case DCE_ALTER_CONTEXT:
        return take_bind(s, p);
    case DCE_RESPONSE:
    case DCE_FAULT:
    case DCE_BIND_ACK:
    case DCE_BIND_NAK:
    case DCE_ALTER_CONTEXT_RESP:
        return take_answer(s, p);
    default:
        return p->type < DCE_TYPES; /* authentication's third leg, cancels ... */
    }
}

static bool take_pdu(void *state, const struct app_input *in, struct bytes head, uint64_t length)
{
    struct dce_pdu p;
    (void)in;
    (void)length;
    if (dce_read(head, &p) && !take(state, &p))
        dcerpc_damage(state, false);
    return true;
}

static bool is_pdu(struct bytes data)
{
    struct dce_pdu p;
    return dce_read(data, &p) && p.minor == 0 && p.type < DCE_TYPES && (data.p[4] & 0xee) == 0 &&
           data.p[5] <= 3;
}

/* Bytes before the next one that may begin a PDU, with which data does not begin; negative. */
static int64_t noise(struct bytes data)
{
    const uint8_t *next = memchr(data.p + 1, 5, data.len - 1);
    return next ? data.p - next : -(int64_t)data.len;
}

static int64_t pdu_length(void *state, enum direction dir, struct bytes data)
{
    struct dcerpc_state *s = state;
    struct dce_pdu p;
    if (s->astray[dir] && data.p[0] != 5)
        return noise(data);
    if (data.len < DCE_HEADER_BYTES)
        return 0;
    if (dce_read(data, &p) && (!s->astray[dir] || is_pdu(data))) {
        s->astray[dir] = false;
        return p.length;
    }
    if (!s->astray[dir])
        dcerpc_damage(s, false);
    s->astray[dir] = true;
    return noise(data);
}

/* After a gap pdu_length looks for the next PDU. */
static bool starts_pdu(void *state, const struct app_input *in, struct bytes data)
{
    (void)state;
    (void)in;
    (void)data;
    return true;
}

static const struct framed_kind pdus = {
    .keep_bytes = PDU_MAX, .length = pdu_length, .take = take_pdu, .is_start = starts_pdu};

/* ---- one flow ---- */

static enum app_result dcerpc_probe(const struct app_endpoints *e, enum direction dir,
                                    struct bytes data)
{
    (void)dir;
    if (app_is_udp(e))
        return dcerpc_is_datagram(data) ? APP_OK : APP_DECLINE;
    if (data.len >= DCE_HEADER_BYTES)
        return is_pdu(data) ? APP_OK : APP_DECLINE;
    if (data.len >= 1 && data.p[0] != 5)
        return APP_DECLINE;
    if (data.len >= 3 && (data.p[1] != 0 || data.p[2] >= DCE_TYPES))
        return APP_DECLINE;
    return data.len >= 2 && data.p[1] != 0 ? APP_DECLINE : APP_MORE;
}

static bool is_answer(uint8_t type)
{
    return type == DCE_RESPONSE || type == DCE_FAULT || type == DCE_BIND_ACK ||
           type == DCE_BIND_NAK || type == DCE_ALTER_CONTEXT_RESP;
}

static bool dcerpc_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    if (app_is_udp(e))
        return dcerpc_is_datagram(data) && data.p[1] != DCE_REQUEST;
    return is_pdu(data) && is_answer(data.p[2]);
}

static void *dcerpc_open(struct app *a, struct app_flow *f)
{
    struct dcerpc_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    s->astray[TO_SERVER] = s->astray[TO_CLIENT] = true; /* a stream may be picked up anywhere */
    return s;
}

static void dcerpc_close(struct app *a, void *state)
{
    struct dcerpc_state *s = state;
    framed_release_both(s->sides, a);
    dce_interfaces_free(a, &s->bound);
    app_dealloc(a, s, sizeof *s);
}

/* After a gap what was asked before will not be answered as a whole. */
static void settle_all(struct dcerpc_state *s, enum direction dir)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        if (tx->proto != APP_DCERPC)
            continue;
        dcerpc_done((struct dcerpc_tx *)tx, TO_SERVER);
        if (dir == TO_CLIENT)
            dcerpc_done((struct dcerpc_tx *)tx, TO_CLIENT);
    }
}

static enum app_result dcerpc_feed(void *state, const struct app_input *in)
{
    struct dcerpc_state *s = state;
    s->ts_us = in->ts_us;
    if (app_is_udp(app_flow_endpoints(in->flow)))
        return dcerpc_feed_datagram(s, in);
    if (in->flags & APP_FEED_GAP) {
        settle_all(s, in->dir);
        s->astray[in->dir] = true;
    }
    framed_feed(&s->sides[in->dir], &pdus, s, in);
    return APP_OK;
}

static bool begins(unsigned transport, uint8_t first)
{
    return first == (transport == APP_OVER_UDP ? 4 : 5);
}

const struct app_parser app_parser_DCERPC = {
    .transports = APP_OVER_TCP | APP_OVER_UDP,
    .complete = {DCERPC_DONE, DCERPC_DONE},
    .events = events,
    .event_count = DCERPC_EVENT_COUNT,
    .probe = dcerpc_probe,
    .begins = begins,
    .is_reversed = dcerpc_is_reversed,
    .open = dcerpc_open,
    .close = dcerpc_close,
    .feed = dcerpc_feed,
    .tx_free = dcerpc_tx_free,
    .records = dcerpc_records,
    .buffers = dcerpc_buffers,
    .shapes = dcerpc_shapes,
};
