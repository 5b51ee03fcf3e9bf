/* sensor/rounds.h - frames of files on their way from the reader to several workers.
 *
 * Every worker gets every round and decodes all its frames: that costs less than to hand decoded
 * packets from one core's cache to another's, and each sees what the others see, fragments too.
 * Which packets are its own it knows by their hash. */
#ifndef SENSOR_ROUNDS_H
#define SENSOR_ROUNDS_H
#include "common/arena.h"
#include "sensor/base.h"
#include "sensor/detect/ruleset.h"

#define ROUND_FRAMES 256

/* So many frames, the same for any number of workers; time-outs run at its end, on the time of its
 * last frame. So every worker sees the same clock at the same packet. */
struct round {
    uint64_t end_us, last_number; /* of the last frame up to its end */
    uint64_t flush_before;        /* see struct batch; UINT64_MAX: nothing comes after this round */
    const struct ruleset *rules;  /* held once for each worker */

    size_t count, bytes;
    struct frame frames[ROUND_FRAMES]; /* of several workers: data stands in memory */
    struct arena memory;
    unsigned workers_left; /* that are not through with it */
};

struct rounds;
struct rounds *rounds_new(unsigned workers);
void rounds_free(struct rounds *r);

/* The reader: an empty round once there is one, and on its way with it. */
struct round *rounds_begin(struct rounds *r);
void round_add(struct round *round, const struct frame *f);
void rounds_publish(struct rounds *r);

/* Each worker: round number `turn` (0, 1, ...) once it is there; it is done with it. */
struct round *rounds_take(struct rounds *r, uint64_t turn);
void rounds_done(struct rounds *r, struct round *round);

#endif
