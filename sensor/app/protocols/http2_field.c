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

/* The peer may use a larger table from its next block on. */
static void allow_table(struct http2_side *side)
{
    size_t now = nghttp2_hd_inflate_get_max_dynamic_table_size(side->inflater);
    if (!side->in_block && side->table_limit > now)
        nghttp2_hd_inflate_change_table_size(side->inflater, side->table_limit);
}

static void go_deaf(struct http2_side *side, struct http2_tx *t)
{
    side->deaf = true;
    if (t)
        http2_event(t, HTTP2_INVALID_HEADER);
}

void http2_inflate(struct http2_flow *s, struct http2_tx *t, enum direction dir, struct bytes block,
                   bool final)
{
    struct http2_side *side = &s->side[dir];
    static const uint8_t nothing;
    const uint8_t *at = block.len ? block.p : &nothing, *end = at + block.len;
    int flags = 0;
    allow_table(side);
    while (!side->deaf) {
        nghttp2_nv nv;
        ssize_t n =
            nghttp2_hd_inflate_hd2(side->inflater, &nv, &flags, at, (size_t)(end - at), final);
        if (n < 0) {
            go_deaf(side, t);
            return;
        }
        at += n;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) && t)
            http2_add_field(t, dir, bytes_of(nv.name, nv.namelen), bytes_of(nv.value, nv.valuelen));
        if (flags & NGHTTP2_HD_INFLATE_FINAL) {
            nghttp2_hd_inflate_end_headers(side->inflater);
            return;
        }
        if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && at == end)
            return;
    }
}
