/* common/clock.h - the one clock.
 *
 * Everything that waits, expires or counts within a window asks a clock: packet time in replay,
 * wall time live, a hand-set time in tests. Microseconds since 1970-01-01 UTC. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct clock {
    bool live;       /* true: now is wall time */
    uint64_t now_us; /* replay: latest packet time, never runs backwards */
};

static inline uint64_t clock_wall_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* For durations of our own work; not a point in time. */
static inline uint64_t clock_monotonic_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static inline uint64_t clock_now(const struct clock *c)
{
    return c->live ? clock_wall_us() : c->now_us;
}

static inline void clock_advance(struct clock *c, uint64_t ts_us)
{
    if (ts_us > c->now_us)
        c->now_us = ts_us;
}

#endif
