/* sensor/decode/ppp.c - PPP (RFC 1661, in HDLC framing RFC 1662) and Cisco's HDLC. */
#include "sensor/decode/layers.h"

#define CHDLC_BYTES 4

enum ppp_protocol {
    PPP_IPV4 = 0x0021,
    PPP_VAN_JACOBSON = 0x002d,
    PPP_VAN_JACOBSON_PLAIN = 0x002f,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281,
    PPP_MPLS_MULTICAST = 0x0283,
};

/* Protocols that carry nothing for us: network control (8xxx), link control (cxxx), and the data of
 * OSI, AppleTalk, IPX, bridging and compression (RFC 1661 section 2, IANA's ppp-numbers). */
static bool is_unsupported(uint16_t protocol)
{
    return protocol >= 0x8000 || protocol == 0x0023 || protocol == 0x0025 || protocol == 0x0027 ||
           protocol == 0x0029 || protocol == 0x002b || protocol == 0x0031 || protocol == 0x0033 ||
           protocol == 0x003d || protocol == 0x004f || protocol == 0x00fb || protocol == 0x00fd ||
           protocol == 0x0201 || protocol == 0x0203;
}

static void decode_protocol(struct decode *s, uint16_t protocol, struct bytes b)
{
    switch (protocol) {
    case PPP_IPV4:
    case PPP_VAN_JACOBSON_PLAIN:
        if (b.len < 20)
            decode_invalid(s, protocol == PPP_IPV4 ? EVENT_PPP_IP4_PKT_TOO_SMALL
                                                   : EVENT_PPP_VJU_PKT_TOO_SMALL);
        else
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
    case PPP_VAN_JACOBSON:
        packet_event(s->packet, EVENT_PPP_UNSUP_PROTO);
        break;
    default:
        if (is_unsupported(protocol))
            packet_event(s->packet, EVENT_PPP_UNSUP_PROTO);
        else
            decode_invalid(s, EVENT_PPP_WRONG_TYPE);
    }
}

/* Address and control (ff 03) may be left out, and of the protocol its leading zero byte: an odd
 * first byte is a whole number (RFC 1661 section 6.5 and 6.6). */
void decode_ppp(struct decode *s, struct bytes b)
{
    if (!decode_layer(s))
        return;
    if (b.len >= 2 && b.p[0] == 0xff && b.p[1] == 0x03)
        b = bytes_slice(b, 2, b.len);
    size_t size = b.len && b.p[0] & 1 ? 1 : 2;
    if (b.len < size) {
        decode_invalid(s, EVENT_PPP_PKT_TOO_SMALL);
        return;
    }
    uint16_t protocol = size == 1 ? b.p[0] : get_u16(b.p);
    decode_protocol(s, protocol, bytes_slice(b, size, b.len));
}

/* Address, control, then an ethertype. */
void decode_chdlc(struct decode *s, struct bytes b)
{
    if (!decode_layer(s))
        return;
    if (b.len < CHDLC_BYTES)
        decode_invalid(s, EVENT_CHDLC_PKT_TOO_SMALL);
    else
        decode_ethertype(s, get_u16(b.p + 2), bytes_slice(b, CHDLC_BYTES, b.len));
}
