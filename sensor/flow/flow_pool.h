/* sensor/flow/flow_pool.h - memory for flows: slabs that grow, never shrink. Private to flow/. */
#ifndef FLOW_FLOW_POOL_H
#define FLOW_FLOW_POOL_H
#include "sensor/flow/flow.h"

enum { FLOW_CACHE_LINE = 64 };

/* What a flow takes up: whole cache lines. */
struct flow_room {
    _Alignas(FLOW_CACHE_LINE) struct flow flow;
};

struct flow_slab;
struct flow_pool {
    struct flow_slab *oldest, *newest;
    struct flow *free; /* linked by newer */
    size_t fresh;      /* flows of the newest slab that were ever taken */
    size_t slab_bytes; /* all slabs */
};

/* A zeroed flow on its own cache lines. Never NULL. */
struct flow *flow_pool_take(struct flow_pool *p);
void flow_pool_give(struct flow_pool *p, struct flow *f);
/* Those that were taken and not given back, oldest memory first: about the order they were taken
 * in. NULL: none, or no more. */
struct flow *flow_pool_first(const struct flow_pool *p);
struct flow *flow_pool_next(const struct flow_pool *p, const struct flow *f);
void flow_pool_release(struct flow_pool *p);

#endif
