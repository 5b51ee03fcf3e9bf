/* sensor/decode/erspan.c - mirrored Ethernet frames over GRE, ERSPAN types II and III.
 *
 * The mirroring switch takes the frame's VLAN tag off and puts its number into this header. Type
 * III adds a time stamp and, where its last bit says so, eight bytes of the platform's own. Source:
 * draft-foschiano-erspan-03 sections 4.2 and 4.3 */
#include "sensor/decode/layers.h"

#define TYPE_II_BYTES  8
#define TYPE_III_BYTES 12
#define PLATFORM_BYTES 8
#define FRAME_TYPE_IP  2
enum erspan_version { VERSION_TYPE_II = 1, VERSION_TYPE_III = 2 };

/* 0 for a version that is not known. */
static size_t header_length(struct bytes b)
{
    switch (b.p[0] >> 4) {
    case VERSION_TYPE_II:
        return TYPE_II_BYTES;
    case VERSION_TYPE_III:
        return TYPE_III_BYTES + (b.len >= TYPE_III_BYTES && b.p[11] & 1 ? PLATFORM_BYTES : 0);
    default:
        return 0;
    }
}

void decode_erspan(struct decode *s, struct bytes b)
{
    s->d->counters.erspan++;
    if (!decode_layer(s))
        return;
    size_t header = b.len < TYPE_II_BYTES ? SIZE_MAX : header_length(b);
    if (header == 0) {
        decode_invalid(s, EVENT_ERSPAN_UNSUPPORTED_VERSION);
        return;
    }
    if (b.len < header) {
        decode_invalid(s, EVENT_ERSPAN_HEADER_TOO_SMALL);
        return;
    }
    bool ip = b.p[0] >> 4 == VERSION_TYPE_III && (b.p[10] >> 2 & 0x1f) == FRAME_TYPE_IP;
    uint16_t vlan = get_u16(b.p) & 0x0fff;
    if (vlan) /* the packet begins with this header: there is room */
        s->packet->vlan[s->packet->vlan_count++] = vlan;
    if (ip)
        decode_raw(s, bytes_slice(b, header, b.len));
    else
        decode_ethernet(s, bytes_slice(b, header, b.len));
}
