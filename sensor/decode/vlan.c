/* sensor/decode/vlan.c - 802.1Q tags, stacked as 802.1ad or the older 0x9100. */
#include "sensor/decode/layers.h"

#define TAG_BYTES 4

void decode_vlan(struct decode *s, struct bytes b)
{
    struct packet *p = s->packet;
    if (!decode_layer(s))
        return;
    if (p->vlan_count == PACKET_VLAN_MAX) {
        decode_invalid(s, EVENT_VLAN_TOO_MANY_LAYERS);
        return;
    }
    if (b.len < TAG_BYTES) {
        decode_invalid(s, EVENT_VLAN_HEADER_TOO_SMALL);
        return;
    }
    if (p->vlan_count == 0)
        s->d->counters.vlan++;
    else if (p->vlan_count == 1)
        s->d->counters.qinq++;
    else
        s->d->counters.qinqinq++;
    p->vlan[p->vlan_count++] = get_u16(b.p) & 0x0fff;
    if (!decode_ethertype(s, get_u16(b.p + 2), bytes_slice(b, TAG_BYTES, b.len)))
        decode_invalid(s, EVENT_VLAN_UNKNOWN_TYPE);
}
