/* sensor/app/http.h - HTTP/1 as rules and records see it (RFC 9112).
 *
 * One tx is one request with its response. Every function takes the struct app_tx of an HTTP tx. */
#ifndef APP_HTTP_H
#define APP_HTTP_H
#include "sensor/app/app.h"

/* Progress of either direction of an HTTP tx. */
enum http_progress {
    HTTP_LINE = 1, /* request or status line is complete */
    HTTP_HEADERS,  /* the headers are complete */
    HTTP_BODY,     /* bytes of a body are there; more may come */
    HTTP_DONE,     /* the message is complete */
};

/* Bytes of the body seen so far, after decoding, whether kept or not. */
uint64_t http_body_bytes(const struct app_tx *tx, enum direction dir);

#endif
