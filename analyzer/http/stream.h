/* analyzer/http/stream.h - between push and the server: one open event stream. */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H
#include "analyzer/http/push.h"
#include <microhttpd.h>
#include <sys/types.h>

/* A response body that never ends by itself; the connection sleeps while there is nothing to say.
 * last_id is the browser's Last-Event-ID or NULL. NULL when there are too many viewers. */
struct MHD_Response *stream_response(struct push *p, struct MHD_Connection *c,
                                     const struct push_viewer *v, const char *last_id);

/* Ends all streams, now and in future, so that the server can stop. */
void push_close(struct push *p);

#endif
