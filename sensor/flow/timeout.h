/* sensor/flow/timeout.h - how long a flow lives without a packet. Private to flow/. */
#ifndef FLOW_TIMEOUT_H
#define FLOW_TIMEOUT_H
#include "sensor/flow/flow.h"

/* Protocol and state in one: which time-out is f's. */
enum { TIMEOUT_CLASSES = TIMEOUT_PROTOS * TIMEOUT_STATES };
unsigned timeout_class_of_new(const struct flow *f);
/* Now: of the protocol that f->timeout_class tells, and the state f is in. */
static inline unsigned timeout_class(const struct flow *f)
{
    unsigned state = f->action == FLOW_ACTION_BYPASS ? (unsigned)TIMEOUT_BYPASSED : f->state;
    return f->timeout_class / TIMEOUT_STATES * TIMEOUT_STATES + state;
}
uint32_t timeout_seconds(const uint32_t seconds[TIMEOUT_PROTOS][TIMEOUT_STATES], unsigned class);

/* Whether a packet of ts_us comes too late for f, by its own time and that of the flow's last one:
 * a capture whose time stamps jump about still has them together. Whole seconds are compared, as
 * Suricata does. */
bool timeout_is_over(const struct flow_timeouts *t, const struct flow *f, uint64_t ts_us);

/* Flows of one class, least recently seen first: what has timed out is found at the front. */
struct timeout_list {
    struct flow *oldest, *newest;
};
void timeout_list_add(struct timeout_list *l, struct flow *f);
void timeout_list_remove(struct timeout_list *l, struct flow *f);

#endif
