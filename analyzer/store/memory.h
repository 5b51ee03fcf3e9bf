/* analyzer/store/memory.h - what the correlation engine must not forget over a restart. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H
#include "analyzer/store/store.h"

/* What one group of one rule saw of one value at one organisation in one slice of event time. */
struct memory_row {
    const char *rule; /* id and version of the rule */
    const char *key;
    const char *org, *value;
    uint32_t stage;
    bool drill;
    uint64_t slice, min_us, max_us, count;
    int64_t detection;
    uint32_t severity; /* gravest */
};
/* Writes the row, replacing the one with the same rule, drill, key, stage, org, value,
 * slice and detection. */
int store_memory_put(struct store *s, const struct memory_row *r, uint64_t touched_us,
                     struct err *err);
int store_memory_drop(struct store *s, const struct memory_row *r, struct err *err);
typedef void store_memory_fn(void *ctx, const struct memory_row *r);
/* All rows of a rule, by group, in order of event time. */
int store_memory_load(struct store *s, const char *rule, store_memory_fn *fn, void *ctx,
                      struct err *err);
/* Forgets the rows of a rule not written since before_us; "" means every rule. */
int store_memory_expire(struct store *s, const char *rule, uint64_t before_us, struct err *err);

#endif
