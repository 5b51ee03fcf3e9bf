/* sensor/detect/turn.c - see turn.h. */
#include "sensor/detect/turn.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "common/err.h"

#define YIELDS   200   /* a packet of another worker takes microseconds */
#define PAUSE_NS 50000 /* one that has no packet waits for the reader */

void turns_init(struct turns *t, unsigned workers)
{
    *t = (struct turns){.workers = workers};
    if (workers < 2)
        return;
    t->places = aligned_alloc(alignof(struct turn_place), workers * sizeof *t->places);
    ASSERT(t->places);
    for (unsigned i = 0; i < workers; i++) {
        atomic_init(&t->places[i].major, 0);
        atomic_init(&t->places[i].minor, 0);
    }
}

void turns_release(struct turns *t)
{
    free(t->places);
    *t = (struct turns){0};
}

/* A reader takes major first: between the two stores it sees an older place, never a later one. */
void turn_at(struct turns *t, unsigned worker, uint64_t major, uint64_t minor)
{
    if (!t->places)
        return;
    struct turn_place *p = &t->places[worker];
    uint64_t was = atomic_load_explicit(&p->major, memory_order_relaxed);
    if (major < was)
        return;
    if (major > was) {
        atomic_store_explicit(&p->minor, 0, memory_order_release);
        atomic_store_explicit(&p->major, major, memory_order_release);
    }
    if (minor > atomic_load_explicit(&p->minor, memory_order_relaxed))
        atomic_store_explicit(&p->minor, minor, memory_order_release);
}

/* Whether worker `other` is beyond the place (major, minor) of `worker`. */
static bool is_beyond(const struct turns *t, unsigned other, unsigned worker, uint64_t major,
                      uint64_t minor)
{
    uint64_t m = atomic_load_explicit(&t->places[other].major, memory_order_acquire);
    if (m != major)
        return m > major;
    uint64_t n = atomic_load_explicit(&t->places[other].minor, memory_order_acquire);
    return n != minor ? n > minor : other > worker;
}

static void pause_for(unsigned round)
{
    if (round < YIELDS)
        sched_yield();
    else
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

void turn_wait(const struct turns *t, unsigned worker)
{
    if (!t->places)
        return;
    uint64_t major = atomic_load_explicit(&t->places[worker].major, memory_order_relaxed);
    uint64_t minor = atomic_load_explicit(&t->places[worker].minor, memory_order_relaxed);
    for (unsigned i = 0; i < t->workers; i++)
        for (unsigned round = 0; i != worker && !is_beyond(t, i, worker, major, minor); round++)
            pause_for(round);
}
