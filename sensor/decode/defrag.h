/* sensor/decode/defrag.h - IP fragments to datagrams.
 *
 * Where copies of a byte overlap, the one wins that a host of the destination's kind keeps. A
 * datagram that is not complete after a time (packet time) since its first fragment is given up,
 * and when memory is spent the oldest one is.
 * Source: RFC 791 section 3.2, RFC 815, RFC 8200 section 4.5. */
#ifndef DECODE_DEFRAG_H
#define DECODE_DEFRAG_H
#include "sensor/decode/decode.h"

struct defrag;

/* The options are the decoder's own; the counters too, and they outlive this. */
struct defrag *defrag_new(const struct decoder_options *o, struct decode_counters *counters);
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

/* A datagram behind the link headers of its first fragment, as if it had come in one frame. */
struct defragmented {
    struct bytes frame; /* empty: none yet */
    size_t ip_at;       /* where the datagram begins */
    uint32_t linktype;
};

/* Keeps the fragment of packet p (which gives addresses, tags, link headers and time, and receives
 * events). When it completes a datagram, that datagram with its header made whole again, valid
 * until defrag_settle. Cost: O(length), no search. */
struct defragmented defrag_push(struct defrag *d, struct packet *p, const struct fragment *given);

/* Takes back the memory of the datagrams given out: a frame is done with. A datagram may hold a
 * fragment that completes another one, so that one frame can have several. */
void defrag_settle(struct defrag *d);

#endif
