/* sensor/detect/alerts.c - matches of a packet in rule order: limits that decide on the spot, tags,
 * what pass rules take away, what the packet's verdict comes to. */
#include "sensor/detect/shared.h"
#include "sensor/detect/worker_state.h"

static int in_order(const void *a, const void *b)
{
    const struct match *x = a, *y = b;
    if (x->signature != y->signature)
        return x->signature->index < y->signature->index ? -1 : 1;
    uint64_t tx = x->tx ? x->tx->id : 0, ty = y->tx ? y->tx->id : 0;
    return tx < ty ? -1 : tx > ty;
}

/* ---- one match ---- */
/* A limit that decides over more than the alert itself is asked here; others are asked later, by
 * the collector. The action may become that of a rate_filter. */
static enum threshold_verdict ask_limit(struct detect *d, struct match *m)
{
    const struct flow *f = d->flow;
    const struct addr *src = f ? &f->tuple.addr[m->dir] : &d->packet->src;
    const struct addr *dst = f ? &f->tuple.addr[OTHER(m->dir)] : &d->packet->dst;
    struct shared *s = m->signature->flags & SIG_DECIDES ? shared_enter(d) : NULL;
    if (!s)
        return THRESHOLD_ALERT;
    enum threshold_verdict v = threshold_ask(s->thresholds, m->signature, src, dst, f ? f->id : 0,
                                             d->packet->ts_us, &m->action, &m->rate_filtered);
    shared_leave(s);
    d->counters.suppressed += v == THRESHOLD_SUPPRESSED;
    d->counters.limited += v == THRESHOLD_LIMITED || v == THRESHOLD_UNREACHED;
    return v;
}

/* From here on the flow is no longer looked at. The first to settle it wins. */
static void settle_flow(struct detect *d, const struct match *m, enum flow_action action)
{
    if (m->whole_flow && d->flow && d->flow->action == FLOW_ACTION_NONE)
        d->flow->action = (uint8_t)action;
}

static void act(struct detect *d, const struct match *m)
{
    struct detect_verdict *v = &d->verdict;
    if (m->action == ACTION_PASS)
        settle_flow(d, m, FLOW_ACTION_PASS);
    if (m->action == ACTION_PASS || m->action == ACTION_ALERT)
        return;
    d->refused = true;
    if (m->action == ACTION_REJECT && !v->reject)
        v->reject = m->rate_filtered ? REJECT_SOURCE : m->signature->public.reject;
    if (!d->ruleset->ips)
        return;
    settle_flow(d, m, FLOW_ACTION_DROP);
    if (v->drops)
        return;
    v->drops = true;
    v->by_rate = m->rate_filtered;
    d->dropped_by = m->signature;
}

/* Whether the rule speaks; *last: no rule after it does anything. */
static bool settle(struct detect *d, struct match *m, bool *last)
{
    const struct signature *s = m->signature;
    m->action = s->public.action;
    enum threshold_verdict v = ask_limit(d, m);
    if (v == THRESHOLD_UNREACHED)
        return false;
    tags_put(d, m);
    act(d, m);
    if (v != THRESHOLD_ALERT || ((s->flags & SIG_NOALERT) && s->public.action != ACTION_PASS))
        return false;
    *last = m->action == ACTION_PASS;
    d->counters.passed += *last;
    d->verdict.passes = *last;
    return !*last || (!m->rate_filtered && (s->flags & SIG_PASS_ALERTS));
}

/* ---- all of them ---- */
static void deliver(struct detect *d, const struct match *m)
{
    enum rule_action action = m->action;
    bool blocked = m->rate_filtered
                       ? d->refused
                       : action == ACTION_REJECT || (action == ACTION_DROP && d->ruleset->ips);
    d->counters.alerts++;
    d->on_alert(d->ctx, &(struct detect_alert){
                            .signature = m->signature,
                            .packet = d->packet,
                            .flow = d->flow,
                            .tx = m->tx,
                            .tx_guessed = m->guessed,
                            .frame = m->frame,
                            .dir = m->dir,
                            .stream = m->stream,
                            .dropped = blocked,
                            .verdict = d->verdict,
                            .payload = m->payload,
                            .packet_texts = d->packet_texts,
                            .explain = m->explain,
                        });
}

/* The verdict is the packet's: every alert shows what all of them came to. */
void deliver_matches(struct detect *d)
{
    size_t speaking = 0;
    bool last = false;
    if (d->match_count > 1)
        qsort(d->matches, d->match_count, sizeof *d->matches, in_order);
    for (size_t i = 0; i < d->match_count && !last; i++) {
        if (!settle(d, &d->matches[i], &last))
            continue;
        if (speaking < d->ruleset->packet_alert_max)
            d->matches[speaking++] = d->matches[i];
        else
            d->counters.alert_overflow++;
    }
    for (size_t i = 0; i < speaking; i++)
        deliver(d, &d->matches[i]);
}
