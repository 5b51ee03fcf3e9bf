/* sensor/app/protocols/enip_state.h - what the enip*.c files share. */
#ifndef APP_ENIP_STATE_H
#define APP_ENIP_STATE_H
#include "sensor/app/protocols/framed.h"

#define ENIP_HEADER_BYTES 24u
#define ENIP_KEPT_BYTES   2048u /* of what follows the header; connections rarely carry more */
#define ENIP_DONE         1

enum enip_event { ENIP_EVENT_TOO_MANY_TRANSACTIONS, ENIP_EVENT_INVALID_PDU, ENIP_EVENT_COUNT };

enum enip_command {
    ENIP_NOP = 0x00,
    ENIP_LIST_SERVICES = 0x04,
    ENIP_LIST_IDENTITY = 0x63,
    ENIP_REGISTER_SESSION = 0x65,
    ENIP_UNREGISTER_SESSION = 0x66,
    ENIP_SEND_RR_DATA = 0x6f,
    ENIP_SEND_UNIT_DATA = 0x70,
};

struct enip_message {
    struct app_text data;
    uint16_t command;
    uint32_t session, status, options;
    bool seen;
};

struct enip_tx {
    struct app_tx tx;
    struct enip_message side[2]; /* TO_SERVER the request */
};

/* Names as Suricata 8 gives them, NULL for none: enip_names.c. */
const char *enip_command_name(uint16_t command);
const char *enip_status_name(uint32_t status);
const char *enip_service_name(uint8_t service);
const char *enip_cip_status_name(uint8_t status);
const char *enip_class_name(uint16_t class);
/* Reads what a message carries, and writes it where j is not NULL; false when it is damaged. */
bool enip_put_payload(struct json *j, const struct enip_message *m);

void enip_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void enip_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape enip_shapes[];
extern const struct app_buffer enip_buffers[];

#endif
