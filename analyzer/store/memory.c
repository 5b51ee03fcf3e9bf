/* analyzer/store/memory.c - see memory.h. */
#include "analyzer/store/memory.h"
#include "analyzer/store/internal.h"

static void key_bind(sqlite3_stmt *st, const struct memory_row *r)
{
    bind_text(st, 1, r->rule);
    bind_u64(st, 2, r->drill);
    bind_text(st, 3, r->key);
    bind_u64(st, 4, r->stage);
    bind_text(st, 5, r->org);
    bind_text(st, 6, r->value);
    bind_u64(st, 7, r->slice);
}

int store_memory_put(struct store *s, const struct memory_row *r, uint64_t touched_us,
                     struct err *err)
{
    int n = -1;
    store_lock(s);
    sqlite3_stmt *st =
        store_stmt(s, "INSERT OR REPLACE INTO memory VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)", err);
    if (st) {
        key_bind(st, r);
        bind_u64(st, 8, r->min_us);
        bind_u64(st, 9, r->max_us);
        bind_u64(st, 10, r->count);
        sqlite3_bind_int64(st, 11, r->detection);
        bind_u64(st, 12, r->severity);
        bind_u64(st, 13, touched_us);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

int store_memory_drop(struct store *s, const struct memory_row *r, struct err *err)
{
    int n = -1;
    store_lock(s);
    sqlite3_stmt *st = store_stmt(s,
                                  "DELETE FROM memory WHERE rule=? AND drill=? AND key=? AND"
                                  " stage=? AND org=? AND value=? AND slice=? AND detection=?",
                                  err);
    if (st) {
        key_bind(st, r);
        sqlite3_bind_int64(st, 8, r->detection);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

struct reading {
    store_memory_fn *fn;
    void *ctx;
};

static void memory_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct memory_row row = {
        .rule = col_text(st, 0),
        .drill = col_u64(st, 1) != 0,
        .key = col_text(st, 2),
        .stage = (uint32_t)col_u64(st, 3),
        .org = col_text(st, 4),
        .value = col_text(st, 5),
        .slice = col_u64(st, 6),
        .min_us = col_u64(st, 7),
        .max_us = col_u64(st, 8),
        .count = col_u64(st, 9),
        .detection = sqlite3_column_int64(st, 10),
        .severity = (uint32_t)col_u64(st, 11),
    };
    r->fn(r->ctx, &row);
}

int store_memory_load(struct store *s, const char *rule, store_memory_fn *fn, void *ctx,
                      struct err *err)
{
    struct query q = {.len = 0};
    query_text(&q,
               "SELECT rule, drill, key, stage, org, value, slice, min, max, n, detection,"
               " severity FROM memory WHERE rule = ? ORDER BY drill, key, slice, min, stage, org,"
               " value, detection",
               rule);
    struct reading r = {fn, ctx};
    return query_run(s, &q, memory_read, &r, err) < 0 ? -1 : 0;
}

int store_memory_expire(struct store *s, const char *rule, uint64_t before_us, struct err *err)
{
    struct query q = {.len = 0};
    query_number(&q, "DELETE FROM memory WHERE touched < ?", (int64_t)before_us);
    if (*rule)
        query_text(&q, " AND rule = ?", rule);
    return query_run(s, &q, memory_read, NULL, err) < 0 ? -1 : 0;
}
