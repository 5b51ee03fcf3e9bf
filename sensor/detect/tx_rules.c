/* sensor/detect/tx_rules.c - rules about transactions, direction by direction, as they progress.
 *
 * A buffer is looked at once it is complete enough (app_buffer.progress). A rule that matched in
 * some of its buffers while others are still to come is kept with the transaction. */
#include "sensor/detect/worker_state.h"

/* A body is looked at again after so many new bytes, so that its cost stays linear. */
#define BODY_FIRST (32u << 10)
#define BODY_STEP  (16u << 10)

/* ---- state of a transaction ---- */
static struct tx_detect *need_state(struct detect *d, struct app_tx *tx, enum direction dir)
{
    if (tx->detect[dir])
        return tx->detect[dir];
    struct tx_detect *t = d->free_txs;
    if (t)
        d->free_txs = t->next_free;
    else
        t = calloc(1, sizeof *t);
    ASSERT(t);
    struct tx_partial *partials = t->partials;
    uint32_t cap = t->cap;
    *t = (struct tx_detect){.partials = partials, .cap = cap};
    tx->detect[dir] = t;
    return t;
}

void detect_tx_free(void *detect, struct app_tx *tx)
{
    struct detect *d = detect;
    for (unsigned dir = 0; dir < 2; dir++) {
        struct tx_detect *t = tx->detect[dir];
        if (!t)
            continue;
        t->next_free = d->free_txs;
        d->free_txs = t;
        tx->detect[dir] = NULL;
    }
}

static struct tx_partial *find_partial(const struct tx_detect *t, uint32_t rule)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->partials[i].rule == rule)
            return &t->partials[i];
    return NULL;
}

static void keep_partial(struct tx_detect *t, uint32_t rule, uint32_t matched, bool done)
{
    struct tx_partial *p = find_partial(t, rule);
    if (!p) {
        if (t->count == t->cap) {
            t->cap = t->cap ? t->cap * 2 : 8;
            t->partials = realloc(t->partials, t->cap * sizeof *t->partials);
            ASSERT(t->partials);
        }
        p = &t->partials[t->count++];
    }
    *p = (struct tx_partial){.rule = rule, .matched = matched, .done = done};
}

/* ---- buffers ---- */
struct run {
    struct detect *d;
    struct app_tx *tx;
    struct tx_detect *state;
    enum app_proto proto;
    enum direction dir;
    bool complete; /* this direction of the transaction will not change any more */
    bool body_due; /* growing bodies are looked at in this run */
};

static bool instance(const struct run *r, const struct buffer *b, const struct app_buffer *row,
                     unsigned index, struct bytes *out)
{
    if (!row->get(r->tx, r->dir, index, &r->d->arena, out))
        return false;
    for (size_t i = 0; i < b->transform_count; i++)
        *out = b->transforms[i].kind->run(b->transforms[i].arg, *out, &r->d->arena, &r->d->in);
    return true;
}

static bool is_reached(const struct run *r, const struct app_buffer *row)
{
    return r->tx->progress[r->dir] >= row->progress[r->dir] || r->d->last;
}

static bool inspect_buffer(const struct run *r, const struct inspection *in,
                           const struct app_buffer *row)
{
    for (unsigned i = 0; i == 0 || (row->flags & APP_BUFFER_MULTI); i++) {
        struct walk w = {.in = &r->d->in};
        if (!instance(r, in->buffer, row, i, &w.buffer))
            return false;
        if (walk_items(&w, in->items, in->item_count))
            return true;
    }
    return false;
}

/* ---- rules ---- */
enum outcome { NO_MATCH, MATCH, LATER };

static enum outcome inspect_buffers(const struct run *r, const struct signature *s,
                                    uint32_t *matched)
{
    enum outcome result = MATCH;
    for (size_t i = 0; i < s->app_count; i++) {
        const struct app_buffer *row = s->apps[i].buffer->rows[r->proto][r->dir];
        if (*matched & 1u << i)
            continue;
        if (!row)
            return NO_MATCH;
        if (!is_reached(r, row)) {
            result = LATER;
            continue;
        }
        bool grows = (row->flags & APP_BUFFER_GROWS) && !r->complete;
        if (grows && !row->number && !r->body_due) {
            result = LATER;
        } else if (inspect_buffer(r, &s->apps[i], row)) {
            *matched |= 1u << i;
        } else if (grows) {
            result = LATER;
        } else {
            return NO_MATCH;
        }
    }
    return result;
}

/* Header, conditions and payload are asked once, when the rule first comes up. */
static bool first_look(const struct run *r, const struct signature *s, bool *stream)
{
    struct detect *d = r->d;
    return header_fits(d->ruleset->groups, s, detect_key(d, r->dir)) && detect_conditions(d, s) &&
           detect_packet_buffers(d, s) && detect_payload(d, s, r->dir, stream) &&
           detect_late_conditions(d, s);
}

static void inspect_rule(const struct run *r, const struct signature *s)
{
    struct detect *d = r->d;
    struct tx_partial *p = find_partial(r->state, s->index);
    uint32_t matched = p ? p->matched : 0;
    bool stream = false;
    if ((p && p->done) || !signature_wants_app(s, r->proto))
        return;
    d->counters.inspected++;
    detect_begin(d, r->dir);
    d->in.tx = r->tx;
    if (!p && !first_look(r, s, &stream))
        return;
    enum outcome o = inspect_buffers(r, s, &matched);
    if (p || o != NO_MATCH)
        keep_partial(r->state, s->index, matched, o != LATER);
    /* The bytes may be gone when the rest comes. */
    if (o == LATER)
        detect_keep_captured(d);
    if (o == MATCH)
        detect_matched(d, s, r->tx, r->dir, stream);
}

/* ---- candidates of a transaction ---- */
static void add_hit(void *ctx, uint32_t rule)
{
    candidates_add(ctx, rule);
}

static void scan_buffer(struct run *r, const struct tx_matcher *m)
{
    struct detect *d = r->d;
    for (unsigned i = 0; i == 0 || (m->row->flags & APP_BUFFER_MULTI); i++) {
        struct bytes in;
        if (!instance(r, m->buffer, m->row, i, &in))
            return;
        d->counters.mpm_scans++;
        d->counters.mpm_bytes += in.len;
        matcher_scan(m->matcher, d->scratch, in, add_hit, &d->found);
    }
}

static void find_by_pattern(struct run *r)
{
    const struct prefilter *pf = r->d->ruleset->prefilter;
    size_t count = pf->tx_count[r->proto][r->dir];
    for (size_t i = 0; i < count; i++) {
        const struct tx_matcher *m = &pf->tx[r->proto][r->dir][i];
        uint64_t bit = 1ull << (i % 64);
        uint64_t *scanned = i < TX_MATCHERS_MAX ? &r->state->scanned[i / 64] : NULL;
        bool grows = (m->row->flags & APP_BUFFER_GROWS) && !r->complete;
        if ((scanned && (*scanned & bit)) || !is_reached(r, m->row) || (grows && !r->body_due))
            continue;
        if (scanned && !grows)
            *scanned |= bit;
        scan_buffer(r, m);
    }
}

static void find_plain(struct run *r)
{
    const struct prefilter *pf = r->d->ruleset->prefilter;
    size_t count = pf->plain_count[r->proto][r->dir];
    uint8_t progress = r->tx->progress[r->dir];
    for (size_t i = 0; i < count; i++) {
        const struct tx_rule *rule = &pf->plain[r->proto][r->dir][i];
        bool reached = rule->progress <= progress || r->d->last;
        /* state->progress is the last run's plus one: what was reached then has been asked. */
        if (reached && (rule->again || rule->progress + 1 > r->state->progress))
            candidates_add(&r->d->found, rule->signature->index);
    }
}

static void find_known(struct run *r)
{
    for (uint32_t i = 0; i < r->state->count; i++)
        if (!r->state->partials[i].done)
            candidates_add(&r->d->found, r->state->partials[i].rule);
    const struct candidates *found = &r->d->tx_found[r->dir];
    for (size_t i = 0; i < found->count; i++)
        candidates_add(&r->d->found, found->rules[i]);
}

/* Whether a growing body has come far enough for another look; if so, settles the next one. */
static bool body_is_due(struct run *r)
{
    const struct app_buffer *body = r->d->ruleset->prefilter->body[r->proto][r->dir];
    struct bytes bytes;
    if (r->complete || !body)
        return true;
    if (!body->get(r->tx, r->dir, 0, &r->d->arena, &bytes) ||
        bytes.len < (r->state->body_next ? r->state->body_next : BODY_FIRST))
        return false;
    r->state->body_next = bytes.len + BODY_STEP;
    return true;
}

/* The flow may speak another protocol by now than when tx began. */
static void run_tx(struct detect *d, struct app_tx *tx, enum direction dir)
{
    enum app_proto proto = d->in.proto = (enum app_proto)tx->proto;
    struct run r = {.d = d, .tx = tx, .proto = proto, .dir = dir};
    r.state = need_state(d, tx, dir);
    r.complete = d->last || tx->progress[dir] >= app_tx_complete(proto, dir);
    r.body_due = body_is_due(&r);
    candidates_clear(&d->found);
    find_by_pattern(&r);
    find_plain(&r);
    find_known(&r);
    candidates_sort(&d->found);
    d->counters.candidates += d->found.count;
    for (size_t i = 0; i < d->found.count; i++)
        inspect_rule(&r, d->ruleset->signatures[d->found.rules[i]]);
    r.state->progress = (uint8_t)(tx->progress[dir] + 1);
    if (r.complete)
        tx->inspected[dir] = true;
}

void run_tx_rules(struct detect *d, enum direction dir)
{
    struct flow *f = d->flow;
    struct flow_vars *v = f->vars;
    enum app_proto proto = d->in.proto;
    uint32_t change = app_flow_change(f->app, dir);
    bool seen = v->tx_seen & DIR_BIT(dir);
    if (proto == APP_UNKNOWN || proto == APP_FAILED ||
        (seen && change == v->change[dir] && d->tx_found[dir].count == 0 && !d->last))
        return;
    v->change[dir] = change;
    v->tx_seen |= (uint8_t)DIR_BIT(dir);
    for (struct app_tx *tx = app_flow_txs(f->app); tx; tx = tx->next)
        if (!tx->inspected[dir])
            run_tx(d, tx, dir);
    d->in.proto = proto;
}
