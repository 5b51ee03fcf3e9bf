/* sensor/decode/defrag.h - IP fragments to datagrams.
 *
 * Where copies of a byte overlap, the first one wins. A datagram that is not complete 60 s (packet
 * time) after its first fragment is given up, and when memory is spent the oldest one is.
 * Source: RFC 791 section 3.2, RFC 815, RFC 8200 section 4.5. */
#ifndef DECODE_DEFRAG_H
#define DECODE_DEFRAG_H
#include "sensor/decode/decode.h"

struct defrag;

/* cap_bytes 0 means 32 MiB. The counters are the decoder's and outlive this. */
struct defrag *defrag_new(size_t cap_bytes, struct decode_counters *counters);
void defrag_free(struct defrag *d);

struct fragment {
    uint32_t id;          /* 16 bits for IPv4 */
    uint8_t proto;        /* IPv4's protocol, or the fragment header's next header */
    uint32_t offset;      /* of data in the datagram's payload, bytes */
    bool more;            /* more fragments follow */
    struct bytes header;  /* what the datagram begins with: IPv4 header, or IPv6 header and the
                             extension headers before the fragment header */
    uint16_t next_header; /* IPv6: where in `header` the number of the next one stands */
    struct bytes data;
};

/* Keeps the fragment of packet p (which gives addresses, tags and time, and receives events). When
 * it completes a datagram, that datagram with its header made whole again, valid until the next
 * call; else an empty view. Cost: O(length), no search. */
struct bytes defrag_push(struct defrag *d, struct packet *p, const struct fragment *given);

#endif
