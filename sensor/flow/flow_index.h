/* sensor/flow/flow_index.h - from a tuple's hash to its flow. Private to flow/.
 *
 * Open addressing with linear probing: a slot holds half of the hash beside the flow, so a probe
 * touches hardly any other flow. Removal shifts what follows back, so there are no tombstones and a
 * table under churn stays as fast as a fresh one. */
#ifndef FLOW_FLOW_INDEX_H
#define FLOW_FLOW_INDEX_H
#include "sensor/flow/flow_pool.h"

struct flow_slot {
    uint32_t hash; /* its lower half */
    uint32_t flow; /* number in the pool, plus 1; 0: empty */
};
struct flow_index {
    const struct flow_pool *pool;
    struct flow_slot *slots;
    uint32_t mask;
    size_t used;
};

/* pool: where its flows are from. */
void flow_index_init(struct flow_index *x, const struct flow_pool *pool, uint32_t buckets);
void flow_index_release(struct flow_index *x);
static inline size_t flow_index_bytes(const struct flow_index *x)
{
    return ((size_t)x->mask + 1) * sizeof(struct flow_slot);
}
/* Where to look first. */
static inline const struct flow_slot *flow_index_slot(const struct flow_index *x, uint64_t hash)
{
    return &x->slots[hash & x->mask];
}
/* What that leads to, which is nearly always the flow of that hash; or NULL. */
static inline const struct flow *flow_index_guess(const struct flow_index *x, uint64_t hash)
{
    const struct flow_slot *slot = flow_index_slot(x, hash);
    bool fits = slot->flow && slot->hash == (uint32_t)hash;
    return fits ? flow_pool_at(x->pool, slot->flow - 1) : NULL;
}
/* The flow t belongs to, with the direction t has in it, or NULL. */
struct flow *flow_index_find(const struct flow_index *x, uint64_t hash, const struct tuple *t,
                             enum direction *dir);
void flow_index_add(struct flow_index *x, struct flow *f); /* doubles beyond half full */
void flow_index_remove(struct flow_index *x, const struct flow *f);

#endif
