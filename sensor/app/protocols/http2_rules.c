/* http2_rules.c - what rules ask of HTTP/2's frames, direction by direction. */
#include "sensor/app/protocols/http2_state.h"

#define PREFIX_BITS 5 /* of a table's new size, behind 001 */
#define SIZES_MAX   8 /* read of one block; two make sense */

void http2_note_frame(struct http2_tx *t, enum direction dir, enum http2_type type)
{
    t->part[dir].types |= (uint16_t)(1u << type);
    app_flow_touch(t->flow->flow, dir);
}

void http2_note_number(struct http2_tx *t, struct app_text *list, uint32_t number)
{
    app_text_add(t->flow->app, list, bytes_of(&number, sizeof number), HTTP2_NUMBERS_CAP);
}

/* RFC 7541 section 5.1; false when it is cut short or has more than 32 bits. */
static bool read_size(struct cursor *c, uint32_t *out)
{
    uint64_t n = cursor_u8(c) & ((1u << PREFIX_BITS) - 1);
    bool more = n == (1u << PREFIX_BITS) - 1;
    for (unsigned shift = 0; more && shift < 35; shift += 7) {
        uint8_t b = cursor_u8(c);
        n += (uint64_t)(b & 0x7f) << shift;
        more = b & 0x80;
    }
    *out = (uint32_t)n;
    return cursor_ok(c) && !more && n <= UINT32_MAX;
}

void http2_note_table_sizes(struct http2_tx *t, enum direction dir, struct bytes block)
{
    struct cursor c = cursor_over(block);
    uint32_t size;
    for (unsigned i = 0; i < SIZES_MAX && cursor_left(&c) > 0 && *c.at >> PREFIX_BITS == 1; i++) {
        if (!read_size(&c, &size))
            return;
        http2_note_number(t, &t->part[dir].table_sizes, size);
    }
}

/* ---- getters ---- */

static const struct http2_part *part_of(const struct app_tx *tx, enum direction dir)
{
    return &((const struct http2_tx *)tx)->part[dir];
}

bool http2_get_type(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                    struct bytes *out)
{
    uint16_t types = part_of(tx, dir)->types;
    for (; index > 0; index--)
        types &= (uint16_t)(types - 1);
    return types && app_number_bytes((uint64_t)__builtin_ctz(types), scratch, out);
}

bool http2_get_error(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                     struct bytes *out)
{
    const struct http2_part *p = part_of(tx, dir);
    return index == 0 && p->has_error && app_number_bytes(p->error_code, scratch, out);
}

bool http2_get_priority(struct app_tx *tx, enum direction dir, unsigned index,
                        struct arena *scratch, struct bytes *out)
{
    const struct app_text *weights = &part_of(tx, dir)->weights;
    return index < weights->len && app_number_bytes(weights->p[index], scratch, out);
}

static bool number_at(const struct app_text *list, unsigned index, struct arena *scratch,
                      struct bytes *out)
{
    uint32_t n;
    struct bytes at = bytes_slice(app_text_bytes(list), index * sizeof n, sizeof n);
    if (at.len < sizeof n)
        return false;
    memcpy(&n, at.p, sizeof n);
    return app_number_bytes(n, scratch, out);
}

bool http2_get_window(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                      struct bytes *out)
{
    return number_at(&part_of(tx, dir)->windows, index, scratch, out);
}

bool http2_get_table_size(struct app_tx *tx, enum direction dir, unsigned index,
                          struct arena *scratch, struct bytes *out)
{
    return number_at(&part_of(tx, dir)->table_sizes, index, scratch, out);
}

bool http2_get_settings(struct app_tx *tx, enum direction dir, unsigned index,
                        struct arena *scratch, struct bytes *out)
{
    (void)scratch;
    *out = app_text_bytes(&part_of(tx, dir)->settings);
    return index == 0 && out->len > 0;
}

const struct app_number http2_types = {
    .max = UINT8_MAX,
    .words = (const struct app_word[]){{"DATA", FRAME_DATA},
                                       {"HEADERS", FRAME_HEADERS},
                                       {"PRIORITY", FRAME_PRIORITY},
                                       {"RSTSTREAM", FRAME_RST_STREAM},
                                       {"SETTINGS", FRAME_SETTINGS},
                                       {"PUSHPROMISE", FRAME_PUSH_PROMISE},
                                       {"PING", FRAME_PING},
                                       {"GOAWAY", FRAME_GOAWAY},
                                       {"WINDOWUPDATE", FRAME_WINDOW_UPDATE},
                                       {"CONTINUATION", FRAME_CONTINUATION},
                                       {0}},
};

/* RFC 9113 section 7. */
const struct app_number http2_errors = {
    .max = UINT32_MAX,
    .words = (const struct app_word[]){{"NO_ERROR", 0},
                                       {"PROTOCOL_ERROR", 1},
                                       {"INTERNAL_ERROR", 2},
                                       {"FLOW_CONTROL_ERROR", 3},
                                       {"SETTINGS_TIMEOUT", 4},
                                       {"STREAM_CLOSED", 5},
                                       {"FRAME_SIZE_ERROR", 6},
                                       {"REFUSED_STREAM", 7},
                                       {"CANCEL", 8},
                                       {"COMPRESSION_ERROR", 9},
                                       {"CONNECT_ERROR", 10},
                                       {"ENHANCE_YOUR_CALM", 11},
                                       {"INADEQUATE_SECURITY", 12},
                                       {"HTTP_1_1_REQUIRED", 13},
                                       {0}},
};
