/* sensor/decode/mpls.c - a stack of MPLS labels (RFC 3032).
 *
 * Nothing says what lies under the last label; as routers do, it is guessed from the first nibble:
 * 4 and 6 are IP, 0 is the control word of a pseudowire with Ethernet in it (RFC 4385). */
#include "sensor/decode/layers.h"

#define LABEL_BYTES 4

enum mpls_label {
    LABEL_IPV4 = 0,
    LABEL_ROUTER_ALERT = 1,
    LABEL_IPV6 = 2,
    LABEL_IMPLICIT_NULL = 3,
    LABEL_RESERVED_MAX = 14,
};

static void guess_payload(struct decode *s, struct bytes b)
{
    if (b.len < LABEL_BYTES)
        decode_invalid(s, EVENT_MPLS_PKT_TOO_SMALL);
    else if (b.p[0] >> 4 == 4)
        decode_ipv4(s, b);
    else if (b.p[0] >> 4 == 6)
        decode_ipv6(s, b);
    else if (b.p[0] >> 4 == 0)
        decode_ethernet(s, bytes_slice(b, LABEL_BYTES, b.len));
    else
        decode_invalid(s, EVENT_MPLS_UNKNOWN_PAYLOAD_TYPE);
}

static void decode_payload(struct decode *s, uint32_t label, struct bytes b)
{
    switch (label) {
    case LABEL_IPV4:
        decode_ipv4(s, b);
        break;
    case LABEL_IPV6:
        decode_ipv6(s, b);
        break;
    case LABEL_ROUTER_ALERT: /* never the last one */
        decode_invalid(s, EVENT_MPLS_BAD_LABEL_ROUTER_ALERT);
        break;
    case LABEL_IMPLICIT_NULL: /* never on the wire */
        decode_invalid(s, EVENT_MPLS_BAD_LABEL_IMPLICIT_NULL);
        break;
    default:
        if (label <= LABEL_RESERVED_MAX)
            decode_invalid(s, EVENT_MPLS_BAD_LABEL_RESERVED);
        else
            guess_payload(s, b);
    }
}

void decode_mpls(struct decode *s, struct bytes b)
{
    s->d->counters.mpls++;
    for (;;) {
        if (!decode_layer(s))
            return;
        if (b.len < LABEL_BYTES) {
            decode_invalid(s, EVENT_MPLS_HEADER_TOO_SMALL);
            return;
        }
        uint32_t entry = get_u32(b.p);
        b = bytes_slice(b, LABEL_BYTES, b.len);
        if (entry & 0x100) { /* bottom of the stack */
            decode_payload(s, entry >> 12, b);
            return;
        }
    }
}
