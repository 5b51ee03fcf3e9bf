/* sensor/decode/null.c - BSD loopback: the address family in four bytes.
 *
 * LINKTYPE_NULL has them in the byte order of the machine that captured, LINKTYPE_LOOP in network
 * order, and IPv6 has several numbers: 24, 28 and 30 on the BSDs, 10 on Linux. All families are
 * small, so the order shows. */
#include "sensor/decode/layers.h"

#define FAMILY_BYTES 4

void decode_null(struct decode *s, struct bytes b)
{
    s->d->counters.null++;
    if (!decode_layer(s))
        return;
    if (b.len < FAMILY_BYTES) {
        decode_invalid(s, EVENT_LTNULL_PKT_TOO_SMALL);
        return;
    }
    uint32_t family = get_u32(b.p);
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    struct bytes rest = bytes_slice(b, FAMILY_BYTES, b.len);
    switch (family) {
    case 2:
        decode_ipv4(s, rest);
        break;
    case 10:
    case 24:
    case 28:
    case 30:
        decode_ipv6(s, rest);
        break;
    default:
        decode_invalid(s, EVENT_LTNULL_UNSUPPORTED_TYPE);
    }
}
