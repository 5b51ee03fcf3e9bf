/* sensor/records.c - what a worker has to say, into its batch: alerts, transactions, flows, drops.
 */
#include "sensor/observe.h"
#include "sensor/profile.h"
#include "sensor/eve/header.h"
#include "sensor/worker_parts.h"

struct record_order record_order_of(const struct worker *w, const struct flow *f)
{
    if (w->ending)
        return (struct record_order){w->batch->last_number + 1,
                                     f->first_packet << 4 | f->tuple.recursion};
    return (struct record_order){w->packet->number, w->packet->recursion};
}

static void put_event(struct worker *w, const struct flow *f)
{
    batch_add_record(w->batch, RECORD_EVENT, record_order_of(w, f), json_bytes(&w->json));
}

static bool wants(const struct worker *w, const char *event_type)
{
    return eve_types_has(&w->options->types, event_type);
}

static struct eve_place place_of(const struct worker *w, const struct flow *f, enum direction dir)
{
    return (struct eve_place){.context = &w->context,
                              .packet = w->packet,
                              .flow = f,
                              .dir = dir,
                              .ts_us = w->packet->ts_us};
}

/* The organisation an alert is about: the inside end by prefix, else the sensor's own. */
static int32_t organisation_of(const struct worker *w, const struct addr *src,
                               const struct addr *dst)
{
    if (!w->options->organisations)
        return w->options->default_org;
    int32_t org = prefix_map_find(w->options->organisations, src);
    if (org < 0)
        org = prefix_map_find(w->options->organisations, dst);
    return org < 0 ? w->options->default_org : org;
}

void record_alert(void *ctx, const struct detect_alert *a)
{
    struct worker *w = ctx;
    const struct eve_place at = {.flow = a->flow, .packet = a->packet, .tx = a->tx, .dir = a->dir};
    const struct eve_ends ends = eve_ends(&at);
    if (a->flow)
        a->flow->alerted = true;
    IN_ROOM(OUTPUT, eve_alert(&w->json, &w->context, a));
    arena_reset(&w->scratch);
    struct record *r =
        batch_add_record(w->batch, RECORD_ALERT, record_order_of(w, a->flow), json_bytes(&w->json));
    json_reset(&w->extra);
    detect_explain_json(a, &w->extra);
    r = batch_add_extra(w->batch, r, json_bytes(&w->extra));
    r->ts_us = a->packet->ts_us;
    r->flow_id = a->flow ? a->flow->id : 0;
    r->signature = a->signature;
    r->src = *ends.src;
    r->dst = *ends.dst;
    r->org = organisation_of(w, ends.src, ends.dst);
}

void record_packet_events(struct worker *w, struct packet *p, const struct flow *f,
                          enum direction dir)
{
    if (!p->event_count || !wants(w, "anomaly"))
        return;
    struct eve_place at = place_of(w, f, dir);
    for (unsigned i = 0; i < p->event_count; i++) {
        eve_packet_event(&w->json, &at, p->events[i]);
        put_event(w, f);
    }
}

struct record_target {
    struct worker *worker;
    struct flow *flow;
};

/* Of a tx with several records only the one about itself counts; HTTP/2 and QUIC have txs that ask
 * for nothing. */
static bool is_request(const struct app_tx *tx, const struct app_record *r)
{
    struct app_facts facts;
    if (strcmp(r->event_type, "fileinfo") == 0)
        return false;
    if (tx->proto == APP_HTTP || tx->proto == APP_TLS)
        return true;
    if (tx->proto != APP_HTTP2 && tx->proto != APP_QUIC)
        return false;
    app_tx_facts(tx, &facts);
    return facts.host.len > 0;
}

static void on_tx_record(void *ctx, const struct app_tx *tx, const struct app_record *r)
{
    struct record_target *t = ctx;
    struct worker *w = t->worker;
    if (w->options->detectors && is_request(tx, r))
        observe_request(w->batch, record_order_of(w, t->flow), w->options->inside, t->flow, tx,
                        w->packet);
    if (!wants(w, r->event_type) ||
        (app_tx_is_unlogged(t->flow->app, tx) && strcmp(r->event_type, "fileinfo") != 0))
        return;
    struct eve_place at = place_of(w, t->flow, r->dir);
    eve_tx(&w->json, &at, tx, r);
    put_event(w, t->flow);
}

/* Shown in the direction of the packet that brought them to light, as with Suricata. */
static void record_tx_events(struct worker *w, struct flow *f, enum direction dir,
                             struct app_tx *tx)
{
    for (; tx->events_logged < tx->event_count; tx->events_logged++) {
        if (!wants(w, "anomaly"))
            continue;
        struct eve_place at = place_of(w, f, dir);
        at.tx = tx;
        eve_app_event(&w->json, &at, tx->proto,
                      app_event_name(tx->proto, tx->events[tx->events_logged]), "proto_parser");
        put_event(w, f);
    }
}

/* Everything the flow's transactions have to say now, at a packet of dir; last: complete or not. */
void record_txs(struct worker *w, struct flow *f, enum direction dir, bool last)
{
    struct record_target target = {w, f};
    for (struct app_tx *tx = app_flow_txs(f->app); tx; tx = tx->next) {
        record_tx_events(w, f, dir, tx);
        app_tx_records(tx, last, on_tx_record, &target);
        app_tx_file_records(tx, dir, last, on_tx_record, &target);
    }
}

void record_flow_app_events(struct worker *w, struct flow *f)
{
    const uint16_t *events;
    uint8_t count = app_flow_events(f->app, &events);
    for (unsigned i = 0; i < count && wants(w, "anomaly"); i++) {
        struct eve_place at = place_of(w, f, TO_SERVER);
        eve_app_event(&w->json, &at, app_flow_proto(f->app), app_event_name(APP_UNKNOWN, events[i]),
                      "proto_detect");
        put_event(w, f);
    }
}

void record_flow(struct worker *w, const struct flow *f, uint64_t now_us)
{
    if (wants(w, "flow")) {
        eve_flow(&w->json, &w->context, f, now_us);
        put_event(w, f);
    }
    for (unsigned dir = 0; dir < 2 && wants(w, "netflow"); dir++)
        if (f->packets[dir]) {
            eve_netflow(&w->json, &w->context, f, (enum direction)dir, now_us);
            put_event(w, f);
        }
}

void record_tagged(struct worker *w, const struct flow *f, enum direction dir)
{
    if (!detect_is_tagged(w->detect) || !wants(w, "packet"))
        return;
    struct eve_place at = place_of(w, f, dir);
    eve_packet(&w->json, &at);
    put_event(w, f);
}

void record_drop(struct worker *w, const struct flow *f, enum direction dir,
                 enum drop_reason reason)
{
    if (reason == DROP_NONE || !wants(w, "drop"))
        return;
    struct eve_place at = place_of(w, f, dir);
    bool by_rule = reason == DROP_RULES || reason == DROP_RATE;
    eve_drop(&w->json, &at, reason, by_rule ? detect_dropped_by(w->detect) : NULL,
             by_rule ? detect_verdict(w->detect) : NULL);
    put_event(w, f);
}
