/* sensor/decode/icmp.h - the datagram that an ICMP error quotes. */
#ifndef DECODE_ICMP_H
#define DECODE_ICMP_H
#include "sensor/decode/packet.h"

/* Ports of the quoted datagram's transport header, of which at least the first eight bytes are sent
 * along (RFC 792, RFC 4443 section 2.4); sets PACKET_ICMP_EMBEDDED. */
void icmp_quote_ports(struct packet *p, uint8_t proto, struct bytes l4);

#endif
