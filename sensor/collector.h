/* sensor/collector.h - the end of the packet path: one thread that settles what spans flows.
 *
 * It puts the records of all workers back in packet order, asks thresholds and detectors, stamps
 * and writes. Because it alone decides, the same packets and rules give the same alerts for any
 * number of workers. */
#ifndef SENSOR_COLLECTOR_H
#define SENSOR_COLLECTOR_H
#include "sensor/batch.h"
#include "sensor/eve/eve.h"
#include "sensor/output/file_store.h"
#include "sensor/output/output.h"
#include "sensor/rule_switch.h"
#include <stdatomic.h>

struct collector_options {
    unsigned workers;
    bool in_rounds; /* replay: a round is complete when every worker's batch is there */
    struct eve_types types;
    struct eve_context context; /* but for .rules: those of the batch at hand */
    struct rule_switch *rules;
    struct eve_file *eve;     /* NULL: no file */
    struct wire *wire;        /* NULL: nothing is sent */
    struct file_store *files; /* NULL: none are stored */
    const char *const
        *orgs; /* organisation ids by index; [default_org] takes what fits no prefix */
    int32_t default_org;
    const struct prefix_map *organisations;
    uint64_t stats_every_us; /* of wall time; 0: only at the end */
};

struct collector_totals {
    uint64_t alerts, suppressed, limited, shed, events, by_severity[5];
    struct worker_counters workers; /* summed */
};

struct collector;
/* free_batches: where a batch goes once its records are out, by worker. */
struct collector *collector_new(const struct collector_options *o, struct batch_queue *done,
                                struct batch_queue *free_batches);
void collector_free(struct collector *c);
/* Runs until `done` is closed and empty. The body of the collector's thread. */
void collector_run(struct collector *c);
/* Asks the running collector to reopen its files (SIGHUP). Async-signal-safe. */
void collector_reopen(struct collector *c);
/* After collector_run() returned. */
const struct collector_totals *collector_totals(const struct collector *c);
/* From any thread, while it runs: the counters of now as the stats record shows them, without its
 * frame; and as they are. */
void collector_stats(struct collector *c, struct json *j, const char *key);
struct collector_totals collector_snapshot(struct collector *c);

#endif
