/* sensor/stats.c - see stats.h. */
#include "sensor/stats.h"
#include "common/clock.h"

/* The counter structs hold nothing but uint64_t, so they add up as arrays. */
static void add_counters(void *to, const void *from, size_t bytes)
{
    uint64_t *t = to;
    const uint64_t *f = from;
    for (size_t i = 0; i < bytes / sizeof *t; i++)
        t[i] += f[i];
}
_Static_assert(sizeof(struct worker_counters) % sizeof(uint64_t) == 0, "only counters in here");

void stats_sum(struct worker_counters *out, const struct worker_counters *workers, unsigned count)
{
    *out = (struct worker_counters){0};
    for (unsigned i = 0; i < count; i++)
        add_counters(out, &workers[i], sizeof *out);
}

static void put_flow(struct json *j, const struct flow_counters *f)
{
    json_object(j, "flow");
    json_u64(j, "active", f->active);
    json_u64(j, "total", f->created);
    json_u64(j, "timeouts", f->timeout);
    json_u64(j, "evicted", f->evicted);
    json_u64(j, "tcp_reuse", f->tcp_reuse);
    json_u64(j, "emerg_mode_entered", f->emergencies);
    json_u64(j, "emerg_mode_over", f->emergencies_over);
    json_u64(j, "macs_unkept", f->macs_unkept);
    json_u64(j, "memuse", f->memory_bytes);
    if (f->active)
        json_u64(j, "bytes_per_flow", f->memory_bytes / f->active);
    json_object_end(j);
}

static void put_tcp(struct json *j, const struct stream_counters *s)
{
    json_object(j, "tcp");
    json_u64(j, "sessions", s->sessions);
    json_u64(j, "active_sessions", s->active);
    json_u64(j, "midstream_pickups", s->midstream);
    json_u64(j, "segments", s->segments);
    json_u64(j, "out_of_order", s->out_of_order);
    json_u64(j, "overlap", s->overlaps);
    json_u64(j, "reassembly_gap", s->gaps);
    json_u64(j, "gap_bytes", s->gap_bytes);
    json_u64(j, "ssn_memcap_drop", s->session_memcap);
    json_u64(j, "segment_memcap_drop", s->memcap);
    json_u64(j, "invalid_checksum", s->bad_checksum);
    json_u64(j, "stream_depth_reached", s->depth_reached);
    json_u64(j, "syn", s->syn);
    json_u64(j, "synack", s->synack);
    json_u64(j, "rst", s->rst);
    json_u64(j, "urg", s->urgent);
    json_u64(j, "urgent_oob_data", s->urgent_oob);
    json_u64(j, "memuse", s->memory_bytes);
    json_u64(j, "reassembly_memuse", s->reassembly_bytes);
    json_object_end(j);
}

static void put_app(struct json *j, const struct app_counters *a)
{
    json_object(j, "app_layer");
    json_object(j, "flow");
    for (int p = APP_UNKNOWN + 1; p < APP_PROTO_COUNT; p++)
        json_u64(j, app_proto_name((enum app_proto)p), a->flows[p]);
    json_object_end(j);
    json_object(j, "tx");
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++)
        json_u64(j, app_proto_name((enum app_proto)p), a->txs[p]);
    json_object_end(j);
    json_object(j, "error");
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++)
        json_u64(j, app_proto_name((enum app_proto)p), a->broken[p]);
    json_object_end(j);
    json_u64(j, "tx_capped", a->tx_capped);
    json_u64(j, "flow_budget_txs", a->flow_budget_txs);
    json_u64(j, "flow_budget_flows", a->flow_budget_flows);
    json_u64(j, "expectations", a->expected);
    json_u64(j, "expectations_dropped", a->expectations_dropped);
    json_u64(j, "files", a->files);
    json_u64(j, "files_not_followed", a->files_not_followed);
    json_u64(j, "frames_not_followed", a->frames_not_followed);
    json_u64(j, "memuse", a->memory_bytes);
    json_u64(j, "dpi_packets", a->dpi_packets);
    json_object_end(j);
}

static void put_detect(struct json *j, const struct stats_input *in)
{
    const struct detect_counters *d = &in->totals->workers.detect;
    json_object(j, "detect");
    json_u64(j, "alert", in->totals->alerts);
    json_u64(j, "alerts_suppressed", in->totals->suppressed + d->suppressed);
    json_u64(j, "alerts_limited", in->totals->limited + d->limited);
    json_u64(j, "alert_queue_overflow", d->alert_overflow);
    json_u64(j, "mpm_scans", d->mpm_scans);
    json_u64(j, "mpm_bytes", d->mpm_bytes);
    json_u64(j, "candidates", d->candidates);
    json_u64(j, "inspected", d->inspected);
    json_u64(j, "matches", d->matches);
    json_u64(j, "shared_looks", d->shared_looks);
    json_u64(j, "xbits_evicted", d->xbits_evicted);
    json_u64(j, "tags_evicted", d->tags_evicted);
    json_u64(j, "explanations_cut", d->explanations_cut);
    json_u64(j, "variables_not_kept", d->variables_not_kept);
    json_u64(j, "anomaly_alerts", in->anomaly->alerts);
    json_u64(j, "observations", in->anomaly->observations);
    json_object_end(j);
}

static void put_capture(struct json *j, const struct capture_counters *c)
{
    json_object(j, "capture");
    json_u64(j, "kernel_packets", c->received);
    json_u64(j, "kernel_drops", c->kernel_dropped);
    json_u64(j, "kernel_ifdrops", c->interface_dropped);
    json_object_end(j);
}

static void put_overload(struct json *j, const struct worker_counters *w)
{
    json_object(j, "overload");
    json_u64(j, "times", w->overload.times);
    json_u64(j, "bulk_flows", w->overload.bulk_flows);
    json_u64(j, "bypassed_packets", w->ignored_bypassed);
    json_u64(j, "flows_not_begun", w->flow.not_begun);
    json_object_end(j);
}

/* By Suricata's names for them. */
static void put_threads(struct json *j, const struct stats_input *in)
{
    json_object(j, "threads");
    for (unsigned i = 0; i < in->worker_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "W#%02u-%s", i + 1, in->in_iface);
        json_object(j, name);
        put_capture(j, &in->workers[i].kernel);
        put_overload(j, &in->workers[i]);
        json_object_end(j);
    }
    json_object_end(j);
}

static void put_files(struct json *j, const struct file_store_counters *f)
{
    if (!f)
        return;
    json_object(j, "file_store");
    json_u64(j, "stored", f->stored);
    json_u64(j, "duplicates", f->duplicates);
    json_u64(j, "discarded", f->discarded);
    json_u64(j, "over_quota", f->over_quota);
    json_u64(j, "fs_errors", f->failed);
    json_u64(j, "bytes", f->bytes);
    json_object_end(j);
}

void stats_object(struct json *j, const char *key, const struct stats_input *in)
{
    const struct worker_counters *w = &in->totals->workers;
    json_object(j, key);
    json_u64(j, "uptime", in->uptime_us / 1000000);
    put_capture(j, &w->kernel);
    decode_counters_json(&w->decode, j);
    put_flow(j, &w->flow);
    put_tcp(j, &w->stream);
    put_app(j, &w->app);
    exception_counters_json(&w->exceptions, j);
    put_detect(j, in);
    put_files(j, in->files);
    json_u64(j, "eve_lines_lost", in->eve_lost);
    if (in->in_iface) {
        put_overload(j, w);
        put_threads(j, in);
    }
    json_object_end(j);
}

void stats_line(struct json *j, const struct stats_input *in)
{
    json_reset(j);
    json_object(j, NULL);
    json_time(j, "timestamp", clock_wall_us());
    json_strz(j, "event_type", "stats");
    stats_object(j, "stats", in);
    json_object_end(j);
}

void stats_extra(struct json *j, const struct stats_input *in, const struct ledger *ledger)
{
    static const char *const severity[5] = {"0", "1", "2", "3", "4"};
    const struct worker_counters *w = &in->totals->workers;
    json_reset(j);
    struct json text = {0};
    ledger_json(ledger, &text);
    json_raw(j, "ledger", json_bytes(&text));
    json_release(&text);
    json_object(j, "packets");
    uint64_t dropped = w->kernel.kernel_dropped + w->kernel.interface_dropped;
    json_u64(j, "seen", w->seen + dropped);
    json_u64(j, "inspected", w->inspected);
    json_object(j, "ignored");
    json_u64(j, "invalid", w->ignored_invalid);
    json_u64(j, "not_ip", w->ignored_not_ip);
    json_u64(j, "bypassed", w->ignored_bypassed);
    json_object_end(j);
    json_u64(j, "dropped", dropped);
    json_object_end(j);
    json_object(j, "alerts_by_severity");
    for (int i = 1; i < 5; i++)
        json_u64(j, severity[i], in->totals->by_severity[i]);
    json_object_end(j);
}
