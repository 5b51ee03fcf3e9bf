/* http_coding.c - see http_coding.h. Memory of the libraries is the flow's. */
#include "sensor/app/protocols/http_coding.h"
#include "sensor/app/protocols/http_inflate.h"
#include "sensor/app/protocols/lib_memory.h"
#include <brotli/decode.h>

#define BLOCK        512
#define GZIP_HEAD    10u  /* without the optional fields */
#define GZIP_HCRC    0x02 /* the flag for a digest of the header */
#define GZIP_TEXTS   0x18 /* those for a name and a comment */
#define WINDOW_MAX   (4u << 20)
#define WINDOW_SLACK 4096u /* that brotli adds to it */
#define BOMB_BYTES   (1u << 20)
#define BOMB_RATIO   2048 /* as libhtp's */

enum coding { CODING_GZIP, CODING_DEFLATE, CODING_BROTLI };

struct http_decoder {
    struct app *app;
    enum coding coding;
    bool over, plain;
    bool whole; /* what is decoded is handed on in whole blocks */
    bool odd;   /* gzip is what it is called and not how it begins */
    uint64_t in, out;
    struct http_inflate *inflate;
    BrotliDecoderState *brotli;
    uint8_t block[BLOCK]; /* of input: see wants_block */
    size_t held;
};

struct target {
    http_coding_sink *sink;
    void *ctx;
};

bool http_coding_swells(uint64_t coded, uint64_t decoded)
{
    return decoded > BOMB_BYTES && decoded / BOMB_RATIO > coded;
}

static void hand_on(struct http_decoder *d, const struct target *to, struct bytes data)
{
    d->out += data.len;
    if (data.len > 0)
        to->sink(to->ctx, data);
}

/* ---- deflate and what is wrapped around it ---- */

/* RFC 1952 2.3.1: method and flags are those there are. */
static bool is_gzip(struct bytes head)
{
    return bytes_starts(head, BYTES_LIT("\x1f\x8b\x08")) && head.len > 3 && head.p[3] < 0x20;
}

/* RFC 1950 2.2 */
static bool is_zlib(struct bytes head)
{
    unsigned word = head.len > 1 ? (unsigned)(head.p[0] << 8 | head.p[1]) : 0;
    return (word >> 8 & 0x0f) == 8 && word >> 12 <= 7 && word % 31 == 0;
}

/* Where the data begins behind a gzip header that is not as it should be: libhtp's guess. */
static size_t odd_head(struct bytes head)
{
    if (head.len < GZIP_HEAD || head.p[0] != 0x1f || head.p[1] != 0x8b || head.p[3] == 0)
        return 0;
    const uint8_t *text = head.p + GZIP_HEAD, *end = memchr(text, 0, head.len - GZIP_HEAD);
    if (head.p[3] & GZIP_TEXTS)
        return end ? (size_t)(end - head.p) + 1 : 0;
    return head.p[3] & GZIP_HCRC ? GZIP_HEAD + 2 : GZIP_HEAD;
}

/* "deflate" should be zlib's format and is often the bare one; either name is given to what the
 * other one stands for. The first bytes tell. */
static enum http_inflate_format format_of(struct bytes head)
{
    return is_gzip(head) ? HTTP_GZIP : is_zlib(head) ? HTTP_ZLIB : HTTP_BARE_DEFLATE;
}

/* By itself never a bomb: deflate swells 1032 times at most. */
static enum http_coding_result decode_deflate(struct http_decoder *d, struct bytes data,
                                              const struct target *to)
{
    enum http_inflate_result r = HTTP_INFLATE_BLOCK_FULL;
    while (r == HTTP_INFLATE_BLOCK_FULL) {
        r = http_inflate(d->inflate, &data);
        if (r == HTTP_INFLATE_BROKEN && d->odd && d->in <= BLOCK && d->out == 0)
            break; /* the guess was wrong */
        if (r != HTTP_INFLATE_MORE || !d->whole)
            hand_on(d, to, http_inflate_take(d->inflate));
    }
    d->over = r == HTTP_INFLATE_END;
    return r == HTTP_INFLATE_BROKEN ? HTTP_CODING_BROKEN : HTTP_CODING_OK;
}

static enum http_coding_result start_deflate(struct http_decoder *d,
                                             enum http_inflate_format format, struct bytes data,
                                             const struct target *to)
{
    http_inflate_free(d->app, d->inflate);
    d->inflate = http_inflate_new(d->app, format);
    return decode_deflate(d, data, to);
}

/* A gzip header tells by itself, unless what it promises has to be checked. */
static bool is_told(struct bytes head)
{
    return head.len == BLOCK || (is_gzip(head) && !(head.p[3] & GZIP_HCRC));
}

/* data is the end of the first block. Where nothing can be made of it the bare format is tried
 * behind whatever looks like a header; evaders set flags in it that most clients do not mind. */
static enum http_coding_result decode_head(struct http_decoder *d, struct bytes data,
                                           const struct target *to)
{
    struct bytes head = bytes_of(d->block, d->held);
    enum http_inflate_format format = format_of(head);
    enum http_coding_result r;
    if (d->inflate) {
        r = decode_deflate(d, data, to);
    } else {
        d->odd = format == HTTP_BARE_DEFLATE && d->coding == CODING_GZIP;
        r = start_deflate(d, format, bytes_slice(head, d->odd ? odd_head(head) : 0, SIZE_MAX), to);
        if (d->odd && r == HTTP_CODING_OK)
            return HTTP_CODING_ODD;
    }
    if (r != HTTP_CODING_BROKEN || d->out > 0 || d->odd || format == HTTP_BARE_DEFLATE)
        return r;
    d->odd = true;
    r = start_deflate(d, HTTP_BARE_DEFLATE, bytes_slice(head, odd_head(head), SIZE_MAX), to);
    return r == HTTP_CODING_OK ? HTTP_CODING_ODD : r;
}

/* ---- brotli ---- */

/* Ten bytes may ask for a window of 16 MiB: what wants a larger one than this is not decoded. */
static void *brotli_alloc(void *app, size_t n)
{
    return n > WINDOW_MAX + WINDOW_SLACK ? NULL : lib_alloc(app, n);
}

static enum http_coding_result decode_brotli(struct http_decoder *d, struct bytes data,
                                             const struct target *to)
{
    const uint8_t *next = data.p;
    size_t left = data.len, none = 0;
    if (!d->brotli)
        d->brotli = BrotliDecoderCreateInstance(brotli_alloc, lib_free, d->app);
    if (!d->brotli)
        return HTTP_CODING_BROKEN;
    while (!d->over) {
        BrotliDecoderResult r =
            BrotliDecoderDecompressStream(d->brotli, &left, &next, &none, NULL, NULL);
        size_t n = 0;
        const uint8_t *out = BrotliDecoderTakeOutput(d->brotli, &n);
        hand_on(d, to, bytes_of(out, n));
        if (r == BROTLI_DECODER_RESULT_ERROR)
            return HTTP_CODING_BROKEN;
        if (http_coding_swells(d->in, d->out))
            return HTTP_CODING_BOMB;
        d->over = r == BROTLI_DECODER_RESULT_SUCCESS && !BrotliDecoderHasMoreOutput(d->brotli);
        if (r == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT && n == 0)
            break;
    }
    return HTTP_CODING_OK;
}

/* ---- in blocks ---- */

/* On damage brotli keeps what it decoded of the same input to itself, so its input is cut at places
 * of our own and not where the network did. What deflate is wrapped in shows in the first block. */
static bool wants_block(const struct http_decoder *d)
{
    return d->coding == CODING_BROTLI || d->held < BLOCK;
}

/* When already the first block is no such coding the server named a coding that it does not use. */
static enum http_coding_result end_coding(struct http_decoder *d, const struct target *to,
                                          enum http_coding_result r)
{
    d->plain = r == HTTP_CODING_BROKEN && d->in <= BLOCK && d->out == 0;
    if (!d->plain)
        return r;
    hand_on(d, to, bytes_of(d->block, d->held));
    return HTTP_CODING_NONE;
}

static enum http_coding_result decode_block(struct http_decoder *d, const struct target *to)
{
    enum http_coding_result r = decode_brotli(d, bytes_of(d->block, d->held), to);
    if (r == HTTP_CODING_OK)
        d->held = 0;
    return r;
}

static enum http_coding_result decode_blocks(struct http_decoder *d, struct bytes *data,
                                             const struct target *to)
{
    enum http_coding_result r = HTTP_CODING_OK;
    while (data->len > 0 && !d->over && r <= HTTP_CODING_ODD && wants_block(d)) {
        struct bytes piece = bytes_slice(*data, 0, BLOCK - d->held);
        memcpy(d->block + d->held, piece.p, piece.len);
        d->held += piece.len;
        d->in += piece.len;
        *data = bytes_slice(*data, piece.len, SIZE_MAX);
        if (d->coding != CODING_BROTLI && is_told(bytes_of(d->block, d->held)))
            r = decode_head(d, piece, to);
        else if (d->held == BLOCK)
            r = decode_block(d, to);
    }
    return end_coding(d, to, r);
}

/* ---- either ---- */

struct http_decoder *http_decoder_new(struct app *a, struct bytes coding, bool whole)
{
    enum coding c;
    if (bytes_ieq(coding, BYTES_LIT("gzip")) || bytes_ieq(coding, BYTES_LIT("x-gzip")))
        c = CODING_GZIP;
    else if (bytes_ieq(coding, BYTES_LIT("deflate")))
        c = CODING_DEFLATE;
    else if (bytes_ieq(coding, BYTES_LIT("br")))
        c = CODING_BROTLI;
    else
        return NULL;
    struct http_decoder *d = app_alloc(a, sizeof *d);
    d->app = a;
    d->coding = c;
    d->whole = whole;
    return d;
}

static void release(struct http_decoder *d)
{
    http_inflate_free(d->app, d->inflate);
    d->inflate = NULL;
    if (d->brotli)
        BrotliDecoderDestroyInstance(d->brotli);
    d->brotli = NULL;
}

static enum http_coding_result finish(struct http_decoder *d, enum http_coding_result r)
{
    d->over = d->over || r == HTTP_CODING_BROKEN || r == HTTP_CODING_BOMB;
    if (d->over || d->plain)
        release(d);
    return r;
}

/* What follows the end of the coding is nobody's. */
enum http_coding_result http_decode(struct http_decoder *d, struct bytes data,
                                    http_coding_sink *sink, void *ctx)
{
    const struct target to = {sink, ctx};
    enum http_coding_result r = HTTP_CODING_OK;
    if (d->over)
        return HTTP_CODING_OK;
    if (!d->plain)
        r = decode_blocks(d, &data, &to);
    if (d->plain) {
        hand_on(d, &to, data);
    } else if (data.len > 0 && !d->over && r <= HTTP_CODING_ODD) {
        d->in += data.len;
        enum http_coding_result rest = decode_deflate(d, data, &to);
        r = rest == HTTP_CODING_OK ? r : rest;
    }
    return finish(d, r);
}

enum http_coding_result http_decode_end(struct http_decoder *d, http_coding_sink *sink, void *ctx)
{
    const struct target to = {sink, ctx};
    enum http_coding_result r = HTTP_CODING_OK;
    if (d->over || d->plain)
        return HTTP_CODING_OK;
    if (d->coding == CODING_BROTLI && d->held > 0)
        r = end_coding(d, &to, decode_block(d, &to));
    else if (!d->inflate && d->held > 0)
        r = end_coding(d, &to, decode_head(d, (struct bytes){0}, &to));
    if (d->inflate && !d->plain)
        hand_on(d, &to, http_inflate_take(d->inflate));
    d->over = true;
    return finish(d, r);
}

void http_decoder_free(struct http_decoder *d)
{
    if (!d)
        return;
    release(d);
    app_dealloc(d->app, d, sizeof *d);
}
