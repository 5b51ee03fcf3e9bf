/* sensor/flow/leaving.h - flows that end together, in order of first packet. Private to flow/. */
#ifndef FLOW_LEAVING_H
#define FLOW_LEAVING_H
#include "sensor/flow/flow.h"

struct leaving {
    struct leaver {
        uint64_t first_packet; /* beside the flow, so that putting them in order touches no flow */
        struct flow *flow;
    } * flows;
    size_t count, cap;
};

void leaving_reserve(struct leaving *l, size_t cap);
void leaving_add(struct leaving *l, struct flow *f);
/* By first packet, those of one packet by depth and id: the same for any number of workers. */
void leaving_sort(struct leaving *l);
void leaving_release(struct leaving *l);

#endif
