/* sensor/flow/flow_pool.c - see flow_pool.h. */
#include "sensor/flow/flow_pool.h"
#include "common/err.h"

enum { SLAB_FLOWS = 256, CACHE_LINE = 64 };
_Static_assert(sizeof(struct flow) % CACHE_LINE == 0, "a flow fills whole cache lines");
_Static_assert(offsetof(struct flow, last_us) == CACHE_LINE, "what finds a flow is one line");

struct flow_slab {
    _Alignas(CACHE_LINE) struct flow flows[SLAB_FLOWS];
    struct flow_slab *next;
};

static void pool_grow(struct flow_pool *p)
{
    struct flow_slab *s = aligned_alloc(CACHE_LINE, sizeof *s);
    ASSERT(s);
    s->next = p->slabs;
    p->slabs = s;
    p->slab_bytes += sizeof *s;
    for (int i = SLAB_FLOWS; i-- > 0;)
        flow_pool_give(p, &s->flows[i]);
}

struct flow *flow_pool_take(struct flow_pool *p)
{
    if (!p->free)
        pool_grow(p);
    struct flow *f = p->free;
    p->free = f->newer;
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
