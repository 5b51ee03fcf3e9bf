/* http2.c - one HTTP/2 connection: frames out of the bytes, streams as txs, the parser's row.
 *
 * Source: RFC 9113. DATA is handed on as it comes, every other frame is held until it is whole. */
#include "sensor/app/protocols/http2_state.h"
#include "sensor/app/protocols/lib_memory.h"

/* Of a server's bytes kept until the client speaks. */
#define EARLY_MAX 16384u
/* Streams at a time, and frames of one, beyond which either is worth an event. Servers mostly allow
 * 100 to 250 streams. */
#define STREAMS_MAX 256u
#define FRAMES_MAX  65536u

#define NAME(e, name) [HTTP2_##e] = name
static const char *const events[HTTP2_EVENT_COUNT] = {
    NAME(INVALID_FRAME_HEADER, "invalid_frame_header"),
    NAME(INVALID_CLIENT_MAGIC, "invalid_client_magic"),
    NAME(INVALID_FRAME_DATA, "invalid_frame_data"),
    NAME(INVALID_HEADER, "invalid_header"),
    NAME(INVALID_FRAME_LENGTH, "invalid_frame_length"),
    NAME(EXTRA_HEADER_DATA, "extra_header_data"),
    NAME(LONG_FRAME_DATA, "long_frame_data"),
    NAME(STREAM_ID_REUSE, "stream_id_reuse"),
    NAME(INVALID_HTTP1_SETTINGS, "invalid_http1_settings"),
    NAME(FAILED_DECOMPRESSION, "failed_decompression"),
    NAME(INVALID_RANGE, "invalid_range"),
    NAME(HEADER_INTEGER_OVERFLOW, "header_integer_overflow"),
    NAME(TOO_MANY_STREAMS, "too_many_streams"),
    NAME(AUTHORITY_HOST_MISMATCH, "authority_host_mismatch"),
    NAME(USERINFO_IN_URI, "userinfo_in_uri"),
    NAME(REASSEMBLY_LIMIT_REACHED, "reassembly_limit_reached"),
    NAME(DATA_STREAM_ZERO, "data_stream_zero"),
    NAME(TOO_MANY_FRAMES, "too_many_frames"),
};

void http2_event(struct http2_tx *t, enum http2_event e)
{
    app_tx_event(&t->tx, (uint16_t)e);
}

void http2_advance(struct http2_tx *t, enum direction dir, enum http2_progress progress)
{
    app_tx_advance(t->flow->flow, &t->tx, dir, (uint8_t)progress);
}

/* ---- streams ---- */

static struct http2_tx **bucket_of(struct http2_flow *s, uint32_t stream)
{
    return &s->streams[(stream >> 1) % HTTP2_BUCKETS];
}

struct http2_tx *http2_find(struct http2_flow *s, uint32_t stream)
{
    struct http2_tx *t = *bucket_of(s, stream);
    while (t && t->stream != stream)
        t = t->next_stream;
    return t;
}

struct http2_tx *http2_new_tx(struct http2_flow *s, uint32_t stream)
{
    struct http2_tx *t = app_alloc(s->app, sizeof *t);
    t->flow = s;
    t->stream = stream;
    app_tx_add(s->app, s->flow, APP_HTTP2, &t->tx, s->ts_us);
    if (stream == 0) {
        http2_advance(t, TO_SERVER, HTTP2_DONE);
        http2_advance(t, TO_CLIENT, HTTP2_DONE);
        return t;
    }
    struct http2_tx **bucket = bucket_of(s, stream);
    t->next_stream = *bucket;
    *bucket = t;
    if (++s->live == STREAMS_MAX)
        http2_event(t, HTTP2_TOO_MANY_STREAMS);
    return t;
}

static void forget_stream(struct http2_tx *t)
{
    struct http2_tx **at = bucket_of(t->flow, t->stream);
    while (*at && *at != t)
        at = &(*at)->next_stream;
    if (!*at)
        return;
    *at = t->next_stream;
    t->flow->live--;
}

static void http2_tx_free(struct app *a, struct app_tx *tx)
{
    struct http2_tx *t = (struct http2_tx *)tx;
    forget_stream(t);
    for (unsigned dir = 0; dir < 2; dir++) {
        app_text_free(a, &t->part[dir].fields);
        app_text_free(a, &t->part[dir].settings);
        app_text_free(a, &t->part[dir].weights);
        app_text_free(a, &t->part[dir].windows);
        app_text_free(a, &t->part[dir].table_sizes);
        http_decoder_free(t->part[dir].decoder);
    }
    http_range_end(a, t->range, NULL);
    app_dealloc(a, t, sizeof *t);
}

/* ---- frames ---- */

static bool is_wanted(struct http2_flow *s, struct http2_side *side)
{
    const struct http2_frame *f = &side->frame;
    bool held = f->type != FRAME_DATA && f->type <= FRAME_CONTINUATION;
    if (f->type == FRAME_DATA && f->stream == 0)
        http2_event(http2_new_tx(s, 0), HTTP2_DATA_STREAM_ZERO);
    if (!held || f->length <= HTTP2_FRAME_MAX)
        return held || f->type == FRAME_DATA;
    struct http2_tx *t = f->stream ? http2_find(s, f->stream) : NULL;
    http2_event(t ? t : http2_new_tx(s, 0), HTTP2_LONG_FRAME_DATA);
    if (http2_has_headers(f))
        side->deaf = true; /* what it adds to the table is not seen */
    return false;
}

static void begin_frame(struct http2_flow *s, struct http2_side *side)
{
    struct cursor c = cursor_over(bytes_of(side->header, HTTP2_HEADER_LEN));
    struct http2_frame *f = &side->frame;
    f->length = cursor_u24(&c);
    f->type = cursor_u8(&c);
    f->flags = cursor_u8(&c);
    f->stream = cursor_u32(&c) & 0x7fffffff;
    side->left = side->data_left = f->length;
    side->header_len = 0;
    side->in_frame = true;
    side->pad_read = !(f->flags & FLAG_PADDED);
    side->skip = !is_wanted(s, side);
}

/* Padding may not be longer than what is left for it. */
static struct bytes take_pad_length(struct http2_flow *s, struct http2_side *side,
                                    struct bytes piece)
{
    uint8_t pad = piece.p[0];
    struct http2_tx *t = http2_find(s, side->frame.stream);
    side->pad_read = true;
    side->data_left--;
    if (pad > side->data_left && t)
        http2_event(t, HTTP2_INVALID_FRAME_DATA);
    side->data_left -= pad > side->data_left ? side->data_left : pad;
    return bytes_slice(piece, 1, SIZE_MAX);
}

static void take_data_piece(struct http2_flow *s, enum direction dir, struct bytes piece)
{
    struct http2_side *side = &s->side[dir];
    if (!side->pad_read)
        piece = take_pad_length(s, side, piece);
    piece = bytes_slice(piece, 0, side->data_left);
    side->data_left -= (uint32_t)piece.len;
    struct http2_tx *t = side->frame.stream ? http2_find(s, side->frame.stream) : NULL;
    if (t && piece.len > 0)
        http2_take_data(t, dir, piece);
}

static void end_frame(struct http2_flow *s, enum direction dir, struct bytes payload)
{
    struct http2_side *side = &s->side[dir];
    struct http2_frame *f = &side->frame;
    struct http2_tx *t = f->stream ? http2_find(s, f->stream) : NULL;
    side->in_frame = false;
    if (t && ++t->frames == FRAMES_MAX)
        http2_event(t, HTTP2_TOO_MANY_FRAMES);
    if (side->skip)
        return;
    if (f->type != FRAME_DATA) {
        http2_take_frame(s, dir, payload);
        return;
    }
    if (t)
        http2_note_frame(t, dir, FRAME_DATA);
    if (t && (f->flags & FLAG_END_STREAM)) {
        http2_end_body(t, dir, false);
        http2_advance(t, dir, HTTP2_DONE);
    }
}

/* A part of the current frame's payload. One that is whole in the input is not copied. */
static void take_payload(struct http2_flow *s, enum direction dir, struct bytes piece)
{
    struct http2_side *side = &s->side[dir];
    bool is_data = side->frame.type == FRAME_DATA, whole = piece.len == side->frame.length;
    side->left -= (uint32_t)piece.len;
    if (is_data && !side->skip && piece.len > 0)
        take_data_piece(s, dir, piece);
    else if (!is_data && !side->skip && !whole)
        app_text_add(s->app, &side->held, piece, HTTP2_FRAME_MAX);
    if (side->left > 0)
        return;
    struct app_text held = side->held;
    side->held = (struct app_text){0};
    end_frame(s, dir, whole ? piece : app_text_bytes(&held));
    app_text_free(s->app, &held);
}

static struct bytes take_header(struct http2_side *side, struct bytes data)
{
    struct bytes piece = bytes_slice(data, 0, HTTP2_HEADER_LEN - side->header_len);
    memcpy(side->header + side->header_len, piece.p, piece.len);
    side->header_len = (uint8_t)(side->header_len + piece.len);
    return bytes_slice(data, piece.len, SIZE_MAX);
}

static void take_bytes(struct http2_flow *s, enum direction dir, struct bytes data);

/* A server's SETTINGS alone are nine bytes that other protocols may start with as well: they wait
 * for the client to begin. What follows will not. */
static void believe(struct http2_flow *s)
{
    struct app_text early = s->early;
    s->client_spoke = true;
    s->early = (struct app_text){0};
    take_bytes(s, TO_CLIENT, app_text_bytes(&early));
    app_text_free(s->app, &early);
}

/* True when data has to wait. */
static bool is_early(struct http2_flow *s, const struct app_input *in)
{
    if (in->dir == TO_SERVER || s->client_spoke)
        return false;
    if (in->flags == 0 && s->early.len + in->data.len <= EARLY_MAX) {
        app_text_add(s->app, &s->early, in->data, EARLY_MAX);
        return true;
    }
    believe(s);
    return false;
}

/* The client's first bytes are always the same. */
static struct bytes take_preface(struct http2_flow *s, struct http2_side *side, struct bytes data)
{
    struct bytes preface = BYTES_LIT(HTTP2_PREFACE);
    struct bytes want = bytes_slice(preface, side->preface_len, data.len);
    if (memcmp(want.p, data.p, want.len) != 0) {
        http2_event(http2_new_tx(s, 0), HTTP2_INVALID_CLIENT_MAGIC);
        side->lost = true;
    }
    side->preface_len = (uint8_t)(side->preface_len + want.len);
    if (side->preface_len == preface.len && !side->lost)
        believe(s);
    return bytes_slice(data, want.len, SIZE_MAX);
}

static void take_bytes(struct http2_flow *s, enum direction dir, struct bytes data)
{
    struct http2_side *side = &s->side[dir];
    while (data.len > 0 && !side->lost) {
        if (dir == TO_SERVER && side->preface_len < sizeof HTTP2_PREFACE - 1) {
            data = take_preface(s, side, data);
            continue;
        }
        if (!side->in_frame) {
            data = take_header(side, data);
            if (side->header_len < HTTP2_HEADER_LEN)
                return;
            begin_frame(s, side);
            if (side->left > 0)
                continue;
        }
        struct bytes piece = bytes_slice(data, 0, side->left);
        data = bytes_slice(data, piece.len, SIZE_MAX);
        take_payload(s, dir, piece);
    }
}

/* Within a body the frames' bounds are still known; elsewhere they are lost. */
static void take_gap(struct http2_flow *s, enum direction dir, uint64_t gap_bytes)
{
    struct http2_side *side = &s->side[dir];
    bool fits = side->in_frame && side->pad_read && gap_bytes <= side->left &&
                (side->frame.type == FRAME_DATA || side->skip);
    if (!fits) {
        side->lost = true;
        app_text_free(s->app, &side->held);
        return;
    }
    struct http2_tx *t = side->skip ? NULL : http2_find(s, side->frame.stream);
    uint32_t n = (uint32_t)gap_bytes;
    side->data_left -= n < side->data_left ? n : side->data_left;
    side->left -= n;
    if (t)
        http2_lose_data(t, dir, n);
    if (side->left == 0)
        end_frame(s, dir, (struct bytes){0});
}

static enum app_result http2_feed(void *state, const struct app_input *in)
{
    struct http2_flow *s = state;
    s->ts_us = in->ts_us;
    if (s->upgrade.len > 0) {
        s->client_spoke = true;
        http2_take_upgrade(s, app_text_bytes(&s->upgrade));
        app_text_free(s->app, &s->upgrade);
    }
    if (is_early(s, in))
        return APP_OK;
    if (in->flags & APP_FEED_GAP)
        take_gap(s, in->dir, in->gap_bytes);
    take_bytes(s, in->dir, in->data);
    return s->side[TO_SERVER].lost && s->side[TO_CLIENT].lost ? APP_BROKEN : APP_OK;
}

/* ---- one flow ---- */

static void *mem_alloc(size_t n, void *app)
{
    return lib_alloc(app, n);
}
static void mem_free(void *p, void *app)
{
    lib_free(app, p);
}
static void *mem_calloc(size_t count, size_t n, void *app)
{
    return count && n > SIZE_MAX / count ? NULL : lib_alloc(app, count * n);
}
static void *mem_realloc(void *p, size_t n, void *app)
{
    return lib_realloc(app, p, n);
}

static void *http2_open(struct app *a, struct app_flow *f)
{
    struct http2_flow *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    s->memory = (nghttp2_mem){a, mem_alloc, mem_free, mem_calloc, mem_realloc};
    for (unsigned dir = 0; dir < 2; dir++) {
        s->side[dir].table_limit = NGHTTP2_DEFAULT_HEADER_TABLE_SIZE;
        int failed = nghttp2_hd_inflate_new2(&s->side[dir].inflater, &s->memory);
        ASSERT(!failed);
    }
    app_text_add(a, &s->upgrade, app_flow_context(f), UINT32_MAX);
    return s;
}

static void http2_close(struct app *a, void *state)
{
    struct http2_flow *s = state;
    for (unsigned dir = 0; dir < 2; dir++) {
        nghttp2_hd_inflate_del(s->side[dir].inflater);
        app_text_free(a, &s->side[dir].held);
    }
    app_text_free(a, &s->upgrade);
    app_text_free(a, &s->early);
    app_dealloc(a, s, sizeof *s);
}

const struct app_parser app_parser_HTTP2 = {
    .transports = APP_OVER_TCP,
    .complete = {HTTP2_DONE, HTTP2_DONE},
    .events = events,
    .event_count = HTTP2_EVENT_COUNT,
    .probe = http2_probe,
    .open = http2_open,
    .close = http2_close,
    .feed = http2_feed,
    .tx_free = http2_tx_free,
    .records = http2_records,
    .alert_json = http2_alert_json,
    .facts = http2_facts,
    .buffers = http2_buffers,
    .shapes = http2_shapes,
};
