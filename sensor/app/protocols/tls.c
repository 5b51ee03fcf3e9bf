/* tls.c - TLS records and handshake messages, however they are cut, into the one tx of the flow.
 *
 * Source: RFC 8446, RFC 5246, RFC 6101; SSL 2.0's hello by RFC 5246 appendix E.2. Nothing is
 * decrypted: once both sides went over to encryption the flow is bypassed. */
#include "sensor/app/protocols/tls_state.h"

#define HANDSHAKE_HEADER  4
#define HEARTBEAT_PADDING 16 /* at least so many bytes (RFC 6520 4) */
#define EMPTY_RECORDS_MAX 8  /* in a row; nobody has a use for them */

void tls_go_dark(struct tls_flow *s, enum direction dir)
{
    struct tls_side *side = &s->side[dir];
    side->encrypted = true;
    app_text_free(s->app, &side->messages);
    tls_advance(s, dir, TLS_DONE);
}

/* Once both sides encrypt nobody can look into the flow, but not before one sends data: heartbeats
 * behind the handshake still tell what they do by their type and length. */
static void take_application_data(struct tls_flow *s, enum direction dir)
{
    if (!s->side[dir].encrypted)
        tls_go_dark(s, dir);
    if (s->side[OTHER(dir)].encrypted) {
        app_flow_bypass(s->flow);
        app_flow_hide_payload(s->flow);
    }
}

/* ---- records ---- */

/* Up to TLS 1.2 this is where encryption begins. In 1.3 it means nothing (RFC 8446 D.4), and a
 * client may still repeat its hello in the clear after it. */
static void take_ccs(struct tls_flow *s, enum direction dir)
{
    uint16_t server = s->t->peer[TO_CLIENT].version, client = s->t->peer[TO_SERVER].version;
    if ((server ? server : client) < 0x0304)
        tls_go_dark(s, dir);
}

/* An answer longer than what was asked gives memory away, encrypted or not. True when this is no
 * answer. */
static bool match_heartbeat(struct tls_flow *s, enum direction dir, uint32_t len)
{
    if (s->heartbeat_len > 0 && s->heartbeat_dir != dir) {
        if (len > s->heartbeat_len)
            tls_event(s, TLS_DATALEAK_HEARTBEAT_MISMATCH);
        s->heartbeat_len = 0;
        return false;
    }
    if (s->heartbeat_len > 0) /* one at a time (RFC 6520 3) */
        tls_event(s, TLS_INVALID_HEARTBEAT_MESSAGE);
    s->heartbeat_dir = dir;
    s->heartbeat_len = len;
    return true;
}

/* A peer that claims more payload than it sent asks for the other's memory (CVE-2014-0160). */
static void check_heartbeat(struct tls_flow *s, const struct tls_side *side, uint32_t len)
{
    uint32_t needed = (uint32_t)(side->lead[1] << 8 | side->lead[2]) + sizeof side->lead;
    if (side->lead[0] != 1 && side->lead[0] != 2)
        tls_event(s, TLS_INVALID_HEARTBEAT_MESSAGE);
    else if (side->lead_asks && needed > len)
        tls_event(s, TLS_OVERFLOW_HEARTBEAT_MESSAGE);
    else if (side->lead_asks && len - needed < HEARTBEAT_PADDING)
        tls_event(s, TLS_INVALID_HEARTBEAT_MESSAGE);
}

static void take_heartbeat(struct tls_flow *s, enum direction dir, struct bytes data)
{
    struct tls_side *side = &s->side[dir];
    if (side->record_fresh) {
        tls_event(s, TLS_HEARTBEAT_MESSAGE);
        side->lead_asks = match_heartbeat(s, dir, side->left);
        side->lead_len = 0;
    }
    bool led = side->lead_len == sizeof side->lead;
    uint32_t len = side->left + side->lead_len; /* of the record, until the lead is whole */
    for (size_t i = 0; i < data.len && side->lead_len < sizeof side->lead; i++)
        side->lead[side->lead_len++] = data.p[i];
    if (!side->encrypted && !led && side->lead_len == sizeof side->lead)
        check_heartbeat(s, side, len);
}

static void take_content(struct tls_flow *s, enum direction dir, struct bytes data)
{
    struct tls_side *side = &s->side[dir];
    switch (side->type) {
    case REC_CCS:
        if (side->record_fresh)
            take_ccs(s, dir);
        break;
    case REC_HANDSHAKE: /* one cut into pieces smaller than its header hides from somebody */
        if (side->record_fresh && !side->encrypted && side->left < HANDSHAKE_HEADER)
            tls_event(s, TLS_INVALID_SSL_RECORD);
        tls_take_handshake(s, dir, data);
        break;
    case REC_ALERT: /* its first byte is the level; two in all, unless they are encrypted */
        if (side->record_fresh && !side->encrypted && (side->left != 2 || data.p[0] - 1u > 1))
            tls_event(s, TLS_INVALID_ALERT_MESSAGE);
        break;
    case REC_DATA:
        take_application_data(s, dir);
        break;
    case REC_HEARTBEAT:
        take_heartbeat(s, dir, data);
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
    side->empty_records = side->left > 0 ? 0 : (uint8_t)(side->empty_records + 1);
    if (side->empty_records == EMPTY_RECORDS_MAX)
        tls_event(s, TLS_TOO_MANY_RECORDS_IN_PACKET);
    if (h[0] < REC_CCS || h[0] > REC_HEARTBEAT) {
        tls_event(s, TLS_INVALID_RECORD_TYPE);
        return APP_BROKEN;
    }
    if (h[1] != 3) {
        tls_event(s, TLS_INVALID_RECORD_VERSION);
        return APP_BROKEN;
    }
    /* Data before the server's hello is early data (RFC 8446 2.3). */
    if (h[0] == REC_DATA && s->t->peer[TO_CLIENT].version)
        app_flow_hide_payload(s->flow);
    if (side->left > TLS_RECORD_MAX) {
        tls_event(s, TLS_INVALID_RECORD_LENGTH);
        return APP_BROKEN;
    }
    return APP_OK;
}

/* Suricata's names. */
static const char *const frames[] = {"pdu",       "hdr",      "data",     "alert",
                                     "heartbeat", "ssl2.hdr", "ssl2.pdu", NULL};

/* A record whose header has just been read, behind which `unread` bytes are there. */
static void point_out(const struct tls_flow *s, enum direction dir, size_t unread)
{
    const struct tls_side *side = &s->side[dir];
    const struct bytes head = bytes_of(side->header, sizeof side->header), none = {0};
    uint64_t content = app_fed(s->flow, dir) - unread, at = content - head.len;
    app_frame_add(s->in, APP_TLS, TLS_FRAME_HDR, at, (int64_t)head.len, head);
    app_frame_add(s->in, APP_TLS, TLS_FRAME_PDU, at, (int64_t)head.len + side->left, head);
    app_frame_add(s->in, APP_TLS, TLS_FRAME_DATA, content, side->left, none);
    if (side->type == REC_ALERT)
        app_frame_add(s->in, APP_TLS, TLS_FRAME_ALERT, content, side->left, none);
    if (side->type == REC_HEARTBEAT)
        app_frame_add(s->in, APP_TLS, TLS_FRAME_HEARTBEAT, content, side->left, none);
}

/* The next record's header out of the front of *data; false while it is not all there. */
static bool gather_header(struct tls_side *side, struct bytes *data)
{
    size_t n = sizeof side->header - side->header_len;
    struct bytes piece = bytes_slice(*data, 0, n);
    memcpy(side->header + side->header_len, piece.p, piece.len);
    side->header_len = (uint8_t)(side->header_len + piece.len);
    *data = bytes_slice(*data, piece.len, SIZE_MAX);
    if (side->header_len < sizeof side->header)
        return false;
    side->header_len = 0;
    return true;
}

static enum app_result take_records(struct tls_flow *s, enum direction dir, struct bytes data)
{
    struct tls_side *side = &s->side[dir];
    while (data.len > 0) {
        if (side->left == 0) {
            if (!gather_header(side, &data))
                return APP_OK;
            if (take_header(s, side) != APP_OK)
                return APP_BROKEN;
            point_out(s, dir, data.len);
            continue;
        }
        struct bytes piece = bytes_slice(data, 0, side->left);
        take_content(s, dir, piece);
        side->record_fresh = false;
        side->left -= (uint32_t)piece.len;
        if (side->left == 0)
            app_flow_flush(s->flow, dir);
        data = bytes_slice(data, piece.len, SIZE_MAX);
    }
    return APP_OK;
}

/* Where both sides encrypt, records are only counted off, for rules about frames. */
static void count_off(struct tls_flow *s, enum direction dir, struct bytes data)
{
    struct tls_side *side = &s->side[dir];
    while (data.len > 0 && !side->done) {
        size_t n = data.len < side->left ? data.len : side->left;
        side->left -= (uint32_t)n;
        data = bytes_slice(data, n, SIZE_MAX);
        if (data.len == 0 || !gather_header(side, &data))
            return;
        const uint8_t *h = side->header;
        side->type = h[0];
        side->left = (uint32_t)(h[3] << 8 | h[4]);
        side->done = h[0] < REC_CCS || h[0] > REC_HEARTBEAT || h[1] != 3;
        if (!side->done)
            point_out(s, dir, data.len);
    }
}

static enum app_result take_v2(struct tls_flow *s, enum direction dir, struct bytes data)
{
    struct app_text rest = {0};
    enum app_result r = tls_take_v2(s, dir, data, &rest);
    if (r == APP_OK)
        r = take_records(s, dir, app_text_bytes(&rest));
    app_text_free(s->app, &rest);
    return r;
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
    s->in = in;
    if (!s->t)
        start(s, in);
    if (app_flow_is_bypassed(s->flow) && app_wants_frames(s->app, APP_TLS)) {
        side->done |= (in->flags & APP_FEED_GAP) != 0;
        count_off(s, in->dir, in->data);
    } else if (app_flow_is_bypassed(s->flow) && in->data.len) {
        side->done = true; /* where its records begin is not known any more */
    }
    if (app_flow_is_bypassed(s->flow) || side->done)
        return APP_OK;
    if (in->flags & APP_FEED_GAP) { /* record boundaries are lost, and with them this direction */
        tls_go_dark(s, in->dir);
        return APP_BROKEN;
    }
    if (in->data.len > 0) {
        if (!side->started)
            side->v2 = in->data.p[0] & 0x80;
        side->started = true;
        if (side->header_len == 0 && side->left == 0)
            tls_step(s, 0);
        r = side->v2 ? take_v2(s, in->dir, in->data) : take_records(s, in->dir, in->data);
    }
    if (r == APP_BROKEN) {
        tls_event(s, TLS_INVALID_SSL_RECORD);
        tls_go_dark(s, TO_SERVER);
        tls_go_dark(s, TO_CLIENT);
    }
    if (in->flags & APP_FEED_EOF)
        tls_advance(s, in->dir, TLS_DONE);
    return r;
}

static void peer_free(struct app *a, struct tls_peer *p)
{
    app_text_free(a, &p->alpns);
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

const struct app_parser app_parser_TLS = {
    .transports = APP_OVER_TCP,
    .complete = {TLS_DONE, TLS_DONE},
    .keeps_txs = true,
    .events = tls_event_names,
    .event_count = TLS_EVENT_COUNT,
    .frames = frames,
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
    .buffers = tls_buffers,
    .shapes = tls_shapes,
};
