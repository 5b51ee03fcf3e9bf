/* sensor/decode/erspan.c - mirrored Ethernet frames over GRE, ERSPAN type II.
 *
 * The mirroring switch takes the frame's VLAN tag off and puts its number into this header.
 * Source: draft-foschiano-erspan-03 section 4.2 */
#include "sensor/decode/layers.h"

#define ERSPAN_BYTES    8
#define VERSION_TYPE_II 1

void decode_erspan(struct decode *s, struct bytes b)
{
    struct packet *p = s->packet;
    if (!decode_layer(s))
        return;
    if (b.len < ERSPAN_BYTES) {
        decode_invalid(s, EVENT_ERSPAN_HEADER_TOO_SMALL);
        return;
    }
    if (b.p[0] >> 4 != VERSION_TYPE_II) {
        decode_invalid(s, EVENT_ERSPAN_UNSUPPORTED_VERSION);
        return;
    }
    uint16_t vlan = get_u16(b.p) & 0x0fff;
    if (vlan && p->vlan_count == PACKET_VLAN_MAX) {
        decode_invalid(s, EVENT_ERSPAN_TOO_MANY_VLAN_LAYERS);
        return;
    }
    if (vlan)
        p->vlan[p->vlan_count++] = vlan;
    decode_ethernet(s, bytes_slice(b, ERSPAN_BYTES, b.len));
}
