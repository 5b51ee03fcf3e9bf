/* analyzer/store/detections.c - roll-up of equal alerts, and counts kept as alerts arrive. */
#include "analyzer/store/alerts.h"
#include "analyzer/store/internal.h"

#define DETECTION_COLUMNS                                                                          \
    "d.id, d.org, d.gid, d.sid, d.severity, d.signature, d.category, d.src, d.dst, d.proto,"       \
    " d.direction, d.detector, d.country, d.host, d.dst_port, d.n, d.first, d.last, d.drill"

static void detection_bind(sqlite3_stmt *st, const struct alert_row *a)
{
    bind_text(st, 1, a->org);
    bind_u64(st, 2, a->drill);
    bind_u64(st, 3, a->gid);
    bind_u64(st, 4, a->sid);
    bind_text(st, 5, a->src);
    bind_text(st, 6, a->dst);
    bind_u64(st, 7, a->severity);
    bind_text(st, 8, a->signature);
    bind_text(st, 9, a->category);
    bind_text(st, 10, a->proto);
    bind_text(st, 11, a->direction);
    bind_text(st, 12, a->detector);
    bind_text(st, 13, a->country);
    bind_text(st, 14, a->host);
    bind_u64(st, 15, a->dst_port);
    bind_u64(st, 16, a->ts_us);
}

static int64_t detection_add(struct store *s, const struct alert_row *a, bool *created,
                             struct err *err)
{
    sqlite3_stmt *st = store_stmt(s,
                                  "INSERT INTO detections(org, drill, gid, sid, src, dst,"
                                  " severity, signature, category, proto, direction, detector,"
                                  " country, host, dst_port, n, first, last)"
                                  " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,"
                                  "1,?16,?16) ON CONFLICT DO UPDATE SET n = n + 1,"
                                  " first = min(first, excluded.first),"
                                  " last = max(last, excluded.last) RETURNING id, n",
                                  err);
    if (!st)
        return -1;
    detection_bind(st, a);
    int64_t id = -1;
    if (sqlite3_step(st) == SQLITE_ROW) {
        id = sqlite3_column_int64(st, 0);
        *created = sqlite3_column_int64(st, 1) == 1;
    } else {
        store_fail(s, err);
    }
    sqlite3_reset(st);
    return id;
}

int64_t store_detection_add(struct store *s, const struct alert_row *a, bool *created,
                            struct err *err)
{
    store_lock(s);
    int64_t id = detection_add(s, a, created, err);
    store_unlock(s);
    return id;
}

struct reading {
    store_detection_fn *fn;
    void *ctx;
};

static void detection_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct detection_row d = {
        .id = sqlite3_column_int64(st, 0),
        .org = col_text(st, 1),
        .gid = (uint32_t)col_u64(st, 2),
        .sid = col_u64(st, 3),
        .severity = (uint32_t)col_u64(st, 4),
        .signature = col_text(st, 5),
        .category = col_text(st, 6),
        .src = col_text(st, 7),
        .dst = col_text(st, 8),
        .proto = col_text(st, 9),
        .direction = col_text(st, 10),
        .detector = col_text(st, 11),
        .country = col_text(st, 12),
        .host = col_text(st, 13),
        .dst_port = (uint16_t)col_u64(st, 14),
        .count = col_u64(st, 15),
        .first_us = col_u64(st, 16),
        .last_us = col_u64(st, 17),
        .drill = col_u64(st, 18) != 0,
    };
    r->fn(r->ctx, &d);
}

static void detection_where_text(struct query *q, const char *pattern)
{
    query_text(q, " AND (d.signature LIKE ? ESCAPE '\\'", pattern);
    query_text(q, " OR d.category LIKE ? ESCAPE '\\'", pattern);
    query_text(q, " OR d.src LIKE ? ESCAPE '\\'", pattern);
    query_text(q, " OR d.dst LIKE ? ESCAPE '\\'", pattern);
    query_text(q, " OR d.host LIKE ? ESCAPE '\\')", pattern);
}

int store_detections(struct store *s, const struct detection_filter *f, store_detection_fn *fn,
                     void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    char pattern[LIKE_MAX] = "";
    query_add(&q, "SELECT " DETECTION_COLUMNS " FROM detections d WHERE 1");
    query_scope(&q, "d.org", &f->scope);
    query_drill(&q, "d.drill", f->drill);
    if (f->org && *f->org)
        query_text(&q, " AND d.org = ?", f->org);
    if (f->severity_max)
        query_number(&q, " AND d.severity <= ?", f->severity_max);
    if (f->text && *f->text) {
        like_pattern(f->text, pattern);
        detection_where_text(&q, pattern);
    }
    if (f->incident)
        query_number(&q,
                     " AND d.id IN (SELECT detection FROM incident_detections WHERE incident = ?)",
                     f->incident);
    if (f->before_id)
        query_number(&q, " AND d.id < ? ORDER BY d.id DESC", f->before_id);
    else
        query_add(&q, " ORDER BY d.last DESC, d.id DESC");
    query_limit(&q, f->limit);
    struct reading r = {fn, ctx};
    return query_run(s, &q, detection_read, &r, err) < 0 ? -1 : 0;
}

int store_detection(struct store *s, const struct store_scope *scope, int64_t id,
                    store_detection_fn *fn, void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    query_number(&q, "SELECT " DETECTION_COLUMNS " FROM detections d WHERE d.id = ?", id);
    query_scope(&q, "d.org", scope);
    struct reading r = {fn, ctx};
    return query_run(s, &q, detection_read, &r, err);
}
