/* sensor/worker_parts.h - a worker as worker.c and records.c share it. */
#ifndef SENSOR_WORKER_PARTS_H
#define SENSOR_WORKER_PARTS_H
#include "sensor/worker.h"

struct worker {
    const struct worker_options *options;
    struct eve_context context;
    struct flow_table *flows;
    struct stream_engine *stream;
    struct app *app;
    struct detect *detect;
    struct batch *batch;   /* where records go now */
    struct json json;      /* scratch of the record being written */
    struct json extra;     /* ... and of what is ours in an alert */
    struct arena scratch;  /* ... and of bytes it shows */
    struct packet *packet; /* being processed; at a flow's end: a replayed one */
    bool ending;           /* in worker_end: records belong after the round's packets */
    bool midstream;        /* flows whose beginning was not seen are looked into */
    enum overload overload;
    uint64_t picks_up_until_us;
    struct worker_counters counters;
};

/* ---- records.c: each puts what there is into w->batch, if anybody wants it ---- */
/* Where a record made now stands among those of all workers. */
struct record_order record_order_of(const struct worker *w, const struct flow *f);
/* A detect_alert_fn; ctx: the worker. */
void record_alert(void *ctx, const struct detect_alert *a);
void record_packet_events(struct worker *w, struct packet *p, const struct flow *f,
                          enum direction dir);
/* What the flow's transactions have to say at a packet of dir; last: complete or not. */
void record_txs(struct worker *w, struct flow *f, enum direction dir, bool last);
void record_flow_app_events(struct worker *w, struct flow *f);
/* Its flow and netflow records. */
void record_flow(struct worker *w, const struct flow *f, uint64_t now_us);
/* The packet at hand, when a tag holds for it. */
void record_tagged(struct worker *w, const struct flow *f, enum direction dir);
/* The packet at hand would have been dropped. */
void record_drop(struct worker *w, const struct flow *f, enum direction dir,
                 enum drop_reason reason);

#endif
