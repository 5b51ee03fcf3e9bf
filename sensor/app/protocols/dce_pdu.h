/* sensor/app/protocols/dce_pdu.h - connection-oriented PDUs of DCE/RPC, over TCP and SMB's pipes.
 *
 * Source: The Open Group C706, chapter 12; [MS-RPCE] 2.2.2. */
#ifndef APP_DCE_PDU_H
#define APP_DCE_PDU_H
#include "sensor/app/parser.h"

enum dce_type {
    DCE_REQUEST = 0,
    DCE_RESPONSE = 2,
    DCE_FAULT = 3,
    DCE_BIND = 11,
    DCE_BIND_ACK = 12,
    DCE_BIND_NAK = 13,
    DCE_ALTER_CONTEXT = 14,
    DCE_ALTER_CONTEXT_RESP = 15,
    DCE_AUTH3 = 16,
    DCE_TYPES = 21
};
/* Name as EVE writes it ("BIND_ACK" is "BINDACK" there); NULL for a type that does not exist. */
const char *dce_type_name(uint8_t type);
void dce_put_type(struct json *j, const char *key, uint8_t type);

#define DCE_HEADER_BYTES 16
#define DCE_FIRST        0x01
#define DCE_LAST         0x02
struct dce_pdu {
    uint8_t minor, type, flags;
    bool little;
    uint16_t length; /* of the whole PDU */
    uint32_t call_id;
    struct bytes body; /* behind the header, as far as it is there */
};
/* False: data is too short for a header, or none begins there. */
bool dce_read(struct bytes data, struct dce_pdu *p);

struct dce_call {
    uint16_t context_id, opnum; /* opnum: of a request */
    struct bytes stub;          /* with what authentication adds behind it, and the object's UUID
                                   before it, if there is one: as in Suricata */
};
bool dce_read_request(const struct dce_pdu *p, struct dce_call *out);
bool dce_read_response(const struct dce_pdu *p, struct dce_call *out);

/* The interfaces a client asked for, and what the server said to each. */
#define DCE_INTERFACES_MAX 256
struct dce_interface {
    uint8_t uuid[16]; /* in the order of its text */
    uint32_t call_id; /* of the bind it was in */
    uint32_t bind;    /* which one that was: dce_interfaces.binds after it */
    uint16_t version, minor, context_id, result, reason;
    bool acked;
    bool first; /* the bind was a first fragment */
};
struct dce_interfaces {
    struct dce_interface *list;
    uint16_t count, cap;
    uint32_t binds; /* seen so far */
};
/* Appends what a bind (or alter context) asks for; the older half goes beyond the maximum. False
 * when it is damaged. */
bool dce_read_bind(struct app *a, const struct dce_pdu *p, struct dce_interfaces *s);
/* The answer to the bind with the same call id. */
bool dce_read_bind_ack(const struct dce_pdu *p, struct dce_interfaces *s);
void dce_interfaces_free(struct app *a, struct dce_interfaces *s);

/* "interfaces": those of this bind, or those with this context id; nothing when there is none. */
void dce_put_bound(struct json *j, const struct dce_interfaces *s, uint32_t bind, bool with_reason);
void dce_put_context(struct json *j, const struct dce_interfaces *s, uint16_t context_id);
#define DCE_INTERFACES_SHAPE                                                                       \
    "[{uuid: string, version: string, ack_result?: uint, ack_reason?: uint}]"

/* Text of a UUID whose bytes are in the order of its text. */
#define DCE_UUID_TEXT 37
void dce_uuid_text(const uint8_t uuid[16], char out[DCE_UUID_TEXT]);

#endif
