/* sensor/decode/icmpv4.c - ICMP (RFC 792), and what the decoders of both versions share. */
#include "sensor/decode/icmp.h"
#include "sensor/decode/checksum.h"
#include "sensor/decode/layers.h"

#define ICMP_BYTES 8
#define IPV4_BYTES 20

enum icmpv4_type {
    TYPE_ECHO_REPLY = 0,
    TYPE_UNREACHABLE = 3,
    TYPE_SOURCE_QUENCH = 4,
    TYPE_REDIRECT = 5,
    TYPE_ECHO = 8,
    TYPE_ROUTER_ADVERT = 9,
    TYPE_TIME_EXCEEDED = 11,
    TYPE_PARAMETER = 12,
    TYPE_TIMESTAMP = 13,
    TYPE_TIMESTAMP_REPLY = 14,
    TYPE_ADDRESS_REPLY = 18,
};

void icmp_quote_ports(struct packet *p, uint8_t proto, struct bytes l4)
{
    p->flags |= PACKET_ICMP_EMBEDDED;
    p->inner_proto = proto;
    if (l4.len < 4 || (proto != IPP_TCP && proto != IPP_UDP && proto != IPP_SCTP))
        return;
    p->inner_sport = get_u16(l4.p);
    p->inner_dport = get_u16(l4.p + 2);
}

static void read_quote(struct packet *p, struct bytes b)
{
    if (b.len < IPV4_BYTES) {
        packet_event(p, EVENT_ICMPV4_IPV4_TRUNC_PKT);
        return;
    }
    if (b.p[0] >> 4 != 4) {
        packet_event(p, EVENT_ICMPV4_IPV4_UNKNOWN_VER);
        return;
    }
    set_addr(&p->inner_src, 4, b.p + 12);
    set_addr(&p->inner_dst, 4, b.p + 16);
    size_t header = (size_t)(b.p[0] & 15) * 4;
    bool later_fragment = get_u16(b.p + 6) & 0x1fff;
    struct bytes l4 = bytes_slice(b, header, b.len);
    if (later_fragment) /* what follows is no transport header */
        l4.len = 0;
    icmp_quote_ports(p, b.p[9], l4);
}

/* The highest code of a type; -1 for a type not known. As Suricata has it, so that rules on these
 * events fire alike: router solicitations (10) are unknown, parameter problems have one code. */
static int code_max(uint8_t type)
{
    switch (type) {
    case TYPE_UNREACHABLE:
        return 15;
    case TYPE_REDIRECT:
        return 3;
    case TYPE_ROUTER_ADVERT:
        return UINT8_MAX;
    case TYPE_TIME_EXCEEDED:
        return 1;
    case TYPE_ECHO_REPLY:
    case TYPE_SOURCE_QUENCH:
    case TYPE_ECHO:
        return 0;
    default:
        return type >= TYPE_PARAMETER && type <= TYPE_ADDRESS_REPLY ? 0 : -1;
    }
}

/* What has to follow the first eight bytes: three timestamps (RFC 792), or as many router addresses
 * as are announced (RFC 1256 section 3). */
static size_t body_bytes(const uint8_t *header)
{
    if (header[0] == TYPE_TIMESTAMP || header[0] == TYPE_TIMESTAMP_REPLY)
        return 12;
    return header[0] == TYPE_ROUTER_ADVERT ? header[4] * 4u * header[5] : 0;
}

/* A quench quotes always; the other errors are let off when nothing follows. */
static bool quotes(uint8_t type, size_t len)
{
    if (type == TYPE_SOURCE_QUENCH)
        return true;
    return len && (type == TYPE_UNREACHABLE || type == TYPE_REDIRECT ||
                   type == TYPE_TIME_EXCEEDED || type == TYPE_PARAMETER);
}

static bool has_id(uint8_t type)
{
    return type == TYPE_ECHO_REPLY || type == TYPE_ECHO ||
           (type >= TYPE_TIMESTAMP && type <= TYPE_ADDRESS_REPLY);
}

void decode_icmpv4(struct decode *s, struct bytes b)
{
    struct packet *p = s->packet;
    s->d->counters.icmp++;
    if (b.len < ICMP_BYTES) {
        decode_invalid(s, EVENT_ICMPV4_PKT_TOO_SMALL);
        return;
    }
    uint8_t type = p->icmp.type = b.p[0], code = p->icmp.code = b.p[1];
    p->payload = bytes_slice(b, ICMP_BYTES, b.len);
    if (s->d->checksums_checked && !checksum_holds(b))
        p->flags |= PACKET_BAD_L4_CSUM;
    if (has_id(type)) {
        p->icmp.id = get_u16(b.p + 4);
        p->icmp.seq = get_u16(b.p + 6);
    }
    if (p->payload.len < body_bytes(b.p))
        packet_event(p, EVENT_ICMPV4_IPV4_TRUNC_PKT);
    int most = code_max(type);
    if (most < 0)
        packet_event(p, EVENT_ICMPV4_UNKNOWN_TYPE);
    else if (code > most)
        packet_event(p, EVENT_ICMPV4_UNKNOWN_CODE);
    else if (quotes(type, p->payload.len))
        read_quote(p, p->payload);
}
