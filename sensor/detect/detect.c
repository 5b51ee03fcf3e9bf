/* sensor/detect/detect.c - one worker's inspection: a packet, what its stream and transactions
 * gave.
 */
#include "sensor/detect/detect.h"

#include "sensor/detect/explain.h"
#include "sensor/detect/keywords/regex.h"
#include "sensor/detect/text_vars.h"
#include "sensor/detect/worker_state.h"

/* What is as large as the rule set. */
static void fit_to(struct detect *d, const struct ruleset *rs)
{
    d->ruleset = rs;
    d->scratch = prefilter_scratch(rs->prefilter);
    candidates_init(&d->found, rs->count);
    candidates_init(&d->tx_found[0], rs->count);
    candidates_init(&d->tx_found[1], rs->count);
    d->fitting = calloc(rs->count + 1, sizeof *d->fitting);
    ASSERT(d->fitting);
}

struct detect *detect_new(const struct ruleset *rs, detect_alert_fn *on_alert, void *ctx)
{
    struct detect *d = calloc(1, sizeof *d);
    ASSERT(d);
    d->on_alert = on_alert;
    d->ctx = ctx;
    d->regex = regex_scratch_new();
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
    d->explain = calloc(1, sizeof *d->explain);
    ASSERT(d->explain);
}

static void free_explains(struct detect *d)
{
    while (d->free_explains) {
        struct explain *e = d->free_explains;
        d->free_explains = e->next_free;
        free(e);
    }
    free(d->explain);
}

static void free_vars(struct detect *d)
{
    while (d->free_vars) {
        struct flow_vars *v = d->free_vars;
        d->free_vars = v->next_free;
        free(v);
    }
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
    free_vars(d);
    hs_free_scratch(d->scratch);
    candidates_release(&d->found);
    candidates_release(&d->tx_found[0]);
    candidates_release(&d->tx_found[1]);
    free(d->fitting);
}

/* What the packet before came to is not this one's. */
static void forget_verdict(struct detect *d)
{
    d->match_count = 0;
    d->dropped_by = NULL;
    d->verdict = (struct detect_verdict){0};
    d->refused = d->tagged = false;
}

void detect_switch(struct detect *d, const struct ruleset *rs)
{
    forget_verdict(d);
    unfit(d);
    fit_to(d, rs);
}

void detect_free(struct detect *d)
{
    if (!d)
        return;
    unfit(d);
    free_txs(d);
    free_explains(d);
    regex_scratch_free(d->regex);
    arena_release(&d->arena);
    free(d);
}

const struct detect_counters *detect_counters(const struct detect *d)
{
    return &d->counters;
}

/* ---- what hangs on a flow ---- */
static void need_vars(struct detect *d, struct flow *f)
{
    if (!f || (f->vars && f->vars->serial == d->ruleset->serial))
        return;
    struct flow_vars *v = d->free_vars;
    if (v)
        d->free_vars = v->next_free;
    else
        v = malloc(flow_vars_bytes(d->ruleset));
    ASSERT(v);
    flow_vars_init(v, d->ruleset);
    if (f->vars)
        flow_vars_carry(v, f->vars);
    free(f->vars);
    f->vars = v;
}

void detect_flow_free(struct detect *d, struct flow *f)
{
    struct flow_vars *v = f->vars;
    f->vars = NULL;
    if (!v)
        return;
    flow_texts_free(&v->texts);
    tag_list_release(&v->tags);
    if (v->serial != d->ruleset->serial) { /* not the size the pool is for */
        free(v);
        return;
    }
    v->next_free = d->free_vars;
    d->free_vars = v;
}

/* ---- pieces the rule kinds share ---- */
const struct header_key *detect_key(struct detect *d, enum direction dir)
{
    if (d->has_key[dir])
        return &d->keys[dir];
    const struct packet *p = d->packet;
    const struct rule_groups *g = d->ruleset->groups;
    if (!d->last) {
        header_key_make(g, &p->src, &p->dst, p->sport, p->dport, p->proto, dir, &d->keys[dir]);
    } else {
        const struct tuple *t = &d->flow->tuple;
        header_key_make(g, &t->addr[dir], &t->addr[OTHER(dir)], t->port[dir], t->port[OTHER(dir)],
                        t->proto, dir, &d->keys[dir]);
    }
    d->has_key[dir] = true;
    return &d->keys[dir];
}

void detect_begin(struct detect *d, enum direction dir)
{
    d->in.dir = dir;
    d->in.tx = NULL;
    d->in.captured = NULL;
    if (d->explain)
        explain_take_back(d->explain, 0);
}

bool detect_conditions(struct detect *d, const struct signature *s)
{
    if ((s->flags & SIG_FLOW) && !d->flow)
        return false;
    for (size_t i = 0; i < s->condition_count; i++)
        if (!s->conditions[i].match(s->conditions[i].arg, &d->in))
            return false;
    return true;
}

bool detect_late_conditions(struct detect *d, const struct signature *s)
{
    for (size_t i = 0; i < s->late_count; i++)
        if (!s->late[i].match(s->late[i].arg, &d->in))
            return false;
    return true;
}

static bool packet_buffer(struct detect *d, const struct buffer *b, struct bytes *out)
{
    bool there = true;
    if (b->place)
        *out = b->place(&d->in);
    else
        there = b->packet(d->packet, out);
    for (size_t i = 0; there && i < b->transform_count; i++)
        *out = b->transforms[i].kind->run(b->transforms[i].arg, *out, &d->arena, &d->in);
    return there;
}

bool detect_packet_buffers(struct detect *d, const struct signature *s)
{
    for (size_t i = 0; i < s->packet_count; i++) {
        const struct inspection *in = &s->packets[i];
        struct walk w = {.in = &d->in, .of = in->buffer};
        if (!packet_buffer(d, in->buffer, &w.buffer) || !walk_items(&w, in->items, in->item_count))
            return false;
    }
    return true;
}

/* Whether the payload's items match in the bytes of a stream from there on, new ones among them. */
static bool in_stream_from(struct detect *d, const struct signature *s,
                           const struct stream_raw *raw, size_t from)
{
    struct walk w = {.in = &d->in,
                     .buffer = bytes_slice(raw->bytes, from, SIZE_MAX),
                     .of = s->payload->buffer,
                     .in_stream = true,
                     .stream_at = raw->offset + from};
    return walk_items(&w, s->payload->items, s->payload->item_count) &&
           ((s->flags & SIG_TX) || from == raw->fresh || from + w.reach > raw->fresh);
}

/* Bytes that were looked at before count again for a rule about a transaction as well, which
 * matches once, and inline. For others only where a match may span both looks; with the peer, that
 * is where an attacker hides. */
static bool in_stream(struct detect *d, const struct signature *s, enum direction dir)
{
    const struct stream_raw *raw = &d->raw[dir];
    if (!(s->flags & SIG_STREAM) || raw->bytes.len <= raw->fresh)
        return false;
    size_t from = s->flags & SIG_TX ? 0 : raw->from;
    return in_stream_from(d, s, raw, from) ||
           (from > 0 && (s->flags & SIG_SPANS) && in_stream_from(d, s, raw, 0));
}

/* A packet without payload that brings stream bytes to look at counts as one with an empty payload:
 * what is said to be absent is absent there. */
static bool in_packet(struct detect *d, const struct signature *s, enum direction dir)
{
    const struct packet *p = d->packet;
    if (d->last || d->no_payload)
        return false;
    if (!(s->flags & SIG_PACKET) && (p->flags & PACKET_STREAM_ADDED))
        return false;
    if (s->flags & SIG_STREAM_ONLY)
        return false;
    if (p->payload.len == 0 && (p->flags & PACKET_FRAGMENT))
        return false;
    struct walk w = {.in = &d->in, .buffer = p->payload, .of = s->payload->buffer};
    bool empty = p->payload.len == 0 && d->raw[dir].bytes.len > d->raw[dir].fresh &&
                 !(s->flags & SIG_ABSENCE);
    return (p->payload.len || empty) && walk_items(&w, s->payload->items, s->payload->item_count);
}

bool detect_payload(struct detect *d, const struct signature *s, enum direction dir, bool *stream)
{
    *stream = false;
    if (!s->payload)
        return true;
    *stream = in_stream(d, s, dir);
    return *stream || in_packet(d, s, dir);
}

/* Stream bytes as the alert shows them. */
static struct bytes stream_payload(struct detect *d, enum direction dir)
{
    if (!stream_raw_has_gaps(d->flow, dir))
        return d->raw[dir].bytes;
    uint8_t *text = arena_take(&d->arena, d->payload_cap);
    return bytes_of(text, stream_raw_text(d->flow, dir, text, d->payload_cap));
}

/* A transaction or frame over TCP came out of the stream, so that is what its alert shows. */
static bool shows_stream(const struct detect *d, const struct app_tx *tx, bool stream)
{
    return stream || ((tx || d->in.frame) && d->flow->tcp);
}

static struct bytes shown_payload(struct detect *d, enum direction dir, bool stream)
{
    struct bytes shown = stream ? stream_payload(d, dir) : (struct bytes){0};
    return shown.len ? shown : d->packet->payload;
}

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
        else if (d->in.vars)
            flow_text_set(&d->in.vars->texts, c->name, c->value);
    }
    d->in.captured = NULL;
}

/* The transaction that bytes of a stream or datagram are likely of: the oldest that this direction
 * is not done with. A guess, and called so, unless the rule is about a protocol of datagrams. */
static struct app_tx *likely_tx(const struct detect *d, const struct signature *s,
                                enum direction dir, bool stream)
{
    const struct flow *f = d->flow;
    if (!f || !f->app || d->last)
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
        .stream = shows_stream(d, tx, stream),
        .whole_flow = tx || stream || (s->flags & (SIG_IP_ONLY | SIG_FLOW_ACTION)),
        .payload = shown_payload(d, dir, shows_stream(d, tx, stream)),
        .explain = explain_of_match(d),
    };
}

/* ---- one packet ---- */
/* The client's last segment of the handshake, with the first bytes of its request in it. */
static bool brings_first_bytes(const struct detect *d)
{
    const struct stream_summary *s = d->flow->tcp ? stream_summary(d->flow) : NULL;
    return s && s->established && !d->last && d->dir == TO_SERVER && d->packet->payload.len > 0;
}

/* UDP and the like are established once both sides spoke; TCP from the packet after its handshake,
 * so the
 * handshake's last segment is not yet, unless it brings bytes. */
static bool is_established(const struct detect *d)
{
    const struct flow *f = d->flow;
    if (!f)
        return false;
    if (f->tuple.proto != IPP_TCP)
        return f->state == FLOW_ESTABLISHED || (d->packet->flags & PACKET_ESTABLISHED);
    return f->vars->established || brings_first_bytes(d);
}

/* Of these Suricata looks at no payload once they are encrypted; of others, such as QUIC, it does.
 */
static bool goes_dark(const struct app_flow *a)
{
    enum app_proto proto = app_flow_proto(a);
    return app_flow_hides_payload(a) ||
           ((proto == APP_TLS || proto == APP_SSH) && app_flow_is_bypassed(a));
}

static void note_state(const struct detect *d)
{
    const struct flow *f = d->flow;
    const struct stream_summary *s = f && f->tcp ? stream_summary(f) : NULL;
    if (s && s->established)
        f->vars->established = true;
    if (f && f->app)
        f->vars->dark = goes_dark(f->app);
}

static bool has_fresh(const struct detect *d, enum direction dir)
{
    return d->raw[dir].bytes.len > d->raw[dir].fresh;
}

/* A message is over that the stream is to be looked at for. */
static bool is_flushed(const struct flow *f, enum direction dir)
{
    return f->app && app_flow_flushes(f->app, dir) != f->vars->flushes[dir];
}

/* Of a flow gone dark the bytes from before are looked at once more. */
static struct stream_raw window_due(const struct detect *d, struct flow *f, enum direction dir)
{
    bool dark = f->vars->dark;
    if (dark && (f->vars->dark_seen & DIR_BIT(dir)))
        return (struct stream_raw){0};
    if (d->last || dark || is_flushed(f, dir) || stream_raw_is_due(f, dir))
        return stream_raw(f, dir);
    return (struct stream_raw){0};
}

static void window_done(struct flow *f, enum direction dir)
{
    stream_raw_done(f, dir);
    if (f->app)
        f->vars->flushes[dir] = app_flow_flushes(f->app, dir);
    if (f->vars->dark)
        f->vars->dark_seen |= (uint8_t)DIR_BIT(dir);
}

static void set_up(struct detect *d, struct packet *p, struct flow *f, enum direction dir,
                   bool last)
{
    d->packet = p;
    d->flow = f;
    d->dir = dir;
    d->last = last;
    forget_verdict(d);
    d->packet_texts = NULL;
    d->has_key[0] = d->has_key[1] = false;
    d->raw[0] = d->raw[1] = (struct stream_raw){0};
    need_vars(d, f);
    d->in = (struct inspect){
        .ruleset = d->ruleset,
        .packet = p,
        .flow = f,
        .vars = f ? f->vars : NULL,
        .proto = f && f->app ? app_flow_proto(f->app) : APP_UNKNOWN,
        .scratch = &d->arena,
        .regex = d->regex,
        .explain = d->explain,
        .detect = d,
    };
    d->no_payload = (f && f->vars->dark) || (p->flags & PACKET_CARRIES);
    if (last)
        note_state(d);
    d->in.established = is_established(d);
    candidates_clear(&d->tx_found[0]);
    candidates_clear(&d->tx_found[1]);
    if (f && f->tcp)
        d->raw[dir] = window_due(d, f, dir);
}

static void wind_up(struct detect *d)
{
    struct flow *f = d->flow;
    /* Alerts show stream bytes, so they go out before the stream may drop them. */
    deliver_matches(d);
    d->tagged = !d->last && d->packet->ip_version && tags_hold(d);
    for (unsigned i = 0; i < 2; i++)
        if (has_fresh(d, (enum direction)i))
            window_done(f, (enum direction)i);
    note_state(d);
    if (f && f->app) {
        const uint16_t *events;
        f->vars->events_seen = app_flow_events(f->app, &events);
    }
    arena_reset(&d->arena);
}

/* Of a flow a rule has settled nothing is looked at any more; its stream may forget its bytes. */
static void skip(struct detect *d, struct flow *f)
{
    d->counters.passed++;
    for (unsigned i = 0; f->tcp && i < 2; i++)
        stream_raw_done(f, (enum direction)i);
}

static void inspect_rest(struct detect *d, struct packet *p, struct flow *f, enum direction dir)
{
    bool more = f->action == FLOW_ACTION_NONE;
    /* A stream with gaps shows its pieces one after the other. */
    while (more) {
        set_up(d, p, f, dir, true);
        more = has_fresh(d, dir);
        if (more)
            run_packet_rules(d, dir);
        if (f->app) {
            run_tx_rules(d, dir);
            run_app_frames(d, dir);
        }
        wind_up(d);
        more &= f->action == FLOW_ACTION_NONE;
    }
}

/* When a flow goes dark for good, what came until then is looked at as if it ended. TLS goes on
 * being parsed, so there it is not yet the end. */
static void settle_darkness(struct detect *d, struct packet *p, struct flow *f)
{
    if (!f->tcp || !f->app || !f->vars || f->vars->dark || !goes_dark(f->app) ||
        app_flow_proto(f->app) == APP_TLS)
        return;
    inspect_rest(d, p, f, TO_SERVER);
    inspect_rest(d, p, f, TO_CLIENT);
    f->vars->dark_seen = DIR_BIT(TO_SERVER) | DIR_BIT(TO_CLIENT);
}

void detect_packet(struct detect *d, struct packet *p, struct flow *f, enum direction dir)
{
    d->counters.packets++;
    forget_verdict(d);
    if (f && f->action == FLOW_ACTION_NONE)
        settle_darkness(d, p, f);
    if (f && f->action != FLOW_ACTION_NONE) {
        skip(d, f);
        return;
    }
    set_up(d, p, f, dir, false);
    if (d->ruleset->frame_count)
        run_frame_rules(d);
    if (p->ip_version && !(p->flags & PACKET_INVALID)) {
        run_ip_only(d);
        run_packet_rules(d, dir);
        if (f && f->app) {
            run_tx_rules(d, dir);
            run_app_frames(d, dir);
        }
    }
    wind_up(d);
}

const struct detect_verdict *detect_verdict(const struct detect *d)
{
    return &d->verdict;
}

bool detect_is_tagged(const struct detect *d)
{
    return d->tagged;
}

const struct signature *detect_dropped_by(const struct detect *d)
{
    return d->dropped_by;
}

void detect_flow_end(struct detect *d, struct packet *p, struct flow *f, enum direction dir)
{
    inspect_rest(d, p, f, dir);
}
