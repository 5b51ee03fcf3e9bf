/* sensor/flow/timeout.c - see timeout.h. */
#include "sensor/flow/timeout.h"

enum { US_PER_S = 1000000 };

#define STATES(new, established, closed, bypassed)                                                 \
    {                                                                                              \
        [TIMEOUT_NEW] = (new), [TIMEOUT_ESTABLISHED] = (established), [TIMEOUT_CLOSED] = (closed), \
        [TIMEOUT_BYPASSED] = (bypassed)                                                            \
    }
const struct flow_timeouts flow_timeout_defaults = {
    .normal_s = {[TIMEOUT_DEFAULT] = STATES(30, 300, 0, 100),
                 [TIMEOUT_TCP] = STATES(60, 600, 60, 100),
                 [TIMEOUT_UDP] = STATES(30, 300, 0, 100),
                 [TIMEOUT_ICMP] = STATES(30, 300, 0, 100)},
    .emergency_s = {[TIMEOUT_DEFAULT] = STATES(10, 100, 0, 50),
                    [TIMEOUT_TCP] = STATES(5, 100, 10, 50),
                    [TIMEOUT_UDP] = STATES(10, 100, 0, 50),
                    [TIMEOUT_ICMP] = STATES(10, 100, 0, 50)},
};

static enum timeout_proto proto_of(const struct flow *f)
{
    switch (f->tuple.proto) {
    case IPP_TCP:
        return TIMEOUT_TCP;
    case IPP_UDP:
        return TIMEOUT_UDP;
    case IPP_ICMP:
    case IPP_ICMPV6:
        return TIMEOUT_ICMP;
    default:
        return TIMEOUT_DEFAULT;
    }
}

unsigned timeout_class_of_new(const struct flow *f)
{
    _Static_assert((int)TIMEOUT_NEW == (int)FLOW_NEW && (int)TIMEOUT_CLOSED == (int)FLOW_CLOSED,
                   "states of time-outs are those of flows");
    return (unsigned)proto_of(f) * TIMEOUT_STATES + TIMEOUT_NEW;
}

uint32_t timeout_seconds(const uint32_t seconds[TIMEOUT_PROTOS][TIMEOUT_STATES], unsigned class)
{
    return seconds[class / TIMEOUT_STATES][class % TIMEOUT_STATES];
}

bool timeout_is_over(const struct flow_timeouts *t, const struct flow *f, uint64_t ts_us)
{
    return ts_us / US_PER_S >
           f->last_us / US_PER_S + timeout_seconds(t->normal_s, timeout_class(f));
}

/* Behind those seen no later. Only in a capture whose time stamps jump about is that not the end;
 * how far it may be from there is bounded, lest disorder by design cost more than order. */
static struct flow *place_behind(const struct timeout_list *l, const struct flow *f)
{
    enum { STEPS_MAX = 4096 };
    struct flow *behind = l->newest;
    if (l->oldest && f->seen_s < l->oldest->seen_s)
        return NULL;
    for (int i = 0; behind && behind->seen_s > f->seen_s && i < STEPS_MAX; i++)
        behind = behind->older;
    return behind;
}

void timeout_list_add(struct timeout_list *l, struct flow *f)
{
    f->older = place_behind(l, f);
    f->newer = f->older ? f->older->newer : l->oldest;
    if (f->older)
        f->older->newer = f;
    else
        l->oldest = f;
    if (f->newer)
        f->newer->older = f;
    else
        l->newest = f;
}

void timeout_list_remove(struct timeout_list *l, struct flow *f)
{
    if (f->older)
        f->older->newer = f->newer;
    else
        l->oldest = f->newer;
    if (f->newer)
        f->newer->older = f->older;
    else
        l->newest = f->older;
    f->older = f->newer = NULL;
}
