/* sensor/flow/flow_pool.c - see flow_pool.h. */
#include "sensor/flow/flow_pool.h"
#include "common/err.h"
#include <stdlib.h>

_Static_assert(offsetof(struct flow, last_us) == FLOW_CACHE_LINE, "what finds a flow is one line");
_Static_assert(offsetof(struct flow, app) == 2 * FLOW_CACHE_LINE, "what counts is one, too");
_Static_assert(sizeof(struct flow) == 3 * FLOW_CACHE_LINE,
               "and the rest: millions of them stand here");

static void pool_grow(struct flow_pool *p)
{
    enum { SLABS_MAX = 1 << (31 - SLAB_FLOW_BITS) };
    bool full = (p->slab_count & (p->slab_count - 1)) == 0; /* room is doubled at powers of two */
    ASSERT(p->slab_count < SLABS_MAX);
    if (full) {
        size_t room = p->slab_count ? p->slab_count * (size_t)2 : 1;
        p->slabs = realloc(p->slabs, room * sizeof(struct flow_slab *));
        ASSERT(p->slabs);
    }
    struct flow_slab *s = slab_new();
    s->number = p->slab_count;
    p->slabs[p->slab_count++] = s;
    p->fresh = 0;
}

struct flow *flow_pool_take(struct flow_pool *p)
{
    struct flow *f = p->free;
    if (f) {
        p->free = f->newer;
    } else {
        if (p->slab_count == 0 || p->fresh == SLAB_FLOWS)
            pool_grow(p);
        f = &p->slabs[p->slab_count - 1]->flows[p->fresh++].flow;
    }
    memset(f, 0, sizeof *f);
    return f;
}

void flow_pool_give(struct flow_pool *p, struct flow *f)
{
    f->hash = 0; /* no flow's */
    f->newer = p->free;
    p->free = f;
}

/* From place `at` of slab s on. */
static struct flow *next_taken(const struct flow_pool *p, uint32_t s, uint32_t at)
{
    for (; s < p->slab_count; s++, at = 0)
        for (; at < (s + 1 == p->slab_count ? p->fresh : SLAB_FLOWS); at++)
            if (p->slabs[s]->flows[at].flow.hash)
                return &p->slabs[s]->flows[at].flow;
    return NULL;
}

struct flow *flow_pool_first(const struct flow_pool *p)
{
    return next_taken(p, 0, 0);
}

struct flow *flow_pool_next(const struct flow_pool *p, const struct flow *f)
{
    uint32_t number = flow_pool_number(f);
    return next_taken(p, number >> SLAB_FLOW_BITS, number % (1u << SLAB_FLOW_BITS) + 1);
}

void flow_pool_release(struct flow_pool *p)
{
    for (uint32_t i = 0; i < p->slab_count; i++)
        free(p->slabs[i]);
    free(p->slabs);
    *p = (struct flow_pool){0};
}
