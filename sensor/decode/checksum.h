/* sensor/decode/checksum.h - the internet checksum (RFC 1071). */
#ifndef DECODE_CHECKSUM_H
#define DECODE_CHECKSUM_H
#include "sensor/decode/packet.h"

/* One's complement sum of b, folded to 16 bits, in memory order; `start` is a sum to go on from. */
uint16_t checksum_add(uint16_t start, struct bytes b);

/* True when a header that holds its own checksum sums up right. */
bool checksum_holds(struct bytes header);

/* The same for TCP, UDP and ICMPv6 (RFC 9293 section 3.1, RFC 8200 section 8.1): with the
 * pseudo-header of the packet's addresses. */
bool checksum_l4_holds(const struct packet *p, struct bytes l4, uint8_t proto);

/* True when the checksum, a 16-bit number at `at` of l4, is the pseudo-header's sum alone. That is
 * how Linux hands a TCP or UDP segment to a network card that will finish the sum, and how it
 * leaves segments it has merged on the way in (skbuff.h, CHECKSUM_PARTIAL). */
bool checksum_l4_is_unfinished(const struct packet *p, struct bytes l4, uint8_t proto, size_t at);

#endif
