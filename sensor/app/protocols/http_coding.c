/* http_coding.c - see http_coding.h. Memory of the libraries is the flow's. */
#include "sensor/app/protocols/http_coding.h"
#include "sensor/app/protocols/lib_memory.h"
#include <brotli/decode.h>
#include <zlib.h>

#define CHUNK        16384
#define BLOCK        512
#define GZIP_BITS    (15 + 16)
#define ZLIB_BITS    15
#define RAW_BITS     (-15)
#define WINDOW_MAX   (4u << 20)
#define WINDOW_SLACK 4096u /* that brotli adds to it */
#define BOMB_BYTES   (1u << 20)
#define BOMB_RATIO   2048 /* as libhtp's */

enum coding { CODING_GZIP, CODING_DEFLATE, CODING_BROTLI };

struct http_decoder {
    struct app *app;
    enum coding coding;
    bool started, over, plain;
    uint64_t in, out;
    z_stream z;
    BrotliDecoderState *brotli;
    uint8_t block[BLOCK]; /* for brotli */
    size_t held;
};

struct target {
    http_coding_sink *sink;
    void *ctx;
};

static bool swells(const struct http_decoder *d)
{
    return d->out > BOMB_BYTES && d->out / BOMB_RATIO > d->in;
}

static void hand_on(struct http_decoder *d, const struct target *to, const uint8_t *p, size_t n)
{
    d->out += n;
    if (n > 0)
        to->sink(to->ctx, bytes_of(p, n));
}

/* ---- zlib ---- */

/* "deflate" should be zlib's format, is often the bare one, and sometimes gzip's: the first two
 * bytes tell (RFC 1950, RFC 1952). */
static int bits_of(const struct http_decoder *d, struct bytes data)
{
    unsigned head = data.len > 1 ? (unsigned)(data.p[0] << 8 | data.p[1]) : 0;
    if (d->coding == CODING_GZIP || head == 0x1f8b)
        return GZIP_BITS;
    bool wrapped = (head >> 8 & 0x0f) == 8 && head >> 12 <= 7 && head % 31 == 0;
    return wrapped ? ZLIB_BITS : RAW_BITS;
}

static bool start_zlib(struct http_decoder *d, struct bytes data)
{
    d->z = (z_stream){.zalloc = lib_zlib_alloc, .zfree = lib_free, .opaque = d->app};
    d->started = inflateInit2(&d->z, bits_of(d, data)) == Z_OK;
    return d->started;
}

static enum http_coding_result decode_zlib(struct http_decoder *d, struct bytes data,
                                           const struct target *to)
{
    uint8_t chunk[CHUNK];
    if (!d->started && !start_zlib(d, data))
        return HTTP_CODING_BROKEN;
    d->z.next_in = (Bytef *)(uintptr_t)data.p; /* zlib does not write to it */
    d->z.avail_in = (uInt)data.len;
    int r;
    do {
        d->z.next_out = chunk;
        d->z.avail_out = sizeof chunk;
        r = inflate(&d->z, Z_NO_FLUSH);
        hand_on(d, to, chunk, sizeof chunk - d->z.avail_out);
        if (r == Z_BUF_ERROR) /* wants more */
            return HTTP_CODING_OK;
        if (r != Z_OK && r != Z_STREAM_END)
            return HTTP_CODING_BROKEN;
        if (swells(d))
            return HTTP_CODING_BOMB;
    } while (r == Z_OK && (d->z.avail_in > 0 || d->z.avail_out == 0));
    d->over = r == Z_STREAM_END;
    return HTTP_CODING_OK;
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
        hand_on(d, to, out, n);
        if (r == BROTLI_DECODER_RESULT_ERROR)
            return HTTP_CODING_BROKEN;
        if (swells(d))
            return HTTP_CODING_BOMB;
        d->over = r == BROTLI_DECODER_RESULT_SUCCESS && !BrotliDecoderHasMoreOutput(d->brotli);
        if (r == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT && n == 0)
            break;
    }
    return HTTP_CODING_OK;
}

/* ---- in blocks ---- */

/* On damage brotli keeps what it decoded of the same input to itself, so its input is cut at places
 * of our own and not where the network did. What "deflate" means shows at its beginning. */
static bool wants_block(const struct http_decoder *d)
{
    return d->coding == CODING_BROTLI || (d->coding == CODING_DEFLATE && !d->started);
}

static enum http_coding_result decode_block(struct http_decoder *d, const struct target *to)
{
    struct bytes block = bytes_of(d->block, d->held);
    enum http_coding_result r =
        d->coding == CODING_BROTLI ? decode_brotli(d, block, to) : decode_zlib(d, block, to);
    if (r == HTTP_CODING_OK)
        d->held = 0;
    return r;
}

/* When already the first block is no such coding the server named a coding that it does not use. */
static enum http_coding_result end_coding(struct http_decoder *d, const struct target *to,
                                          enum http_coding_result r)
{
    d->plain = r == HTTP_CODING_BROKEN && d->in <= BLOCK && d->out == 0;
    if (!d->plain)
        return r;
    hand_on(d, to, d->block, d->held);
    return HTTP_CODING_NONE;
}

static enum http_coding_result decode_blocks(struct http_decoder *d, struct bytes *data,
                                             const struct target *to)
{
    enum http_coding_result r = HTTP_CODING_OK;
    while (data->len > 0 && !d->over && r == HTTP_CODING_OK && wants_block(d)) {
        struct bytes piece = bytes_slice(*data, 0, BLOCK - d->held);
        memcpy(d->block + d->held, piece.p, piece.len);
        d->held += piece.len;
        d->in += piece.len;
        *data = bytes_slice(*data, piece.len, SIZE_MAX);
        if (d->held == BLOCK)
            r = decode_block(d, to);
    }
    return end_coding(d, to, r);
}

/* ---- either ---- */

struct http_decoder *http_decoder_new(struct app *a, struct bytes coding)
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
    return d;
}

/* What follows the end of the coding is nobody's. */
enum http_coding_result http_decode(struct http_decoder *d, struct bytes data,
                                    http_coding_sink *sink, void *ctx)
{
    const struct target to = {sink, ctx};
    enum http_coding_result r = HTTP_CODING_OK;
    if (!d->plain)
        r = decode_blocks(d, &data, &to);
    if (d->plain) {
        hand_on(d, &to, data.p, data.len);
    } else if (data.len > 0 && !d->over && r == HTTP_CODING_OK) {
        d->in += data.len;
        r = decode_zlib(d, data, &to);
    }
    d->over = d->over || r == HTTP_CODING_BROKEN || r == HTTP_CODING_BOMB;
    return r;
}

enum http_coding_result http_decode_end(struct http_decoder *d, http_coding_sink *sink, void *ctx)
{
    const struct target to = {sink, ctx};
    if (d->over || d->plain || d->held == 0)
        return HTTP_CODING_OK;
    enum http_coding_result r = decode_block(d, &to);
    d->over = true;
    return end_coding(d, &to, r);
}

void http_decoder_free(struct http_decoder *d)
{
    if (!d)
        return;
    if (d->started)
        inflateEnd(&d->z);
    if (d->brotli)
        BrotliDecoderDestroyInstance(d->brotli);
    app_dealloc(d->app, d, sizeof *d);
}
