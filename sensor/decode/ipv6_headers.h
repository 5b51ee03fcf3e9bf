/* sensor/decode/ipv6_headers.h - the chain of extension headers (RFC 8200 section 4). */
#ifndef DECODE_IPV6_HEADERS_H
#define DECODE_IPV6_HEADERS_H
#include "sensor/decode/layers.h"

/* Where the reading stands. Offsets count from the start of the packet's `ip`. */
struct ipv6_headers {
    uint8_t next; /* number of the header at `at` */
    uint16_t at;
    uint16_t named_at; /* where `next` was read */
    bool ended;        /* there is no upper layer to read: none, sealed or cut off */
    bool has_fragment; /* there was a fragment header; what it says: */
    uint16_t fragment_at, fragment_named_at;
    uint32_t fragment_id;
};

/* Walks over extension headers from h->at on. Stops at the upper layer, at the end, or behind the
 * fragment header of a fragment, whose rest is reassembled first. Sets the packet's fragment fields
 * and raises events. Cost: linear in the headers' length. */
void ipv6_read_headers(struct decode *s, struct ipv6_headers *h);

#endif
