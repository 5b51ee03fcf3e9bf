/* websocket_state.h - what the websocket*.c files share. */
#ifndef APP_WEBSOCKET_STATE_H
#define APP_WEBSOCKET_STATE_H
#include "sensor/app/protocols/websocket_deflate.h"

enum { FRAME_OPEN, FRAME_DONE }; /* progress */

enum websocket_opcode { CONTINUATION, TEXT, BINARY, CLOSE = 8, PING, PONG };

struct websocket_tx {
    struct app_tx tx;
    struct websocket_state *state;
    struct app_text payload; /* in the clear; with the last fragment: of the whole message */
    uint64_t len;            /* of the frame's payload, as said */
    uint32_t mask;
    uint8_t opcode;
    enum direction dir;
    bool fin, masked, compressed;
};

void websocket_alert_json(const struct app_tx *tx, struct json *j);
void websocket_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
extern const struct app_buffer websocket_buffers[];
extern const struct app_shape websocket_shapes[];

#endif
