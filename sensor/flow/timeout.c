/* sensor/flow/timeout.c - see timeout.h. The values are the defaults of Suricata's flow-timeouts.
 */
#include "sensor/flow/timeout.h"

enum { US_PER_S = 1000000 };

enum timeout_class timeout_class(const struct flow *f)
{
    if (f->tuple.proto != IPP_TCP)
        return f->state == FLOW_NEW ? TIMEOUT_NEW : TIMEOUT_ESTABLISHED;
    switch (f->state) {
    case FLOW_NEW:
        return TIMEOUT_TCP_NEW;
    case FLOW_ESTABLISHED:
        return TIMEOUT_TCP_ESTABLISHED;
    default:
        return TIMEOUT_TCP_CLOSED;
    }
}

uint32_t timeout_seconds(enum timeout_class c)
{
    static const uint16_t seconds[TIMEOUT_CLASS_COUNT] = {
        [TIMEOUT_NEW] = 30,        [TIMEOUT_ESTABLISHED] = 300,
        [TIMEOUT_TCP_NEW] = 60,    [TIMEOUT_TCP_ESTABLISHED] = 600,
        [TIMEOUT_TCP_CLOSED] = 60,
    };
    return seconds[c];
}

bool timeout_is_over(const struct flow *f, uint64_t ts_us)
{
    return ts_us / US_PER_S > f->last_us / US_PER_S + timeout_seconds(timeout_class(f));
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
