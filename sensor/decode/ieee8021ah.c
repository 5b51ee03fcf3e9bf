/* sensor/decode/ieee8021ah.c - provider backbone bridges: a service tag, then the customer's own
 * Ethernet header (IEEE 802.1Q-2011 section 9.7). */
#include "sensor/decode/layers.h"

#define SERVICE_TAG_BYTES 4
#define CUSTOMER_BYTES    14

void decode_ieee8021ah(struct decode *s, struct bytes b)
{
    s->d->counters.ieee8021ah++;
    if (!decode_layer(s))
        return;
    if (b.len < SERVICE_TAG_BYTES + CUSTOMER_BYTES) {
        decode_invalid(s, EVENT_IEEE8021AH_HEADER_TOO_SMALL);
        return;
    }
    const uint8_t *type = b.p + SERVICE_TAG_BYTES + CUSTOMER_BYTES - 2;
    decode_ethertype(s, get_u16(type), bytes_slice(b, SERVICE_TAG_BYTES + CUSTOMER_BYTES, b.len));
}
