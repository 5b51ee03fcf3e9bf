/* sensor/worker.c - the packet path, top to bottom: flow, stream, app, detect, observe, record.
 *
 * One worker owns its flows and everything that hangs on them; nothing here locks. */
#include "sensor/worker_parts.h"
#include "sensor/observe.h"
#include "sensor/profile.h"

/* Places in the capture, for what workers share: a packet and the layer in it; behind all packets
 * of a round the flows that time out, behind the last round those that are left. */
enum { PLACE_TIMEOUTS = 0xfd, PLACE_ROUND_OVER = 0xfe, PLACE_REST = 0xff };

static void take_place(struct worker *w, uint64_t number, unsigned within, uint64_t tie)
{
    detect_at(w->detect, number << 8 | within, tie);
}

static void take_place_of_flow(struct worker *w, const struct flow *f)
{
    if (w->ending)
        take_place(w, w->batch->last_number,
                   f->end == FLOW_END_SHUTDOWN ? PLACE_REST : PLACE_TIMEOUTS,
                   record_order_of(w, f).tie);
}

/* ---- application layer ---------------------------------------------------------------------- */

static struct app_endpoints endpoints_of(const struct flow *f)
{
    const struct tuple *t = &f->tuple;
    return (struct app_endpoints){
        .addr = {t->addr[0], t->addr[1]}, .port = {t->port[0], t->port[1]}, .transport = t->proto};
}

static bool open_app(struct worker *w, struct flow *f)
{
    if (f->app)
        return true;
    struct app_endpoints e = endpoints_of(f);
    f->app = app_flow_new(w->app, &e);
    return f->app != NULL;
}

static void feed_app(struct worker *w, struct flow *f, enum direction dir, struct bytes data,
                     unsigned flags, uint64_t gap_bytes)
{
    bool was_broken = app_flow_is_broken(f->app);
    app_feed(w->app, f->app, dir, data, flags, gap_bytes, w->packet->ts_us);
    if (!was_broken && app_flow_is_broken(f->app))
        packet_exception(w->packet, EXCEPTION_APP_ERROR);
}

static void on_stream_data(void *ctx, struct flow *f, enum direction dir, struct bytes data,
                           unsigned notes, uint64_t gap_bytes)
{
    struct worker *w = ctx;
    bool nothing_yet = !f->app && data.len == 0;
    if (nothing_yet || !open_app(w, f))
        return;
    unsigned flags =
        (notes & STREAM_GAP ? APP_FEED_GAP : 0) | (notes & STREAM_EOF ? APP_FEED_EOF : 0);
    IN_ROOM(APP, feed_app(w, f, dir, data, flags, gap_bytes));
    if (app_flow_wants_all(f->app))
        stream_no_depth(f);
}

static bool begins_with_answer(const struct worker *w, const struct flow *f, const struct packet *p,
                               bool midway)
{
    if (f->app || f->packets[TO_CLIENT])
        return false;
    struct app_endpoints e = endpoints_of(f);
    return app_is_reversed(w->app, &e, p->payload, midway);
}

/* A flow picked up midway, at an answer, shows the server first. */
static void turn_round(struct flow *f, enum direction *dir)
{
    flow_swap(f);
    *dir = OTHER(*dir);
}

/* Without midstream pick-up nobody looks into a flow whose beginning was not seen, be it one of
 * datagrams: so the peer has it. */
static void update_app(struct worker *w, struct flow *f, struct packet *p, enum direction *dir)
{
    bool datagram = p->proto == IPP_UDP && f->tuple.proto == IPP_UDP;
    if (p->payload.len == 0 || (!datagram && p->proto != IPP_TCP))
        return;
    bool answer = datagram && begins_with_answer(w, f, p, true);
    bool turned = answer && (w->midstream || begins_with_answer(w, f, p, false));
    if (turned)
        turn_round(f, dir);
    if (!open_app(w, f))
        return;
    if (answer && !turned)
        app_flow_give_up(w->app, f->app);
    if (datagram)
        feed_app(w, f, *dir, p->payload, 0, 0);
    IN_ROOM(DPI, app_dpi(w->app, f->app, *dir, p->ip, p->ts_us));
}

/* ---- flow end -------------------------------------------------------------------------------- */

static void replay_packet(const struct worker *w, const struct flow *f, struct packet *p)
{
    const struct tuple *t = &f->tuple;
    packet_clear(p);
    p->number = w->packet ? w->packet->number : w->batch->last_number;
    p->ts_us = f->last_us;
    p->flags = PACKET_REPLAYED | (f->state == FLOW_ESTABLISHED ? PACKET_ESTABLISHED : 0);
    p->ip_version = t->ip_version;
    p->proto = t->proto;
    p->src = t->addr[0];
    p->dst = t->addr[1];
    p->sport = t->port[0];
    p->dport = t->port[1];
    p->recursion = t->recursion;
}

static bool is_dropping(const struct flow *f)
{
    return f && f->action == FLOW_ACTION_DROP;
}

static bool is_bypassed(const struct flow *f)
{
    return f && f->action == FLOW_ACTION_BYPASS;
}

/* By the policies for what went wrong with the packet. */
static enum drop_reason settle_exceptions(struct worker *w, struct flow *f, struct packet *p)
{
    enum exception why = EXCEPTION_COUNT;
    if (!p->exceptions)
        return DROP_NONE;
    switch (exceptions_settle(&w->options->exceptions, &w->counters.exceptions, p, f, &why)) {
    case VERDICT_DROP:
        return DROP_EXCEPTIONS + why;
    case VERDICT_PASS:
        p->flags |= PACKET_PASSED;
        return DROP_NONE;
    default:
        return DROP_NONE;
    }
}

/* At what a dropped flow left unfinished nobody looks: it reached no one. */
static void look_a_last_time(struct worker *w, struct flow *f, struct packet *replayed)
{
    for (int dir = TO_SERVER; dir <= TO_CLIENT; dir++) {
        if (f->tcp && !is_bypassed(f))
            IN_ROOM(STREAM, stream_flush(w->stream, f, (enum direction)dir));
        if (f->tcp || f->app)
            IN_ROOM(INSPECT, detect_flow_end(w->detect, replayed, f, (enum direction)dir));
    }
    settle_exceptions(w, f, replayed);
    if (f->app)
        IN_ROOM(OUTPUT, record_txs(w, f, TO_SERVER, true), record_flow_app_events(w, f));
}

static void on_flow_end(void *ctx, struct flow *f)
{
    struct worker *w = ctx;
    struct packet *interrupted = w->packet, replayed;
    replay_packet(w, f, &replayed);
    w->packet = &replayed;
    take_place_of_flow(w, f);
    if (!is_dropping(f))
        look_a_last_time(w, f, &replayed);
    if (w->options->detectors)
        IN_ROOM(ANOMALY, observe_end(w->batch, record_order_of(w, f), w->options->inside, f));
    IN_ROOM(OUTPUT, record_flow(w, f, w->ending ? w->batch->end_us : interrupted->ts_us));
    if (f->app)
        IN_ROOM(APP, app_flow_free(w->app, f->app));
    IN_ROOM(INSPECT, detect_flow_free(w->detect, f));
    if (f->tcp)
        IN_ROOM(STREAM, stream_session_free(w->stream, f));
    w->packet = interrupted;
}

/* ---- the path -------------------------------------------------------------------------------- */

static void count_packet(struct worker *w, const struct packet *p, const struct flow *f)
{
    bool is_frame = p->recursion == 0 && !(p->flags & PACKET_REASSEMBLED);
    if (!is_frame)
        return;
    w->counters.seen++;
    w->counters.bytes += p->raw.len;
    if (p->flags & PACKET_INVALID)
        w->counters.ignored_invalid++;
    else if (!p->ip_version)
        w->counters.ignored_not_ip++;
    else if (is_bypassed(f))
        w->counters.ignored_bypassed++;
    else
        w->counters.inspected++;
}

/* Its flow, if it is to be followed: see overload.h. */
static struct flow *find_flow(struct worker *w, const struct packet *p, enum direction *dir)
{
    if (w->overload == OVERLOAD_NONE)
        return flow_table_packet(w->flows, p, dir);
    flow_table_begin(w->flows, w->overload < OVERLOAD_FLOOD || overload_begins(p));
    struct flow *f = flow_table_packet(w->flows, p, dir);
    flow_table_begin(w->flows, true);
    if (f && overload_is_bulk(f)) {
        f->action = FLOW_ACTION_BYPASS;
        w->counters.overload.bulk_flows++;
    }
    return f;
}

static void follow_stream(struct worker *w, struct flow *f, struct packet *p, enum direction *dir)
{
    if (w->midstream && !f->tcp && p->payload.len && !(p->tcp.flags & TCP_SYN) &&
        begins_with_answer(w, f, p, true))
        turn_round(f, dir);
    IN_ROOM(STREAM, stream_packet(w->stream, f, p, dir));
}

static enum drop_reason follow_app(struct worker *w, struct flow *f, struct packet *p,
                                   enum direction *dir)
{
    IN_ROOM(APP, update_app(w, f, p, dir));
    if (w->options->detectors)
        IN_ROOM(ANOMALY,
                observe_packet(w->batch, record_order_of(w, f), w->options->inside, f, p, *dir));
    return settle_exceptions(w, f, p);
}

/* What the packet is to its flow and to the rules. What a flow was dropped for is not looked at:
 * its receiver would never see it. */
static enum drop_reason inspect(struct worker *w, struct flow *f, struct packet *p,
                                enum direction *dir)
{
    if (is_dropping(f))
        return DROP_FLOW;
    if (is_bypassed(f))
        return DROP_NONE;
    if (f && p->proto == IPP_TCP && f->tuple.proto == IPP_TCP)
        follow_stream(w, f, p, dir);
    else if (f && f->state == FLOW_ESTABLISHED)
        p->flags |= PACKET_ESTABLISHED;
    if (p->flags & PACKET_URGENT_DROP)
        return DROP_URGENT;
    enum drop_reason dropped = settle_exceptions(w, f, p);
    if (dropped == DROP_NONE && f && !is_bypassed(f))
        dropped = follow_app(w, f, p, dir);
    if (dropped != DROP_NONE || (p->flags & PACKET_PASSED))
        return dropped;
    IN_ROOM(INSPECT, detect_packet(w->detect, p, f, *dir));
    record_tagged(w, f, *dir);
    const struct detect_verdict *v = detect_verdict(w->detect);
    return !v->drops ? DROP_NONE : v->by_rate ? DROP_RATE : DROP_RULES;
}

void worker_expect(struct worker *w, struct packet *p)
{
    IN_ROOM(FLOW, flow_table_expect(w->flows, p));
}

void worker_approach(struct worker *w, const struct packet *p)
{
    IN_ROOM(FLOW, flow_table_approach(w->flows, p));
}

void worker_reach(struct worker *w, const struct packet *p)
{
    IN_ROOM(FLOW, flow_table_reach(w->flows, p));
}

void worker_packet(struct worker *w, struct packet *p)
{
    enum direction dir = TO_SERVER;
    w->packet = p;
    take_place(w, p->number, p->recursion, 0);
    struct flow *f = IN_ROOM(FLOW, find_flow(w, p, &dir));
    count_packet(w, p, f);
    enum drop_reason dropped = inspect(w, f, p, &dir);
    IN_ROOM(OUTPUT, record_packet_events(w, p, f, dir), record_drop(w, f, dir, dropped));
    if (f && f->app) {
        IN_ROOM(OUTPUT, record_txs(w, f, dir, false));
        IN_ROOM(APP, app_flow_reap(w->app, f->app, false));
    }
    w->packet = NULL;
}

static void follow_rules(struct worker *w, const struct ruleset *rules)
{
    const struct ruleset *before = w->context.rules;
    if (rules == before)
        return;
    rule_switch_hold(w->options->rules, rules);
    detect_switch(w->detect, rules);
    app_want_files(w->app, ruleset_file_wants(rules));
    app_want_frames(w->app, ruleset_frame_wants(rules));
    w->context.rules = rules;
    rule_switch_leave(w->options->rules, before);
}

void worker_begin(struct worker *w, struct batch *b)
{
    follow_rules(w, b->rules);
    w->batch = b;
    w->ending = false;
}

void worker_overload(struct worker *w, enum overload step, uint64_t now_us)
{
    if (step != OVERLOAD_NONE) {
        w->counters.overload.times += w->overload == OVERLOAD_NONE;
        w->picks_up_until_us = now_us + OVERLOAD_PICKS_UP_US;
    }
    w->overload = step;
    w->midstream = w->options->stream.midstream || now_us < w->picks_up_until_us;
    stream_pick_up(w->stream, w->midstream);
}

void worker_end(struct worker *w)
{
    struct batch *b = w->batch;
    w->ending = true;
    IN_ROOM(FLOW, flow_table_expire(w->flows, b->end_us));
    if (b->flush_before)
        IN_ROOM(FLOW, flow_table_flush(w->flows, b->flush_before));
    if (b->last)
        take_place(w, UINT64_MAX, PLACE_ROUND_OVER, 0);
    else if (!b->flush_before)
        take_place(w, b->last_number, PLACE_ROUND_OVER, 0);
    w->counters.flow = *flow_counters(w->flows);
    w->counters.stream = *stream_counters(w->stream);
    w->counters.app = *app_counters(w->app);
    w->counters.detect = *detect_counters(w->detect);
    struct decode_counters live_decode = b->counters.decode;
    b->counters = w->counters;
    b->counters.decode = live_decode;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void put_file(struct worker *w, enum record_kind kind, uint64_t id, struct bytes body)
{
    struct record_order order = {w->batch->last_number + 1, 0};
    if (!w->packet) /* the run is over: what is not complete is not stored */
        return;
    if (!w->ending)
        order = (struct record_order){w->packet->number, w->packet->recursion};
    batch_add_record(w->batch, kind, order, body)->flow_id = (uint64_t)w->batch->worker << 48 | id;
}

static void on_file_data(void *ctx, uint64_t id, bool first, struct bytes data)
{
    put_file(ctx, first ? RECORD_FILE_BEGIN : RECORD_FILE_DATA, id, data);
}

static void on_file_end(void *ctx, uint64_t id, struct bytes sha256)
{
    put_file(ctx, RECORD_FILE_END, id, sha256);
}

static void on_tx_free(void *ctx, struct app_tx *tx)
{
    struct worker *w = ctx;
    detect_tx_free(w->detect, tx);
}

struct worker *worker_new(const struct worker_options *o, unsigned number)
{
    struct worker *w = calloc(1, sizeof *w);
    ASSERT(w);
    w->options = o;
    w->midstream = o->stream.midstream;
    w->context.rules = rule_switch_enter(o->rules);
    w->context.exceptions = &o->exceptions;
    w->context.alerts = &o->alerts;
    w->context.scratch = &w->scratch;
    struct stream_sink sink = {.data = on_stream_data, .ctx = w};
    struct app_hooks hooks = {
        .tx_free = on_tx_free, .file_data = on_file_data, .file_end = on_file_end, .ctx = w};
    w->flows = flow_table_new(&o->flow, on_flow_end, w);
    w->stream = stream_engine_new(&o->stream, &sink);
    w->app = app_new(&o->app, &hooks);
    app_want_files(w->app, ruleset_file_wants(w->context.rules));
    app_want_frames(w->app, ruleset_frame_wants(w->context.rules));
    w->detect = detect_new(w->context.rules, record_alert, w);
    detect_join(w->detect, o->shared, number);
    detect_show_payload(w->detect, o->alerts.payload_cap_bytes);
    if (o->explain)
        detect_explain(w->detect);
    return w;
}

void worker_set_interface(struct worker *w, const char *in_iface)
{
    w->context.in_iface = in_iface;
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    flow_table_free(w->flows);
    stream_engine_free(w->stream);
    app_free(w->app);
    detect_free(w->detect);
    rule_switch_leave(w->options->rules, w->context.rules);
    json_release(&w->json);
    json_release(&w->extra);
    arena_release(&w->scratch);
    free(w);
}
