/* sensor/decode/ieee8021ah.c - provider backbone bridges: a service tag, then the customer's own
 * Ethernet header (IEEE 802.1Q-2011 section 9.7). */
#include "sensor/decode/layers.h"

#define SERVICE_TAG_BYTES 4
#define CUSTOMER_BYTES    14
#define HEADER_BYTES      (SERVICE_TAG_BYTES + CUSTOMER_BYTES)

#define ETHERTYPE_IEEE8021AH 0x88e7

/* Bridges within bridges are read one after the other, so they do not count as layers: nor do they
 * in Suricata. */
void decode_ieee8021ah(struct decode *s, struct bytes b)
{
    uint16_t type = ETHERTYPE_IEEE8021AH;
    while (type == ETHERTYPE_IEEE8021AH) {
        s->d->counters.ieee8021ah++;
        if (b.len < HEADER_BYTES) {
            decode_invalid(s, EVENT_IEEE8021AH_HEADER_TOO_SMALL);
            return;
        }
        type = get_u16(b.p + HEADER_BYTES - 2);
        b = bytes_slice(b, HEADER_BYTES, b.len);
    }
    decode_ethertype(s, type, b);
}
