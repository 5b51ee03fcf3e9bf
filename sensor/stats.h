/* sensor/stats.h - the sensor's counters as Suricata's stats record, and our own equation. */
#ifndef SENSOR_STATS_H
#define SENSOR_STATS_H
#include "common/ledger.h"
#include "sensor/collector.h"

/* Sums the workers' counters. */
void stats_sum(struct worker_counters *out, const struct worker_counters *workers, unsigned count);

struct stats_input {
    const struct collector_totals *totals;
    const struct anomaly_counters *anomaly;
    const struct file_store_counters *files; /* NULL: none are stored */
    uint64_t uptime_us, eve_lost;
    const char *in_iface; /* live: told by worker, too; else NULL */
    const struct worker_counters *workers;
    unsigned worker_count;
};
/* The counters alone, as one object. */
void stats_object(struct json *j, const char *key, const struct stats_input *in);
/* {"timestamp",...,"event_type":"stats","stats":{...}} */
void stats_line(struct json *j, const struct stats_input *in);
/* Members of its "sekisho" object: ledger, packets (the packet equation), alerts_by_severity. */
void stats_extra(struct json *j, const struct stats_input *in, const struct ledger *ledger);

#endif
