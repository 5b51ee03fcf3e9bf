/* sensor/anomaly/distinct.h - how many different things, in little memory.
 *
 * Up to 32 are kept exactly. Beyond that a map of 4096 bits: the count is estimated from the bits
 * still clear (linear counting, Whang et al. 1990), within 2 % to 10,000 and at most 34,070; a new
 * thing whose bit is taken by another counts as seen. Hashes are the same in every run. */
#ifndef ANOMALY_DISTINCT_H
#define ANOMALY_DISTINCT_H
#include "common/bytes.h"

struct distinct {
    uint32_t *items; /* sorted; or the map, once `set_bits` is not 0 */
    uint16_t count;  /* of items */
    uint16_t cap;
    uint16_t set_bits;
};

/* Adds it; true when it was not there. */
bool distinct_add(struct distinct *d, struct bytes thing);
uint32_t distinct_count(const struct distinct *d);
size_t distinct_memory(const struct distinct *d);
void distinct_release(struct distinct *d);

#endif
