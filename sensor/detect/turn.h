/* sensor/detect/turn.h - workers take turns in packet order where a rule looks beyond its flow.
 *
 * Each worker says at which place it is; the places of all workers are places in one sequence, that
 * of the capture. Before a worker touches what all share, it waits until every other one has gone
 * beyond its place. So what is shared changes in packet order whatever the number of workers, and
 * the one that is furthest back never waits. A worker that meets no such rule pays one store a
 * packet. */
#ifndef DETECT_TURN_H
#define DETECT_TURN_H
#include "common/bytes.h"
#include <stdalign.h>
#include <stdatomic.h>

struct turn_place {
    alignas(64) _Atomic uint64_t major; /* packet and layer within it, or the end of a round */
    _Atomic uint64_t minor;             /* which flow, among those that end with the round */
};
struct turns {
    struct turn_place *places; /* one a worker; NULL: nobody waits for anybody */
    unsigned workers;
};

/* workers up to 1: there is nobody to wait for. */
void turns_init(struct turns *t, unsigned workers);
void turns_release(struct turns *t);

/* What worker does from now on belongs to this place or a later one. A place before the last is
 * taken as the last. */
void turn_at(struct turns *t, unsigned worker, uint64_t major, uint64_t minor);
/* Returns when all others have gone beyond the place of worker. Two at the same place go by their
 * numbers. */
void turn_wait(const struct turns *t, unsigned worker);

#endif
