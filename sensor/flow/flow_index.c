/* sensor/flow/flow_index.c - see flow_index.h. */
#include "sensor/flow/flow_index.h"
#include "sensor/flow/slab.h"
#include "sensor/flow/tuple.h"
#include <stdlib.h>

enum { BUCKETS_DEFAULT = 65536, BUCKETS_MIN = 64 };

void flow_index_init(struct flow_index *x, const struct flow_pool *pool, uint32_t buckets)
{
    uint32_t n = BUCKETS_MIN;
    x->pool = pool;
    while (n < (buckets ? buckets : BUCKETS_DEFAULT) && n < 1u << 31)
        n *= 2;
    x->slots = slab_table(n * sizeof *x->slots);
    x->mask = n - 1;
    x->used = 0;
}

void flow_index_release(struct flow_index *x)
{
    free(x->slots);
    *x = (struct flow_index){0};
}

struct flow *flow_index_find(const struct flow_index *x, uint64_t hash, const struct tuple *t,
                             enum direction *dir)
{
    for (size_t i = hash & x->mask; x->slots[i].flow; i = (i + 1) & x->mask) {
        if (x->slots[i].hash != (uint32_t)hash)
            continue;
        struct flow *f = flow_pool_at(x->pool, x->slots[i].flow - 1);
        __builtin_prefetch(&f->last_us, 1); /* the second line is wanted next */
        if (f->hash == hash && tuple_matches(&f->tuple, t, dir))
            return f;
    }
    return NULL;
}

static void put(struct flow_index *x, struct flow_slot s)
{
    size_t i = s.hash & x->mask;
    while (x->slots[i].flow)
        i = (i + 1) & x->mask;
    x->slots[i] = s;
    x->used++;
}

static void grow(struct flow_index *x)
{
    struct flow_index old = *x;
    x->mask = old.mask * 2 + 1;
    x->used = 0;
    x->slots = slab_table(flow_index_bytes(x));
    for (size_t i = 0; i <= old.mask; i++)
        if (old.slots[i].flow)
            put(x, old.slots[i]);
    free(old.slots);
}

void flow_index_add(struct flow_index *x, struct flow *f)
{
    if (x->used * 2 >= x->mask)
        grow(x);
    put(x, (struct flow_slot){.hash = (uint32_t)f->hash, .flow = flow_pool_number(f) + 1});
}

void flow_index_remove(struct flow_index *x, const struct flow *f)
{
    size_t hole = f->hash & x->mask;
    uint32_t flow = flow_pool_number(f) + 1;
    while (x->slots[hole].flow != flow)
        hole = (hole + 1) & x->mask;
    for (size_t i = (hole + 1) & x->mask; x->slots[i].flow; i = (i + 1) & x->mask) {
        size_t home = x->slots[i].hash & x->mask;
        /* It may fill the hole unless its home lies behind the hole. */
        if (((i - home) & x->mask) >= ((i - hole) & x->mask)) {
            x->slots[hole] = x->slots[i];
            hole = i;
        }
    }
    x->slots[hole] = (struct flow_slot){0};
    x->used--;
}
