/* snmp_message.c - BER and the layout of SNMP messages. */
#include "sensor/app/protocols/snmp_message.h"
#include <inttypes.h>
#include <stdio.h>

enum ber_tag {
    BER_INTEGER = 0x02,
    BER_OCTETS = 0x04,
    BER_OID = 0x06,
    BER_SEQUENCE = 0x30,
    SNMP_IP_ADDRESS = 0x40,
    SNMP_TIME_TICKS = 0x43,
};

#define FLAG_PRIVACY 0x02

/* One element: its tag and its content. */
static bool read_any(struct cursor *c, uint8_t *tag, struct bytes *content)
{
    *tag = cursor_u8(c);
    size_t len = cursor_u8(c);
    if (len & 0x80) {
        unsigned count = len & 0x7f;
        len = 0;
        if (count == 0 || count > 4)
            c->failed = true;
        for (unsigned i = 0; i < count && cursor_ok(c); i++)
            len = len << 8 | cursor_u8(c);
    }
    *content = cursor_take(c, len);
    return cursor_ok(c);
}

static struct bytes read_tag(struct cursor *c, uint8_t wanted)
{
    uint8_t tag;
    struct bytes content;
    if (!read_any(c, &tag, &content) || tag != wanted) {
        c->failed = true;
        return (struct bytes){0};
    }
    return content;
}

/* A number that fits 32 bits; what is larger or negative fails. */
static uint32_t read_u32(struct cursor *c)
{
    struct bytes b = read_tag(c, BER_INTEGER);
    uint32_t value = 0;
    if (b.len == 0 || b.len > 5 || (b.p[0] & 0x80) || (b.len == 5 && b.p[0]))
        c->failed = true;
    for (size_t i = 0; i < b.len && cursor_ok(c); i++)
        value = value << 8 | b.p[i];
    return value;
}

static struct cursor enter(struct cursor *c, uint8_t tag)
{
    struct cursor inner = cursor_over(read_tag(c, tag));
    inner.failed = c->failed;
    return inner;
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
    out->enterprise = read_tag(c, BER_OID);
    out->agent = read_tag(c, SNMP_IP_ADDRESS);
    out->trap = read_u32(c);
}

/* The request id (and, for GetBulk, the two numbers in place of an error) may be negative. */
static void read_request(struct cursor *c, struct snmp_message *out)
{
    (void)read_tag(c, BER_INTEGER);
    if (out->pdu == SNMP_GET_BULK)
        (void)read_tag(c, BER_INTEGER);
    else
        out->error = read_u32(c);
    (void)read_tag(c, BER_INTEGER);
}

static bool read_pdu(struct cursor *c, struct snmp_message *out)
{
    struct bytes content;
    if (!read_any(c, &out->pdu, &content))
        return false;
    if (out->pdu < SNMP_GET || out->pdu > SNMP_REPORT)
        return false;
    struct cursor inner = cursor_over(content);
    if (out->pdu == SNMP_TRAP_V1) {
        read_trap_v1(&inner, out);
        (void)read_tag(&inner, BER_INTEGER);
        (void)read_tag(&inner, SNMP_TIME_TICKS);
    } else {
        read_request(&inner, out);
    }
    out->variables = read_tag(&inner, BER_SEQUENCE);
    return cursor_ok(&inner);
}

static void read_user(struct bytes parameters, struct snmp_message *out)
{
    struct cursor c = cursor_over(parameters), usm = enter(&c, BER_SEQUENCE);
    (void)read_tag(&usm, BER_OCTETS);  /* engine */
    (void)read_tag(&usm, BER_INTEGER); /* boots */
    (void)read_tag(&usm, BER_INTEGER); /* time */
    out->user = read_tag(&usm, BER_OCTETS);
}

static bool read_v3(struct cursor *c, struct snmp_message *out)
{
    struct cursor header = enter(c, BER_SEQUENCE);
    (void)read_tag(&header, BER_INTEGER); /* message id */
    (void)read_tag(&header, BER_INTEGER); /* largest size */
    struct bytes flags = read_tag(&header, BER_OCTETS);
    out->security_model = read_u32(&header);
    struct bytes parameters = read_tag(c, BER_OCTETS);
    if (!cursor_ok(&header) || !cursor_ok(c) || flags.len == 0)
        return false;
    if (out->security_model == SNMP_SECURITY_USM)
        read_user(parameters, out);
    if (flags.p[0] & FLAG_PRIVACY) {
        out->encrypted = true;
        return true;
    }
    struct cursor scoped = enter(c, BER_SEQUENCE);
    (void)read_tag(&scoped, BER_OCTETS); /* context engine, then its name */
    (void)read_tag(&scoped, BER_OCTETS);
    return read_pdu(&scoped, out);
}

bool snmp_read(struct bytes data, struct snmp_message *out)
{
    *out = (struct snmp_message){.version = snmp_peek_version(data)};
    struct cursor outer = cursor_over(data), c = enter(&outer, BER_SEQUENCE);
    (void)read_tag(&c, BER_INTEGER);
    if (out->version == 0 || !cursor_ok(&c))
        return false;
    if (out->version == 3)
        return read_v3(&c, out);
    out->community = read_tag(&c, BER_OCTETS);
    return read_pdu(&c, out);
}

bool snmp_next_variable(struct bytes *list, struct bytes *oid)
{
    struct cursor c = cursor_over(*list), variable = enter(&c, BER_SEQUENCE);
    *oid = read_tag(&variable, BER_OID);
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
