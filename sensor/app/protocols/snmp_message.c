/* snmp_message.c - the layout of SNMP messages. */
#include "sensor/app/protocols/snmp_message.h"
#include "sensor/app/protocols/ber.h"
#include <inttypes.h>
#include <stdio.h>

enum snmp_tag { SNMP_IP_ADDRESS = 0x40, SNMP_TIME_TICKS = 0x43 };

#define FLAG_PRIVACY 0x02

/* A number that fits 32 bits; what is larger or negative fails. */
static uint32_t read_u32(struct cursor *c)
{
    struct bytes b = ber_take(c, BER_INTEGER);
    uint32_t value = 0;
    if (b.len == 0 || b.len > 5 || (b.p[0] & 0x80) || (b.len == 5 && b.p[0]))
        c->failed = true;
    for (size_t i = 0; i < b.len && cursor_ok(c); i++)
        value = value << 8 | b.p[i];
    return value;
}

uint8_t snmp_peek_version(struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint8_t first = cursor_u8(&c), len = cursor_u8(&c);
    if (len & 0x80)
        cursor_skip(&c, len & 0x7f);
    uint32_t version = read_u32(&c);
    if (!cursor_ok(&c) || first != BER_SEQUENCE)
        return 0;
    return version <= 1 ? (uint8_t)(version + 1) : version == 3 ? 3 : 0;
}

static void read_trap_v1(struct cursor *c, struct snmp_message *out)
{
    out->enterprise = ber_take(c, BER_OID);
    out->agent = ber_take(c, SNMP_IP_ADDRESS);
    out->trap = read_u32(c);
}

/* The request id (and, for GetBulk, the two numbers in place of an error) may be negative. */
static void read_request(struct cursor *c, struct snmp_message *out)
{
    (void)ber_take(c, BER_INTEGER);
    if (out->pdu == SNMP_GET_BULK)
        (void)ber_take(c, BER_INTEGER);
    else
        out->error = read_u32(c);
    (void)ber_take(c, BER_INTEGER);
}

static bool read_pdu(struct cursor *c, struct snmp_message *out)
{
    struct bytes content;
    if (!ber_any(c, &out->pdu, &content))
        return false;
    if (out->pdu < SNMP_GET || out->pdu > SNMP_REPORT)
        return false;
    struct cursor inner = cursor_over(content);
    if (out->pdu == SNMP_TRAP_V1) {
        read_trap_v1(&inner, out);
        (void)ber_take(&inner, BER_INTEGER);
        (void)ber_take(&inner, SNMP_TIME_TICKS);
    } else {
        read_request(&inner, out);
    }
    out->variables = ber_take(&inner, BER_SEQUENCE);
    return cursor_ok(&inner);
}

static void read_user(struct bytes parameters, struct snmp_message *out)
{
    struct cursor c = cursor_over(parameters), usm = ber_enter(&c, BER_SEQUENCE);
    (void)ber_take(&usm, BER_OCTETS);  /* engine */
    (void)ber_take(&usm, BER_INTEGER); /* boots */
    (void)ber_take(&usm, BER_INTEGER); /* time */
    out->user = ber_take(&usm, BER_OCTETS);
}

static bool read_v3(struct cursor *c, struct snmp_message *out)
{
    struct cursor header = ber_enter(c, BER_SEQUENCE);
    (void)ber_take(&header, BER_INTEGER); /* message id */
    (void)ber_take(&header, BER_INTEGER); /* largest size */
    struct bytes flags = ber_take(&header, BER_OCTETS);
    out->security_model = read_u32(&header);
    struct bytes parameters = ber_take(c, BER_OCTETS);
    if (!cursor_ok(&header) || !cursor_ok(c) || flags.len == 0)
        return false;
    if (out->security_model == SNMP_SECURITY_USM)
        read_user(parameters, out);
    if (flags.p[0] & FLAG_PRIVACY) {
        out->encrypted = true;
        return true;
    }
    struct cursor scoped = ber_enter(c, BER_SEQUENCE);
    (void)ber_take(&scoped, BER_OCTETS); /* context engine, then its name */
    (void)ber_take(&scoped, BER_OCTETS);
    return read_pdu(&scoped, out);
}

bool snmp_read(struct bytes data, struct snmp_message *out)
{
    *out = (struct snmp_message){.version = snmp_peek_version(data)};
    struct cursor outer = cursor_over(data), c = ber_enter(&outer, BER_SEQUENCE);
    (void)ber_take(&c, BER_INTEGER);
    if (out->version == 0 || !cursor_ok(&c))
        return false;
    if (out->version == 3)
        return read_v3(&c, out);
    out->community = ber_take(&c, BER_OCTETS);
    return read_pdu(&c, out);
}

bool snmp_next_variable(struct bytes *list, struct bytes *oid)
{
    struct cursor c = cursor_over(*list), variable = ber_enter(&c, BER_SEQUENCE);
    *oid = ber_take(&variable, BER_OID);
    *list = cursor_rest(&c);
    return cursor_ok(&variable);
}

bool snmp_variables_are_whole(struct bytes list)
{
    struct bytes oid;
    while (list.len > 0)
        if (!snmp_next_variable(&list, &oid))
            return false;
    return true;
}

/* The first number holds two: 40 * first + second, first at most 2. */
static void split_first(uint64_t value, uint64_t *first, uint64_t *second)
{
    *first = value < 80 ? value / 40 : 2;
    *second = value - 40 * *first;
}

size_t snmp_oid_text(struct bytes oid, char *out, size_t size)
{
    size_t at = 0;
    uint64_t value = 0, first;
    bool is_first = true;
    out[0] = 0;
    for (size_t i = 0; i < oid.len; i++) {
        value = value << 7 | (oid.p[i] & 0x7f);
        if (oid.p[i] & 0x80)
            continue;
        if (size - at < 42) /* two numbers of 20 digits and their dots */
            break;
        if (is_first) {
            split_first(value, &first, &value);
            at += (size_t)snprintf(out + at, size - at, "%" PRIu64, first);
            is_first = false;
        }
        at += (size_t)snprintf(out + at, size - at, ".%" PRIu64, value);
        value = 0;
    }
    return at;
}
