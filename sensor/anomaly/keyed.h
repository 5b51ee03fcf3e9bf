/* sensor/anomaly/keyed.h - states by key, bounded: when it is full the one left alone longest goes.
 *
 * Keys are 128-bit digests under a secret of the process, so that nobody outside can choose keys
 * that collide. Which state goes depends on the order of calls only, never on the digests. */
#ifndef ANOMALY_KEYED_H
#define ANOMALY_KEYED_H
#include "common/bytes.h"

struct keyed_key {
    uint64_t low, high;
};

struct keyed;
/* Called with each state before it goes; ctx as given. */
typedef void keyed_gone_fn(void *ctx, void *state);
/* At most cap states of state_bytes each, zeroed when made. gone may be NULL. */
struct keyed *keyed_new(size_t cap, size_t state_bytes, keyed_gone_fn *gone, void *ctx);
void keyed_free(struct keyed *t); /* every state goes */

struct keyed_key keyed_digest(const struct keyed *t, struct bytes key);
/* NULL when there is none. Does not count as a use. */
void *keyed_find(const struct keyed *t, struct keyed_key key);
/* Finds or makes, and is its latest use. The pointer is valid until the next call that makes or
 * removes one. */
void *keyed_use(struct keyed *t, struct keyed_key key);
/* The state unused longest, NULL when empty. */
void *keyed_oldest(const struct keyed *t);
void keyed_remove(struct keyed *t, struct keyed_key key); /* nothing happens when there is none */
void keyed_remove_oldest(struct keyed *t);

uint64_t keyed_evicted(const struct keyed *t);
size_t keyed_memory(const struct keyed *t); /* bytes, without what states point to */

#endif
