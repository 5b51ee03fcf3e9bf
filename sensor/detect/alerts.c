/* sensor/detect/alerts.c - matches of a packet in rule order; what pass rules take away. */
#include "sensor/detect/worker_state.h"

static int in_order(const void *a, const void *b)
{
    const struct match *x = a, *y = b;
    if (x->signature != y->signature)
        return x->signature->index < y->signature->index ? -1 : 1;
    uint64_t tx = x->tx ? x->tx->id : 0, ty = y->tx ? y->tx->id : 0;
    return tx < ty ? -1 : tx > ty;
}

static void deliver(struct detect *d, const struct match *m, bool drops)
{
    d->counters.alerts++;
    d->on_alert(d->ctx, &(struct detect_alert){
                            .signature = m->signature,
                            .packet = d->packet,
                            .flow = d->flow,
                            .tx = m->tx,
                            .dir = m->dir,
                            .stream = m->stream,
                            .dropped = drops,
                            .payload = m->payload,
                            .packet_texts = d->packet_texts,
                        });
}

/* From here on the flow is no longer looked at. */
static void settle_flow(struct detect *d, const struct match *m, enum flow_action action)
{
    if (m->whole_flow && d->flow)
        d->flow->action = (uint8_t)action;
}

void deliver_matches(struct detect *d)
{
    size_t delivered = 0;
    if (d->match_count > 1)
        qsort(d->matches, d->match_count, sizeof *d->matches, in_order);
    for (size_t i = 0; i < d->match_count; i++) {
        const struct match *m = &d->matches[i];
        enum rule_action action = m->signature->public.action;
        if (action == ACTION_PASS) {
            d->counters.passed++;
            settle_flow(d, m, FLOW_ACTION_PASS);
            return;
        }
        bool drops = d->ruleset->ips && action != ACTION_ALERT;
        if (drops)
            settle_flow(d, m, FLOW_ACTION_DROP);
        if (drops && !d->dropped_by)
            d->dropped_by = m->signature;
        if (m->signature->flags & SIG_NOALERT)
            continue;
        if (delivered++ < d->ruleset->packet_alert_max)
            deliver(d, m, drops);
        else
            d->counters.alert_overflow++;
    }
}
