/* sensor/app/protocols/rdp_state.h - what the files of the RDP parser share. */
#ifndef APP_RDP_STATE_H
#define APP_RDP_STATE_H
#include "sensor/app/parser.h"

enum rdp_kind {
    RDP_DAMAGED, /* carries an event, has no record */
    RDP_INITIAL_REQUEST,
    RDP_INITIAL_RESPONSE,
    RDP_CONNECT_REQUEST,
    RDP_CONNECT_RESPONSE,
    RDP_TLS_HANDSHAKE,
};

/* Type of a negotiation, MS-RDPBCGR 2.2.1.1.1 and 2.2.1.2. */
enum rdp_negotiation { RDP_NOT_NEGOTIATED, RDP_ASKS, RDP_AGREES, RDP_REFUSES };

/* Fields of the client's core data that end it early: from each on, all may be missing. */
enum rdp_core_extent {
    RDP_CORE_BASE,
    RDP_CORE_COLOR, /* post_beta2_color */
    RDP_CORE_PRODUCT_ID,
    RDP_CORE_SERIAL,
    RDP_CORE_HIGH_COLOR,
    RDP_CORE_CAPABILITIES,
    RDP_CORE_ID,
    RDP_CORE_CONNECTION,
    RDP_CORE_WIDTH,
    RDP_CORE_HEIGHT,
    RDP_CORE_ORIENTATION,
    RDP_CORE_SCALE,
    RDP_CORE_DEVICE_SCALE,
};

/* MS-RDPBCGR 2.2.1.3.2: who the client is. */
struct rdp_core {
    uint8_t extent; /* enum rdp_core_extent: the last field that is there */
    uint8_t connection;
    uint16_t width, height, color, post_beta2_color, product_id, high_color, capabilities,
        orientation;
    uint32_t version, keyboard_layout, build, keyboard_type, keyboard_subtype, function_keys,
        serial, physical_width, physical_height, scale, device_scale;
    struct app_text name, ime, id;
};

struct rdp_tx {
    struct app_tx tx;
    uint8_t kind, dir;
    uint8_t negotiation; /* enum rdp_negotiation */
    uint8_t flags;       /* of the negotiation */
    uint32_t value;      /* protocol, or why it was refused */
    bool has_core;
    struct rdp_core core;
    struct app_text cookie;
    struct app_text channels; /* of 8 bytes each, NUL-padded */
    struct app_text serials;  /* of certificates, in hex, each with a NUL after it */
};

#define RDP_TPKT_BYTES   4u
#define RDP_CHANNEL_NAME 8u

/* rdp_message.c: what follows the TPKT header. Each returns the kind of message that it read into
 * t, or RDP_DAMAGED for one that is of no interest. */
uint8_t rdp_read_from_client(struct app *a, struct rdp_tx *t, struct bytes tpdu);
uint8_t rdp_read_from_server(struct rdp_tx *t, struct bytes tpdu);

/* rdp_tls.c: records of TLS between client and server; collects the server's handshake. */
enum rdp_tls { RDP_TLS_GOES_ON, RDP_TLS_CHAIN, RDP_TLS_HIDDEN, RDP_TLS_BROKEN };
/* The next record's content, which may end a Certificate message; that one's body is in *chain. */
enum rdp_tls rdp_tls_take(struct app *a, struct app_text *handshake, struct bytes record,
                          struct bytes *chain);
void rdp_tls_read_serials(struct app *a, struct bytes chain, struct app_text *serials);

/* rdp_locale.c: names for numbers of Windows; NULL for none. */
const char *rdp_locale(uint32_t keyboard_layout);
const char *rdp_build(uint32_t build);

void rdp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void rdp_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape rdp_shapes[];

#endif
