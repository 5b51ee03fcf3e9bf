/* sensor/decode/vntag.c - VN-Tag (IEEE 802.1BR's forerunner): four bytes of virtual interface
 * numbers between an adapter and its switch, then an ethertype. */
#include "sensor/decode/layers.h"

#define VNTAG_BYTES 6

void decode_vntag(struct decode *s, struct bytes b)
{
    s->d->counters.vntag++;
    if (!decode_layer(s))
        return;
    if (b.len < VNTAG_BYTES)
        decode_invalid(s, EVENT_VNTAG_HEADER_TOO_SMALL);
    else if (!decode_ethertype(s, get_u16(b.p + 4), bytes_slice(b, VNTAG_BYTES, b.len)))
        decode_invalid(s, EVENT_VNTAG_UNKNOWN_TYPE);
}
