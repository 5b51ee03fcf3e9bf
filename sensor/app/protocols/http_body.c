/* http_body.c - bodies as they came: decoded, kept for rules and followed as files. */
#include "sensor/app/protocols/http_state.h"
#include "sensor/app/protocols/http_text.h"

#define LAYERS_MAX 3 /* that libhtp decodes, in the order in which they are listed */

/* Where what is decoded goes: to the decoder of that depth. */
struct target {
    struct http_tx *t;
    enum direction dir;
    unsigned depth;
};

/* data.p is NULL for a gap, which ends no body but cannot be shown either. */
static void add(struct http_tx *t, enum direction dir, struct bytes data)
{
    http_file_data(t, dir, data);
    t->body_bytes[dir] += data.len;
    if (!data.p || data.len == 0)
        return;
    app_text_add(t->app, &t->body[dir], data, app_options(t->app)->body_cap_bytes);
    app_tx_advance(t->state->flow, &t->tx, dir, HTTP_BODY);
    app_flow_touch(t->state->flow, dir);
}

/* ---- which codings ---- */

/* NULs within count for nothing. */
static bool is_coding(struct bytes b, const char *name)
{
    size_t n = 0, len = strlen(name);
    for (size_t i = 0; i < b.len; i++) {
        if (b.p[i] == 0)
            continue;
        if (n == len || byte_lower(b.p[i]) != (uint8_t)name[n])
            return false;
        n++;
    }
    return n == len;
}

static enum http_layer single_coding(struct bytes value)
{
    if (is_coding(value, "gzip") || is_coding(value, "x-gzip"))
        return HTTP_LAYER_GZIP;
    if (is_coding(value, "deflate") || is_coding(value, "x-deflate"))
        return HTTP_LAYER_DEFLATE;
    return HTTP_LAYER_NONE;
}

/* One of several; what merely looks like a coding is one, and odd. */
static enum http_layer listed_coding(struct http_tx *t, struct bytes one)
{
    enum http_layer layer = http_holds(one, "gzip", false)      ? HTTP_LAYER_GZIP
                            : http_holds(one, "deflate", false) ? HTTP_LAYER_DEFLATE
                                                                : HTTP_LAYER_NONE;
    bool known = bytes_eq(one, BYTES_LIT("gzip")) || bytes_eq(one, BYTES_LIT("x-gzip")) ||
                 bytes_eq(one, BYTES_LIT("deflate")) || bytes_eq(one, BYTES_LIT("x-deflate")) ||
                 bytes_eq(one, BYTES_LIT("inflate"));
    if (!known)
        http_complain(t->state, t, HTTP_ABNORMAL_CE_HEADER);
    return layer;
}

static struct bytes next_coding(struct bytes *list)
{
    size_t from = 0;
    while (from < list->len && (list->p[from] == ',' || list->p[from] == ' '))
        from++;
    size_t to = from;
    while (to < list->len && list->p[to] != ',' && list->p[to] != ' ')
        to++;
    struct bytes one = bytes_slice(*list, from, to - from);
    *list = bytes_slice(*list, to, SIZE_MAX);
    return one;
}

static void list_codings(struct http_tx *t, struct bytes list)
{
    struct bytes one;
    unsigned count = 0, layers = 0;
    while ((one = next_coding(&list)).len > 0) {
        if (++count > LAYERS_MAX) {
            http_complain(t->state, t, HTTP_TOO_MANY_ENCODING_LAYERS);
            return;
        }
        if (bytes_eq(one, BYTES_LIT("lzma"))) {
            http_complain(t->state, t, HTTP_COMPRESSION_BOMB);
            return;
        }
        enum http_layer layer = listed_coding(t, one);
        if (layer != HTTP_LAYER_NONE)
            t->layers[TO_CLIENT][layers++] = (uint8_t)layer;
    }
}

/* Brotli is found alone or among others, which are taken away first in whatever order they are. */
static void find_brotli(struct http_tx *t, enum direction dir, struct bytes list)
{
    struct bytes one;
    unsigned n = 0;
    while (n < HTTP_CODINGS_MAX && t->layers[dir][n])
        n++;
    while (http_next(&list, ',', &one))
        if (bytes_ieq(one, BYTES_LIT("br"))) {
            t->layers[dir][n] = HTTP_LAYER_BROTLI;
            return;
        }
}

void http_find_codings(struct http_tx *t, enum direction dir)
{
    struct bytes value;
    if (!http_header(t, dir, HTTP1_CONTENT_ENCODING, &value))
        return;
    enum http_layer single = single_coding(value);
    if (single != HTTP_LAYER_NONE) {
        t->layers[dir][0] = (uint8_t)single;
        return;
    }
    if (is_coding(value, "lzma") && dir == TO_CLIENT)
        http_complain(t->state, t, HTTP_EVENT_COUNT);
    else if (!is_coding(value, "inflate") && dir == TO_CLIENT)
        list_codings(t, value);
    find_brotli(t, dir, value);
}

static void make_decoders(struct http_tx *t, enum direction dir)
{
    static const char *const names[] = {
        [HTTP_LAYER_GZIP] = "gzip", [HTTP_LAYER_DEFLATE] = "deflate", [HTTP_LAYER_BROTLI] = "br"};
    t->body_begun[dir] = true;
    for (unsigned i = 0; i < HTTP_CODINGS_MAX && t->layers[dir][i]; i++)
        t->decoder[dir][i] = http_decoder_new(t->app, bytes_str(names[t->layers[dir][i]]), true);
}

/* ---- decoding ---- */

static void note_result(struct http_tx *t, enum direction dir, enum http_coding_result r)
{
    if (r == HTTP_CODING_OK)
        return;
    app_tx_event(&t->tx,
                 r == HTTP_CODING_BOMB ? HTTP_COMPRESSION_BOMB : HTTP_GZIP_DECOMPRESSION_FAILED);
    t->body_lost[dir] |= r == HTTP_CODING_BROKEN || r == HTTP_CODING_BOMB;
}

/* Layers swell what swelled already: by a thousand millions, did nobody count. */
static void note_decoded(struct http_tx *t, enum direction dir, size_t n)
{
    t->decoded_bytes[dir] += n;
    if (http_coding_swells(t->coded_bytes[dir], t->decoded_bytes[dir]))
        note_result(t, dir, HTTP_CODING_BOMB);
}

static void pass_on(void *ctx, struct bytes data)
{
    const struct target *at = ctx;
    struct http_tx *t = at->t;
    struct http_decoder *d = at->depth < HTTP_CODINGS_MAX ? t->decoder[at->dir][at->depth] : NULL;
    struct target next = {t, at->dir, at->depth + 1};
    if (t->body_lost[at->dir])
        return;
    if (at->depth > 0)
        note_decoded(t, at->dir, data.len);
    if (!d)
        add(t, at->dir, data);
    else
        note_result(t, at->dir, http_decode(d, data, pass_on, &next));
}

void http_body_data(struct http_tx *t, enum direction dir, struct bytes data)
{
    struct target first = {t, dir, 0};
    if (data.p && data.len == 0)
        return;
    http_tx_show(t);
    if (!t->body_begun[dir])
        make_decoders(t, dir);
    if (data.p) {
        t->coded_bytes[dir] += data.len;
        pass_on(&first, data);
        return;
    }
    t->body_lost[dir] |= t->decoder[dir][0] != NULL; /* nothing behind a gap can be decoded */
    add(t, dir, data);
}

void http_body_end(struct http_tx *t, enum direction dir)
{
    for (unsigned i = 0; i < HTTP_CODINGS_MAX && t->decoder[dir][i]; i++) {
        struct target next = {t, dir, i + 1};
        if (!t->body_lost[dir])
            note_result(t, dir, http_decode_end(t->decoder[dir][i], pass_on, &next));
        http_decoder_free(t->decoder[dir][i]);
    }
    memset(t->decoder[dir], 0, sizeof t->decoder[dir]);
    http_file_end(t, dir);
}
