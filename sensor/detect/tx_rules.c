/* sensor/detect/tx_rules.c - rules about transactions, direction by direction, as they progress.
 *
 * A buffer is looked at once it is complete enough (app_buffer.progress). A rule that matched in
 * some of its buffers while others are still to come is kept with the transaction. */
#include "sensor/detect/tx_state.h"

/* A body is looked at again after so many new bytes, so that its cost stays linear. */
#define BODY_FIRST (32u << 10)
#define BODY_STEP  (16u << 10)

/* ---- buffers ---- */
struct run {
    struct detect *d;
    struct app_tx *tx;
    struct tx_detect *state;
    struct sig_group *group;
    enum app_proto proto;
    enum direction dir;
    bool complete;  /* this direction of the transaction will not change any more */
    bool body_due;  /* growing bodies are looked at in this run */
    bool files_due; /* a file opened, closed or was typed since the last one */
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
        struct walk w = {.in = &r->d->in, .of = in->buffer, .instance = i};
        if (!instance(r, in->buffer, row, i, &w.buffer))
            return false;
        if (walk_inspection(&w, in))
            return true;
    }
    return false;
}

/* ---- rules ---- */
enum outcome { NO_MATCH, MATCH, LATER };

static enum outcome look_at_files(const struct run *r, const struct signature *s,
                                  struct tx_partial *p, size_t i)
{
    if (!r->files_due && !p->fresh && !p->files_again)
        return LATER;
    switch (inspect_files(r->d, s, &s->apps[i])) {
    case FILES_MATCH:
        p->matched |= 1u << i;
        p->by_file = true;
        return MATCH;
    case FILES_MATCH_ONE:
        return MATCH;
    case FILES_WAIT:
        return LATER;
    case FILES_NO:
        p->by_file = true;
        return NO_MATCH;
    }
    return NO_MATCH;
}

static enum outcome look_at(const struct run *r, const struct signature *s, struct tx_partial *p,
                            size_t i)
{
    const struct inspection *in = &s->apps[i];
    const struct app_buffer *row = in->buffer->rows[r->proto][r->dir];
    if (!row)
        return NO_MATCH;
    if (!is_reached(r, row))
        return LATER;
    if (in->buffer->kind == BUFFER_FILES)
        return look_at_files(r, s, p, i);
    bool files = row->flags & APP_BUFFER_FILES;
    bool grows = (files || (row->flags & APP_BUFFER_GROWS)) && !r->complete;
    bool due = files ? r->files_due || p->fresh : row->number || r->body_due;
    if (grows && !due)
        return LATER;
    if (inspect_buffer(r, in, row)) {
        p->matched |= 1u << i;
        return MATCH;
    }
    return grows ? LATER : NO_MATCH;
}

static enum outcome inspect_buffers(const struct run *r, const struct signature *s,
                                    struct tx_partial *p)
{
    enum outcome result = MATCH;
    for (size_t i = 0; i < s->app_count; i++) {
        if (p->matched & 1u << i)
            continue;
        enum outcome o = look_at(r, s, p, i);
        if (o == NO_MATCH)
            return NO_MATCH;
        if (o == LATER)
            result = LATER;
    }
    return result;
}

/* Conditions are asked once, when the rule first comes up. */
static bool first_look(const struct run *r, const struct signature *s)
{
    return detect_conditions(r->d, s) && detect_packet_buffers(r->d, s);
}

/* Of a rule that has no buffers the answer is the same beside each of many open transactions. */
static bool payload_holds(const struct run *r, const struct signature *s, bool *stream)
{
    struct candidates *missed = &r->d->turned_missed[r->dir];
    bool turned = s->flags & SIG_TURNED;
    if (turned && candidates_has(missed, s->index))
        return false;
    bool holds = detect_payload(r->d, s, r->dir, stream);
    if (turned && !holds)
        candidates_add(missed, s->index);
    return holds;
}

/* A rule that is turned comes up again with the next bytes in which its pattern is found, or
 * absent. */
static bool comes_again(const struct signature *s)
{
    return (s->flags & SIG_TURNED) && (s->fast || (s->flags & SIG_ABSENCE));
}

/* A stream may be looked at later than the buffers that came out of it. What looks beyond the flow
 * is asked once, when the payload is found. */
static enum outcome inspect_all(const struct run *r, const struct signature *s,
                                struct tx_partial *p, bool *stream)
{
    enum outcome o = inspect_buffers(r, s, p);
    if (o == NO_MATCH || p->has_payload)
        return o;
    if (!payload_holds(r, s, stream))
        return r->d->flow->tcp && !comes_again(s) ? LATER : NO_MATCH;
    p->has_payload = true;
    return detect_late_conditions(r->d, s) ? o : NO_MATCH;
}

/* A rule that is only asked beside transactions is about those that have begun this way. */
static bool has_begun(const struct run *r, const struct signature *s)
{
    return !(s->flags & SIG_TURNED) || r->tx->progress[r->dir] > 0 || r->d->last;
}

/* Of files that fit it is known which to store while they are looked at. */
static void wait_for_more(struct detect *d, const struct signature *s, struct tx_partial *p)
{
    p->files_again = d->in.stored_count > 0;
    if (p->files_again)
        tx_state_forget_files(s, p);
    explain_keep(d, &p->explain);
    detect_keep_captured(d); /* the bytes may be gone when the rest comes */
}

static void inspect_rule(const struct run *r, const struct signature *s)
{
    struct detect *d = r->d;
    struct tx_partial *p = tx_state_find(r->state, s->index);
    struct tx_partial now =
        p ? *p
          : (struct tx_partial){
                .rule = s->index, .gid = s->public.gid, .sid = s->public.sid, .fresh = true};
    bool stream = false;
    if ((p && p->done) || !sig_group_fits(r->group, s) || !has_begun(r, s))
        return;
    d->counters.inspected++;
    detect_begin(d, r->dir);
    d->in.tx = r->tx;
    d->in.stored_count = 0;
    explain_recall(d, now.explain);
    if (!p && !first_look(r, s))
        return;
    enum outcome o = inspect_all(r, s, &now, &stream);
    now.done = o != LATER;
    now.fresh = false;
    now.raised |= o == MATCH;
    if (o == LATER)
        wait_for_more(d, s, &now);
    if ((p || o != NO_MATCH) && !comes_again(s))
        tx_state_keep(r->state, &now);
    if (o == MATCH)
        detect_matched(d, s, r->tx, r->dir, stream);
}

/* ---- candidates of a transaction ---- */
/* Of what grows at its end, what the matcher has not seen, and before it as much as a literal may
 * reach back. */
static struct literals_view unscanned(struct run *r, const struct tx_matcher *m, unsigned instance,
                                      struct bytes in)
{
    const struct tx_matcher *all = r->d->ruleset->prefilter->tx[r->proto][r->dir];
    size_t *scanned = NULL, reach = matcher_longest(m->matcher);
    if ((m->row->flags & APP_BUFFER_APPENDS) && m->buffer->transform_count == 0)
        scanned = tx_state_scanned(r->state, (size_t)(m - all), instance);
    if (!scanned)
        return (struct literals_view){.bytes = in};
    size_t from = *scanned > reach ? *scanned - reach : 0;
    *scanned = in.len;
    return (struct literals_view){.bytes = bytes_slice(in, from, SIZE_MAX), .before = from};
}

static void scan_buffer(struct run *r, const struct tx_matcher *m)
{
    for (unsigned i = 0; i == 0 || (m->row->flags & APP_BUFFER_MULTI); i++) {
        struct bytes in;
        if (!instance(r, m->buffer, m->row, i, &in))
            return;
        candidates_find(r->d, r->group, m->matcher, unscanned(r, m, i, in));
    }
}

static bool is_due(const struct run *r, const struct app_buffer *row)
{
    bool grows = (row->flags & APP_BUFFER_GROWS) && !r->complete;
    bool files = row->flags & APP_BUFFER_FILES;
    return is_reached(r, row) && (!grows || r->body_due) && (!files || r->files_due);
}

/* Whether there will be more to look at in the buffer. */
static bool comes_in_parts(const struct run *r, const struct app_buffer *row)
{
    return (row->flags & APP_BUFFER_FILES) || ((row->flags & APP_BUFFER_GROWS) && !r->complete);
}

static void find_by_pattern(struct run *r)
{
    const struct prefilter *pf = r->d->ruleset->prefilter;
    size_t count = pf->tx_count[r->proto][r->dir];
    for (size_t word = 0; word * 64 < count; word++) {
        uint64_t *scanned = word < TX_MATCHER_WORDS ? &r->state->scanned[word] : NULL;
        uint64_t left = r->group->tx_matchers[word] & ~(scanned ? *scanned : 0);
        for (; left; left &= left - 1) {
            size_t i = word * 64 + (size_t)__builtin_ctzll(left);
            const struct tx_matcher *m = &pf->tx[r->proto][r->dir][i];
            if (!is_due(r, m->row))
                continue;
            if (!sig_group_part(r->d->groups, r->group, m->matcher)) {
                r->group->tx_matchers[word] &= ~(left & -left);
                continue;
            }
            if (scanned && !comes_in_parts(r, m->row))
                *scanned |= left & -left;
            scan_buffer(r, m);
        }
    }
}

static void find_plain(struct run *r)
{
    uint8_t progress = r->tx->progress[r->dir];
    for (size_t i = 0; i < r->group->plain_count; i++) {
        const struct tx_rule *rule = &r->group->plain[i];
        bool reached = rule->progress <= progress || r->d->last;
        /* state->progress is the last run's plus one: what was reached then has been asked. */
        if (rule->files && !r->files_due)
            continue;
        if (reached && (rule->again || rule->files || rule->progress + 1 > r->state->progress))
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

/* The body of a transaction, which may be a file where others have a lone buffer (SMB). */
static bool find_body(const struct run *r, struct bytes *out)
{
    const struct prefilter *pf = r->d->ruleset->prefilter;
    const struct app_buffer *rows[] = {pf->body[r->proto][r->dir], pf->files[r->proto][r->dir]};
    for (size_t i = 0; i < 2; i++)
        if (rows[i] && rows[i]->get(r->tx, r->dir, 0, &r->d->arena, out) && out->len)
            return true;
    return false;
}

/* Whether a growing body has come far enough for another look; if so, settles the next one. */
static bool body_is_due(struct run *r)
{
    struct bytes body;
    if (r->complete || !r->d->ruleset->prefilter->body[r->proto][r->dir])
        return true;
    if (!find_body(r, &body) || body.len < (r->state->body_next ? r->state->body_next : BODY_FIRST))
        return false;
    r->state->body_next = body.len + BODY_STEP;
    return true;
}

/* The flow may speak another protocol by now than when tx began. */
static void run_tx(struct detect *d, struct app_tx *tx, enum direction dir)
{
    enum app_proto proto = d->in.proto = (enum app_proto)tx->proto;
    struct run r = {
        .d = d, .tx = tx, .proto = proto, .dir = dir, .group = detect_group(d, dir, proto)};
    r.state = tx_state_of(d, tx, dir);
    r.complete = d->last || (tx->progress[dir] >= app_tx_complete(proto, dir) &&
                             !app_tx_has_open_file(tx, dir));
    r.files_due = tx_state_note_files(d, r.state, tx, dir);
    tx_state_note_revision(r.state, tx->revised[dir]);
    r.body_due = body_is_due(&r);
    candidates_clear(&d->found);
    find_by_pattern(&r);
    find_plain(&r);
    find_known(&r);
    candidates_sort(&d->found);
    d->counters.candidates += d->found.count;
    for (size_t i = 0; i < d->found.count; i++)
        inspect_rule(&r, d->ruleset->signatures[d->found.rules[i]]);
    if (r.files_due)
        app_tx_files_inspected(tx, dir);
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
