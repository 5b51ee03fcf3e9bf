/* sensor/decode/geneve.c - GENEVE (RFC 8926): any ethertype over UDP, with options. */
#include "sensor/decode/layers.h"

#define GENEVE_BYTES  8
#define OPTION_BYTES  4
#define TYPE_BRIDGING 0x6558

/* Options fill their space to the byte; the low five bits of the fourth byte count words. */
static bool options_are_right(struct bytes b)
{
    while (b.len) {
        size_t len = OPTION_BYTES + (b.p[3] & 0x1fu) * 4;
        if (len > b.len)
            return false;
        b = bytes_slice(b, len, b.len);
    }
    return true;
}

/* Version 0, and what is to be sent as zero is zero: others use the port too. */
static bool is_geneve(struct bytes payload)
{
    if (payload.len < GENEVE_BYTES || payload.p[0] >> 6 || payload.p[1] & 0x3f || payload.p[7])
        return false;
    size_t options = (payload.p[0] & 0x3fu) * 4;
    return options <= payload.len - GENEVE_BYTES &&
           options_are_right(bytes_slice(payload, GENEVE_BYTES, options));
}

bool decode_geneve(struct decode *s, struct bytes payload)
{
    if (!tunnel_between(&s->d->options.geneve, s->packet) || !is_geneve(payload))
        return false;
    s->d->counters.geneve++;
    uint16_t type = get_u16(payload.p + 2);
    size_t header = GENEVE_BYTES + (payload.p[0] & 0x3fu) * 4;
    struct bytes inner = bytes_slice(payload, header, payload.len);
    if (type == TYPE_BRIDGING)
        decode_inside(s, SOURCE_GENEVE, LINK_ETHERNET, inner);
    else if (!decode_inside_ethertype(s, SOURCE_GENEVE, type, inner))
        packet_event(s->packet, EVENT_GENEVE_UNKNOWN_PAYLOAD_TYPE);
    return true;
}
