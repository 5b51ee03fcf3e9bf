/* sensor/detect/detect.c - one packet, its stream and its transactions, from set-up to alerts. */
#include "sensor/detect/detect.h"

#include "sensor/detect/worker_state.h"

/* The client's last segment of the handshake, with the first bytes of its request in it. */
static bool brings_first_bytes(const struct detect *d)
{
    if (!d->flow->tcp || d->last || d->dir != TO_SERVER || d->packet->payload.len == 0)
        return false;
    return stream_is_established(d->flow);
}

/* UDP and the like are established once both sides spoke; TCP from the packet after its handshake,
 * so the handshake's last segment is not yet, unless it brings bytes. */
static bool is_established(const struct detect *d)
{
    const struct flow *f = d->flow;
    if (!f)
        return false;
    if (f->tuple.proto != IPP_TCP)
        return f->state == FLOW_ESTABLISHED || (d->packet->flags & PACKET_ESTABLISHED);
    return f->vars->established || brings_first_bytes(d);
}

static bool goes_dark(const struct flow *f)
{
    return f->app && app_flow_hides_payload(f->app);
}

static void note_state(const struct detect *d)
{
    const struct flow *f = d->flow;
    if (f && stream_is_established(f))
        f->vars->established = true;
    if (f && f->app)
        f->vars->dark = goes_dark(f);
}

/* A message is over that the stream is to be looked at for. */
static bool is_flushed(const struct flow *f, enum direction dir)
{
    return f->app && app_flow_flushes(f->app, dir) != f->vars->flushes[dir];
}

/* Of a flow gone dark the bytes from before are looked at once more. */
static bool window_is_due(const struct detect *d, const struct flow *f, enum direction dir)
{
    if (d->dark && (f->vars->dark_seen & DIR_BIT(dir)))
        return false;
    return d->last || d->dark || is_flushed(f, dir) || stream_raw_is_due(f, dir);
}

static void take_window(struct detect *d, enum direction dir)
{
    d->raw[0] = d->raw[1] = (struct stream_raw){0};
    d->raw_waits = d->own && d->flow->tcp && window_is_due(d, d->flow, dir);
    if (!d->raw_waits)
        return;
    d->raw[dir] = stream_raw(d->flow, dir);
    d->raw_waits = stream_raw_waits(d->flow, dir);
}

/* Behind a gap the peer goes back: what came after the latest is looked at again with what
 * follows. */
static void pass_window(struct flow *f, enum direction dir)
{
    struct stream_raw behind;
    do
        stream_raw_done(f, dir);
    while (stream_raw_piece(f, dir, 1, &behind));
}

static void window_done(const struct detect *d, enum direction dir)
{
    struct flow *f = d->flow;
    bool looked = detect_has_fresh(d, dir);
    if (looked)
        pass_window(f, dir);
    /* A look at nothing counts too when nothing was looked at before. */
    if (f->app && (looked || (d->raw_waits && d->raw[dir].offset + d->raw[dir].fresh == 0)))
        f->vars->flushes[dir] = app_flow_flushes(f->app, dir);
    if (!d->dark)
        return;
    if (d->raw_waits)
        f->vars->dark_seen |= (uint8_t)DIR_BIT(dir);
    if (f->vars->dark_seen & DIR_BIT(dir)) /* nobody asks for what is hidden: it need not be kept */
        pass_window(f, dir);
}

/* An ICMP error comes with the flow it quotes. It brings nothing of that flow, so nothing of the
 * flow is looked at, or counts as looked at, with it: else one error would hide a request. */
static bool is_own(const struct packet *p, const struct flow *f)
{
    return f && p->proto == f->tuple.proto;
}

/* What is not set here is set before it is asked for, or stays as it is. */
static void inspect_turn_to(struct inspect *in, const struct packet *p, struct flow *f)
{
    in->packet = p;
    in->flow = f;
    in->vars = f ? f->vars : NULL;
    in->dir = TO_SERVER;
    in->proto = f && f->app ? app_flow_proto(f->app) : APP_UNKNOWN;
    in->tx = NULL;
    in->captured = NULL;
    in->stored_count = 0;
    if (in->extracted)
        memset(in->bytes, 0, sizeof in->bytes);
    in->extracted = false;
}

static void set_up(struct detect *d, struct packet *p, struct flow *f, enum direction dir,
                   bool last)
{
    d->packet = p;
    d->flow = f;
    d->dir = dir;
    d->last = last;
    d->own = last || is_own(p, f);
    detect_forget_verdict(d);
    d->packet_texts = NULL;
    d->has_key[0] = d->has_key[1] = false;
    detect_need_vars(d, f);
    d->group_keeper = detect_group_keeper(d);
    inspect_turn_to(&d->in, p, f);
    /* At the end it is about what came before the flow went dark. */
    d->no_payload = !last && ((f && f->vars->dark) || (p->flags & PACKET_CARRIES));
    if (last)
        note_state(d);
    d->dark = f && (goes_dark(f) || f->vars->dark);
    d->in.established = is_established(d);
    for (unsigned side = 0; side < 2; side++) {
        candidates_clear(&d->tx_found[side]);
        candidates_clear(&d->turned_missed[side]);
    }
    take_window(d, dir);
}

static void note_events(const struct flow *f)
{
    const uint16_t *events;
    f->vars->events_seen = app_flow_events(f->app, &events);
}

static void wind_up(struct detect *d)
{
    const struct flow *f = d->flow;
    /* Alerts show stream bytes, so they go out before the stream may drop them. */
    if (d->match_count)
        deliver_matches(d);
    d->tagged = !d->last && d->packet->ip_version && tags_hold(d);
    if (d->own && f->tcp)
        window_done(d, d->dir);
    note_state(d);
    if (d->own && f->app)
        note_events(f);
    arena_reset(&d->arena);
}

/* Of a flow a rule has settled nothing is looked at any more; its stream may forget its bytes. */
static void skip(struct detect *d, struct flow *f)
{
    d->counters.passed++;
    for (unsigned i = 0; f->tcp && i < 2; i++)
        stream_raw_done(f, (enum direction)i);
}

/* A connection that nobody ended, or with something unfinished in it that way. */
static bool ends_open(const struct flow *f, enum direction dir)
{
    if (!f->tcp || !f->app)
        return false;
    if (stream_is_open(f))
        return true;
    for (const struct app_tx *tx = app_flow_txs(f->app); tx; tx = tx->next)
        if (!tx->inspected[dir])
            return true;
    return false;
}

/* open: rules about the protocol alone are asked once more. */
static void inspect_rest(struct detect *d, struct packet *p, struct flow *f, enum direction dir,
                         bool open)
{
    if (f->action != FLOW_ACTION_NONE)
        return;
    set_up(d, p, f, dir, true);
    d->ends_open = open;
    if (open || detect_has_fresh(d, dir))
        run_packet_rules(d, dir);
    d->ends_open = false;
    if (f->app) {
        run_tx_rules(d, dir);
        run_app_frames(d, dir);
    }
    wind_up(d);
}

/* When a flow goes dark for good, what came until then is looked at as if it ended. TLS goes on
 * being parsed, so there it is not yet the end. */
static void settle_darkness(struct detect *d, struct packet *p, struct flow *f)
{
    if (!f->tcp || !f->vars || f->vars->dark || !goes_dark(f) || app_flow_proto(f->app) == APP_TLS)
        return;
    inspect_rest(d, p, f, TO_SERVER, false);
    inspect_rest(d, p, f, TO_CLIENT, false);
    f->vars->dark_seen = DIR_BIT(TO_SERVER) | DIR_BIT(TO_CLIENT);
}

void detect_packet(struct detect *d, struct packet *p, struct flow *f, enum direction dir)
{
    d->counters.packets++;
    if (f && f->action != FLOW_ACTION_NONE) {
        detect_forget_verdict(d);
        skip(d, f);
        return;
    }
    if (is_own(p, f))
        settle_darkness(d, p, f);
    if (f && f->action != FLOW_ACTION_NONE) { /* just now: what came of it is this packet's */
        skip(d, f);
        return;
    }
    set_up(d, p, f, dir, false);
    if (d->ruleset->frame.count && p->event_count)
        run_frame_rules(d);
    if (p->ip_version) { /* and be it that nothing below IP could be read */
        run_ip_only(d);
        run_packet_rules(d, dir);
        if (d->own && f->app) {
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

/* All that came that way was looked at. */
static bool is_through(const struct flow *f, enum direction dir)
{
    struct stream_raw rest = stream_raw(f, dir);
    if (rest.bytes.len > rest.fresh)
        return false;
    if (!f->app)
        return true;
    const struct app_tx *tx = app_flow_txs(f->app);
    while (tx && tx->inspected[dir])
        tx = tx->next;
    const struct app_frame *frame = app_flow_frames(f->app, dir);
    while (frame && frame->seen)
        frame = frame->next;
    return !tx && !frame && f->vars;
}

void detect_flow_end(struct detect *d, struct packet *p, struct flow *f, enum direction dir)
{
    bool open = ends_open(f, dir);
    __builtin_prefetch(f->vars, 1); /* detect_flow_free() is next */
    if (open || !is_through(f, dir))
        inspect_rest(d, p, f, dir, open);
    else if (f->app) /* to what comes the other way it is no news */
        note_events(f);
}
