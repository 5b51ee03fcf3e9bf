/* sensor/app/protocols/dhcp_state.h - what the dhcp*.c files share. RFC 2131, RFC 2132. */
#ifndef APP_DHCP_STATE_H
#define APP_DHCP_STATE_H
#include "sensor/app/protocols/oneway.h"

#define DHCP_FIXED_BYTES  236u /* before the magic cookie */
#define DHCP_HEADER_BYTES 240u
/* Kept of a message for its record; real ones are below 1500 bytes. */
#define DHCP_KEPT_BYTES 4096u

enum dhcp_event { DHCP_EVENT_TRUNCATED_OPTIONS, DHCP_EVENT_MALFORMED_OPTIONS, DHCP_EVENT_COUNT };

enum dhcp_option_code {
    DHCP_PAD = 0,
    DHCP_SUBNET_MASK = 1,
    DHCP_ROUTERS = 3,
    DHCP_DNS_SERVERS = 6,
    DHCP_HOSTNAME = 12,
    DHCP_REQUESTED_IP = 50,
    DHCP_LEASE_TIME = 51,
    DHCP_TYPE = 53,
    DHCP_PARAMETER_LIST = 55,
    DHCP_RENEWAL_TIME = 58,
    DHCP_REBINDING_TIME = 59,
    DHCP_VENDOR_CLASS = 60,
    DHCP_CLIENT_ID = 61,
    DHCP_END = 255,
};

struct dhcp_tx {
    struct app_tx tx;
    struct app_text message;
    uint8_t dir;
};

/* The next option of a message, pads passed over. False at the end option, at the end of the bytes
 * and where an option is cut short (c has failed then). */
bool dhcp_next_option(struct cursor *c, uint8_t *code, struct bytes *value);

void dhcp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void dhcp_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape dhcp_shapes[];
extern const struct app_buffer dhcp_buffers[];

#endif
