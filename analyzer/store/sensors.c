/* analyzer/store/sensors.c - statistics records and the books they are checked against. */
#include "analyzer/store/sensors.h"
#include "analyzer/store/alerts.h"
#include "analyzer/store/internal.h"

/* The record itself, so that a second copy is known; 1 new, 0 known, -1. */
static int stats_keep(struct store *s, const struct stats_row *r, struct err *err)
{
    sqlite3_stmt *st = store_stmt(s, "INSERT OR IGNORE INTO stats VALUES(?,?,?,?,?,?,?)", err);
    if (!st)
        return -1;
    bind_text(st, 1, r->sensor);
    bind_u64(st, 2, r->epoch);
    bind_u64(st, 3, r->seq);
    bind_text(st, 4, r->org);
    bind_u64(st, 5, r->ts_us);
    bind_u64(st, 6, r->packets_seen);
    bind_u64(st, 7, r->packets_dropped);
    return store_run(s, st, err);
}

/* The latest state: a late record of an older run or moment does not replace a newer one. */
static int sensor_update(struct store *s, const struct stats_row *r, struct err *err)
{
    sqlite3_stmt *st =
        store_stmt(s,
                   "INSERT INTO sensors VALUES(?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT DO UPDATE SET"
                   " org=?2, centre=?3, drill=?4, epoch=?5, ts=?6, received=?7, stats=?8"
                   " WHERE ?5 > epoch OR (?5 = epoch AND ?6 >= ts)",
                   err);
    if (!st)
        return -1;
    bind_text(st, 1, r->sensor);
    bind_text(st, 2, r->org);
    bind_text(st, 3, r->centre);
    bind_u64(st, 4, r->drill);
    bind_u64(st, 5, r->epoch);
    bind_u64(st, 6, r->ts_us);
    bind_u64(st, 7, r->received_us);
    bind_bytes(st, 8, r->stats);
    return store_run(s, st, err) < 0 ? -1 : 0;
}

static int packets_update(struct store *s, const struct stats_row *r, struct err *err)
{
    sqlite3_stmt *st = store_stmt(
        s,
        "INSERT INTO epochs(sensor, epoch, max_seq, stats, seen, inspected, ignored, dropped,"
        " packets_ts, packets) VALUES(?1,?2,?3,1,?4,?5,?6,?7,?3,?8) ON CONFLICT DO UPDATE SET"
        " max_seq = max(max_seq, ?3), stats = stats + 1,"
        " seen = iif(?3 >= packets_ts, ?4, seen), inspected = iif(?3 >= packets_ts, ?5, inspected),"
        " ignored = iif(?3 >= packets_ts, ?6, ignored),"
        " dropped = iif(?3 >= packets_ts, ?7, dropped),"
        " packets = iif(?3 >= packets_ts, ?8, packets), packets_ts = max(packets_ts, ?3)",
        err);
    if (!st)
        return -1;
    bind_text(st, 1, r->sensor);
    bind_u64(st, 2, r->epoch);
    bind_u64(st, 3, r->seq); /* grows with time within an epoch: the order of records */
    bind_u64(st, 4, r->packets_seen);
    bind_u64(st, 5, r->packets_inspected);
    bind_u64(st, 6, r->packets_ignored);
    bind_u64(st, 7, r->packets_dropped);
    bind_bytes(st, 8, r->packets);
    return store_run(s, st, err) < 0 ? -1 : 0;
}

/* A ledger also speaks of earlier epochs that still wait in the spool. */
static int ledger_update(struct store *s, const struct stats_row *r, const struct ledger_epoch *e,
                         struct err *err)
{
    sqlite3_stmt *st = store_stmt(
        s,
        "INSERT INTO epochs(sensor, epoch, reported, generated, sent, spooled, shed_full,"
        " shed_error) VALUES(?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT DO UPDATE SET reported=?3,"
        " generated=?4, sent=?5, spooled=?6, shed_full=?7, shed_error=?8"
        " WHERE ?3 > reported OR (?3 = reported AND ?4 >= generated)",
        err);
    if (!st)
        return -1;
    bind_text(st, 1, r->sensor);
    bind_u64(st, 2, e->epoch);
    bind_u64(st, 3, r->ts_us);
    bind_u64(st, 4, e->generated);
    bind_u64(st, 5, e->sent);
    bind_u64(st, 6, e->spooled);
    bind_u64(st, 7, e->shed_spool_full);
    bind_u64(st, 8, e->shed_spool_error);
    return store_run(s, st, err) < 0 ? -1 : 0;
}

static int stats_put(struct store *s, const struct stats_row *r, struct err *err)
{
    int rc = stats_keep(s, r, err);
    if (rc <= 0)
        return rc;
    if (sensor_update(s, r, err) != 0 || packets_update(s, r, err) != 0)
        return -1;
    for (unsigned i = 0; i < r->ledger.count; i++)
        if (ledger_update(s, r, &r->ledger.epochs[i], err) != 0)
            return -1;
    return 1;
}

int store_stats_put(struct store *s, const struct stats_row *r, struct err *err)
{
    store_lock(s);
    int rc = stats_put(s, r, err);
    store_unlock(s);
    return rc;
}

int store_duplicate_count(struct store *s, const char *sensor, uint64_t epoch, struct err *err)
{
    int n = -1;
    store_lock(s);
    sqlite3_stmt *st = store_stmt(s,
                                  "INSERT INTO epochs(sensor, epoch, duplicates) VALUES(?,?,1)"
                                  " ON CONFLICT DO UPDATE SET duplicates = duplicates + 1",
                                  err);
    if (st) {
        bind_text(st, 1, sensor);
        bind_u64(st, 2, epoch);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

struct reading {
    void (*fn)(void);
    void *ctx;
};

static void sensor_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct sensor_row row = {
        .sensor = col_text(st, 0),
        .org = col_text(st, 1),
        .centre = col_text(st, 2),
        .drill = col_u64(st, 3) != 0,
        .epoch = col_u64(st, 4),
        .ts_us = col_u64(st, 5),
        .received_us = col_u64(st, 6),
        .stats = col_bytes(st, 7),
    };
    ((store_sensor_fn *)r->fn)(r->ctx, &row);
}

int store_sensors(struct store *s, const struct store_scope *scope, store_sensor_fn *fn, void *ctx,
                  struct err *err)
{
    struct query q = {.len = 0};
    query_add(&q, "SELECT sensor, org, centre, drill, epoch, ts, received, stats FROM sensors"
                  " WHERE 1");
    query_scope(&q, "org", scope);
    query_add(&q, " ORDER BY sensor");
    struct reading r = {(void (*)(void))fn, ctx};
    return query_run(s, &q, sensor_read, &r, err) < 0 ? -1 : 0;
}

static void epoch_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct epoch_row e = {
        .sensor = col_text(st, 0),
        .epoch = col_u64(st, 1),
        .max_seq = col_u64(st, 2),
        .alerts = col_u64(st, 3),
        .stats = col_u64(st, 4),
        .dead = col_u64(st, 5),
        .duplicates = col_u64(st, 6),
        .reported_us = col_u64(st, 7),
        .generated = col_u64(st, 8),
        .sent = col_u64(st, 9),
        .spooled = col_u64(st, 10),
        .shed_spool_full = col_u64(st, 11),
        .shed_spool_error = col_u64(st, 12),
        .packets_seen = col_u64(st, 13),
        .packets_inspected = col_u64(st, 14),
        .packets_ignored = col_u64(st, 15),
        .packets_dropped = col_u64(st, 16),
        .packets = col_bytes(st, 17),
    };
    ((store_epoch_fn *)r->fn)(r->ctx, &e);
}

int store_epochs(struct store *s, const char *sensor, store_epoch_fn *fn, void *ctx,
                 struct err *err)
{
    struct query q = {.len = 0};
    query_add(&q, "SELECT sensor, epoch, max_seq, alerts, stats, dead, duplicates, reported,"
                  " generated, sent, spooled, shed_full, shed_error, seen, inspected, ignored,"
                  " dropped, packets FROM epochs WHERE 1");
    if (sensor)
        query_text(&q, " AND sensor = ?", sensor);
    query_add(&q, " ORDER BY sensor, epoch");
    struct reading r = {(void (*)(void))fn, ctx};
    return query_run(s, &q, epoch_read, &r, err) < 0 ? -1 : 0;
}

static int count_read(struct store *s, const char *sql, const char *sensor, uint64_t epoch,
                      uint64_t seq_max, uint64_t *out, struct err *err)
{
    sqlite3_stmt *st = store_stmt(s, sql, err);
    if (!st)
        return -1;
    bind_text(st, 1, sensor);
    bind_u64(st, 2, epoch);
    bind_u64(st, 3, seq_max);
    int rc = sqlite3_step(st) == SQLITE_ROW ? 0 : store_fail(s, err);
    *out = rc == 0 ? col_u64(st, 0) : 0;
    sqlite3_reset(st);
    return rc;
}

static const char alerts_upto[] =
    "SELECT count(*) FROM alerts WHERE sensor=?1 AND epoch=?2 AND seq<=?3";
static const char stats_upto[] =
    "SELECT count(*) FROM stats WHERE sensor=?1 AND epoch=?2 AND seq<=?3";
static const char dead_upto[] =
    "SELECT count(DISTINCT seq) FROM dead_letters d WHERE sensor=?1 AND epoch=?2 AND seq<=?3"
    " AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.sensor=?1 AND a.epoch=?2 AND a.seq=d.seq)"
    " AND NOT EXISTS (SELECT 1 FROM stats t WHERE t.sensor=?1 AND t.epoch=?2 AND t.seq=d.seq)";

int store_arrivals(struct store *s, const char *sensor, uint64_t epoch, uint64_t seq_max,
                   struct arrivals *out, struct err *err)
{
    store_lock(s);
    int rc = count_read(s, alerts_upto, sensor, epoch, seq_max, &out->alerts, err);
    if (rc == 0)
        rc = count_read(s, stats_upto, sensor, epoch, seq_max, &out->stats, err);
    if (rc == 0)
        rc = count_read(s, dead_upto, sensor, epoch, seq_max, &out->dead, err);
    store_unlock(s);
    return rc;
}

bool store_has_arrived(struct store *s, const char *sensor, uint64_t epoch, uint64_t seq)
{
    static const char dead_one[] =
        "SELECT count(*) FROM dead_letters WHERE sensor=?1 AND epoch=?2 AND seq=?3";
    struct err err;
    uint64_t dead = 0;
    if (store_has_record(s, sensor, epoch, seq))
        return true;
    store_lock(s);
    bool found = count_read(s, dead_one, sensor, epoch, seq, &dead, &err) == 0 && dead > 0;
    store_unlock(s);
    return found;
}

uint64_t store_epoch_max_seq(struct store *s, const char *sensor, uint64_t epoch)
{
    struct err err;
    uint64_t max_seq = 0;
    store_lock(s);
    sqlite3_stmt *st =
        tally_write(s, &err) == 0
            ? store_stmt(s, "SELECT max_seq FROM epochs WHERE sensor=? AND epoch=?", &err)
            : NULL;
    if (st) {
        bind_text(st, 1, sensor);
        bind_u64(st, 2, epoch);
        if (sqlite3_step(st) == SQLITE_ROW)
            max_seq = col_u64(st, 0);
        sqlite3_reset(st);
    }
    store_unlock(s);
    return max_seq;
}
