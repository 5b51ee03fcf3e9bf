/* http2_field.c - header fields of a stream: inflated by nghttp2 (RFC 7541), kept one after the
 * other, found again. */
#include "sensor/app/protocols/http2_state.h"

/* ---- kept as two bytes and four bytes of length, name, value ---- */

bool http2_next_field(struct cursor *c, struct http2_field *out)
{
    if (cursor_left(c) == 0)
        return false;
    size_t name_len = cursor_u16(c), value_len = cursor_u32(c);
    out->name = cursor_take(c, name_len);
    out->value = cursor_take(c, value_len);
    return cursor_ok(c);
}

void http2_add_field(struct http2_tx *t, enum direction dir, struct bytes name, struct bytes value)
{
    struct app *a = t->flow->app;
    struct app_text *fields = &t->part[dir].fields;
    size_t n = name.len, v = value.len;
    const uint8_t lengths[] = {(uint8_t)(n >> 8),  (uint8_t)n,        (uint8_t)(v >> 24),
                               (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    if (n > UINT16_MAX || v > HTTP2_FIELDS_CAP ||
        fields->len + sizeof lengths + n + v > HTTP2_FIELDS_CAP) {
        http2_event(t, HTTP2_REASSEMBLY_LIMIT_REACHED);
        return;
    }
    app_text_add(a, fields, bytes_of(lengths, sizeof lengths), HTTP2_FIELDS_CAP);
    app_text_add(a, fields, name, HTTP2_FIELDS_CAP);
    app_text_add(a, fields, value, HTTP2_FIELDS_CAP);
}

bool http2_first(const struct http2_tx *t, enum direction dir, const char *name,
                 struct bytes *value)
{
    struct cursor c = cursor_over(app_text_bytes(&t->part[dir].fields));
    struct http2_field f;
    while (http2_next_field(&c, &f))
        if (bytes_eq(f.name, bytes_str(name))) {
            *value = f.value;
            return true;
        }
    *value = (struct bytes){0};
    return false;
}

void http2_check_fields(struct http2_tx *t)
{
    struct bytes authority, host;
    if (!http2_first(t, TO_SERVER, ":authority", &authority))
        return;
    if (bytes_find(authority, BYTES_LIT("@")) >= 0)
        http2_event(t, HTTP2_USERINFO_IN_URI);
    if (http2_first(t, TO_SERVER, "host", &host) && !bytes_ieq(authority, host))
        http2_event(t, HTTP2_AUTHORITY_HOST_MISMATCH);
}

/* ---- HPACK ---- */

/* A number behind the flags of its first byte (RFC 7541 5.1). False when it exceeds 32 bits. */
static bool take_number(struct cursor *c, unsigned bits, uint32_t *out)
{
    unsigned mask = (1u << bits) - 1, shift = 0;
    uint64_t n = cursor_u8(c) & mask;
    uint8_t more = n == mask ? 0x80 : 0;
    for (; more & 0x80 && cursor_ok(c); shift += 7) {
        more = cursor_u8(c);
        if (shift > 28)
            return false;
        n += (uint64_t)(more & 0x7f) << shift;
    }
    *out = (uint32_t)n;
    return n <= UINT32_MAX;
}

static bool skip_string(struct cursor *c)
{
    uint32_t len;
    bool fits = take_number(c, 7, &len);
    cursor_skip(c, fits ? len : 0);
    return fits;
}

bool http2_overflows(struct bytes block)
{
    struct cursor c = cursor_over(block);
    uint32_t index = 0;
    bool fits = true;
    while (fits && cursor_left(&c) > 0 && (*c.at & 0xe0) == 0x20) /* a new size of the table */
        fits = take_number(&c, 5, &index);
    if (!fits || cursor_left(&c) == 0)
        return !fits;
    bool indexed = *c.at & 0x80, added = *c.at & 0x40;
    fits = take_number(&c, indexed ? 7 : added ? 6 : 4, &index);
    if (fits && !indexed)
        fits = (index > 0 || skip_string(&c)) && skip_string(&c);
    return !fits;
}

/* The peer may use a larger table from its next block on. */
static void allow_table(struct http2_side *side)
{
    size_t now = nghttp2_hd_inflate_get_max_dynamic_table_size(side->inflater);
    if (!side->in_block && side->table_limit > now)
        nghttp2_hd_inflate_change_table_size(side->inflater, side->table_limit);
}

static void go_deaf(struct http2_side *side, struct http2_tx *t, enum http2_event why)
{
    side->deaf = true;
    if (t)
        http2_event(t, why);
}

/* All of the last piece was taken: a field that is still open has no end. */
static void end_block(struct http2_side *side, struct http2_tx *t)
{
    static const uint8_t nothing;
    nghttp2_nv nv;
    int flags = 0;
    if (nghttp2_hd_inflate_hd2(side->inflater, &nv, &flags, &nothing, 0, 1) < 0)
        go_deaf(side, t, HTTP2_EXTRA_HEADER_DATA);
    else
        nghttp2_hd_inflate_end_headers(side->inflater);
    side->within_field = false;
}

void http2_inflate(struct http2_flow *s, struct http2_tx *t, enum direction dir, struct bytes block,
                   bool final)
{
    struct http2_side *side = &s->side[dir];
    allow_table(side);
    while (!side->deaf && block.len > 0) {
        nghttp2_nv nv;
        int flags = 0;
        ssize_t n = nghttp2_hd_inflate_hd2(side->inflater, &nv, &flags, block.p, block.len, 0);
        if (n < 0) {
            bool overflow = !side->within_field && http2_overflows(block);
            go_deaf(side, t, overflow ? HTTP2_HEADER_INTEGER_OVERFLOW : HTTP2_INVALID_HEADER);
            return;
        }
        side->within_field = !(flags & NGHTTP2_HD_INFLATE_EMIT);
        if (!side->within_field && t)
            http2_add_field(t, dir, bytes_of(nv.name, nv.namelen), bytes_of(nv.value, nv.valuelen));
        block = bytes_slice(block, (size_t)n, SIZE_MAX);
    }
    if (final && !side->deaf)
        end_block(side, t);
}
