/* sensor/decode/icmpv6.c - ICMPv6 (RFC 4443), with the types of neighbour discovery and others. */
#include "sensor/decode/checksum.h"
#include "sensor/decode/icmp.h"
#include "sensor/decode/layers.h"

#define ICMP_BYTES 8
#define IPV6_BYTES 40

enum icmpv6_type {
    TYPE_UNREACHABLE = 1,
    TYPE_TOO_BIG = 2,
    TYPE_TIME_EXCEEDED = 3,
    TYPE_PARAMETER = 4,
    TYPE_ECHO = 128,
    TYPE_ECHO_REPLY = 129,
    TYPE_MLD_QUERY = 130,
    TYPE_MLD_DONE = 132,
    TYPE_RENUMBERING = 138,
    TYPE_NODE_QUERY = 139,
    TYPE_NODE_REPLY = 140,
    TYPE_MOBILITY = 150,
    TYPE_MULTICAST_TERMINATE = 153,
    TYPE_RPL = 155,
    TYPE_LAST_KNOWN = 159,
};

static void read_quote(struct packet *p, struct bytes b)
{
    if (b.len < IPV6_BYTES) {
        packet_event(p, EVENT_ICMPV6_IPV6_TRUNC_PKT);
        return;
    }
    if (b.p[0] >> 4 != 6) {
        packet_event(p, EVENT_ICMPV6_IPV6_UNKNOWN_VERSION);
        return;
    }
    set_addr(&p->inner_src, 6, b.p + 8);
    set_addr(&p->inner_dst, 6, b.p + 24);
    icmp_quote_ports(p, b.p[6], bytes_slice(b, IPV6_BYTES, b.len));
}

/* The highest code of a type. As Suricata has it, so that rules on these events fire alike; the
 * later codes of RFC 4443's successors are unknown to it. */
static unsigned code_max(uint8_t type)
{
    switch (type) {
    case TYPE_UNREACHABLE:
        return 6;
    case TYPE_TIME_EXCEEDED:
        return 1;
    case TYPE_PARAMETER:
    case TYPE_RENUMBERING:
    case TYPE_NODE_QUERY:
    case TYPE_NODE_REPLY:
        return 2;
    case TYPE_RPL:
        return 3;
    default:
        return type >= TYPE_MOBILITY && type <= TYPE_MULTICAST_TERMINATE ? UINT8_MAX : 0;
    }
}

/* EVENT_COUNT when the type is in use: 1-4 errors, 128 on queries (IANA's icmpv6-parameters). */
static enum packet_event judge_type(uint8_t type)
{
    if (type == 0 || type == 127)
        return EVENT_ICMPV6_UNKNOWN_TYPE;
    if (type == 100 || type == 101 || type == 200 || type == 201)
        return EVENT_ICMPV6_EXPERIMENTATION_TYPE;
    if ((type > TYPE_PARAMETER && type < TYPE_ECHO) || type > TYPE_LAST_KNOWN)
        return EVENT_ICMPV6_UNASSIGNED_TYPE;
    return EVENT_COUNT;
}

static void judge(struct packet *p, uint8_t type, uint8_t code)
{
    enum packet_event wrong = judge_type(type);
    /* RFC 2710 section 3: multicast listener messages never leave the link */
    if (type >= TYPE_MLD_QUERY && type <= TYPE_MLD_DONE && p->ttl != 1)
        packet_event(p, EVENT_ICMPV6_MLD_MESSAGE_WITH_INVALID_HL);
    if (wrong != EVENT_COUNT)
        packet_event(p, wrong);
    else if (code > code_max(type))
        packet_event(p, EVENT_ICMPV6_UNKNOWN_CODE);
    else if (type >= TYPE_UNREACHABLE && type <= TYPE_PARAMETER)
        read_quote(p, p->payload);
}

/* What rules call the payload: errors and echoes have a header of eight bytes, other messages of
 * four. Of those Suricata leaves eight bytes off the end, and so rules on sizes mean the same here.
 */
static struct bytes payload_of(struct bytes b, uint8_t type, uint8_t code)
{
    bool error = type >= TYPE_UNREACHABLE && type <= TYPE_PARAMETER;
    bool echo = type == TYPE_ECHO || type == TYPE_ECHO_REPLY;
    if ((error || echo) && code <= code_max(type))
        return bytes_slice(b, ICMP_BYTES, b.len);
    size_t rest = b.len - ICMP_BYTES;
    return rest > 4 ? bytes_slice(b, 4, rest - 4) : (struct bytes){0};
}

void decode_icmpv6(struct decode *s, struct bytes b)
{
    struct packet *p = s->packet;
    if (p->ip_version != 6) {
        decode_invalid(s, EVENT_IPV4_ICMPV6);
        return;
    }
    s->d->counters.icmpv6++;
    if (b.len < ICMP_BYTES) {
        decode_invalid(s, EVENT_ICMPV6_PKT_TOO_SMALL);
        return;
    }
    uint8_t type = p->icmp.type = b.p[0], code = p->icmp.code = b.p[1];
    p->payload = bytes_slice(b, ICMP_BYTES, b.len);
    if (s->d->checksums_checked && !checksum_l4_holds(p, b, IPP_ICMPV6))
        p->flags |= PACKET_BAD_L4_CSUM;
    if (type == TYPE_ECHO || type == TYPE_ECHO_REPLY) {
        p->icmp.id = get_u16(b.p + 4);
        p->icmp.seq = get_u16(b.p + 6);
    }
    if (type == TYPE_TOO_BIG)
        p->icmp.mtu = get_u32(b.p + 4);
    judge(p, type, code);
    p->payload = payload_of(b, type, code);
}
