/* sensor/app/protocols/snmp_message.h - reads an SNMP message, versions 1, 2c and 3.
 * RFC 1157, RFC 1901, RFC 3412, RFC 3414; BER as in X.690, definite lengths only. */
#ifndef APP_SNMP_MESSAGE_H
#define APP_SNMP_MESSAGE_H
#include "common/cursor.h"

enum snmp_pdu {
    SNMP_GET = 0xa0,
    SNMP_GET_NEXT,
    SNMP_RESPONSE,
    SNMP_SET,
    SNMP_TRAP_V1,
    SNMP_GET_BULK,
    SNMP_INFORM,
    SNMP_TRAP_V2,
    SNMP_REPORT,
};

#define SNMP_SECURITY_USM 3

struct snmp_message {
    uint8_t version; /* 1, 2 (for 2c), 3 */
    struct bytes community;
    struct bytes user;       /* version 3, user-based security */
    uint32_t security_model; /* version 3 */
    bool encrypted;
    uint8_t pdu;             /* enum snmp_pdu, 0 when encrypted */
    uint32_t error;          /* status; not of GetBulk and version 1 traps */
    struct bytes enterprise; /* version 1 traps: OID, address, generic type */
    struct bytes agent;
    uint32_t trap;
    struct bytes variables; /* the list, unread */
};

/* The version of what begins like an SNMP message, or 0. */
uint8_t snmp_peek_version(struct bytes data);

/* False when data is not a whole message. All views are into data. */
bool snmp_read(struct bytes data, struct snmp_message *out);

/* Reads the next variable's name off list; false at its end or where it is damaged. */
bool snmp_next_variable(struct bytes *list, struct bytes *oid);

/* Is every variable readable? */
bool snmp_variables_are_whole(struct bytes list);

/* An OID's content as "1.3.6.1.2.1"; cut where out ends. Returns the length. */
size_t snmp_oid_text(struct bytes oid, char *out, size_t size);

#endif
