/* sensor/decode/ethernet.c - Ethernet II (IEEE 802.3): two addresses and an ethertype. */
#include "sensor/decode/layers.h"

#define ETHERNET_BYTES 14

void decode_ethernet(struct decode *s, struct bytes b)
{
    struct packet *p = s->packet;
    s->d->counters.ethernet++;
    if (!decode_layer(s))
        return;
    if (b.len < ETHERNET_BYTES) {
        decode_invalid(s, EVENT_ETHERNET_PKT_TOO_SMALL);
        return;
    }
    memcpy(p->dst_mac, b.p, 6);
    memcpy(p->src_mac, b.p + 6, 6);
    p->has_mac = true;
    decode_ethertype(s, get_u16(b.p + 12), bytes_slice(b, ETHERNET_BYTES, b.len));
}
