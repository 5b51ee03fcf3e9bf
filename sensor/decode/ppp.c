/* sensor/decode/ppp.c - PPP (RFC 1661, in HDLC framing RFC 1662) and Cisco's HDLC. */
#include "sensor/decode/layers.h"

#define CHDLC_BYTES 4

enum ppp_protocol {
    PPP_IPV4 = 0x0021,
    PPP_VAN_JACOBSON_PLAIN = 0x002f,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281,
    PPP_MPLS_MULTICAST = 0x0283,
};

/* Protocols that are known and carry nothing for us: data of OSI, DECnet, AppleTalk, IPX, VINES and
 * bridging, and the control protocols (IANA's ppp-numbers). */
static bool is_unsupported(uint16_t protocol)
{
    static const uint16_t known[] = {
        0x00fd, 0x80fd, 0x0023, 0x0025, 0x0027, 0x0029, 0x002b, 0x002d, 0x0031, 0x0033,
        0x0035, 0x0201, 0x0231, 0x0233, 0x8021, 0x8023, 0x8025, 0x8027, 0x8029, 0x802b,
        0x8033, 0x8035, 0x8057, 0x8281, 0xc021, 0xc023, 0xc025, 0xc223,
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i] == protocol)
            return true;
    return false;
}

static void decode_protocol(struct decode *s, uint16_t protocol, struct bytes b)
{
    switch (protocol) {
    case PPP_IPV4:
        if (b.len < 20)
            decode_invalid(s, EVENT_PPP_IP4_PKT_TOO_SMALL);
        else
            decode_ipv4(s, b);
        break;
    case PPP_VAN_JACOBSON_PLAIN: /* IPv4 when it is not compressed after all */
        if (b.len < 20)
            decode_invalid(s, EVENT_PPP_VJU_PKT_TOO_SMALL);
        else if (b.p[0] >> 4 == 4)
            decode_ipv4(s, b);
        break;
    case PPP_IPV6:
        if (b.len < 40)
            decode_invalid(s, EVENT_PPP_IP6_PKT_TOO_SMALL);
        else
            decode_ipv6(s, b);
        break;
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        decode_mpls(s, b);
        break;
    default:
        if (is_unsupported(protocol))
            packet_event(s->packet, EVENT_PPP_UNSUP_PROTO);
        else
            decode_invalid(s, EVENT_PPP_WRONG_TYPE);
    }
}

/* The protocol's leading zero byte may be left out: an odd first byte is a whole number (RFC 1661
 * section 6.5). */
void decode_ppp_unframed(struct decode *s, struct bytes b)
{
    size_t size = b.len && b.p[0] & 1 ? 1 : 2;
    s->d->counters.ppp++;
    if (b.len < size) {
        decode_invalid(s, EVENT_PPP_PKT_TOO_SMALL);
        return;
    }
    uint16_t protocol = size == 1 ? b.p[0] : get_u16(b.p);
    decode_protocol(s, protocol, bytes_slice(b, size, b.len));
}

/* Address and control (ff 03) may be left out (RFC 1661 section 6.6); Cisco's framing of serial
 * lines (0f or 8f, then 00) travels under the same link type. */
void decode_ppp(struct decode *s, struct bytes b)
{
    bool framed = b.len >= 2;
    if (framed && (b.p[0] == 0x0f || b.p[0] == 0x8f) && b.p[1] == 0)
        decode_chdlc(s, b);
    else if (decode_layer(s))
        decode_ppp_unframed(s, framed && b.p[0] == 0xff && b.p[1] == 0x03 ? bytes_slice(b, 2, b.len)
                                                                          : b);
}

/* Address, control, then an ethertype. */
void decode_chdlc(struct decode *s, struct bytes b)
{
    s->d->counters.chdlc++;
    if (!decode_layer(s))
        return;
    if (b.len < CHDLC_BYTES)
        decode_invalid(s, EVENT_CHDLC_PKT_TOO_SMALL);
    else
        decode_ethertype(s, get_u16(b.p + 2), bytes_slice(b, CHDLC_BYTES, b.len));
}
