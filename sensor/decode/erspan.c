/* sensor/decode/erspan.c - mirrored Ethernet frames over GRE, ERSPAN type II.
 * Source: draft-foschiano-erspan-03 section 4.2 */
#include "sensor/decode/layers.h"

#define ERSPAN_BYTES 8

void decode_erspan(struct decode *s, struct bytes b)
{
    if (!decode_layer(s))
        return;
    if (b.len < ERSPAN_BYTES)
        decode_invalid(s, EVENT_ERSPAN_HEADER_TOO_SMALL);
    else if (b.p[0] >> 4 != 1) /* the field says 1 for type II */
        decode_invalid(s, EVENT_ERSPAN_UNSUPPORTED_VERSION);
    else
        decode_inside(s, LINK_ETHERNET, bytes_slice(b, ERSPAN_BYTES, b.len));
}
