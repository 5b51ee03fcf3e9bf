/* sensor/decode/datagram.h - the payload of one datagram, put together from its fragments; private
 * to defrag.c.
 *
 * Fragments begin at multiples of eight bytes and all but the last are multiples long. So a note
 * for each eight bytes, saying which fragment they came from, answers both what is there and whose
 * copy wins: placing a fragment is linear in its length, however many came before. */
#ifndef DECODE_DATAGRAM_H
#define DECODE_DATAGRAM_H
#include "sensor/decode/host_policy.h"

#define DATAGRAM_MAX         65535u
#define DATAGRAM_LEN_UNKNOWN UINT32_MAX
/* Link headers and IPv4 header, or those and IPv6's up to the fragment header. */
#define DATAGRAM_HEADER_MAX 256u

/* The fragment that eight bytes came from: where it began once what earlier copies kept was cut off
 * its front, and where it ended. An end of 0: nothing is there. */
struct origin {
    uint16_t start, end;
};

struct datagram {
    uint32_t total;      /* bytes of payload, known from the last fragment */
    uint32_t end;        /* of the highest byte seen */
    uint32_t have;       /* bytes there */
    uint32_t capacity;   /* of data, without the header's room; a multiple of eight */
    uint16_t header_len; /* 0: the first fragment is missing */
    uint16_t link_len;   /* how much of that are link headers */
    uint8_t *data;       /* room for the header, then the payload */
    struct origin *origins;
};

/* Fresh, but with the memory it has. */
void datagram_reset(struct datagram *d);
void datagram_release(struct datagram *d);
size_t datagram_bytes(const struct datagram *d);

/* What datagram_reserve would add to datagram_bytes. */
size_t datagram_growth(const struct datagram *d, uint32_t end);
void datagram_reserve(struct datagram *d, uint32_t end);

/* True when some of what a fragment brings is there already. */
bool datagram_overlaps(const struct datagram *d, uint32_t offset, size_t len);
/* Copies data to offset, of what is there twice the copy that a host of that policy keeps. There is
 * room for it. */
void datagram_place(struct datagram *d, enum host_policy policy, uint32_t offset,
                    struct bytes data);

static inline bool datagram_is_whole(const struct datagram *d)
{
    return d->have == d->total && d->header_len > 0;
}

#endif
