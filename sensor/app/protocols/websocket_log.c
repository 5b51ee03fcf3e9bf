/* websocket_log.c - a WebSocket frame as EVE shows it, and what rules look at. */
#include "sensor/app/protocols/websocket_state.h"
#include <stdio.h>

#define LOGGED 1

static const char *opcode_name(uint8_t opcode, char out[16])
{
    static const char *const names[16] = {
        [CONTINUATION] = "continuation", [TEXT] = "text", [BINARY] = "binary",
        [CLOSE] = "connection_close",    [PING] = "ping", [PONG] = "pong"};
    if (names[opcode])
        return names[opcode];
    snprintf(out, 16, "unknown-%u", opcode);
    return out;
}

void websocket_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct websocket_tx *t = (const struct websocket_tx *)tx;
    char other[16];
    json_object(j, "websocket");
    json_bool(j, "fin", t->fin);
    if (t->masked)
        json_u64(j, "mask", t->mask);
    json_strz(j, "opcode", opcode_name(t->opcode, other));
    json_u64(j, "length", t->len);
    if (t->compressed)
        json_bool(j, "compressed", true);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    websocket_alert_json(tx, j);
}

void websocket_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct websocket_tx *t = (const struct websocket_tx *)tx;
    if ((tx->logged & LOGGED) || (!last && !app_tx_is_done(tx)))
        return;
    tx->logged |= LOGGED;
    struct app_record r = {.event_type = "websocket", .dir = t->dir, .encode = encode};
    emit(ctx, tx, &r);
}

const struct app_shape websocket_shapes[] = {
    {"websocket", "websocket: {fin: bool, mask?: uint, opcode: string, length: uint, "
                  "compressed?: bool}"},
    {0},
};

static bool websocket_get_payload(struct app_tx *tx, enum direction dir, unsigned index,
                                  struct arena *scratch, struct bytes *out)
{
    const struct websocket_tx *t = (const struct websocket_tx *)tx;
    (void)scratch;
    *out = app_text_bytes(&t->payload);
    return index == 0 && dir == t->dir && out->len > 0;
}

const struct app_buffer websocket_buffers[] = {
    APP_BUFFER(WEBSOCKET, "websocket.payload", "", "", APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT,
               FRAME_DONE, FRAME_DONE, websocket_get_payload),
    {0},
};
