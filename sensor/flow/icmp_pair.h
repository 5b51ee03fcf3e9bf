/* sensor/flow/icmp_pair.h - which ICMP type answers which. */
#ifndef FLOW_ICMP_PAIR_H
#define FLOW_ICMP_PAIR_H
#include "sensor/decode/packet.h"

/* The type that answers `type` (echo and echo reply, ...), or -1 for a type that stands alone.
 * Source: RFC 792, RFC 950, RFC 1256 for ICMP; RFC 4443, 2710, 4861, 4620, 6275 for ICMPv6. */
int icmp_pair(uint8_t proto, uint8_t type);

#endif
