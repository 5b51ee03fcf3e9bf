/* sensor/flow/flow_pool.c - see flow_pool.h. */
#include "sensor/flow/flow_pool.h"
#include "sensor/flow/slab.h"
#include <stdlib.h>

_Static_assert(offsetof(struct flow, last_us) == FLOW_CACHE_LINE, "what finds a flow is one line");
_Static_assert(offsetof(struct flow, app) == 2 * FLOW_CACHE_LINE, "what counts is one, too");
_Static_assert(sizeof(struct flow) == 3 * FLOW_CACHE_LINE,
               "and the rest: millions of them stand here");

/* At the start of a slab, on a cache line of its own; flows fill the rest. */
struct flow_slab {
    _Alignas(FLOW_CACHE_LINE) struct flow_slab *next;
    struct flow_room flows[];
};
enum { SLAB_FLOWS = (SLAB_BYTES - sizeof(struct flow_slab)) / sizeof(struct flow_room) };

static void pool_grow(struct flow_pool *p)
{
    struct flow_slab *s = slab_new();
    s->next = NULL;
    if (p->newest)
        p->newest->next = s;
    else
        p->oldest = s;
    p->newest = s;
    p->slab_bytes += SLAB_BYTES;
    p->fresh = 0;
}

struct flow *flow_pool_take(struct flow_pool *p)
{
    struct flow *f = p->free;
    if (f) {
        p->free = f->newer;
    } else {
        if (!p->newest || p->fresh == SLAB_FLOWS)
            pool_grow(p);
        f = &p->newest->flows[p->fresh++].flow;
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
static struct flow *next_taken(const struct flow_pool *p, struct flow_slab *s, size_t at)
{
    for (; s; s = s->next, at = 0)
        for (; at < (s == p->newest ? p->fresh : SLAB_FLOWS); at++)
            if (s->flows[at].flow.hash)
                return &s->flows[at].flow;
    return NULL;
}

struct flow *flow_pool_first(const struct flow_pool *p)
{
    return next_taken(p, p->oldest, 0);
}

struct flow *flow_pool_next(const struct flow_pool *p, const struct flow *f)
{
    struct flow_slab *s = (struct flow_slab *)((uintptr_t)f / SLAB_BYTES * SLAB_BYTES);
    return next_taken(p, s, (size_t)((const struct flow_room *)(const void *)f - s->flows) + 1);
}

void flow_pool_release(struct flow_pool *p)
{
    for (struct flow_slab *s = p->oldest, *next; s; s = next) {
        next = s->next;
        free(s);
    }
    *p = (struct flow_pool){0};
}
