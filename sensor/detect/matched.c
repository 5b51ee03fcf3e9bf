/* sensor/detect/matched.c - a rule matched: what it leaves behind, until alerts.c settles all. */
#include "sensor/detect/explain.h"
#include "sensor/detect/text_vars.h"
#include "sensor/detect/worker_state.h"

static void packet_text(struct detect *d, const struct captured *c)
{
    struct text_var *v = arena_alloc(&d->arena, sizeof *v);
    *v = (struct text_var){
        .next = d->packet_texts, .name = c->name, .key = c->key, .value = c->value};
    d->packet_texts = v;
}

void detect_keep_captured(struct detect *d)
{
    for (const struct captured *c = d->in.captured; c; c = c->next) {
        if (c->of_packet)
            packet_text(d, c);
        else if (d->in.vars &&
                 !flow_text_set(&d->in.vars->texts, c->name, c->value, &d->text_bytes))
            d->counters.variables_not_kept++;
    }
    d->in.captured = NULL;
}

/* The transaction that bytes of a stream or datagram are likely of: the oldest that this direction
 * is not done with. A guess, and called so, unless the rule is about a protocol of datagrams. */
static struct app_tx *likely_tx(const struct detect *d, const struct signature *s,
                                enum direction dir, bool stream)
{
    const struct flow *f = d->flow;
    if (!d->own || !f->app || d->last)
        return NULL;
    struct app_tx *tx = app_flow_txs(f->app);
    while (tx && tx->inspected[dir])
        tx = tx->next;
    bool datagram = f->tuple.proto == IPP_UDP && s->proto != APP_UNKNOWN;
    bool only = d->ruleset->guess_tx && tx && !tx->next;
    return stream || datagram || only ? tx : NULL;
}

void detect_matched(struct detect *d, const struct signature *s, struct app_tx *tx,
                    enum direction dir, bool stream)
{
    d->counters.matches++;
    detect_keep_captured(d);
    for (size_t i = 0; i < s->action_count; i++)
        s->actions[i].run(s->actions[i].arg, &d->in);
    if ((s->flags & SIG_NOALERT) && s->public.action == ACTION_ALERT && !s->tags)
        return;
    if (d->match_count == MATCHES_MAX) {
        d->counters.alert_overflow++;
        return;
    }
    struct app_tx *shown = tx ? tx : likely_tx(d, s, dir, stream);
    d->matches[d->match_count++] = (struct match){
        .signature = s,
        .tx = shown,
        .guessed = shown != tx && d->flow->tuple.proto != IPP_UDP,
        .frame = d->in.frame,
        .proto = tx ? d->in.proto : APP_UNKNOWN,
        .dir = dir,
        .stream = detect_shows_stream(d, tx, stream),
        .whole_flow = tx || stream || (s->flags & (SIG_IP_ONLY | SIG_FLOW_ACTION)),
        .payload = detect_shown_payload(d, dir, detect_shows_stream(d, tx, stream)),
        .explain = explain_of_match(d),
    };
}
