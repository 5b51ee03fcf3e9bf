/* websocket_deflate.h - permessage-deflate of one direction, undone (RFC 7692).
 *
 * The window is always the largest there is: a smaller one that was agreed on is a part of it. */
#ifndef APP_WEBSOCKET_DEFLATE_H
#define APP_WEBSOCKET_DEFLATE_H
#include <zlib.h>
#include "sensor/app/parser.h"

enum websocket_inflated {
    WEBSOCKET_INFLATED,
    WEBSOCKET_DAMAGED, /* said once; until a message begins without a past nothing more comes */
    WEBSOCKET_BOMB,    /* the same, for one that swells beyond all measure */
};

struct websocket_inflater {
    struct app *app;
    z_stream z;
    bool started, broken;
    bool forgets;     /* no message refers to those before it */
    uint64_t in, out; /* of this message */
};

/* From the server's Sec-WebSocket-Extensions: false when it agreed to no permessage-deflate. Sets
 * forgets by direction. */
bool websocket_deflate_agreed(struct bytes extensions, bool forgets[2]);

typedef void websocket_sink(void *ctx, struct bytes plain);
void websocket_inflate_begin(struct websocket_inflater *z);
enum websocket_inflated websocket_inflate(struct websocket_inflater *z, struct bytes data,
                                          websocket_sink *sink, void *ctx);
/* The message is complete. */
enum websocket_inflated websocket_inflate_end(struct websocket_inflater *z, websocket_sink *sink,
                                              void *ctx);
void websocket_inflater_free(struct websocket_inflater *z);

#endif
