/* sensor/flow/timeout.h - how long a flow lives without a packet. Private to flow/. */
#ifndef FLOW_TIMEOUT_H
#define FLOW_TIMEOUT_H
#include "sensor/flow/flow.h"

enum timeout_class {
    TIMEOUT_NEW,
    TIMEOUT_ESTABLISHED,
    TIMEOUT_TCP_NEW,
    TIMEOUT_TCP_ESTABLISHED,
    TIMEOUT_TCP_CLOSED,
    TIMEOUT_CLASS_COUNT
};

enum timeout_class timeout_class(const struct flow *f);
uint32_t timeout_seconds(enum timeout_class c);

/* Whether a packet of ts_us comes too late for f, by its own time and that of the flow's last one:
 * a capture whose time stamps jump about still has them together. Whole seconds are compared, as
 * Suricata does. */
bool timeout_is_over(const struct flow *f, uint64_t ts_us);

/* Flows of one class, least recently seen first: what has timed out is found at the front. */
struct timeout_list {
    struct flow *oldest, *newest;
};
void timeout_list_add(struct timeout_list *l, struct flow *f);
void timeout_list_remove(struct timeout_list *l, struct flow *f);

#endif
