/* http_inflate.h - gzip, zlib's format and bare deflate, undone as they come, by ISA-L.
 *
 * In blocks of HTTP_INFLATE_BLOCK decoded bytes, wherever the network cut what was sent.
 * Source: RFC 1950, RFC 1951, RFC 1952. */
#ifndef APP_HTTP_INFLATE_H
#define APP_HTTP_INFLATE_H
#include "sensor/app/parser.h"

#define HTTP_INFLATE_BLOCK 8192u /* as libhtp's */

enum http_inflate_format { HTTP_GZIP, HTTP_ZLIB, HTTP_BARE_DEFLATE };

enum http_inflate_result {
    HTTP_INFLATE_BLOCK_FULL, /* and there may be more: call again */
    HTTP_INFLATE_MORE,       /* all of the input is used */
    HTTP_INFLATE_END,        /* the coding is over; what is left of the input is not its */
    HTTP_INFLATE_BROKEN,     /* damaged; the block holds what was before */
};

struct http_inflate; /* some 95 KiB, the flow's */

struct http_inflate *http_inflate_new(struct app *a, enum http_inflate_format format);
void http_inflate_free(struct app *a, struct http_inflate *z); /* z may be NULL */
/* Decodes from the front of *data, which it shortens, until the block is full. Never after END or
 * BROKEN. */
enum http_inflate_result http_inflate(struct http_inflate *z, struct bytes *data);
/* The block, of which the next call begins another one; valid until then. */
struct bytes http_inflate_take(struct http_inflate *z);

#endif
