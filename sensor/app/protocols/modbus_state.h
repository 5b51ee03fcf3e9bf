/* sensor/app/protocols/modbus_state.h - what the modbus*.c files share.
 * Source: "MODBUS Application Protocol Specification" 1.1b3, "MODBUS Messaging on TCP/IP" 1.0b. */
#ifndef APP_MODBUS_STATE_H
#define APP_MODBUS_STATE_H
#include "sensor/app/protocols/framed.h"

#define MODBUS_HEADER_BYTES 7u   /* with the unit */
#define MODBUS_ADU_MAX      260u /* with the header */
#define MODBUS_DONE         1

enum modbus_event {
    MODBUS_EVENT_UNSOLICITED_RESPONSE,
    MODBUS_EVENT_INVALID_FUNCTION_CODE,
    MODBUS_EVENT_INVALID_LENGTH,
    MODBUS_EVENT_INVALID_VALUE,
    MODBUS_EVENT_INVALID_EXCEPTION_CODE,
    MODBUS_EVENT_VALUE_MISMATCH,
    MODBUS_EVENT_FLOODED,
    MODBUS_EVENT_INVALID_PROTOCOL_ID,
    MODBUS_EVENT_COUNT
};

/* What is wrong with a message; bits in the order in which a record names them. */
enum modbus_fault {
    MODBUS_BAD_VALUE = 1 << 0,
    MODBUS_BAD_LENGTH = 1 << 1,
    MODBUS_BAD_EXCEPTION = 1 << 2,
    MODBUS_BAD_FUNCTION = 1 << 3,
    MODBUS_BAD_PROTOCOL = 1 << 4,
};

struct modbus_message {
    struct app_text pdu; /* from the function code on */
    uint16_t transaction, protocol;
    uint8_t unit, faults;
    bool seen;
};

struct modbus_tx {
    struct app_tx tx;
    struct modbus_message side[2]; /* TO_SERVER the request */
};

enum modbus_shape {
    MODBUS_BYTES,
    MODBUS_READ_BITS,
    MODBUS_READ_WORDS,
    MODBUS_WRITE_COIL,
    MODBUS_WRITE_WORD,
    MODBUS_WRITE_BITS,
    MODBUS_WRITE_WORDS,
    MODBUS_WRITE_MASK,
    MODBUS_READ_WRITE,
    MODBUS_CODED, /* a code tells what it is */
};
enum modbus_coded { MODBUS_DIAGNOSTIC = 8, MODBUS_MEI = 43 };
#define MODBUS_FUNCTION_MASK 0x7f
#define MODBUS_IS_EXCEPTION  0x80

struct modbus_function {
    uint8_t code; /* 0: not known */
    uint8_t shape;
    const char *name, *access; /* as EVE writes them */
};
const struct modbus_function *modbus_function_of(uint8_t function);
/* Names of what a diagnostic or an encapsulated message is for; NULL: reserved. */
const char *modbus_diagnostic_name(uint16_t code);
const char *modbus_mei_name(uint8_t type);

/* Reads a message and writes it, where j is not NULL; returns its faults. request is what it
 * answers, or empty. */
unsigned modbus_put(struct json *j, struct bytes pdu, bool is_answer, struct bytes request);

/* What kind of function a message is for, as EVE writes it. */
const char *modbus_category(struct bytes pdu, bool is_answer);

void modbus_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void modbus_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape modbus_shapes[];
extern const struct app_buffer modbus_buffers[]; /* modbus_rules.c */

#endif
