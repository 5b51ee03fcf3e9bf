/* sensor/decode/geneve.c - GENEVE (RFC 8926): any ethertype over UDP, with options. */
#include "sensor/decode/layers.h"

#define GENEVE_PORT   6081
#define GENEVE_BYTES  8
#define TYPE_BRIDGING 0x6558

bool decode_geneve(struct decode *s, struct bytes payload)
{
    if (s->packet->dport != GENEVE_PORT || payload.len < GENEVE_BYTES || payload.p[0] >> 6 != 0)
        return false;
    size_t header = GENEVE_BYTES + (payload.p[0] & 0x3fu) * 4;
    if (header > payload.len)
        return false;
    uint16_t type = get_u16(payload.p + 2);
    struct bytes inner = bytes_slice(payload, header, payload.len);
    if (type == TYPE_BRIDGING)
        decode_inside(s, LINK_ETHERNET, inner);
    else if (ethertype_is_known(type))
        decode_inside_ethertype(s, type, inner);
    else
        packet_event(s->packet, EVENT_GENEVE_UNKNOWN_PAYLOAD_TYPE);
    return true;
}
