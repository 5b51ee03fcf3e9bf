/* sensor/detect/worker_state.c - one worker's scratch for a rule set, and what it hangs on flows.
 */
#include "sensor/detect/worker_state.h"

#include "sensor/detect/explain.h"
#include "sensor/detect/keywords/regex.h"
#include "sensor/detect/text_vars.h"

/* What is as large as the rule set. */
static void fit_to(struct detect *d, const struct ruleset *rs)
{
    d->ruleset = d->in.ruleset = rs;
    prefilter_grow_seen(rs->prefilter, &d->seen);
    candidates_init(&d->found, rs->count);
    for (unsigned dir = 0; dir < 2; dir++) {
        candidates_init(&d->tx_found[dir], rs->count);
        candidates_init(&d->turned_missed[dir], rs->count);
    }
    d->groups = sig_groups_new(rs);
    vars_pool_fit(&d->vars_pool, rs);
}

struct detect *detect_new(const struct ruleset *rs, detect_alert_fn *on_alert, void *ctx)
{
    struct detect *d = calloc(1, sizeof *d);
    ASSERT(d);
    d->on_alert = on_alert;
    d->ctx = ctx;
    d->in.detect = d;
    d->in.scratch = &d->arena;
    d->in.regex = d->regex = regex_scratch_new();
    d->payload_cap = PAYLOAD_SHOWN_MAX;
    fit_to(d, rs);
    return d;
}

void detect_show_payload(struct detect *d, size_t cap)
{
    d->payload_cap = cap;
}

void detect_explain(struct detect *d)
{
    d->explain = d->in.explain = explain_new();
}

static void free_txs(struct detect *d)
{
    while (d->free_txs) {
        struct tx_detect *t = d->free_txs;
        d->free_txs = t->next_free;
        free(t->partials);
        free(t);
    }
}

static void unfit(struct detect *d)
{
    literals_seen_release(&d->seen);
    candidates_release(&d->found);
    for (unsigned dir = 0; dir < 2; dir++) {
        candidates_release(&d->tx_found[dir]);
        candidates_release(&d->turned_missed[dir]);
    }
    sig_groups_free(d->groups);
}

void detect_switch(struct detect *d, const struct ruleset *rs)
{
    detect_forget_verdict(d);
    unfit(d);
    fit_to(d, rs);
}

void detect_free(struct detect *d)
{
    if (!d)
        return;
    unfit(d);
    vars_pool_release(&d->vars_pool);
    free_txs(d);
    free(d->explain);
    regex_scratch_free(d->regex);
    arena_release(&d->arena);
    free(d);
}

const struct detect_counters *detect_counters(const struct detect *d)
{
    return &d->counters;
}

/* ---- what hangs on a flow ---- */
void detect_need_vars(struct detect *d, struct flow *f)
{
    if (!f || (f->vars && f->vars->serial == d->ruleset->serial))
        return;
    struct flow_vars *v = vars_pool_take(&d->vars_pool), *before = f->vars;
    flow_vars_init(v, d->ruleset);
    if (before) {
        flow_vars_carry(v, before);
        vars_pool_give(&d->vars_pool, before);
    }
    f->vars = v;
}

void detect_flow_free(struct detect *d, struct flow *f)
{
    struct flow_vars *v = f->vars;
    f->vars = NULL;
    if (!v)
        return;
    flow_texts_free(&v->texts, &d->text_bytes);
    tag_list_release(&v->tags);
    vars_pool_give(&d->vars_pool, v);
}
