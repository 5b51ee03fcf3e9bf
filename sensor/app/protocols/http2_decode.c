/* http2_decode.c - Content-Encoding of bodies, incrementally: gzip and deflate by zlib, br by
 * brotli. Memory of both is the flow's. */
#include <brotli/decode.h>
#include <zlib.h>
#include "sensor/app/protocols/http2_state.h"

#define CHUNK      16384
#define GZIP_BITS  (15 + 16)
#define ZLIB_BITS  15
#define RAW_BITS   (-15)
#define BOMB_BYTES (1u << 20)
#define BOMB_RATIO 2048 /* as libhtp's */

enum coding { CODING_GZIP, CODING_DEFLATE, CODING_BROTLI };

struct http2_decoder {
    struct app *app;
    enum coding coding;
    bool started, over;
    uint64_t in, out;
    z_stream z;
    BrotliDecoderState *brotli;
};

/* ---- memory that libraries ask for: its size stands before it ---- */

#define PREFIX (2 * sizeof(size_t))

void *http2_lib_alloc(void *app, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    size_t *p = app_alloc(app, n + PREFIX);
    p[0] = n;
    return p + 2;
}

void http2_lib_free(void *app, void *p)
{
    size_t *start = p;
    if (p)
        app_dealloc(app, start - 2, start[-2] + PREFIX);
}

static void *zlib_alloc(void *app, unsigned count, unsigned n)
{
    return http2_lib_alloc(app, (size_t)count * n);
}

/* ---- zlib ---- */

/* "deflate" should be zlib's format and often is the bare one; the first byte tells (RFC 1950). */
static bool start_zlib(struct http2_decoder *d, uint8_t first)
{
    bool wrapped = (first & 0x0f) == 8 && first >> 4 <= 7;
    int bits = d->coding == CODING_GZIP ? GZIP_BITS : wrapped ? ZLIB_BITS : RAW_BITS;
    d->z = (z_stream){.zalloc = zlib_alloc, .zfree = http2_lib_free, .opaque = d->app};
    d->started = inflateInit2(&d->z, bits) == Z_OK;
    return d->started;
}

static bool swells(const struct http2_decoder *d)
{
    return d->out > BOMB_BYTES && d->out / BOMB_RATIO > d->in;
}

static bool decode_zlib(struct http2_decoder *d, struct bytes data, http2_sink *sink, void *ctx)
{
    uint8_t chunk[CHUNK];
    if (!d->started && !start_zlib(d, data.p[0]))
        return false;
    d->z.next_in = (Bytef *)(uintptr_t)data.p; /* zlib does not write to it */
    d->z.avail_in = (uInt)data.len;
    int r;
    do {
        d->z.next_out = chunk;
        d->z.avail_out = sizeof chunk;
        r = inflate(&d->z, Z_NO_FLUSH);
        size_t n = sizeof chunk - d->z.avail_out;
        d->out += n;
        if (n > 0)
            sink(ctx, bytes_of(chunk, n));
        if (r == Z_BUF_ERROR) /* wants more */
            return true;
        if (r != Z_OK && r != Z_STREAM_END)
            return false;
    } while (r == Z_OK && !swells(d) && (d->z.avail_in > 0 || d->z.avail_out == 0));
    d->over = r == Z_STREAM_END;
    return !swells(d);
}

/* ---- brotli ---- */

static bool decode_brotli(struct http2_decoder *d, struct bytes data, http2_sink *sink, void *ctx)
{
    const uint8_t *next = data.p;
    size_t left = data.len, none = 0;
    if (!d->brotli)
        d->brotli = BrotliDecoderCreateInstance(http2_lib_alloc, http2_lib_free, d->app);
    if (!d->brotli)
        return false;
    for (;;) {
        BrotliDecoderResult r =
            BrotliDecoderDecompressStream(d->brotli, &left, &next, &none, NULL, NULL);
        size_t n = 0;
        const uint8_t *out = BrotliDecoderTakeOutput(d->brotli, &n);
        d->out += n;
        if (n > 0)
            sink(ctx, bytes_of(out, n));
        if (r == BROTLI_DECODER_RESULT_ERROR || swells(d))
            return false;
        d->over = r == BROTLI_DECODER_RESULT_SUCCESS && !BrotliDecoderHasMoreOutput(d->brotli);
        if (d->over || (r == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT && n == 0))
            return true;
    }
}

/* ---- either ---- */

struct http2_decoder *http2_decoder_new(struct app *a, struct bytes coding)
{
    enum coding c;
    if (bytes_ieq(coding, BYTES_LIT("gzip")))
        c = CODING_GZIP;
    else if (bytes_ieq(coding, BYTES_LIT("deflate")))
        c = CODING_DEFLATE;
    else if (bytes_ieq(coding, BYTES_LIT("br")))
        c = CODING_BROTLI;
    else
        return NULL;
    struct http2_decoder *d = app_alloc(a, sizeof *d);
    d->app = a;
    d->coding = c;
    return d;
}

/* What follows the end of the coding is nobody's. */
bool http2_decode(struct http2_decoder *d, struct bytes data, http2_sink *sink, void *ctx)
{
    if (d->over || data.len == 0)
        return true;
    d->in += data.len;
    return d->coding == CODING_BROTLI ? decode_brotli(d, data, sink, ctx)
                                      : decode_zlib(d, data, sink, ctx);
}

void http2_decoder_free(struct http2_decoder *d)
{
    if (!d)
        return;
    if (d->started)
        inflateEnd(&d->z);
    if (d->brotli)
        BrotliDecoderDestroyInstance(d->brotli);
    app_dealloc(d->app, d, sizeof *d);
}
