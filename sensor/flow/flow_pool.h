/* sensor/flow/flow_pool.h - memory for flows: slabs that grow, never shrink. Private to flow/.
 *
 * Each place has a number, by which the index knows the flow in it: half a pointer. */
#ifndef FLOW_FLOW_POOL_H
#define FLOW_FLOW_POOL_H
#include "sensor/flow/flow.h"
#include "sensor/flow/slab.h"

enum { FLOW_CACHE_LINE = 64 };

/* What a flow takes up: whole cache lines. */
struct flow_room {
    _Alignas(FLOW_CACHE_LINE) struct flow flow;
};

/* Its number stands at the start, on a cache line of its own; flows fill the rest. */
struct flow_slab {
    _Alignas(FLOW_CACHE_LINE) uint32_t number;
    struct flow_room flows[];
};
enum {
    SLAB_FLOWS = (SLAB_BYTES - sizeof(struct flow_slab)) / sizeof(struct flow_room),
    SLAB_FLOW_BITS = 14 /* of a flow's number: its place in the slab; the others are the slab's */
};
_Static_assert(SLAB_FLOWS <= 1 << SLAB_FLOW_BITS, "a number for every flow of a slab");

struct flow_pool {
    struct flow_slab **slabs; /* by number */
    uint32_t slab_count;
    uint32_t fresh;    /* flows of the newest slab that were ever taken */
    struct flow *free; /* linked by newer */
};

/* A zeroed flow on its own cache lines. Never NULL. */
struct flow *flow_pool_take(struct flow_pool *p);
void flow_pool_give(struct flow_pool *p, struct flow *f);
/* From a flow's place to its number and back. */
static inline uint32_t flow_pool_number(const struct flow *f)
{
    const struct flow_slab *s = (const void *)((uintptr_t)f / SLAB_BYTES * SLAB_BYTES);
    return s->number << SLAB_FLOW_BITS |
           (uint32_t)((const struct flow_room *)(const void *)f - s->flows);
}
static inline struct flow *flow_pool_at(const struct flow_pool *p, uint32_t number)
{
    return &p->slabs[number >> SLAB_FLOW_BITS]->flows[number % (1u << SLAB_FLOW_BITS)].flow;
}
static inline size_t flow_pool_bytes(const struct flow_pool *p)
{
    return (size_t)p->slab_count * SLAB_BYTES;
}
/* Those that were taken and not given back, oldest memory first: about the order they were taken
 * in. NULL: none, or no more. */
struct flow *flow_pool_first(const struct flow_pool *p);
struct flow *flow_pool_next(const struct flow_pool *p, const struct flow *f);
void flow_pool_release(struct flow_pool *p);

#endif
