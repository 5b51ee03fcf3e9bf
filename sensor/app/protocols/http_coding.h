/* http_coding.h - Content-Encoding of bodies, undone as they come: gzip and deflate by ISA-L, br by
 * brotli.
 *
 * Source: RFC 9110 8.4.1, RFC 7932. */
#ifndef APP_HTTP_CODING_H
#define APP_HTTP_CODING_H
#include "sensor/app/parser.h"

enum http_coding_result {
    HTTP_CODING_OK,
    HTTP_CODING_ODD,    /* it begins as no gzip does, and is decoded all the same */
    HTTP_CODING_NONE,   /* it never was this coding, and is handed on as it is */
    HTTP_CODING_BROKEN, /* it is damaged: nothing more comes */
    HTTP_CODING_BOMB,   /* it swells beyond all measure: nothing more comes */
};

/* Whether so many decoded bytes of so many coded ones are beyond all measure. */
bool http_coding_swells(uint64_t coded, uint64_t decoded);

struct http_decoder;
typedef void http_coding_sink(void *ctx, struct bytes decoded);

/* NULL when the coding is none we know. whole: what is deflated is handed on in whole blocks of
 * HTTP_INFLATE_BLOCK bytes and not as it comes. */
struct http_decoder *http_decoder_new(struct app *a, struct bytes coding, bool whole);
/* Each result but OK comes once at most; ODD may be followed by NONE or BROKEN. */
enum http_coding_result http_decode(struct http_decoder *d, struct bytes data,
                                    http_coding_sink *sink, void *ctx);
/* The body is over: hands on what the decoder still holds. */
enum http_coding_result http_decode_end(struct http_decoder *d, http_coding_sink *sink, void *ctx);
void http_decoder_free(struct http_decoder *d);

#endif
