/* sensor/detect/vars_pool.h - one worker's memory for what detect remembers of flows.
 *
 * Millions of blocks of one size, on huge pages. Rule sets that know as many flowbits and flow
 * integers share a size; what is of another one goes once the last flow of it has. */
#ifndef DETECT_VARS_POOL_H
#define DETECT_VARS_POOL_H
#include "common/arena.h"
#include "sensor/detect/flow_vars.h"

struct vars_pool {
    struct vars_size {
        struct vars_size *next;
        size_t bytes, live;
        struct flow_vars *free;
        struct arena memory;
    } * sizes; /* the first: that of the rule set in force */
};

/* Blocks taken from here on are for rs. */
void vars_pool_fit(struct vars_pool *p, const struct ruleset *rs);
/* Not zeroed; its size is what flow_vars_bytes() says. */
struct flow_vars *vars_pool_take(struct vars_pool *p);
void vars_pool_give(struct vars_pool *p, struct flow_vars *v);
void vars_pool_release(struct vars_pool *p);

#endif
