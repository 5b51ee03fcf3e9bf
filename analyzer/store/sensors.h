/* analyzer/store/sensors.h - sensors' health and the delivery equation, streams, dead letters. */
#ifndef STORE_SENSORS_H
#define STORE_SENSORS_H
#include "analyzer/store/store.h"
#include "common/ledger.h"

struct sensor_row {
    const char *sensor, *org, *centre; /* org: of the latest statistics */
    bool drill;
    uint64_t epoch;              /* latest */
    uint64_t ts_us, received_us; /* of the latest statistics */
    struct bytes stats;          /* that record, JSON text; empty: none came yet */
};
typedef void store_sensor_fn(void *ctx, const struct sensor_row *r);
int store_sensors(struct store *s, const struct store_scope *scope, store_sensor_fn *fn, void *ctx,
                  struct err *err);

/* One run of a sensor: what came of what it generated. The first four are counted here, record by
 * record; the rest is what the sensor said last (0 and reported_us 0: nothing yet).
 *   generated = archived + dead + in Redis + in spool + shed      for its records
 *   seen = inspected + ignored + dropped                          for its packets */
struct epoch_row {
    const char *sensor;
    uint64_t epoch, max_seq;
    uint64_t alerts, stats, dead,
        duplicates; /* archived = alerts + stats; duplicates never count */
    uint64_t reported_us, generated, sent, spooled, shed_spool_full, shed_spool_error;
    uint64_t packets_seen, packets_inspected, packets_ignored, packets_dropped;
    struct bytes
        packets; /* "packets" of the latest statistics, JSON text, with the ignored reasons */
};
typedef void store_epoch_fn(void *ctx, const struct epoch_row *e);
/* Of one sensor, or of all when sensor is NULL; by sensor, then oldest epoch first. */
int store_epochs(struct store *s, const char *sensor, store_epoch_fn *fn, void *ctx,
                 struct err *err);

/* The highest number seen of an epoch; 0: none. */
uint64_t store_epoch_max_seq(struct store *s, const char *sensor, uint64_t epoch);

/* One statistics record. Idempotent: 1 stored, 0 it was there, -1 and err. */
struct stats_row {
    const char *sensor, *org, *centre;
    uint64_t epoch, seq, ts_us, received_us;
    bool drill;
    struct bytes stats;   /* the whole record */
    struct ledger ledger; /* count 0: none in it */
    uint64_t packets_seen, packets_inspected, packets_ignored, packets_dropped;
    struct bytes packets;
};
int store_stats_put(struct store *s, const struct stats_row *r, struct err *err);
/* Counts one duplicate of a record that is kept. */
int store_duplicate_count(struct store *s, const char *sensor, uint64_t epoch, struct err *err);

/* What arrived of an epoch up to seq_max: each record once, archived before dead. For the equation
 * of a moment, while later records keep coming. */
struct arrivals {
    uint64_t alerts, stats, dead;
};
int store_arrivals(struct store *s, const char *sensor, uint64_t epoch, uint64_t seq_max,
                   struct arrivals *out, struct err *err);
/* Is this record archived or a dead letter? */
bool store_has_arrived(struct store *s, const char *sensor, uint64_t epoch, uint64_t seq);

/* ---- dead letters: entries nobody can read ---- */
struct dead_row {
    int64_t id;
    const char *stream, *entry; /* where it stood */
    const char *org;            /* of the stream */
    const char *reason;
    const char *sensor; /* empty: its stamp cannot be read */
    uint64_t epoch, seq;
    uint64_t received_us;
    struct bytes body; /* the first 4096 bytes, as they came */
};
/* Idempotent by (stream, entry): 1, 0 or -1 and err. */
int store_dead_put(struct store *s, const struct dead_row *d, struct err *err);
typedef void store_dead_fn(void *ctx, const struct dead_row *d);
/* Newest first, below before_id (0: open); limit 0 means 100. */
int store_dead(struct store *s, const struct store_scope *scope, int64_t before_id, size_t limit,
               store_dead_fn *fn, void *ctx, struct err *err);

/* ---- streams, as the consumer saw them last ---- */
struct stream_row {
    const char *stream, *org;
    uint64_t length;  /* entries in Redis */
    uint64_t waiting; /* of them not acknowledged by our group */
    uint64_t updated_us;
};
int store_stream_put(struct store *s, const struct stream_row *r, struct err *err);
typedef void store_stream_fn(void *ctx, const struct stream_row *r);
int store_streams(struct store *s, const struct store_scope *scope, store_stream_fn *fn, void *ctx,
                  struct err *err);

/* {"sensor",...,"epochs":[{"epoch",..,"generated","archived","dead","sent","spooled","shed":{},
 * "packets":{..}}]}; reads the epochs of the sensor itself. */
void sensor_row_json(struct json *j, struct store *s, const struct sensor_row *r);
void dead_row_json(struct json *j, const struct dead_row *d);
void stream_row_json(struct json *j, const struct stream_row *r);

#endif
