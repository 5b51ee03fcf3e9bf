/* http_inflate.c - see http_inflate.h. */
#include "sensor/app/protocols/http_inflate.h"
#include <isa-l/igzip_lib.h>

struct http_inflate {
    uint32_t len; /* of the block */
    uint8_t block[HTTP_INFLATE_BLOCK];
    struct inflate_state state;
};

struct http_inflate *http_inflate_new(struct app *a, enum http_inflate_format format)
{
    static const uint32_t wrappers[] = {
        [HTTP_GZIP] = ISAL_GZIP, [HTTP_ZLIB] = ISAL_ZLIB, [HTTP_BARE_DEFLATE] = ISAL_DEFLATE};
    struct http_inflate *z = app_take(a, sizeof *z);
    z->len = 0;
    isal_inflate_init(&z->state); /* of its 87 KB what has to be */
    z->state.crc_flag = wrappers[format];
    return z;
}

void http_inflate_free(struct app *a, struct http_inflate *z)
{
    app_dealloc(a, z, sizeof *z);
}

enum http_inflate_result http_inflate(struct http_inflate *z, struct bytes *data)
{
    struct inflate_state *s = &z->state;
    uint32_t n = data->len < UINT32_MAX ? (uint32_t)data->len : UINT32_MAX;
    s->next_in = (uint8_t *)(uintptr_t)data->p; /* not written to */
    s->avail_in = n;
    s->next_out = z->block + z->len;
    s->avail_out = HTTP_INFLATE_BLOCK - z->len;
    int r = isal_inflate(s);
    *data = bytes_slice(*data, n - s->avail_in, SIZE_MAX);
    z->len = HTTP_INFLATE_BLOCK - s->avail_out;
    if (r < 0 || r == ISAL_NEED_DICT)
        return HTTP_INFLATE_BROKEN;
    if (s->block_state == ISAL_BLOCK_FINISH)
        return HTTP_INFLATE_END;
    return s->avail_out == 0 ? HTTP_INFLATE_BLOCK_FULL : HTTP_INFLATE_MORE;
}

struct bytes http_inflate_take(struct http_inflate *z)
{
    struct bytes block = bytes_of(z->block, z->len);
    z->len = 0;
    return block;
}
