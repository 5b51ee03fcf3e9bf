/* sensor/flow/links.h - link addresses of flows, equal ones kept once. Private to flow/. */
#ifndef FLOW_LINKS_H
#define FLOW_LINKS_H
#include "common/arena.h"
#include "sensor/flow/flow.h"

/* What a flow that knew `now` learned from a packet: `then`, or NULL. */
enum { LINK_STEPS = 16 };
struct link_step {
    const struct flow_links *now, *then;
    enum direction dir;
    uint8_t src[6], dst[6];
};

struct links {
    struct arena memory;
    struct flow_links **slots; /* open addressing; never more than half full */
    size_t used;
    struct link_step steps[LINK_STEPS]; /* the latest */
};

void links_init(struct links *l);
void links_release(struct links *l); /* and all that links_add() ever returned */

/* Works the step out anew. */
void links_learn(struct links *l, struct link_step *s, const struct flow_links *now,
                 enum direction dir, const uint8_t src[6], const uint8_t dst[6]);

/* What a flow that knows `now` (NULL: nothing yet) knows after a packet of dir with these link
 * addresses. NULL when there are too many different sets to remember another one: then it knows
 * what it knew. Few routers are on a link, so nearly every flow learns what one just before it did.
 */
static inline const struct flow_links *links_add(struct links *l, const struct flow_links *now,
                                                 enum direction dir, const uint8_t src[6],
                                                 const uint8_t dst[6])
{
    unsigned of = src[5] * 3u + dst[5] * 5u + (unsigned)dir + 2u * !now;
    struct link_step *s = &l->steps[of % LINK_STEPS];
    bool same = s->then && s->now == now && s->dir == dir && memcmp(s->src, src, 6) == 0 &&
                memcmp(s->dst, dst, 6) == 0;
    if (!same)
        links_learn(l, s, now, dir, src, dst);
    return s->then;
}

#endif
