/* sensor/collector.c - see collector.h. */
#include "sensor/collector.h"
#include "common/clock.h"
#include "common/log.h"
#include "sensor/observe.h"
#include "sensor/profile.h"
#include "sensor/stats.h"
#include <inttypes.h>

#define THRESHOLD_ENTRIES (1 << 18)
#define POLL_MS           500
#define WORKERS_MAX       256

struct collector {
    struct collector_options options;
    struct batch_queue *done, *free_batches;
    struct batch **waiting; /* per worker: batches of later rounds, oldest first */
    struct thresholds *thresholds;
    struct anomaly *anomaly;
    struct json line, extra, unstamped;
    uint64_t started_us, next_stats_us, next_flush_us;
    struct worker_counters *latest; /* per worker */
    struct collector_totals totals;
    struct worker_counters told; /* at the last stats record */
    atomic_bool reopen;
    pthread_mutex_t lock; /* held while a batch is settled or counters are read */
};

/* ---- one line out ---------------------------------------------------------------------------- */

static const char *org_name(const struct collector *c, int32_t org)
{
    return c->options.orgs[org < 0 ? c->options.default_org : org];
}

/* Without a wire there is nothing to number: only what the alert itself knows is added. */
static struct bytes with_extra(struct collector *c, struct bytes line, struct bytes extra)
{
    struct json *j = &c->unstamped;
    json_reset(j);
    json_raw(j, NULL, bytes_slice(line, 0, line.len - 1));
    json_object(j, "sekisho");
    json_raw(j, NULL, extra);
    json_object_end(j);
    json_object_end(j);
    return json_bytes(j);
}

static void put_alert(struct collector *c, int32_t org, unsigned severity, struct bytes line,
                      struct bytes extra)
{
    struct bytes stamped;
    c->totals.alerts++;
    c->totals.by_severity[severity < 5 ? severity : 4]++;
    if (!c->options.wire)
        stamped = extra.len ? with_extra(c, line, extra) : line;
    else if (!IN_ROOM(OUTPUT, wire_put(c->options.wire, WIRE_ALERTS, org_name(c, org), severity,
                                       line, extra, &stamped)))
        c->totals.shed++;
    if (c->options.eve && eve_types_has(&c->options.types, "alert"))
        IN_ROOM(OUTPUT, eve_file_write(c->options.eve, stamped));
}

static void on_anomaly(void *ctx, const struct anomaly_alert *a)
{
    struct collector *c = ctx;
    int32_t org = -1;
    if (c->options.organisations) {
        org = prefix_map_find(c->options.organisations, &a->src);
        if (org < 0)
            org = prefix_map_find(c->options.organisations, &a->dst);
    }
    eve_anomaly_alert(&c->line, &c->extra, &c->options.context, a);
    put_alert(c, org, a->severity, json_bytes(&c->line), json_bytes(&c->extra));
}

static void take_alert(struct collector *c, const struct record *r)
{
    switch (threshold_decide(c->thresholds, r->signature, &r->src, &r->dst, r->flow_id, r->ts_us)) {
    case THRESHOLD_SUPPRESSED:
        c->totals.suppressed++;
        return;
    case THRESHOLD_LIMITED:
    case THRESHOLD_UNREACHED:
        c->totals.limited++;
        return;
    case THRESHOLD_ALERT:
        break;
    }
    const struct signature_public *rule = signature_public(r->signature);
    json_reset(&c->extra);
    json_strz(&c->extra, "ruleset", ruleset_version(c->options.context.rules));
    if (rule->attack_json)
        json_raw(&c->extra, "attack", bytes_str(rule->attack_json));
    if (r->extra_len)
        json_raw(&c->extra, NULL, record_extra(r));
    put_alert(c, r->org, rule->severity, record_body(r), json_bytes(&c->extra));
}

static void take_record(struct collector *c, const struct record *r)
{
    switch ((enum record_kind)r->kind) {
    case RECORD_EVENT:
        c->totals.events++;
        if (c->options.eve)
            IN_ROOM(OUTPUT, eve_file_write(c->options.eve, record_body(r)));
        return;
    case RECORD_ALERT:
        take_alert(c, r);
        return;
    case RECORD_OBSERVATION: {
        struct observation o = observe_read(r);
        IN_ROOM(ANOMALY, anomaly_observe(c->anomaly, &o));
        return;
    }
    case RECORD_FILE_BEGIN:
        file_store_begin(c->options.files, r->flow_id, record_body(r));
        return;
    case RECORD_FILE_DATA:
        file_store_data(c->options.files, r->flow_id, record_body(r));
        return;
    case RECORD_FILE_END:
        file_store_end(c->options.files, r->flow_id, record_body(r));
        return;
    }
}

/* ---- rounds ---------------------------------------------------------------------------------- */

/* Where a batch has been read to. */
struct reading {
    const struct record *next; /* NULL: to its end */
    const uint8_t *end;
};

static const struct record *record_at(const uint8_t *at, const uint8_t *end)
{
    return at < end ? (const struct record *)(const void *)at : NULL;
}

/* The one whose next record is due: the earliest, of equal ones the first worker's. NULL: none. */
static struct reading *earliest(struct reading *readings, unsigned count)
{
    struct reading *due = NULL;
    for (struct reading *r = readings; r < readings + count; r++)
        if (r->next && (!due || record_order_before(&r->next->order, &due->next->order)))
            due = r;
    return due;
}

/* Every batch is in order by itself. */
static bool merge(struct collector *c, struct batch **batches, unsigned count)
{
    struct reading readings[WORKERS_MAX], *due;
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        c->options.context.rules = batches[i]->rules; /* one round, one rule set */
        batch_put_in_order(batches[i]);
        readings[i].end = batches[i]->records + batches[i]->records_used;
        readings[i].next = record_at(batches[i]->records, readings[i].end);
    }
    for (; (due = earliest(readings, count)); any = true) {
        take_record(c, due->next);
        due->next = record_at((const uint8_t *)due->next + record_stride(due->next), due->end);
    }
    return any;
}

/* The records of all batches of one round, in packet order; then the batches go back. */
static void settle(struct collector *c, struct batch **batches, unsigned count)
{
    bool any = merge(c, batches, count);
    c->options.context.rules = NULL;
    for (unsigned i = 0; i < count; i++) {
        c->latest[batches[i]->worker] = batches[i]->counters;
        rule_switch_leave(c->options.rules, batches[i]->rules);
        batch_queue_push(&c->free_batches[batches[i]->worker], batches[i]);
    }
    if (c->options.wire && any)
        wire_flush(c->options.wire);
}

static void wait_for_round(struct collector *c, struct batch *b)
{
    struct batch **tail = &c->waiting[b->worker];
    while (*tail)
        tail = &(*tail)->next;
    b->next = NULL;
    *tail = b;
    for (unsigned i = 0; i < c->options.workers; i++)
        if (!c->waiting[i])
            return;
    struct batch *round[WORKERS_MAX];
    for (unsigned i = 0; i < c->options.workers; i++) {
        round[i] = c->waiting[i];
        c->waiting[i] = round[i]->next;
    }
    settle(c, round, c->options.workers);
}

/* ---- statistics ------------------------------------------------------------------------------ */

static struct stats_input stats_now(struct collector *c)
{
    stats_sum(&c->totals.workers, c->latest, c->options.workers);
    return (struct stats_input){.totals = &c->totals,
                                .anomaly = anomaly_counters(c->anomaly),
                                .files =
                                    c->options.files ? file_store_counters(c->options.files) : NULL,
                                .in_iface = c->options.context.in_iface,
                                .workers = c->latest,
                                .worker_count = c->options.workers,
                                .uptime_us = clock_monotonic_us() - c->started_us,
                                .eve_lost = c->options.eve ? eve_file_lost(c->options.eve) : 0};
}

void collector_stats(struct collector *c, struct json *j, const char *key)
{
    pthread_mutex_lock(&c->lock);
    struct stats_input in = stats_now(c);
    stats_object(j, key, &in);
    pthread_mutex_unlock(&c->lock);
}

struct collector_totals collector_snapshot(struct collector *c)
{
    pthread_mutex_lock(&c->lock);
    stats_now(c);
    struct collector_totals now = c->totals;
    pthread_mutex_unlock(&c->lock);
    return now;
}

/* Live: one line for each record in whose time something was lost. */
static void warn_of_overload(struct collector *c)
{
    const struct worker_counters *w = &c->totals.workers, *told = &c->told;
    uint64_t dropped = w->kernel.kernel_dropped - told->kernel.kernel_dropped,
             missed = w->kernel.interface_dropped - told->kernel.interface_dropped,
             bulk = w->overload.bulk_flows - told->overload.bulk_flows,
             not_begun = w->flow.not_begun - told->flow.not_begun;
    if (dropped || missed || bulk || not_begun)
        log_warn("%s: overload: %" PRIu64 " frames dropped, %" PRIu64
                 " missed by the card, %" PRIu64 " long flows let go, %" PRIu64
                 " packets judged without a flow",
                 c->options.context.in_iface, dropped, missed, bulk, not_begun);
    c->told = *w;
}

static void put_stats(struct collector *c)
{
    struct stats_input in = stats_now(c);
    if (in.in_iface)
        warn_of_overload(c);
    stats_line(&c->line, &in);
    struct bytes stamped = json_bytes(&c->line);
    if (c->options.wire) {
        struct ledger ledger;
        wire_ledger(c->options.wire, &ledger);
        stats_extra(&c->extra, &in, &ledger);
        for (int32_t i = 0; c->options.orgs[i]; i++)
            wire_put(c->options.wire, WIRE_STATS, c->options.orgs[i], 0, json_bytes(&c->line),
                     json_bytes(&c->extra), &stamped);
        wire_flush(c->options.wire);
    }
    if (c->options.eve && eve_types_has(&c->options.types, "stats"))
        IN_ROOM(OUTPUT, eve_file_write(c->options.eve, stamped));
}

static void stats_when_due(struct collector *c)
{
    uint64_t now = clock_monotonic_us();
    if (!c->options.stats_every_us || now < c->next_stats_us)
        return;
    put_stats(c);
    c->next_stats_us = now + c->options.stats_every_us;
}

/* Lines reach the file when nothing else is to do, and under a steady load twice a second. */
static void flush_when_due(struct collector *c, bool idle)
{
    uint64_t now = clock_monotonic_us();
    if (!c->options.eve || (!idle && now < c->next_flush_us))
        return;
    IN_ROOM(OUTPUT, eve_file_flush(c->options.eve));
    c->next_flush_us = now + POLL_MS * 1000;
}

/* ---- the thread ------------------------------------------------------------------------------ */

void collector_run(struct collector *c)
{
    while (!batch_queue_is_done(c->done)) {
        struct batch *b = batch_queue_pop(c->done, POLL_MS);
        pthread_mutex_lock(&c->lock);
        if (b && c->options.in_rounds)
            wait_for_round(c, b);
        else if (b)
            settle(c, &b, 1);
        if (atomic_exchange(&c->reopen, false) && c->options.eve)
            eve_file_reopen(c->options.eve);
        flush_when_due(c, !b);
        stats_when_due(c);
        pthread_mutex_unlock(&c->lock);
    }
    pthread_mutex_lock(&c->lock);
    put_stats(c);
    if (c->options.eve)
        eve_file_flush(c->options.eve);
    pthread_mutex_unlock(&c->lock);
}

struct collector *collector_new(const struct collector_options *o, struct batch_queue *done,
                                struct batch_queue *free_batches)
{
    ASSERT(o->workers <= WORKERS_MAX);
    struct collector *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->options = *o;
    pthread_mutex_init(&c->lock, NULL);
    c->done = done;
    c->free_batches = free_batches;
    c->waiting = calloc(o->workers, sizeof(struct batch *));
    c->latest = calloc(o->workers, sizeof *c->latest);
    ASSERT(c->waiting && c->latest);
    c->started_us = clock_monotonic_us();
    c->next_stats_us = c->started_us + o->stats_every_us;
    struct anomaly_options anomaly = {0};
    c->anomaly = anomaly_new(&anomaly, on_anomaly, c);
    const struct ruleset *rules = rule_switch_enter(o->rules);
    c->thresholds = thresholds_new(rules, THRESHOLD_ENTRIES);
    rule_switch_leave(o->rules, rules);
    return c;
}

void collector_free(struct collector *c)
{
    if (!c)
        return;
    anomaly_free(c->anomaly);
    thresholds_free(c->thresholds);
    json_release(&c->line);
    json_release(&c->extra);
    json_release(&c->unstamped);
    free(c->waiting);
    free(c->latest);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void collector_reopen(struct collector *c)
{
    atomic_store(&c->reopen, true);
}

const struct collector_totals *collector_totals(const struct collector *c)
{
    return &c->totals;
}
