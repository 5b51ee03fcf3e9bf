/* sensor/decode/vxlan.c - VXLAN (RFC 7348): Ethernet over UDP with a 24-bit network number. */
#include "sensor/decode/layers.h"

#define VXLAN_BYTES     8
#define ETHERNET_BYTES  14
#define FLAG_HAS_NUMBER 0x08

bool decode_vxlan(struct decode *s, struct bytes payload)
{
    if (!tunnel_between(&s->d->options.vxlan, s->packet) ||
        payload.len < VXLAN_BYTES + ETHERNET_BYTES || !(payload.p[0] & FLAG_HAS_NUMBER))
        return false;
    s->d->counters.vxlan++;
    struct bytes ethernet = bytes_slice(payload, VXLAN_BYTES, payload.len);
    if (ethertype_decoder(get_u16(ethernet.p + 12)))
        decode_inside(s, SOURCE_VXLAN, LINK_ETHERNET, ethernet);
    else
        packet_event(s->packet, EVENT_VXLAN_UNKNOWN_PAYLOAD_TYPE);
    return true;
}
