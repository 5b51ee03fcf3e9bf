/* analyzer/store/counts.c - figures from the hourly roll-up. */
#include "analyzer/store/alerts.h"
#include "analyzer/store/internal.h"

struct hours_reading {
    store_hour_fn *fn;
    void *ctx;
};

static void hour_read(sqlite3_stmt *st, void *ctx)
{
    const struct hours_reading *r = ctx;
    struct hour_row h = {
        .hour_us = col_u64(st, 0),
        .org = col_text(st, 1),
        .severity = (uint32_t)col_u64(st, 2),
        .drill = col_u64(st, 3) != 0,
        .count = col_u64(st, 4),
    };
    r->fn(r->ctx, &h);
}

int store_hours(struct store *s, const struct store_scope *scope, uint64_t from_us, uint64_t to_us,
                store_hour_fn *fn, void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    query_add(&q, "SELECT hour, org, severity, drill, n FROM hours WHERE 1");
    query_scope(&q, "org", scope);
    if (from_us)
        query_number(&q, " AND hour >= ?", (int64_t)from_us);
    if (to_us)
        query_number(&q, " AND hour <= ?", (int64_t)to_us);
    query_add(&q, " ORDER BY hour, org, severity, drill");
    struct hours_reading r = {fn, ctx};
    return query_run(s, &q, hour_read, &r, err) < 0 ? -1 : 0;
}

struct counts_reading {
    store_org_counts_fn *fn;
    void *ctx;
};

static void counts_read(sqlite3_stmt *st, void *ctx)
{
    const struct counts_reading *r = ctx;
    struct org_counts c = {.org = col_text(st, 0), .alerts = col_u64(st, 1)};
    for (int i = 0; i < 5; i++)
        c.by_severity[i] = col_u64(st, 2 + i);
    c.detections = col_u64(st, 7);
    c.incidents_open = col_u64(st, 8);
    c.first_us = col_u64(st, 9);
    c.last_us = col_u64(st, 10);
    r->fn(r->ctx, &c);
}

/* Per organisation: sums over the hours, then two counts that carry the same drill condition. */
static const char *const counts_sql[] = {
    [STORE_REAL] = "SELECT h.org, sum(n), sum(n*(severity=0)), sum(n*(severity=1)),"
                   " sum(n*(severity=2)), sum(n*(severity=3)), sum(n*(severity=4)),"
                   " (SELECT count(*) FROM detections d WHERE d.org=h.org AND d.drill=0),"
                   " (SELECT count(*) FROM incident_orgs o JOIN incidents i ON i.id=o.incident"
                   " WHERE o.org=h.org AND i.state='open' AND i.drill=0),"
                   " min(hour), max(hour) FROM hours h WHERE h.drill=0",
    [STORE_DRILL] = "SELECT h.org, sum(n), sum(n*(severity=0)), sum(n*(severity=1)),"
                    " sum(n*(severity=2)), sum(n*(severity=3)), sum(n*(severity=4)),"
                    " (SELECT count(*) FROM detections d WHERE d.org=h.org AND d.drill=1),"
                    " (SELECT count(*) FROM incident_orgs o JOIN incidents i ON i.id=o.incident"
                    " WHERE o.org=h.org AND i.state='open' AND i.drill=1),"
                    " min(hour), max(hour) FROM hours h WHERE h.drill=1",
    [STORE_REAL_AND_DRILL] = "SELECT h.org, sum(n), sum(n*(severity=0)), sum(n*(severity=1)),"
                             " sum(n*(severity=2)), sum(n*(severity=3)), sum(n*(severity=4)),"
                             " (SELECT count(*) FROM detections d WHERE d.org=h.org),"
                             " (SELECT count(*) FROM incident_orgs o JOIN incidents i"
                             " ON i.id=o.incident WHERE o.org=h.org AND i.state='open'),"
                             " min(hour), max(hour) FROM hours h WHERE 1",
};

int store_org_counts(struct store *s, const struct store_scope *scope, enum store_drill drill,
                     store_org_counts_fn *fn, void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    query_add(&q, counts_sql[drill]);
    query_scope(&q, "h.org", scope);
    query_add(&q, " GROUP BY h.org ORDER BY h.org");
    struct counts_reading r = {fn, ctx};
    return query_run(s, &q, counts_read, &r, err) < 0 ? -1 : 0;
}
