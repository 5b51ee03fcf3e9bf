/* rdp.c - Microsoft's Remote Desktop: how a session is set up, one tx a message.
 *
 * Connection request and confirm, then either MCS connect messages in the clear or TLS. What
 * follows is encrypted or pixels and keys, and not looked at. Source: MS-RDPBCGR 1.3.1.1 and
 * RFC 1006 section 6 (TPKT); records as in Suricata 7, which has no events for RDP. */
#include "sensor/app/protocols/framed.h"
#include "sensor/app/protocols/oneway.h"
#include "sensor/app/protocols/rdp_state.h"

#define MESSAGE_MAX (5u + 16384u + 2048u) /* a record of TLS is the longest that is of interest */
#define TPKT        3

enum rdp_event { MALFORMED_DATA, EVENT_COUNT };
static const char *const events[EVENT_COUNT] = {"malformed_data"};

struct rdp_state {
    struct framed framed[2];
    struct app_text handshake; /* of the server's TLS: messages that are not whole yet */
    bool tls;                  /* TLS has begun */
    bool asked;                /* the client's MCS connect-initial was seen */
    bool over;                 /* nothing that follows is of interest */
    bool damaged;
};

static void *rdp_open(struct app *a, struct app_flow *f)
{
    (void)f;
    return app_alloc(a, sizeof(struct rdp_state));
}

static void rdp_close(struct app *a, void *state)
{
    struct rdp_state *s = state;
    framed_release_both(s->framed, a);
    app_text_free(a, &s->handshake);
    app_dealloc(a, s, sizeof *s);
}

static void rdp_tx_free(struct app *a, struct app_tx *tx)
{
    struct rdp_tx *t = (struct rdp_tx *)tx;
    app_text_free(a, &t->core.name);
    app_text_free(a, &t->core.ime);
    app_text_free(a, &t->core.id);
    app_text_free(a, &t->cookie);
    app_text_free(a, &t->channels);
    app_text_free(a, &t->serials);
    app_dealloc(a, t, sizeof *t);
}

/* ---- messages ---- */

static bool is_tls(uint8_t first)
{
    return first >= 20 && first <= 23;
}

/* Lengths that cannot be are left to take(), which sees them again. */
static int64_t length_of(void *state, enum direction dir, struct bytes data)
{
    (void)state;
    (void)dir;
    const uint8_t *p = data.p;
    if (p[0] == TPKT) {
        if (data.len < RDP_TPKT_BYTES)
            return 0;
        int64_t length = p[2] << 8 | p[3];
        return length < RDP_TPKT_BYTES ? RDP_TPKT_BYTES : length;
    }
    if (!is_tls(p[0]))
        return 1;
    return data.len < 5 ? 0 : 5 + (p[3] << 8 | p[4]);
}

static bool malformed(struct rdp_state *s, struct app *a, const struct app_input *in)
{
    s->damaged = true;
    struct rdp_tx *t = app_alloc(a, sizeof *t);
    t->dir = (uint8_t)in->dir;
    oneway_add(in, APP_RDP, &t->tx);
    app_tx_event(&t->tx, MALFORMED_DATA);
    return false;
}

static bool take_tpkt(struct rdp_state *s, const struct app_input *in, struct bytes head)
{
    struct rdp_tx *t = app_alloc(in->app, sizeof *t);
    struct bytes tpdu = bytes_slice(head, RDP_TPKT_BYTES, SIZE_MAX);
    t->dir = (uint8_t)in->dir;
    t->kind = in->dir == TO_SERVER ? rdp_read_from_client(in->app, t, tpdu)
                                   : rdp_read_from_server(t, tpdu);
    if (t->kind == RDP_DAMAGED) {
        rdp_tx_free(in->app, &t->tx);
        return true;
    }
    uint8_t kind = t->kind;
    oneway_add(in, APP_RDP, &t->tx);
    s->asked |= kind == RDP_CONNECT_REQUEST;
    return kind != RDP_CONNECT_RESPONSE;
}

static bool take_record(struct rdp_state *s, const struct app_input *in, struct bytes record)
{
    struct bytes chain;
    s->tls = true;
    if (in->dir == TO_SERVER)
        return true;
    enum rdp_tls found = rdp_tls_take(in->app, &s->handshake, record, &chain);
    if (found == RDP_TLS_BROKEN)
        return malformed(s, in->app, in);
    if (found != RDP_TLS_CHAIN)
        return found == RDP_TLS_GOES_ON;
    struct rdp_tx *t = app_alloc(in->app, sizeof *t);
    t->dir = (uint8_t)in->dir;
    t->kind = RDP_TLS_HANDSHAKE;
    rdp_tls_read_serials(in->app, chain, &t->serials);
    oneway_add(in, APP_RDP, &t->tx);
    return false;
}

/* False once nothing more is of interest. */
static bool take(void *state, const struct app_input *in, struct bytes head, uint64_t length)
{
    struct rdp_state *s = state;
    uint8_t first = head.p[0];
    if (first == TPKT && !s->tls && length >= RDP_TPKT_BYTES + 3 && head.p[2] << 8 | head.p[3])
        return take_tpkt(s, in, head);
    if (is_tls(first) && head.len >= 5 && head.p[1] == 3 && length == head.len)
        return take_record(s, in, head);
    if (s->asked) /* the answer was not seen: this is the session itself */
        return false;
    return malformed(s, in->app, in);
}

static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    (void)state;
    (void)in;
    return data.len >= RDP_TPKT_BYTES && data.p[0] == TPKT && data.p[1] == 0;
}

static const struct framed_kind messages = {
    .keep_bytes = MESSAGE_MAX, .length = length_of, .take = take, .is_start = is_start};

static enum app_result rdp_feed(void *state, const struct app_input *in)
{
    struct rdp_state *s = state;
    bool lost_handshake = (in->flags & APP_FEED_GAP) && s->tls;
    if (s->over)
        return APP_OK;
    if (!lost_handshake && framed_feed(&s->framed[in->dir], &messages, s, in))
        return APP_OK;
    s->over = true;
    app_flow_bypass(in->flow);
    return s->damaged ? APP_BROKEN : APP_OK;
}

/* ---- detection ---- */

#define RDP_PORT 3389

/* Cookie or negotiation behind the fixed part of a request or confirm. */
static bool is_microsofts(enum direction dir, struct bytes variable)
{
    const uint8_t *p = variable.p;
    if (dir == TO_SERVER && bytes_starts(variable, BYTES_LIT("Cookie: ")))
        return true;
    bool type = dir == TO_SERVER ? p[0] == RDP_ASKS : p[0] == RDP_AGREES || p[0] == RDP_REFUSES;
    return type && p[2] == 8 && p[3] == 0;
}

static enum app_result rdp_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    static const uint8_t version[] = {TPKT, 0};
    bool expected = e->port[TO_SERVER] == RDP_PORT || e->port[TO_CLIENT] == RDP_PORT;
    size_t have = data.len < 2 ? data.len : 2, wanted = expected ? 6 : 19;
    if (memcmp(data.p ? data.p : version, version, have) != 0)
        return APP_DECLINE;
    if (data.len >= 6) {
        uint8_t code = data.p[5] & 0xf0;
        bool fits = code == (dir == TO_SERVER ? 0xe0 : 0xd0) || (expected && code == 0xf0);
        if (!fits || (!expected && (data.p[2] << 8 | data.p[3]) < 19))
            return APP_DECLINE;
    }
    if (data.len < wanted)
        return APP_MORE;
    return expected || is_microsofts(dir, bytes_slice(data, 11, SIZE_MAX)) ? APP_OK : APP_DECLINE;
}

const struct app_parser app_parser_RDP = {
    .transports = APP_OVER_TCP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = EVENT_COUNT,
    .probe = rdp_probe,
    .open = rdp_open,
    .close = rdp_close,
    .feed = rdp_feed,
    .tx_free = rdp_tx_free,
    .records = rdp_records,
    .alert_json = rdp_alert_json,
    .shapes = rdp_shapes,
};
