/* sensor/decode/sll.c - Linux "cooked" captures (interface "any"), both versions.
 * Source: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and ..._SLL2.html */
#include "sensor/decode/layers.h"

#define SLL_BYTES  16
#define SLL2_BYTES 20

void decode_sll(struct decode *s, struct bytes b)
{
    s->d->counters.sll++;
    if (!decode_layer(s))
        return;
    if (b.len < SLL_BYTES)
        decode_invalid(s, EVENT_SLL_PKT_TOO_SMALL);
    else
        decode_ethertype(s, get_u16(b.p + 14), bytes_slice(b, SLL_BYTES, b.len));
}

void decode_sll2(struct decode *s, struct bytes b)
{
    s->d->counters.sll2++;
    if (!decode_layer(s))
        return;
    if (b.len < SLL2_BYTES)
        decode_invalid(s, EVENT_SLL2_PKT_TOO_SMALL);
    else
        decode_ethertype(s, get_u16(b.p), bytes_slice(b, SLL2_BYTES, b.len));
}
