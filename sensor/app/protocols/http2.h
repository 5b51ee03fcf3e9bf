/* http2.h - HTTP/2 as rules and records see it (RFC 9113).
 *
 * A stream is a tx; so is each frame about the whole connection (stream 0), as in Suricata. */
#ifndef APP_HTTP2_H
#define APP_HTTP2_H
#include "sensor/app/app.h"

/* Progress of either direction of a stream. */
enum http2_progress {
    HTTP2_HEADERS = 1, /* a block of headers is complete */
    HTTP2_BODY,        /* bytes of a body are there; more may come */
    HTTP2_DONE,        /* nothing more comes this way */
};

#endif
