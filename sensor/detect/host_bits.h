/* sensor/detect/host_bits.h - marks that rules leave on hosts and pairs of hosts, with an expiry.
 *
 * A table of fixed size, open addressing in buckets. A full bucket gives up the mark that expires
 * first, so hostile addresses cost marks, never memory. Time is the packet's, in whole seconds. */
#ifndef DETECT_HOST_BITS_H
#define DETECT_HOST_BITS_H
#include "common/addr.h"

struct host_bit {
    uint64_t key;      /* 0: free */
    uint64_t expire_s; /* the last second in which it is set */
};
struct host_bits {
    struct host_bit *entries;
    size_t buckets; /* power of two */
};

/* Room for about `entries` marks. */
void host_bits_init(struct host_bits *b, size_t entries);
void host_bits_release(struct host_bits *b);

/* Key of the mark `name` (a hash of it) on a host, or with b on a pair, whichever way round. */
uint64_t host_bit_key(uint64_t name, const struct addr *a, const struct addr *b);

bool host_bit_is_set(const struct host_bits *t, uint64_t key, uint64_t now_s);
/* A mark that is set keeps the expiry it has. True when one that was still set had to go. */
bool host_bit_set(struct host_bits *t, uint64_t key, uint64_t now_s, uint64_t expire_s);
void host_bit_unset(struct host_bits *t, uint64_t key);

#endif
