/* sensor/decode/raw.c - link types without a link header: IPv4 or IPv6 by the first nibble. */
#include "sensor/decode/layers.h"

void decode_raw(struct decode *s, struct bytes b)
{
    unsigned version = b.len ? b.p[0] >> 4 : 0;
    s->d->counters.raw++;
    if (version == 4)
        decode_ipv4(s, b);
    else if (version == 6)
        decode_ipv6(s, b);
    else
        decode_invalid(s, EVENT_IPRAW_INVALID_IP_VERSION);
}
