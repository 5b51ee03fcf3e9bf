/* websocket.c - WebSocket frames after an HTTP/1 upgrade: one tx a frame, of one direction.
 *
 * Only an upgrade leads here: frames have no telling start. The context it leaves is what the
 * server answered in Sec-WebSocket-Extensions. Source: RFC 6455 section 5, RFC 7692 for
 * compression, which is marked and not undone. Record and event names are Suricata 8's. */
#include "sensor/app/parser.h"
#include <stdio.h>

#define PAYLOAD_CAP (64u << 10) /* kept of a frame, and of a message in fragments */
#define HEAD_MAX    14
#define LOGGED      1

enum { FRAME_OPEN, FRAME_DONE };
enum websocket_event {
    SKIP_END_OF_PAYLOAD,
    REASSEMBLY_LIMIT_REACHED,
    MALFORMED_FRAME,
    EVENT_COUNT
};
static const char *const events[EVENT_COUNT] = {"skip_end_of_payload", "reassembly_limit_reached",
                                                "malformed_frame"};

enum opcode { CONTINUATION, TEXT, BINARY, CLOSE = 8, PING, PONG };

struct websocket_tx {
    struct app_tx tx;
    struct websocket_state *state;
    struct app_text payload; /* unmasked; with the last fragment: of the whole message */
    uint64_t len;            /* of the frame's payload, as said */
    uint32_t mask;
    uint8_t opcode;
    enum direction dir;
    bool fin, masked, compressed;
};

struct side {
    uint8_t head[HEAD_MAX];
    uint8_t head_len;
    bool lost;               /* after a gap frames cannot be found again */
    uint64_t left, at;       /* payload still to come, and seen */
    struct websocket_tx *tx; /* of the frame whose payload is coming */
    struct app_text message; /* fragments so far */
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
    s->app = a;
    s->flow = f;
    s->deflate = bytes_find(app_flow_context(f), BYTES_LIT("permessage-deflate")) >= 0;
    return s;
}

static void websocket_close(struct app *a, void *state)
{
    struct websocket_state *s = state;
    app_text_free(a, &s->sides[TO_SERVER].message);
    app_text_free(a, &s->sides[TO_CLIENT].message);
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
    d->left = t->len;
    d->at = 0;
    d->head_len = 0;
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

static void end_frame(struct websocket_state *s, struct side *d)
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

/* Unmasks in pieces, for the wire's bytes are not ours to change (RFC 6455 5.3). */
static void add_payload(struct websocket_state *s, struct side *d, struct bytes data)
{
    struct websocket_tx *t = d->tx;
    uint8_t plain[256];
    if (!t)
        return;
    while (data.len > 0 && !t->payload.cut) {
        size_t n = data.len < sizeof plain ? data.len : sizeof plain;
        for (size_t i = 0; i < n; i++)
            plain[i] = data.p[i] ^ (uint8_t)(t->mask >> (24 - 8 * ((d->at + i) & 3)));
        app_text_add(s->app, &t->payload, bytes_of(plain, n), PAYLOAD_CAP);
        d->at += n;
        data = bytes_slice(data, n, SIZE_MAX);
    }
    if (!t->payload.cut)
        return;
    app_tx_event(&t->tx, SKIP_END_OF_PAYLOAD);
    end_frame(s, d);
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

static enum app_result websocket_feed(void *state, const struct app_input *in)
{
    struct websocket_state *s = state;
    struct side *d = &s->sides[in->dir];
    struct bytes data = in->data;
    if (in->flags & APP_FEED_GAP) { /* within a payload we know where the next frame is */
        d->lost = d->lost || in->gap_bytes > d->left;
        d->left -= in->gap_bytes > d->left ? d->left : in->gap_bytes;
        d->at += in->gap_bytes;
        if (d->left == 0)
            end_frame(s, d);
    }
    while (data.len > 0 && !d->lost) {
        if (d->left == 0) {
            data = bytes_slice(data, take_head(s, in, d, data), SIZE_MAX);
            continue;
        }
        struct bytes part = bytes_slice(data, 0, d->left < data.len ? (size_t)d->left : data.len);
        add_payload(s, d, part);
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

/* ---- records and buffers ---- */

static const char *opcode_name(uint8_t opcode, char out[16])
{
    static const char *const names[16] = {
        [CONTINUATION] = "continuation", [TEXT] = "text", [BINARY] = "binary",
        [CLOSE] = "connection_close",    [PING] = "ping", [PONG] = "pong"};
    if (names[opcode])
        return names[opcode];
    snprintf(out, 16, "unknown-%u", opcode);
    return out;
}

static void websocket_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct websocket_tx *t = (const struct websocket_tx *)tx;
    char other[16];
    json_object(j, "websocket");
    json_bool(j, "fin", t->fin);
    if (t->masked)
        json_u64(j, "mask", t->mask);
    json_strz(j, "opcode", opcode_name(t->opcode, other));
    json_u64(j, "length", t->len);
    if (t->compressed)
        json_bool(j, "compressed", true);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    websocket_alert_json(tx, j);
}

static void websocket_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct websocket_tx *t = (const struct websocket_tx *)tx;
    if ((tx->logged & LOGGED) || (!last && !app_tx_is_done(tx)))
        return;
    tx->logged |= LOGGED;
    struct app_record r = {.event_type = "websocket", .dir = t->dir, .encode = encode};
    emit(ctx, tx, &r);
}

static const struct app_shape websocket_shapes[] = {
    {"websocket", "websocket: {fin: bool, mask?: uint, opcode: string, length: uint, "
                  "compressed?: bool}"},
    {0},
};

static bool websocket_get_payload(struct app_tx *tx, enum direction dir, unsigned index,
                                  struct arena *scratch, struct bytes *out)
{
    const struct websocket_tx *t = (const struct websocket_tx *)tx;
    (void)scratch;
    *out = app_text_bytes(&t->payload);
    return index == 0 && dir == t->dir && out->len > 0;
}

static const struct app_buffer websocket_buffers[] = {
    APP_BUFFER(WEBSOCKET, "websocket.payload", "", "", APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT,
               FRAME_DONE, FRAME_DONE, websocket_get_payload),
    {0},
};

const struct app_parser app_parser_WEBSOCKET = {
    .transports = APP_OVER_TCP,
    .complete = {FRAME_DONE, FRAME_DONE},
    .events = events,
    .event_count = EVENT_COUNT,
    .probe = websocket_probe,
    .open = websocket_open,
    .close = websocket_close,
    .feed = websocket_feed,
    .tx_free = websocket_tx_free,
    .records = websocket_records,
    .alert_json = websocket_alert_json,
    .buffers = websocket_buffers,
    .shapes = websocket_shapes,
};
