/* sensor/flow/flow_pool.c - see flow_pool.h. */
#include "sensor/flow/flow_pool.h"
#include "sensor/flow/slab.h"
#include <stdlib.h>

_Static_assert(offsetof(struct flow, last_us) == FLOW_CACHE_LINE, "what finds a flow is one line");

/* At the start of a slab, on a cache line of its own; flows fill the rest. */
struct flow_slab {
    _Alignas(FLOW_CACHE_LINE) struct flow_slab *next;
    struct flow_room flows[];
};
enum { SLAB_FLOWS = (SLAB_BYTES - sizeof(struct flow_slab)) / sizeof(struct flow_room) };

static void pool_grow(struct flow_pool *p)
{
    struct flow_slab *s = slab_new();
    s->next = p->slabs;
    p->slabs = s;
    p->slab_bytes += SLAB_BYTES;
    p->fresh = 0;
}

struct flow *flow_pool_take(struct flow_pool *p)
{
    struct flow *f = p->free;
    if (f) {
        p->free = f->newer;
    } else {
        if (!p->slabs || p->fresh == SLAB_FLOWS)
            pool_grow(p);
        f = &p->slabs->flows[p->fresh++].flow;
    }
    memset(f, 0, sizeof *f);
    return f;
}

void flow_pool_give(struct flow_pool *p, struct flow *f)
{
    f->newer = p->free;
    p->free = f;
}

void flow_pool_release(struct flow_pool *p)
{
    for (struct flow_slab *s = p->slabs, *next; s; s = next) {
        next = s->next;
        free(s);
    }
    *p = (struct flow_pool){0};
}
