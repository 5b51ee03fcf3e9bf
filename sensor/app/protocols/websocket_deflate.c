/* websocket_deflate.c - see websocket_deflate.h. */
#include "sensor/app/protocols/websocket_deflate.h"
#include "sensor/app/protocols/http_text.h"
#include "sensor/app/protocols/lib_memory.h"

#define CHUNK       4096
#define RAW_BITS    (-15)
#define BOMB_BYTES  (1u << 20)
#define BOMB_RATIO  100 /* chat and data feeds stay far below; deflate could reach 1000 */
#define EXTENSION   "permessage-deflate"
#define CLIENT_TERM "client_no_context_takeover"
#define SERVER_TERM "server_no_context_takeover"

/* The first such extension counts: a server answers with one. */
bool websocket_deflate_agreed(struct bytes extensions, bool forgets[2])
{
    struct bytes one, term;
    while (http_next(&extensions, ',', &one)) {
        if (!http_next(&one, ';', &term) || !bytes_ieq(term, BYTES_LIT(EXTENSION)))
            continue;
        while (http_next(&one, ';', &term)) {
            forgets[TO_SERVER] |= bytes_ieq(term, BYTES_LIT(CLIENT_TERM));
            forgets[TO_CLIENT] |= bytes_ieq(term, BYTES_LIT(SERVER_TERM));
        }
        return true;
    }
    return false;
}

void websocket_inflate_begin(struct websocket_inflater *z)
{
    z->in = z->out = 0;
    if (!z->started) {
        z->z = (z_stream){.zalloc = lib_zlib_alloc, .zfree = lib_free, .opaque = z->app};
        z->started = inflateInit2(&z->z, RAW_BITS) == Z_OK;
        z->broken = !z->started;
    } else if (z->forgets) {
        inflateReset(&z->z);
        z->broken = false;
    }
}

static enum websocket_inflated give_up(struct websocket_inflater *z, enum websocket_inflated why)
{
    z->broken = true;
    return why;
}

static enum websocket_inflated inflate_piece(struct websocket_inflater *z, struct bytes data,
                                             websocket_sink *sink, void *ctx)
{
    uint8_t chunk[CHUNK];
    int r;
    z->z.next_in = (Bytef *)(uintptr_t)data.p; /* zlib does not write to it */
    z->z.avail_in = (uInt)data.len;
    do {
        z->z.next_out = chunk;
        z->z.avail_out = sizeof chunk;
        r = inflate(&z->z, Z_NO_FLUSH);
        size_t n = sizeof chunk - z->z.avail_out;
        z->out += n;
        if (n > 0)
            sink(ctx, bytes_of(chunk, n));
        if (r == Z_STREAM_END) /* a block may say it is the last; the window stays (7.2.3.4) */
            r = inflateResetKeep(&z->z);
        if (r != Z_OK && r != Z_BUF_ERROR)
            return give_up(z, WEBSOCKET_DAMAGED);
        if (z->out > BOMB_BYTES && z->out / BOMB_RATIO > z->in)
            return give_up(z, WEBSOCKET_BOMB);
    } while (r == Z_OK && (z->z.avail_in > 0 || z->z.avail_out == 0));
    return WEBSOCKET_INFLATED;
}

enum websocket_inflated websocket_inflate(struct websocket_inflater *z, struct bytes data,
                                          websocket_sink *sink, void *ctx)
{
    z->in += data.len;
    return z->broken ? WEBSOCKET_INFLATED : inflate_piece(z, data, sink, ctx);
}

/* The end of the last block is left out on the wire (7.2.1). */
enum websocket_inflated websocket_inflate_end(struct websocket_inflater *z, websocket_sink *sink,
                                              void *ctx)
{
    return z->broken ? WEBSOCKET_INFLATED : inflate_piece(z, BYTES_LIT("\0\0\xff\xff"), sink, ctx);
}

void websocket_inflater_free(struct websocket_inflater *z)
{
    if (z->started)
        inflateEnd(&z->z);
    z->started = false;
}
