/* sensor/app/protocols/rfb_state.h - what rfb.c reads and rfb_log.c writes. */
#ifndef APP_RFB_STATE_H
#define APP_RFB_STATE_H
#include "sensor/app/parser.h"

#define RFB_DONE 1

enum rfb_security { RFB_INVALID, RFB_NONE, RFB_VNC };

struct rfb_pixels {
    uint8_t bits, depth, big_endian, true_color;
    uint16_t max[3];
    uint8_t shift[3];
};

struct rfb_tx {
    struct app_tx tx;
    struct rfb_state *state;
    char version[2][12];           /* by sender: "003.008" with its dot */
    int64_t security_type, result; /* -1: not seen */
    bool challenged, responded, has_client_init, has_server_init, shared;
    uint8_t challenge[16], response[16];
    uint16_t width, height;
    struct rfb_pixels pixels;
    struct app_text reason, name;
};

/* rfb_log.c */
void rfb_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void rfb_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape rfb_shapes[];
extern const struct app_buffer rfb_buffers[];

#endif
