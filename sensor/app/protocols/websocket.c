/* websocket.c - WebSocket frames after an HTTP/1 upgrade: one tx a frame, of one direction.
 *
 * Only an upgrade leads here: frames have no telling start. The context it leaves is what the
 * server answered in Sec-WebSocket-Extensions. Source: RFC 6455 section 5, RFC 7692 for
 * compression. Record names, and those of the first two events, are Suricata 8's. */
#include "sensor/app/protocols/websocket_state.h"

#define PAYLOAD_CAP (64u << 10) /* kept of a frame, and of a message in fragments */
#define HEAD_MAX    14

enum websocket_event {
    SKIP_END_OF_PAYLOAD,
    REASSEMBLY_LIMIT_REACHED,
    MALFORMED_FRAME,
    FAILED_DECOMPRESSION,
    COMPRESSION_BOMB,
    EVENT_COUNT
};
static const char *const events[EVENT_COUNT] = {"skip_end_of_payload", "reassembly_limit_reached",
                                                "malformed_frame", "failed_decompression",
                                                "compression_bomb"};

struct side {
    struct websocket_state *state;
    uint8_t head[HEAD_MAX];
    uint8_t head_len;
    bool lost;         /* after a gap frames cannot be found again */
    bool fin;          /* of the frame that is coming */
    bool packed_frame; /* its payload is compressed */
    bool packed;       /* the message in fragments is */
    uint32_t mask;
    uint64_t left, at;       /* payload still to come, and seen */
    struct websocket_tx *tx; /* of the frame; NULL when it is not to be shown any more */
    struct app_text message; /* fragments so far */
    struct websocket_inflater inflater;
};

struct websocket_state {
    struct app *app;
    struct app_flow *flow;
    bool deflate; /* permessage-deflate was agreed on */
    struct side sides[2];
};

static void *websocket_open(struct app *a, struct app_flow *f)
{
    struct websocket_state *s = app_alloc(a, sizeof *s);
    bool forgets[2] = {false, false};
    s->app = a;
    s->flow = f;
    s->deflate = websocket_deflate_agreed(app_flow_context(f), forgets);
    for (unsigned dir = 0; dir < 2; dir++) {
        s->sides[dir].state = s;
        s->sides[dir].inflater.app = a;
        s->sides[dir].inflater.forgets = forgets[dir];
    }
    return s;
}

static void websocket_close(struct app *a, void *state)
{
    struct websocket_state *s = state;
    for (unsigned dir = 0; dir < 2; dir++) {
        app_text_free(a, &s->sides[dir].message);
        websocket_inflater_free(&s->sides[dir].inflater);
    }
    app_dealloc(a, s, sizeof *s);
}

/* ---- frames ---- */

static unsigned head_bytes(const struct side *d)
{
    if (d->head_len < 2)
        return 2;
    unsigned len = d->head[1] & 0x7f, mask = d->head[1] & 0x80 ? 4 : 0;
    return 2 + mask + (len == 126 ? 2u : len == 127 ? 8u : 0u);
}

/* Control frames are whole and short, the reserved bits and opcodes mean nothing yet, but for the
 * first bit of a compressed message (RFC 6455 5.2 and 5.5, RFC 7692 6). */
static bool is_malformed(const struct websocket_tx *t, uint8_t first)
{
    unsigned reserved = first & 0x70;
    if (t->compressed && t->opcode != CONTINUATION)
        reserved &= 0x30;
    if (t->opcode >= CLOSE)
        return !t->fin || t->len > 125 || t->opcode > PONG || reserved;
    return t->opcode > BINARY || reserved;
}

/* The first frame of a message says for all of them whether it is compressed. */
static void begin_payload(struct side *d, const struct websocket_tx *t)
{
    if (t->opcode == TEXT || t->opcode == BINARY) {
        d->packed = t->compressed;
        if (d->packed)
            websocket_inflate_begin(&d->inflater);
    }
    d->packed_frame = d->packed && t->opcode <= BINARY;
    d->fin = t->fin;
    d->mask = t->mask;
    d->left = t->len;
    d->at = 0;
    d->head_len = 0;
}

static void begin_frame(struct websocket_state *s, const struct app_input *in, struct side *d)
{
    struct websocket_tx *t = app_alloc(s->app, sizeof *t);
    struct cursor c = cursor_over(bytes_of(d->head, d->head_len));
    uint8_t first = cursor_u8(&c), second = cursor_u8(&c);
    unsigned len = second & 0x7f;
    t->state = s;
    t->dir = in->dir;
    t->fin = first & 0x80;
    t->opcode = first & 0xf;
    t->compressed = (first & 0x40) && s->deflate && t->opcode < CLOSE;
    t->masked = second & 0x80;
    t->len = len == 126 ? cursor_u16(&c) : len == 127 ? cursor_u64(&c) : len;
    t->mask = t->masked ? cursor_u32(&c) : 0;
    app_tx_add(s->app, s->flow, APP_WEBSOCKET, &t->tx, in->ts_us);
    if (is_malformed(t, first))
        app_tx_event(&t->tx, MALFORMED_FRAME);
    d->tx = t;
    begin_payload(d, t);
}

/* The fragments before the last one belong to what it completes. */
static void join_message(struct websocket_state *s, struct side *d, struct websocket_tx *t)
{
    if (t->opcode >= CLOSE || (t->fin && t->opcode != CONTINUATION))
        return;
    if (t->opcode != CONTINUATION)
        d->message.len = 0;
    app_text_add(s->app, &d->message, app_text_bytes(&t->payload), PAYLOAD_CAP);
    if (d->message.cut)
        app_tx_event(&t->tx, REASSEMBLY_LIMIT_REACHED);
    if (!t->fin)
        return;
    app_text_free(s->app, &t->payload);
    t->payload = d->message;
    d->message = (struct app_text){0};
}

/* Nothing more of the frame is shown. */
static void finish_tx(struct websocket_state *s, struct side *d)
{
    struct websocket_tx *t = d->tx;
    d->tx = NULL;
    if (!t)
        return;
    join_message(s, d, t);
    t->tx.inspected[OTHER(t->dir)] = true;
    app_tx_advance(s->flow, &t->tx, OTHER(t->dir), FRAME_DONE);
    app_tx_advance(s->flow, &t->tx, t->dir, FRAME_DONE);
}

static void add_plain(void *ctx, struct bytes data)
{
    struct side *d = ctx;
    struct websocket_tx *t = d->tx;
    if (!t)
        return;
    app_text_add(d->state->app, &t->payload, data, PAYLOAD_CAP);
    if (!t->payload.cut)
        return;
    app_tx_event(&t->tx, SKIP_END_OF_PAYLOAD);
    if (!d->packed_frame) /* what becomes of that is still to be told */
        finish_tx(d->state, d);
}

static void note_inflated(struct side *d, enum websocket_inflated r)
{
    if (r != WEBSOCKET_INFLATED && d->tx)
        app_tx_event(&d->tx->tx, r == WEBSOCKET_BOMB ? COMPRESSION_BOMB : FAILED_DECOMPRESSION);
}

/* Unmasks in pieces, for the wire's bytes are not ours to change (RFC 6455 5.3). What is compressed
 * is read to its end, shown or not: later messages refer to it. */
static void add_payload(struct side *d, struct bytes data)
{
    uint8_t plain[256];
    while (data.len > 0 && (d->tx || d->packed_frame)) {
        size_t n = data.len < sizeof plain ? data.len : sizeof plain;
        for (size_t i = 0; i < n; i++)
            plain[i] = data.p[i] ^ (uint8_t)(d->mask >> (24 - 8 * ((d->at + i) & 3)));
        d->at += n;
        if (d->packed_frame)
            note_inflated(d, websocket_inflate(&d->inflater, bytes_of(plain, n), add_plain, d));
        else
            add_plain(d, bytes_of(plain, n));
        data = bytes_slice(data, n, SIZE_MAX);
    }
}

static void end_frame(struct websocket_state *s, struct side *d)
{
    if (d->packed_frame && d->fin) {
        note_inflated(d, websocket_inflate_end(&d->inflater, add_plain, d));
        d->packed = false;
    }
    d->packed_frame = false;
    finish_tx(s, d);
}

static size_t take_head(struct websocket_state *s, const struct app_input *in, struct side *d,
                        struct bytes data)
{
    size_t used = 0;
    while (used < data.len && d->head_len < head_bytes(d))
        d->head[d->head_len++] = data.p[used++];
    if (d->head_len < 2 || d->head_len < head_bytes(d))
        return used;
    begin_frame(s, in, d);
    if (d->left == 0)
        end_frame(s, d);
    return used;
}

/* Within a payload we know where the next frame is. */
static void take_gap(struct websocket_state *s, struct side *d, uint64_t gap_bytes)
{
    d->lost = d->lost || gap_bytes > d->left;
    d->left -= gap_bytes > d->left ? d->left : gap_bytes;
    d->at += gap_bytes;
    if (d->packed_frame)
        d->inflater.broken = true;
    if (d->left == 0)
        end_frame(s, d);
}

static enum app_result websocket_feed(void *state, const struct app_input *in)
{
    struct websocket_state *s = state;
    struct side *d = &s->sides[in->dir];
    struct bytes data = in->data;
    if (in->flags & APP_FEED_GAP)
        take_gap(s, d, in->gap_bytes);
    while (data.len > 0 && !d->lost) {
        if (d->left == 0) {
            data = bytes_slice(data, take_head(s, in, d, data), SIZE_MAX);
            continue;
        }
        struct bytes part = bytes_slice(data, 0, d->left < data.len ? (size_t)d->left : data.len);
        add_payload(d, part);
        data = bytes_slice(data, part.len, SIZE_MAX);
        d->left -= part.len;
        if (d->left == 0)
            end_frame(s, d);
    }
    return APP_OK;
}

static void websocket_tx_free(struct app *a, struct app_tx *tx)
{
    struct websocket_tx *t = (struct websocket_tx *)tx;
    if (t->state->sides[t->dir].tx == t)
        t->state->sides[t->dir].tx = NULL;
    app_text_free(a, &t->payload);
    app_dealloc(a, t, sizeof *t);
}

static enum app_result websocket_probe(const struct app_endpoints *e, enum direction dir,
                                       struct bytes data)
{
    (void)e;
    (void)dir;
    (void)data;
    return APP_DECLINE;
}

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    (void)first;
    return false;
}

const struct app_parser app_parser_WEBSOCKET = {
    .transports = APP_OVER_TCP,
    .complete = {FRAME_DONE, FRAME_DONE},
    .events = events,
    .event_count = EVENT_COUNT,
    .probe = websocket_probe,
    .begins = begins,
    .open = websocket_open,
    .close = websocket_close,
    .feed = websocket_feed,
    .tx_free = websocket_tx_free,
    .records = websocket_records,
    .alert_json = websocket_alert_json,
    .buffers = websocket_buffers,
    .shapes = websocket_shapes,
};
