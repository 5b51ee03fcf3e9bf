/* sensor/app/protocols/mqtt_state.h - what the mqtt*.c files share. */
#ifndef APP_MQTT_STATE_H
#define APP_MQTT_STATE_H
#include "sensor/app/parser.h"

enum mqtt_type {
    MQTT_CONNECT = 1,
    MQTT_CONNACK,
    MQTT_PUBLISH,
    MQTT_PUBACK,
    MQTT_PUBREC,
    MQTT_PUBREL,
    MQTT_PUBCOMP,
    MQTT_SUBSCRIBE,
    MQTT_SUBACK,
    MQTT_UNSUBSCRIBE,
    MQTT_UNSUBACK,
    MQTT_PINGREQ,
    MQTT_PINGRESP,
    MQTT_DISCONNECT,
    MQTT_AUTH,
    MQTT_TYPES
};

#define MQTT_DONE 1
/* Longest message that is read; of a longer one only type and length are known. */
#define MQTT_MESSAGE_MAX (256u << 10)
/* Messages kept of one tx: a request and what it takes to settle it; more are counted only. */
#define MQTT_TX_MESSAGES 8

struct mqtt_message {
    uint8_t type; /* enum mqtt_type; 0: not assigned */
    uint8_t flags;
    uint8_t version;      /* of the protocol, as the flow's CONNECT said; 0: not known */
    uint64_t cut_bytes;   /* its whole length, when too long to be read; else 0 */
    struct app_text body; /* after the fixed header */
};

struct mqtt_tx {
    struct app_tx tx;
    int64_t packet_id; /* that answers carry; -1: none is waited for, MQTT_CONNECT_ID: CONNACK */
    enum direction dir;
    bool hide_passwords;
    uint8_t count;
    struct mqtt_message messages[MQTT_TX_MESSAGES];
};
#define MQTT_CONNECT_ID 0x10000

/* Name of a type as EVE writes it, such as "connect". */
const char *mqtt_type_name(uint8_t type);

/* Reads one message from front to back; the reader decides what for. False: it is malformed. */
struct mqtt_reader {
    struct cursor at;
    struct json *json;   /* write what is read here; NULL: only read */
    const char *want;    /* or look for the field of this name ... */
    unsigned want_index; /* ... that comes after so many others of that name */
    struct bytes got;    /* found when .p is set */
    bool hide_passwords;
    uint16_t packet_id; /* 0: the message has none */
    uint8_t version;    /* CONNECT: what it announces */
};
bool mqtt_read(struct mqtt_reader *r, const struct mqtt_message *m);

extern const struct app_buffer mqtt_buffers[];
extern const struct app_shape mqtt_shapes[];
void mqtt_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void mqtt_alert_json(const struct app_tx *tx, struct json *j);

#endif
