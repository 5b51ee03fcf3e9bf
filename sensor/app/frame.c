/* frame.c - frames: the protocol data units that parsers point out to rules.
 *
 * A parser says where one begins and how long it is as soon as it knows; the core adds the bytes as
 * they come and keeps them until rules have looked. Nothing is kept that no rule asks for. */
#include "sensor/app/state.h"

#define FRAMES_MAX     64          /* of one direction that rules have not seen yet */
#define FRAME_KEEP_MAX (32u << 10) /* bytes kept of one */

int app_frame_find(enum app_proto p, struct bytes name, bool tcp, bool udp)
{
    const struct app_parser *parser = app_parser_of(p);
    unsigned over = parser ? parser->transports : 0;
    tcp &= (over & APP_OVER_TCP) != 0;
    udp &= (over & APP_OVER_UDP) != 0;
    if (tcp && bytes_eq(name, BYTES_LIT("stream")))
        return APP_FRAME_STREAM;
    if (!tcp && !udp)
        return -1;
    for (int i = 0; parser->frames && parser->frames[i]; i++)
        if (bytes_eq(name, bytes_str(parser->frames[i])))
            return i;
    return -1;
}

const char *app_frame_name(enum app_proto p, unsigned type)
{
    return type == APP_FRAME_STREAM ? "stream" : app_parser_of(p)->frames[type];
}

void app_want_frames(struct app *a, const uint32_t wanted[APP_PROTO_COUNT])
{
    memcpy(a->frames_wanted, wanted, sizeof a->frames_wanted);
}

bool app_wants_frames(const struct app *a, enum app_proto p)
{
    return a->frames_wanted[p] != 0;
}

struct app_frame *app_flow_frames(const struct app_flow *f, enum direction dir)
{
    return app_extra_of(f)->frames[dir];
}

/* ---- bytes ---- */

/* What data, which begins at offset of the stream, has of the frame behind what is there. */
static void add_bytes(struct app *a, struct app_frame *f, uint64_t offset, struct bytes data)
{
    struct kept_frame *k = (struct kept_frame *)f;
    uint64_t next = f->offset + k->text.len,
             end = f->length < 0 ? UINT64_MAX : f->offset + (uint64_t)f->length;
    if (f->lost || k->text.cut || next < offset || next - offset >= data.len || next >= end)
        return;
    struct bytes piece = bytes_slice(data, (size_t)(next - offset), SIZE_MAX);
    if (piece.len > end - next)
        piece.len = (size_t)(end - next);
    app_text_add(a, &k->text, piece, FRAME_KEEP_MAX);
    f->bytes = app_text_bytes(&k->text);
    f->complete = f->length >= 0 && f->bytes.len == (uint64_t)f->length;
    f->over |= k->text.cut;
}

void app_frames_take(struct app *a, struct app_flow *flow, enum direction dir, uint64_t offset,
                     struct bytes data, uint64_t gap_bytes)
{
    for (struct app_frame *f = app_flow_frames(flow, dir); f; f = f->next) {
        if (f->complete || f->over)
            continue;
        if (gap_bytes)
            f->lost = f->over = true;
        else
            add_bytes(a, f, offset, data);
    }
}

/* ---- one frame ---- */

static struct app_frame **end_of_list(struct app_flow_extra *x, enum direction dir, unsigned *count)
{
    struct app_frame **at = &x->frames[dir];
    for (*count = 0; *at; at = &(*at)->next)
        ++*count;
    return at;
}

struct app_frame *app_frame_add(const struct app_input *in, enum app_proto p, unsigned type,
                                uint64_t offset, int64_t length, struct bytes head)
{
    struct app *a = in->app;
    unsigned count;
    if (!(a->frames_wanted[p] & 1u << type) || length == 0)
        return NULL;
    struct app_flow_extra *x = app_extra(in->flow);
    struct app_frame **at = end_of_list(x, in->dir, &count);
    if (count == FRAMES_MAX) {
        a->counters.frames_not_followed++;
        return NULL;
    }
    struct kept_frame *k = app_alloc(a, sizeof *k);
    k->frame = (struct app_frame){.type = (uint8_t)type,
                                  .proto = (uint8_t)p,
                                  .dir = (uint8_t)in->dir,
                                  .id = ++x->frame_ids[in->dir],
                                  .offset = offset,
                                  .length = length};
    *at = &k->frame;
    add_bytes(a, &k->frame, offset, head);
    add_bytes(a, &k->frame, in->offset, in->data);
    app_flow_touch(in->flow, in->dir);
    return &k->frame;
}

void app_frame_tx(struct app_frame *f, const struct app_tx *tx)
{
    if (!f)
        return;
    f->has_tx = true;
    f->tx_id = tx->id;
}

void app_frame_end(struct app_flow *flow, enum direction dir, uint64_t id, uint64_t end)
{
    struct app_frame *f = app_flow_frames(flow, dir);
    while (f && f->id != id)
        f = f->next;
    if (!f || f->length >= 0 || end < f->offset)
        return;
    uint64_t length = end - f->offset;
    f->length = (int64_t)length;
    f->bytes = bytes_slice(f->bytes, 0, length);
    f->complete = f->bytes.len == length;
    f->over = true;
    app_flow_touch(flow, dir);
}

void app_frames_free(struct app *a, struct app_flow *flow, bool all)
{
    if (!flow->extra)
        return;
    for (unsigned dir = 0; dir < 2; dir++)
        for (struct app_frame **at = &flow->extra->frames[dir]; *at;) {
            struct kept_frame *k = (struct kept_frame *)*at;
            if (!all && !k->frame.seen) {
                at = &k->frame.next;
                continue;
            }
            *at = k->frame.next;
            app_text_free(a, &k->text);
            app_dealloc(a, k, sizeof *k);
        }
}
