/* sensor/decode/arp.c - ARP (RFC 826) is counted; it has no flow and no further layer. */
#include "sensor/decode/layers.h"

void decode_arp(struct decode *s, struct bytes b)
{
    (void)b;
    s->d->counters.arp++;
}
