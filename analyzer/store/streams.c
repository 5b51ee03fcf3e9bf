/* analyzer/store/streams.c - state of the Redis streams and the letters nobody could read. */
#include "analyzer/store/internal.h"
#include "analyzer/store/sensors.h"

#define DEAD_BODY_MAX 4096

/* Is this record counted already, as an alert, as statistics or as another dead letter? */
static bool dead_is_counted(struct store *s, const struct dead_row *d)
{
    struct err err;
    bool found = false;
    sqlite3_stmt *st = store_stmt(s,
                                  "SELECT 1 FROM alerts WHERE sensor=?1 AND epoch=?2 AND seq=?3"
                                  " UNION ALL SELECT 1 FROM stats WHERE sensor=?1 AND epoch=?2"
                                  " AND seq=?3 UNION ALL SELECT 1 FROM dead_letters WHERE"
                                  " sensor=?1 AND epoch=?2 AND seq=?3",
                                  &err);
    if (!st)
        return false;
    bind_text(st, 1, d->sensor);
    bind_u64(st, 2, d->epoch);
    bind_u64(st, 3, d->seq);
    found = sqlite3_step(st) == SQLITE_ROW;
    sqlite3_reset(st);
    return found;
}

static int dead_count(struct store *s, const struct dead_row *d, struct err *err)
{
    sqlite3_stmt *st = store_stmt(s,
                                  "INSERT INTO epochs(sensor, epoch, max_seq, dead)"
                                  " VALUES(?1,?2,?3,1) ON CONFLICT DO UPDATE SET"
                                  " max_seq = max(max_seq, ?3), dead = dead + 1",
                                  err);
    if (!st)
        return -1;
    bind_text(st, 1, d->sensor);
    bind_u64(st, 2, d->epoch);
    bind_u64(st, 3, d->seq);
    return store_run(s, st, err) < 0 ? -1 : 0;
}

static int dead_put(struct store *s, const struct dead_row *d, struct err *err)
{
    bool counts = d->sensor && *d->sensor && !dead_is_counted(s, d);
    sqlite3_stmt *st = store_stmt(s,
                                  "INSERT OR IGNORE INTO dead_letters(stream, entry, org, reason,"
                                  " sensor, epoch, seq, received, body) VALUES(?,?,?,?,?,?,?,?,?)",
                                  err);
    if (!st)
        return -1;
    struct bytes body = bytes_slice(d->body, 0, DEAD_BODY_MAX);
    bind_text(st, 1, d->stream);
    bind_text(st, 2, d->entry);
    bind_text(st, 3, d->org);
    bind_text(st, 4, d->reason);
    bind_text(st, 5, d->sensor);
    bind_u64(st, 6, d->epoch);
    bind_u64(st, 7, d->seq);
    bind_u64(st, 8, d->received_us);
    sqlite3_bind_blob(st, 9, body.len ? (const void *)body.p : "", (int)body.len, SQLITE_STATIC);
    int rc = store_run(s, st, err);
    if (rc > 0 && counts && dead_count(s, d, err) != 0)
        return -1;
    return rc;
}

int store_dead_put(struct store *s, const struct dead_row *d, struct err *err)
{
    store_lock(s);
    int rc = dead_put(s, d, err);
    store_unlock(s);
    return rc;
}

struct reading {
    void (*fn)(void);
    void *ctx;
};

static void dead_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct dead_row d = {
        .id = sqlite3_column_int64(st, 0),
        .stream = col_text(st, 1),
        .entry = col_text(st, 2),
        .org = col_text(st, 3),
        .reason = col_text(st, 4),
        .sensor = col_text(st, 5),
        .epoch = col_u64(st, 6),
        .seq = col_u64(st, 7),
        .received_us = col_u64(st, 8),
        .body = col_bytes(st, 9),
    };
    ((store_dead_fn *)r->fn)(r->ctx, &d);
}

int store_dead(struct store *s, const struct store_scope *scope, int64_t before_id, size_t limit,
               store_dead_fn *fn, void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    query_add(&q, "SELECT id, stream, entry, org, reason, sensor, epoch, seq, received, body"
                  " FROM dead_letters WHERE 1");
    query_scope(&q, "org", scope);
    if (before_id)
        query_number(&q, " AND id < ?", before_id);
    query_add(&q, " ORDER BY id DESC");
    query_limit(&q, limit);
    struct reading r = {(void (*)(void))fn, ctx};
    return query_run(s, &q, dead_read, &r, err) < 0 ? -1 : 0;
}

int store_stream_put(struct store *s, const struct stream_row *r, struct err *err)
{
    int n = -1;
    store_lock(s);
    sqlite3_stmt *st = store_stmt(s, "INSERT OR REPLACE INTO streams VALUES(?,?,?,?,?)", err);
    if (st) {
        bind_text(st, 1, r->stream);
        bind_text(st, 2, r->org);
        bind_u64(st, 3, r->length);
        bind_u64(st, 4, r->waiting);
        bind_u64(st, 5, r->updated_us);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

static void stream_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct stream_row row = {
        .stream = col_text(st, 0),
        .org = col_text(st, 1),
        .length = col_u64(st, 2),
        .waiting = col_u64(st, 3),
        .updated_us = col_u64(st, 4),
    };
    ((store_stream_fn *)r->fn)(r->ctx, &row);
}

int store_streams(struct store *s, const struct store_scope *scope, store_stream_fn *fn, void *ctx,
                  struct err *err)
{
    struct query q = {.len = 0};
    query_add(&q, "SELECT stream, org, length, waiting, updated FROM streams WHERE 1");
    query_scope(&q, "org", scope);
    query_add(&q, " ORDER BY stream");
    struct reading r = {(void (*)(void))fn, ctx};
    return query_run(s, &q, stream_read, &r, err) < 0 ? -1 : 0;
}
