/* tls.c - TLS records and handshake messages, however they are cut, into the one tx of the flow.
 *
 * Source: RFC 8446, RFC 5246, RFC 6101; SSL 2.0's hello by RFC 5246 appendix E.2. Nothing is
 * decrypted: once both sides went over to encryption the flow is bypassed. */
#include "sensor/app/tls_state.h"

#define RECORD_MAX  (16384u + 2048u)
#define MESSAGE_MAX (64u << 10)
#define SNI_CAP     1024u

enum record_type {
    REC_CCS = 20,
    REC_ALERT = 21,
    REC_HANDSHAKE = 22,
    REC_DATA = 23,
    REC_HEARTBEAT = 24
};
enum handshake_type {
    HS_CLIENT_HELLO = 1,
    HS_SERVER_HELLO = 2,
    HS_CERTIFICATE = 11,
    HS_SERVER_KEYX = 12,
    HS_CLIENT_KEYX = 16
};

/* The record layer of one direction. */
struct tls_side {
    uint8_t header[5];
    uint8_t header_len;
    uint8_t type;
    uint32_t left;                     /* bytes of the record's content still to come */
    bool record_fresh;                 /* none of them came yet */
    struct app_text messages;          /* handshake bytes that are no whole message yet */
    bool started, v2, encrypted, deaf; /* deaf: handshake bytes make no sense any more */
};

struct tls_flow {
    struct app *app;
    struct app_flow *flow;
    struct tls_worker *worker;
    struct tls_tx *t;
    struct tls_side side[2];
};

#define NAME(e) [TLS_##e] = #e
static const char *const events[TLS_EVENT_COUNT] = {
    NAME(INVALID_SSLV2_HEADER),
    NAME(INVALID_TLS_HEADER),
    NAME(INVALID_RECORD_VERSION),
    NAME(INVALID_RECORD_TYPE),
    NAME(INVALID_RECORD_LENGTH),
    NAME(INVALID_HANDSHAKE_MESSAGE),
    NAME(HANDSHAKE_INVALID_LENGTH),
    NAME(MULTIPLE_SNI_EXTENSIONS),
    NAME(INVALID_SNI_TYPE),
    NAME(INVALID_SNI_LENGTH),
    NAME(TOO_MANY_RECORDS_IN_PACKET),
    NAME(INVALID_ALERT_MESSAGE),
    NAME(HEARTBEAT_MESSAGE),
    NAME(INVALID_HEARTBEAT_MESSAGE),
    NAME(OVERFLOW_HEARTBEAT_MESSAGE),
    NAME(DATALEAK_HEARTBEAT_MISMATCH),
    NAME(CERTIFICATE_MISSING_ELEMENT),
    NAME(CERTIFICATE_UNKNOWN_ELEMENT),
    NAME(CERTIFICATE_INVALID_LENGTH),
    NAME(CERTIFICATE_INVALID_VERSION),
    NAME(CERTIFICATE_INVALID_SERIAL),
    NAME(CERTIFICATE_INVALID_ALGORITHMIDENTIFIER),
    NAME(CERTIFICATE_INVALID_X509NAME),
    NAME(CERTIFICATE_INVALID_DATE),
    NAME(CERTIFICATE_INVALID_EXTENSIONS),
    NAME(CERTIFICATE_INVALID_DER),
    NAME(CERTIFICATE_INVALID_SUBJECT),
    NAME(CERTIFICATE_INVALID_ISSUER),
    NAME(CERTIFICATE_INVALID_VALIDITY),
    NAME(CERTIFICATE_INVALID_STRING),
    NAME(ERROR_MESSAGE_ENCOUNTERED),
    NAME(INVALID_CERTIFICATE),
    NAME(INVALID_SSL_RECORD),
};

static void event(struct tls_flow *s, enum tls_event e)
{
    app_tx_event(&s->t->tx, (uint16_t)e);
}

static void advance(struct tls_flow *s, enum direction dir, enum tls_progress progress)
{
    app_tx_advance(s->flow, &s->t->tx, dir, (uint8_t)progress);
}

/* This direction shows nothing more. */
static void go_dark(struct tls_flow *s, enum direction dir)
{
    struct tls_side *side = &s->side[dir];
    side->encrypted = true;
    app_text_free(s->app, &side->messages);
    advance(s, dir, TLS_DONE);
    if (s->side[OTHER(dir)].encrypted)
        app_flow_bypass(s->flow);
}

/* ---- handshake messages ---- */

static void keep_hello(struct tls_flow *s, enum direction dir, const struct tls_hello *h)
{
    struct tls_tx *t = s->t;
    struct tls_peer *peer = &t->peer[dir];
    peer->hello = true;
    peer->version = h->best_version;
    if (h->random.len == sizeof peer->random)
        memcpy(peer->random, h->random.p, sizeof peer->random);
    if (h->session_id.len > 0 && h->session_id.len <= sizeof peer->session_id) {
        peer->session_id_len = (uint8_t)h->session_id.len;
        memcpy(peer->session_id, h->session_id.p, h->session_id.len);
    }
    tls_make_ja3(s->app, s->worker, peer, dir, h);
    if (dir == TO_SERVER) {
        app_text_add(s->app, &t->sni, h->sni, SNI_CAP);
        t->ticket_offered = h->has_ticket;
        tls_make_ja4(s->worker, h, t->ja4);
    }
    advance(s, dir, TLS_HELLO);
}

static void take_hello(struct tls_flow *s, enum direction dir, struct bytes body)
{
    struct tls_hello *h = &s->worker->hello;
    s->t->state |= dir == TO_SERVER ? TLS_SAW_CLIENT_HELLO : TLS_SAW_SERVER_HELLO;
    if (!tls_read_hello(s->t, dir, body, h)) {
        event(s, TLS_INVALID_HANDSHAKE_MESSAGE);
        if (h->random.len == 0)
            return;
    }
    if (h->is_retry) /* the real one follows */
        s->t->peer[dir].version = h->best_version;
    else if (!s->t->peer[dir].hello)
        keep_hello(s, dir, h);
}

static void take_message(struct tls_flow *s, enum direction dir, uint8_t type, struct bytes body)
{
    switch (type) {
    case HS_CLIENT_HELLO:
        if (dir == TO_SERVER)
            take_hello(s, dir, body);
        break;
    case HS_SERVER_HELLO:
        if (dir == TO_CLIENT)
            take_hello(s, dir, body);
        break;
    case HS_CERTIFICATE:
        tls_take_certs(s->app, s->worker, s->t, dir, body);
        advance(s, dir, TLS_CERT);
        break;
    case HS_SERVER_KEYX:
        s->t->state |= TLS_SAW_SERVER_KEYX;
        break;
    case HS_CLIENT_KEYX:
        s->t->state |= TLS_SAW_CLIENT_KEYX;
        break;
    default:
        break;
    }
}

/* Takes whole messages off the front of data; returns how many bytes they were. */
static size_t take_messages(struct tls_flow *s, enum direction dir, struct bytes data)
{
    size_t at = 0;
    while (data.len - at >= 4) {
        const uint8_t *p = data.p + at;
        size_t len = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (len > MESSAGE_MAX) {
            event(s, TLS_HANDSHAKE_INVALID_LENGTH);
            s->side[dir].deaf = true;
            return data.len;
        }
        if (data.len - at - 4 < len)
            break;
        take_message(s, dir, p[0], bytes_slice(data, at + 4, len));
        at += 4 + len;
    }
    return at;
}

static void take_handshake(struct tls_flow *s, enum direction dir, struct bytes data)
{
    struct tls_side *side = &s->side[dir];
    struct app_text *held = &side->messages;
    if (side->encrypted || side->deaf)
        return;
    if (held->len == 0) { /* the common case copies nothing */
        size_t taken = take_messages(s, dir, data);
        app_text_add(s->app, held, bytes_slice(data, taken, SIZE_MAX), MESSAGE_MAX + RECORD_MAX);
        return;
    }
    app_text_add(s->app, held, data, MESSAGE_MAX + RECORD_MAX);
    size_t taken = take_messages(s, dir, app_text_bytes(held));
    if (taken == held->len) {
        app_text_free(s->app, held);
    } else if (taken > 0) {
        memmove(held->p, held->p + taken, held->len - taken);
        held->len -= (uint32_t)taken;
    }
}

/* ---- records ---- */

/* Up to TLS 1.2 this is where encryption begins. In 1.3 it means nothing (RFC 8446 D.4), and a
 * client may still repeat its hello in the clear after it. */
static void take_ccs(struct tls_flow *s, enum direction dir)
{
    struct tls_tx *t = s->t;
    const struct tls_peer *client = &t->peer[TO_SERVER], *server = &t->peer[TO_CLIENT];
    uint16_t version = server->version ? server->version : client->version;
    if (version >= 0x0304)
        return;
    if (dir == TO_CLIENT && server->hello && server->cert_count == 0) {
        bool same_id = server->session_id_len > 0 &&
                       server->session_id_len == client->session_id_len &&
                       memcmp(server->session_id, client->session_id, server->session_id_len) == 0;
        t->resumed = same_id || t->ticket_offered;
    }
    go_dark(s, dir);
}

/* A peer that claims more payload than it sent asks for the other's memory (CVE-2014-0160). */
static void take_heartbeat(struct tls_flow *s, const struct tls_side *side, struct bytes data)
{
    event(s, TLS_HEARTBEAT_MESSAGE);
    if (side->encrypted || data.len < 3)
        return;
    if (data.p[0] != 1 && data.p[0] != 2)
        event(s, TLS_INVALID_HEARTBEAT_MESSAGE);
    uint32_t claimed = (uint32_t)(data.p[1] << 8 | data.p[2]);
    if (data.p[0] == 1 && claimed + 3 > side->left)
        event(s, TLS_OVERFLOW_HEARTBEAT_MESSAGE);
}

static void take_content(struct tls_flow *s, enum direction dir, struct bytes data)
{
    struct tls_side *side = &s->side[dir];
    switch (side->type) {
    case REC_CCS:
        if (side->record_fresh)
            take_ccs(s, dir);
        break;
    case REC_HANDSHAKE:
        take_handshake(s, dir, data);
        break;
    case REC_DATA:
        if (!side->encrypted)
            go_dark(s, dir);
        break;
    case REC_HEARTBEAT:
        if (side->record_fresh)
            take_heartbeat(s, side, data);
        break;
    default:
        break;
    }
}

/* A record's five bytes of header are there. */
static enum app_result take_header(struct tls_flow *s, struct tls_side *side)
{
    const uint8_t *h = side->header;
    side->type = h[0];
    side->left = (uint32_t)(h[3] << 8 | h[4]);
    side->record_fresh = true;
    if (h[0] < REC_CCS || h[0] > REC_HEARTBEAT) {
        event(s, TLS_INVALID_RECORD_TYPE);
        return APP_BROKEN;
    }
    if (h[1] != 3) {
        event(s, TLS_INVALID_RECORD_VERSION);
        return APP_BROKEN;
    }
    if (side->left > RECORD_MAX) {
        event(s, TLS_INVALID_RECORD_LENGTH);
        return APP_BROKEN;
    }
    return APP_OK;
}

static enum app_result take_records(struct tls_flow *s, enum direction dir, struct bytes data)
{
    struct tls_side *side = &s->side[dir];
    while (data.len > 0) {
        if (side->left == 0) {
            size_t n = sizeof side->header - side->header_len;
            struct bytes piece = bytes_slice(data, 0, n);
            memcpy(side->header + side->header_len, piece.p, piece.len);
            side->header_len = (uint8_t)(side->header_len + piece.len);
            data = bytes_slice(data, piece.len, SIZE_MAX);
            if (side->header_len < sizeof side->header)
                return APP_OK;
            side->header_len = 0;
            if (take_header(s, side) != APP_OK)
                return APP_BROKEN;
            continue;
        }
        struct bytes piece = bytes_slice(data, 0, side->left);
        take_content(s, dir, piece);
        side->record_fresh = false;
        side->left -= (uint32_t)piece.len;
        data = bytes_slice(data, piece.len, SIZE_MAX);
    }
    return APP_OK;
}

/* ---- SSL 2.0 ---- */

/* The first message has a two-byte length with the top bit set. After a hello that offers SSL 3.0
 * or later TLS records follow; an SSL 2.0 server is not followed further. */
static enum app_result take_v2(struct tls_flow *s, enum direction dir, struct bytes data)
{
    struct tls_side *side = &s->side[dir];
    struct app_text *held = &side->messages;
    app_text_add(s->app, held, data, MESSAGE_MAX);
    if (held->len < 2)
        return APP_OK;
    size_t len = (size_t)((held->p[0] & 0x7f) << 8 | held->p[1]);
    if (held->len < 2 + len)
        return APP_OK;
    struct tls_hello *h = &s->worker->hello;
    struct bytes body = bytes_slice(app_text_bytes(held), 2, len);
    if (dir == TO_CLIENT || !tls_read_hello_v2(body, h)) {
        event(s, dir == TO_CLIENT ? TLS_INVALID_RECORD_TYPE : TLS_INVALID_SSLV2_HEADER);
        return APP_BROKEN;
    }
    s->t->state |= TLS_SAW_CLIENT_HELLO;
    s->t->peer[dir].hello = true;
    s->t->peer[dir].version = h->best_version;
    advance(s, dir, TLS_HELLO);
    side->v2 = false;
    struct app_text rest = *held;
    *held = (struct app_text){0};
    enum app_result r = take_records(s, dir, bytes_slice(app_text_bytes(&rest), 2 + len, SIZE_MAX));
    app_text_free(s->app, &rest);
    return r;
}

static bool looks_v2(struct bytes data)
{
    return data.p[0] & 0x80;
}

/* ---- one flow ---- */

static void *tls_open(struct app *a, struct app_flow *f)
{
    struct tls_flow *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    s->worker = app_worker(a, APP_TLS);
    return s;
}

static void tls_close(struct app *a, void *state)
{
    struct tls_flow *s = state;
    app_text_free(a, &s->side[TO_SERVER].messages);
    app_text_free(a, &s->side[TO_CLIENT].messages);
    app_dealloc(a, s, sizeof *s);
}

static void start(struct tls_flow *s, const struct app_input *in)
{
    s->t = app_alloc(s->app, sizeof *s->t);
    app_tx_add(s->app, s->flow, APP_TLS, &s->t->tx, in->ts_us);
    s->t->from_proto = (uint8_t)app_flow_proto_orig(s->flow);
}

static enum app_result tls_feed(void *state, const struct app_input *in)
{
    struct tls_flow *s = state;
    struct tls_side *side = &s->side[in->dir];
    enum app_result r = APP_OK;
    if (!s->t)
        start(s, in);
    if (app_flow_is_bypassed(s->flow))
        return APP_OK;
    if (in->flags & APP_FEED_GAP) { /* record boundaries are lost, and with them this direction */
        go_dark(s, in->dir);
        return APP_BROKEN;
    }
    if (in->data.len > 0) {
        if (!side->started)
            side->v2 = looks_v2(in->data);
        side->started = true;
        r = side->v2 ? take_v2(s, in->dir, in->data) : take_records(s, in->dir, in->data);
    }
    if (r == APP_BROKEN) {
        go_dark(s, TO_SERVER);
        go_dark(s, TO_CLIENT);
    }
    if (in->flags & APP_FEED_EOF)
        advance(s, in->dir, TLS_DONE);
    return r;
}

static void peer_free(struct app *a, struct tls_peer *p)
{
    app_text_free(a, &p->ja3);
    app_text_free(a, &p->chain);
    app_text_free(a, &p->subject);
    app_text_free(a, &p->issuer);
    app_text_free(a, &p->serial);
    app_text_free(a, &p->fingerprint);
}

static void tls_tx_free(struct app *a, struct app_tx *tx)
{
    struct tls_tx *t = (struct tls_tx *)tx;
    peer_free(a, &t->peer[TO_SERVER]);
    peer_free(a, &t->peer[TO_CLIENT]);
    app_text_free(a, &t->sni);
    app_dealloc(a, t, sizeof *t);
}

/* ---- one worker ---- */

static void *tls_worker_new(struct app *a)
{
    struct tls_worker *w = app_alloc(a, sizeof *w);
    w->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    w->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    w->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    w->digest = EVP_MD_CTX_new();
    ASSERT(w->md5 && w->sha1 && w->sha256 && w->digest);
    return w;
}

static void tls_worker_free(struct app *a, void *worker)
{
    struct tls_worker *w = worker;
    EVP_MD_free(w->md5);
    EVP_MD_free(w->sha1);
    EVP_MD_free(w->sha256);
    EVP_MD_CTX_free(w->digest);
    app_dealloc(a, w, sizeof *w);
}

/* ---- probing ---- */

/* A handshake record of SSL 3.0 to TLS 1.3. Three bytes decide, as for rules written elsewhere;
 * what only pretends becomes an event of the parser. */
static enum app_result probe_handshake(struct bytes data)
{
    static const uint8_t start[] = {REC_HANDSHAKE, 3};
    size_t have = data.len < sizeof start ? data.len : sizeof start;
    if (memcmp(data.p, start, have) != 0)
        return APP_DECLINE;
    if (data.len < 3)
        return APP_MORE;
    return data.p[2] <= 4 ? APP_OK : APP_DECLINE;
}

/* A server that refuses at once: an alert of two bytes, level 1 or 2. */
static enum app_result probe_refusal(struct bytes data)
{
    const uint8_t *p = data.p;
    if (p[0] != REC_ALERT || (data.len > 1 && p[1] != 3))
        return APP_DECLINE;
    if (data.len < 6)
        return APP_MORE;
    return p[2] <= 4 && p[3] == 0 && p[4] == 2 && (p[5] == 1 || p[5] == 2) ? APP_OK : APP_DECLINE;
}

static enum app_result probe_v2(struct bytes data)
{
    const uint8_t *p = data.p;
    if (!(p[0] & 0x80) || (data.len > 2 && p[2] != HS_CLIENT_HELLO))
        return APP_DECLINE;
    if (data.len < 11)
        return APP_MORE;
    unsigned specs = (unsigned)(p[5] << 8 | p[6]), id = (unsigned)(p[7] << 8 | p[8]);
    bool known = (p[3] == 0 && p[4] == 2) || (p[3] == 3 && p[4] <= 4);
    return known && specs > 0 && specs % 3 == 0 && (id == 0 || id == 16) ? APP_OK : APP_DECLINE;
}

static enum app_result tls_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    (void)e;
    if (data.len == 0)
        return APP_MORE;
    enum app_result r = probe_handshake(data);
    if (r == APP_DECLINE)
        r = dir == TO_CLIENT ? probe_refusal(data) : probe_v2(data);
    return r;
}

const struct app_parser app_parser_TLS = {
    .transports = APP_OVER_TCP,
    .complete = {TLS_DONE, TLS_DONE},
    .keeps_txs = true,
    .events = events,
    .event_count = TLS_EVENT_COUNT,
    .probe = tls_probe,
    .worker_new = tls_worker_new,
    .worker_free = tls_worker_free,
    .open = tls_open,
    .close = tls_close,
    .feed = tls_feed,
    .tx_free = tls_tx_free,
    .records = tls_records,
    .alert_json = tls_alert_json,
    .facts = tls_facts,
};
