/* dcerpc_udp.c - connectionless DCE/RPC: calls in datagrams. Source: C706 section 12.5. */
#include "sensor/app/protocols/dcerpc_state.h"

#define HEADER_BYTES  80
#define FRAGMENT      0x04
#define LAST_FRAGMENT 0x02
#define VERSION       4

struct datagram {
    uint8_t type, flags;
    bool little;
    const uint8_t *activity;
    uint32_t sequence;
    uint16_t opnum;
    struct bytes body;
};

static uint32_t number(const uint8_t *p, unsigned bytes, bool little)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < bytes; i++)
        n = n << 8 | p[little ? bytes - 1 - i : i];
    return n;
}

static bool read_datagram(struct bytes data, struct datagram *d)
{
    if (data.len < HEADER_BYTES || data.p[0] != VERSION)
        return false;
    d->type = data.p[1];
    d->flags = data.p[2];
    d->little = data.p[4] & 0x10;
    d->activity = data.p + 40;
    d->sequence = number(data.p + 64, 4, d->little);
    d->opnum = (uint16_t)number(data.p + 68, 2, d->little);
    size_t len = number(data.p + 74, 2, d->little);
    d->body = bytes_slice(data, HEADER_BYTES, len);
    return d->body.len == len;
}

bool dcerpc_is_datagram(struct bytes data)
{
    return data.len >= HEADER_BYTES && data.p[0] == VERSION && data.p[1] <= 10 &&
           (data.p[3] & 0xfc) == 0 && (data.p[4] & 0xee) == 0 && data.p[5] <= 3;
}

/* Shown as if it was always little-endian, as in Suricata. */
static void order_activity(const uint8_t *wire, uint8_t out[16])
{
    static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    for (unsigned i = 0; i < 16; i++)
        out[i] = wire[order[i]];
}

static struct dcerpc_tx *find(struct dcerpc_state *s, const struct datagram *d,
                              const uint8_t activity[16], enum direction dir)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct dcerpc_tx *t = (struct dcerpc_tx *)tx;
        if (tx->progress[dir] < DCERPC_DONE && t->sequence == d->sequence &&
            memcmp(t->activity, activity, sizeof t->activity) == 0)
            return t;
    }
    return NULL;
}

/* What a message is for, not which way it went, tells question and answer apart. */
enum app_result dcerpc_feed_datagram(struct dcerpc_state *s, const struct app_input *in)
{
    struct datagram d;
    uint8_t activity[16];
    if (!read_datagram(in->data, &d)) {
        if (in->data.len > 0)
            dcerpc_damage(s, true);
        return APP_OK;
    }
    if (d.type != DCE_REQUEST && d.type != DCE_RESPONSE)
        return APP_OK;
    enum direction dir = d.type == DCE_REQUEST ? TO_SERVER : TO_CLIENT;
    order_activity(d.activity, activity);
    struct dcerpc_tx *t = find(s, &d, activity, dir);
    if (!t) {
        t = dcerpc_new_tx(s, true);
        memcpy(t->activity, activity, sizeof activity);
        t->sequence = d.sequence;
        t->call.little = d.little;
    }
    if (dir == TO_SERVER) {
        t->call.has_request = true;
        t->call.opnum = d.opnum;
    } else {
        t->call.has_response = true;
        t->call.response = DCE_RESPONSE;
    }
    dcerpc_call_stub(s->app, &t->call, dir, d.body);
    app_flow_touch(s->flow, dir);
    if (!(d.flags & FRAGMENT) || d.flags & LAST_FRAGMENT)
        dcerpc_done(t, dir);
    return APP_OK;
}
