/* http2_frame.c - what each frame other than DATA tells (RFC 9113 section 6). */
#include "sensor/app/protocols/http2_state.h"

#define SETTING_BYTES       6
#define SETTING_TABLE_SIZE  1
#define TABLE_MAX           65536u /* followed of a dynamic table, as in Suricata */
#define PRIORITY_BYTES      5
#define RST_STREAM_BYTES    4
#define PING_BYTES          8
#define GOAWAY_BYTES        8
#define WINDOW_UPDATE_BYTES 4

/* The tx an event or a notice belongs to: the stream's, or one for this frame alone. */
static struct http2_tx *tx_for(struct http2_flow *s, uint32_t stream)
{
    struct http2_tx *t = stream ? http2_find(s, stream) : NULL;
    return t ? t : http2_new_tx(s, 0);
}

/* A stream begins with its first frame; one that is over should not come again. */
static struct http2_tx *open_stream(struct http2_flow *s, uint32_t stream)
{
    struct http2_tx *t = http2_find(s, stream);
    if (!t)
        return http2_new_tx(s, stream);
    if (app_tx_is_done(&t->tx))
        http2_event(t, HTTP2_STREAM_ID_REUSE);
    return t;
}

static void end_stream(struct http2_tx *t, enum direction dir, bool failed)
{
    http2_end_body(t, dir, failed);
    http2_advance(t, dir, HTTP2_DONE);
}

/* ---- header blocks ---- */

static void end_block(struct http2_tx *t, enum direction dir, bool ends_stream)
{
    if (dir == TO_SERVER)
        http2_check_fields(t);
    http2_advance(t, dir, HTTP2_HEADERS);
    if (ends_stream)
        end_stream(t, dir, false);
}

/* What follows the frame's own fields: a piece of a block. */
static void begin_block(struct http2_flow *s, struct http2_tx *t, enum direction dir,
                        struct bytes block)
{
    struct http2_side *side = &s->side[dir];
    const struct http2_frame *f = &side->frame;
    bool final = f->flags & FLAG_END_HEADERS;
    bool ends = f->type == FRAME_HEADERS && (f->flags & FLAG_END_STREAM);
    http2_note_table_sizes(t, dir, block);
    http2_inflate(s, t, dir, block, final);
    if (final) {
        end_block(t, dir, ends);
        return;
    }
    side->in_block = true;
    side->block_frames = f->stream;
    side->block_stream = t->stream;
    side->block_ends_stream = ends;
}

static void take_continuation(struct http2_flow *s, enum direction dir, struct bytes block)
{
    struct http2_side *side = &s->side[dir];
    bool final = side->frame.flags & FLAG_END_HEADERS;
    if (!side->in_block || side->frame.stream != side->block_frames) {
        http2_event(tx_for(s, side->frame.stream), HTTP2_INVALID_FRAME_DATA);
        return;
    }
    struct http2_tx *t = http2_find(s, side->block_stream);
    if (t)
        http2_note_frame(t, dir, FRAME_CONTINUATION);
    http2_inflate(s, t, dir, block, final);
    side->in_block = !final;
    if (final && t)
        end_block(t, dir, side->block_ends_stream);
}

/* Takes padding (RFC 9113 6.1) away; false when there is less than it says. */
static bool without_padding(const struct http2_frame *f, struct bytes *payload)
{
    if (!(f->flags & FLAG_PADDED))
        return true;
    if (payload->len == 0 || payload->p[0] > payload->len - 1)
        return false;
    *payload = bytes_slice(*payload, 1, payload->len - 1 - payload->p[0]);
    return true;
}

static void note_priority(struct http2_tx *t, enum direction dir, uint8_t weight)
{
    struct http2_part *part = &t->part[dir];
    app_text_add(t->flow->app, &part->weights, bytes_of(&weight, 1), HTTP2_NUMBERS_CAP);
    if (part->has_priority) {
        if (!part->multiple)
            part->multiple = "priority";
        return;
    }
    part->has_priority = true;
    part->priority = weight;
}

static void take_headers(struct http2_flow *s, enum direction dir, struct bytes payload)
{
    const struct http2_frame *f = &s->side[dir].frame;
    bool ok = without_padding(f, &payload);
    struct http2_tx *t = open_stream(s, f->stream);
    http2_note_frame(t, dir, FRAME_HEADERS);
    if (ok && (f->flags & FLAG_PRIORITY)) {
        ok = payload.len >= PRIORITY_BYTES;
        if (ok)
            note_priority(t, dir, payload.p[PRIORITY_BYTES - 1]);
        payload = bytes_slice(payload, PRIORITY_BYTES, SIZE_MAX);
    }
    if (!ok) {
        http2_event(t, HTTP2_INVALID_FRAME_DATA);
        s->side[dir].deaf = true;
        return;
    }
    begin_block(s, t, dir, payload);
}

/* The promised stream has its request already; the client will say nothing on it. */
static void take_push_promise(struct http2_flow *s, enum direction dir, struct bytes payload)
{
    const struct http2_frame *f = &s->side[dir].frame;
    bool ok = without_padding(f, &payload);
    struct cursor c = cursor_over(payload);
    uint32_t promised = cursor_u32(&c) & 0x7fffffff;
    if (!ok || !cursor_ok(&c) || promised == 0) {
        http2_event(tx_for(s, f->stream), HTTP2_INVALID_FRAME_DATA);
        s->side[dir].deaf = true;
        return;
    }
    struct http2_tx *t = open_stream(s, promised);
    http2_note_frame(t, dir, FRAME_PUSH_PROMISE);
    http2_advance(t, OTHER(dir), HTTP2_DONE);
    begin_block(s, t, dir, cursor_rest(&c));
}

/* ---- the others ---- */

void http2_take_settings(struct http2_flow *s, struct http2_tx *t, enum direction dir,
                         struct bytes payload)
{
    struct http2_side *other = &s->side[OTHER(dir)];
    struct cursor c = cursor_over(payload);
    app_text_add(s->app, &t->part[dir].settings, payload, HTTP2_SETTINGS_CAP);
    while (cursor_left(&c) >= SETTING_BYTES) {
        uint16_t id = cursor_u16(&c);
        uint32_t value = cursor_u32(&c);
        /* A larger table is allowed at once, for its use is announced; a smaller one is too. */
        if (id == SETTING_TABLE_SIZE && value > other->table_limit)
            other->table_limit = value < TABLE_MAX ? value : TABLE_MAX;
    }
}

static void take_settings(struct http2_flow *s, enum direction dir, struct bytes payload)
{
    if (payload.len == 0) /* an acknowledgement, or nothing to say */
        return;
    struct http2_tx *t = tx_for(s, s->side[dir].frame.stream);
    http2_note_frame(t, dir, FRAME_SETTINGS);
    if (payload.len % SETTING_BYTES)
        http2_event(t, HTTP2_INVALID_FRAME_LENGTH);
    http2_take_settings(s, t, dir, payload);
}

static void note_error(struct http2_part *part, uint32_t code)
{
    if (part->has_error) {
        if (!part->multiple)
            part->multiple = "error_code";
        return;
    }
    part->has_error = true;
    part->error_code = code;
}

static uint32_t u32_at(struct bytes b, size_t at)
{
    struct cursor c = cursor_over(bytes_slice(b, at, 4));
    return cursor_u32(&c);
}

static void take_reset(struct http2_flow *s, enum direction dir, struct bytes payload)
{
    struct http2_tx *t = http2_find(s, s->side[dir].frame.stream);
    if (!t || s->side[dir].frame.stream == 0) /* over and done with, most likely */
        return;
    http2_note_frame(t, dir, FRAME_RST_STREAM);
    note_error(&t->part[dir], u32_at(payload, 0));
    end_stream(t, TO_SERVER, true);
    end_stream(t, TO_CLIENT, true);
}

static void take_priority(struct http2_flow *s, enum direction dir, struct bytes payload)
{
    uint32_t stream = s->side[dir].frame.stream;
    struct http2_tx *t = stream ? http2_find(s, stream) : NULL;
    if (!t)
        t = http2_new_tx(s, stream);
    http2_note_frame(t, dir, FRAME_PRIORITY);
    note_priority(t, dir, payload.p[PRIORITY_BYTES - 1]);
}

static void take_goaway(struct http2_flow *s, enum direction dir, struct bytes payload)
{
    struct http2_tx *t = tx_for(s, s->side[dir].frame.stream);
    http2_note_frame(t, dir, FRAME_GOAWAY);
    note_error(&t->part[dir], u32_at(payload, 4));
}

/* PING, WINDOW_UPDATE: a tx when they are about the connection, as in Suricata. */
static void take_small(struct http2_flow *s, enum direction dir, struct bytes payload)
{
    const struct http2_frame *f = &s->side[dir].frame;
    struct http2_tx *t = f->stream ? http2_find(s, f->stream) : http2_new_tx(s, 0);
    if (!t)
        return;
    http2_note_frame(t, dir, f->type);
    if (f->type == FRAME_WINDOW_UPDATE)
        http2_note_number(t, &t->part[dir].windows, u32_at(payload, 0) & 0x7fffffff);
}

/* Frames of one size. False, and an event, when this one is not. */
static bool length_fits(struct http2_flow *s, const struct http2_frame *f)
{
    static const uint8_t exact[] = {
        [FRAME_PRIORITY] = PRIORITY_BYTES,
        [FRAME_RST_STREAM] = RST_STREAM_BYTES,
        [FRAME_PING] = PING_BYTES,
        [FRAME_WINDOW_UPDATE] = WINDOW_UPDATE_BYTES,
    };
    uint8_t want = f->type < sizeof exact ? exact[f->type] : 0;
    if ((want == 0 || f->length == want) && (f->type != FRAME_GOAWAY || f->length >= GOAWAY_BYTES))
        return true;
    http2_event(tx_for(s, f->stream), HTTP2_INVALID_FRAME_LENGTH);
    return false;
}

/* Some are about the connection, some about a stream (RFC 9113 6). What is about nothing is left
 * out, and headers with it. */
static bool stream_fits(struct http2_flow *s, struct http2_side *side)
{
    const struct http2_frame *f = &side->frame;
    bool of_connection =
        f->type == FRAME_SETTINGS || f->type == FRAME_PING || f->type == FRAME_GOAWAY;
    if (f->type == FRAME_WINDOW_UPDATE || of_connection == (f->stream == 0))
        return true;
    http2_event(tx_for(s, f->stream), HTTP2_INVALID_FRAME_HEADER);
    side->deaf = side->deaf || http2_has_headers(f);
    return of_connection;
}

void http2_take_frame(struct http2_flow *s, enum direction dir, struct bytes payload)
{
    struct http2_side *side = &s->side[dir];
    if (side->in_block && side->frame.type != FRAME_CONTINUATION) {
        http2_event(tx_for(s, side->block_stream), HTTP2_INVALID_FRAME_DATA);
        side->in_block = false;
        side->deaf = true;
    }
    if (!length_fits(s, &side->frame) || !stream_fits(s, side))
        return;
    switch (side->frame.type) {
    case FRAME_HEADERS:
        take_headers(s, dir, payload);
        break;
    case FRAME_PRIORITY:
        take_priority(s, dir, payload);
        break;
    case FRAME_RST_STREAM:
        take_reset(s, dir, payload);
        break;
    case FRAME_SETTINGS:
        take_settings(s, dir, payload);
        break;
    case FRAME_PUSH_PROMISE:
        take_push_promise(s, dir, payload);
        break;
    case FRAME_GOAWAY:
        take_goaway(s, dir, payload);
        break;
    case FRAME_CONTINUATION:
        take_continuation(s, dir, payload);
        break;
    default:
        take_small(s, dir, payload);
        break;
    }
}
