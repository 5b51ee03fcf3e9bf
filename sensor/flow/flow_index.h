/* sensor/flow/flow_index.h - from a tuple's hash to its flow. Private to flow/.
 *
 * Open addressing with linear probing: a slot holds the hash beside the pointer, so a probe touches
 * a flow only when all 64 bits agree. Removal shifts what follows back, so there are no tombstones
 * and a table under churn stays as fast as a fresh one. */
#ifndef FLOW_FLOW_INDEX_H
#define FLOW_FLOW_INDEX_H
#include "sensor/flow/flow.h"

struct flow_slot {
    uint64_t hash; /* 0: empty */
    struct flow *flow;
};
struct flow_index {
    struct flow_slot *slots;
    size_t mask, used;
};

void flow_index_init(struct flow_index *x, uint32_t buckets);
void flow_index_release(struct flow_index *x);
/* Where to look first. */
static inline const struct flow_slot *flow_index_slot(const struct flow_index *x, uint64_t hash)
{
    return &x->slots[hash & x->mask];
}
/* The flow t belongs to, with the direction t has in it, or NULL. */
struct flow *flow_index_find(const struct flow_index *x, uint64_t hash, const struct tuple *t,
                             enum direction *dir);
void flow_index_add(struct flow_index *x, struct flow *f); /* doubles beyond half full */
void flow_index_remove(struct flow_index *x, const struct flow *f);

#endif
