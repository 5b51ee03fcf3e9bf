/* sensor/decode/nsh.c - the network service header of service chains (RFC 8300). */
#include "sensor/decode/layers.h"

#define BASE_BYTES    8
#define LENGTH_TYPE_1 6 /* in words of four bytes (section 2.4) */

enum nsh_next { NEXT_IPV4 = 1, NEXT_IPV6 = 2, NEXT_ETHERNET = 3, NEXT_MPLS = 5 };

/* EVENT_COUNT when the header can be trusted. */
static enum packet_event judge_header(struct bytes b)
{
    if (b.len < BASE_BYTES)
        return EVENT_NSH_HEADER_TOO_SMALL;
    unsigned words = b.p[1] & 0x3f, type = b.p[2]; /* the high nibble is to be zero */
    if (b.p[0] >> 6)
        return EVENT_NSH_UNSUPPORTED_VERSION;
    if (words * 4 >= b.len || (type == 1 && words != LENGTH_TYPE_1))
        return EVENT_NSH_BAD_HEADER_LENGTH;
    if (type == 0 || type == 15)
        return EVENT_NSH_RESERVED_TYPE;
    if (type > 2)
        return EVENT_NSH_UNSUPPORTED_TYPE;
    return words * 4 < BASE_BYTES ? EVENT_NSH_BAD_HEADER_LENGTH : EVENT_COUNT;
}

void decode_nsh(struct decode *s, struct bytes b)
{
    s->d->counters.nsh++;
    if (!decode_layer(s))
        return;
    enum packet_event wrong = judge_header(b);
    if (wrong != EVENT_COUNT) {
        decode_invalid(s, wrong);
        return;
    }
    struct bytes rest = bytes_slice(b, (b.p[1] & 0x3fu) * 4, b.len);
    switch (b.p[3]) {
    case NEXT_IPV4:
        decode_ipv4(s, rest);
        break;
    case NEXT_IPV6:
        decode_ipv6(s, rest);
        break;
    case NEXT_ETHERNET:
        decode_ethernet(s, rest);
        break;
    case NEXT_MPLS:
        decode_mpls(s, rest);
        break;
    default:
        packet_event(s->packet, EVENT_NSH_UNKNOWN_PAYLOAD);
    }
}
