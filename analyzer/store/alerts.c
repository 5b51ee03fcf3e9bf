/* analyzer/store/alerts.c - archive in, archive out. See alerts.h. */
#include "analyzer/store/alerts.h"
#include "analyzer/store/internal.h"

#define ALERT_COLUMNS                                                                              \
    "a.id, a.sensor, a.epoch, a.seq, a.org, a.centre, a.ts, a.received, a.gid, a.sid, a.rev,"      \
    " a.severity, a.signature, a.category, a.src, a.dst, a.src_port, a.dst_port, a.proto,"         \
    " a.app_proto, a.flow_id, a.community_id, a.host, a.ja4, a.detector, a.direction, a.country,"  \
    " a.asn, a.as_name, a.drill, a.detection, a.eve"

static void alert_bind(sqlite3_stmt *st, const struct alert_row *a)
{
    const char *texts[] = {a->signature, a->category, a->src, a->dst};
    const char *names[] = {a->host, a->ja4, a->detector, a->direction, a->country};
    bind_text(st, 1, a->sensor);
    bind_u64(st, 2, a->epoch);
    bind_u64(st, 3, a->seq);
    bind_text(st, 4, a->org);
    bind_text(st, 5, a->centre);
    bind_u64(st, 6, a->ts_us);
    bind_u64(st, 7, a->received_us);
    bind_u64(st, 8, a->gid);
    bind_u64(st, 9, a->sid);
    bind_u64(st, 10, a->rev);
    bind_u64(st, 11, a->severity);
    for (int i = 0; i < 4; i++)
        bind_text(st, 12 + i, texts[i]);
    bind_u64(st, 16, a->src_port);
    bind_u64(st, 17, a->dst_port);
    bind_text(st, 18, a->proto);
    bind_text(st, 19, a->app_proto);
    bind_u64(st, 20, a->flow_id);
    bind_text(st, 21, a->community_id);
    for (int i = 0; i < 5; i++)
        bind_text(st, 22 + i, names[i]);
    bind_u64(st, 27, a->asn);
    bind_text(st, 28, a->as_name);
    bind_u64(st, 29, a->drill);
    sqlite3_bind_int64(st, 30, a->detection);
    bind_bytes(st, 31, a->eve);
}

static int alert_put(struct store *s, struct alert_row *a, struct err *err)
{
    sqlite3_stmt *st = store_stmt(
        s,
        "INSERT OR IGNORE INTO alerts(sensor, epoch, seq, org, centre, ts, received, gid,"
        " sid, rev, severity, signature, category, src, dst, src_port, dst_port, proto,"
        " app_proto, flow_id, community_id, host, ja4, detector, direction, country, asn,"
        " as_name, drill, detection, eve) VALUES"
        "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        err);
    if (!st)
        return -1;
    alert_bind(st, a);
    int stored = store_run(s, st, err);
    if (stored <= 0)
        return stored;
    a->id = sqlite3_last_insert_rowid(s->db);
    return tally_alert(s, a, err) == 0 ? 1 : -1;
}

int store_alert_put(struct store *s, struct alert_row *a, struct err *err)
{
    store_lock(s);
    int rc = alert_put(s, a, err);
    store_unlock(s);
    return rc;
}

static bool has_row(struct store *s, const char *sql, const char *sensor, uint64_t epoch,
                    uint64_t seq)
{
    struct err err;
    sqlite3_stmt *st = store_stmt(s, sql, &err);
    if (!st)
        return false;
    bind_text(st, 1, sensor);
    bind_u64(st, 2, epoch);
    bind_u64(st, 3, seq);
    bool found = sqlite3_step(st) == SQLITE_ROW;
    sqlite3_reset(st);
    return found;
}

bool store_has_record(struct store *s, const char *sensor, uint64_t epoch, uint64_t seq)
{
    store_lock(s);
    bool found =
        has_row(s, "SELECT 1 FROM alerts WHERE sensor=? AND epoch=? AND seq=?", sensor, epoch,
                seq) ||
        has_row(s, "SELECT 1 FROM stats WHERE sensor=? AND epoch=? AND seq=?", sensor, epoch, seq);
    store_unlock(s);
    return found;
}

struct reading {
    store_alert_fn *fn;
    void *ctx;
};

static void alert_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct alert_row a = {
        .id = sqlite3_column_int64(st, 0),
        .sensor = col_text(st, 1),
        .epoch = col_u64(st, 2),
        .seq = col_u64(st, 3),
        .org = col_text(st, 4),
        .centre = col_text(st, 5),
        .ts_us = col_u64(st, 6),
        .received_us = col_u64(st, 7),
        .gid = (uint32_t)col_u64(st, 8),
        .sid = col_u64(st, 9),
        .rev = (uint32_t)col_u64(st, 10),
        .severity = (uint32_t)col_u64(st, 11),
        .signature = col_text(st, 12),
        .category = col_text(st, 13),
        .src = col_text(st, 14),
        .dst = col_text(st, 15),
        .src_port = (uint16_t)col_u64(st, 16),
        .dst_port = (uint16_t)col_u64(st, 17),
        .proto = col_text(st, 18),
        .app_proto = col_text(st, 19),
        .flow_id = col_u64(st, 20),
        .community_id = col_text(st, 21),
        .host = col_text(st, 22),
        .ja4 = col_text(st, 23),
        .detector = col_text(st, 24),
        .direction = col_text(st, 25),
        .country = col_text(st, 26),
        .asn = (uint32_t)col_u64(st, 27),
        .as_name = col_text(st, 28),
        .drill = col_u64(st, 29) != 0,
        .detection = sqlite3_column_int64(st, 30),
        .eve = col_bytes(st, 31),
    };
    r->fn(r->ctx, &a);
}

static void alert_where_text(struct query *q, const char *pattern)
{
    query_text(q, " AND (a.signature LIKE ? ESCAPE '\\'", pattern);
    query_text(q, " OR a.category LIKE ? ESCAPE '\\'", pattern);
    query_text(q, " OR a.src LIKE ? ESCAPE '\\'", pattern);
    query_text(q, " OR a.dst LIKE ? ESCAPE '\\'", pattern);
    query_text(q, " OR a.host LIKE ? ESCAPE '\\'", pattern);
    query_text(q, " OR a.community_id LIKE ? ESCAPE '\\')", pattern);
}

static void alert_where(struct query *q, const struct alert_filter *f, const char *pattern)
{
    query_scope(q, "a.org", &f->scope);
    query_drill(q, "a.drill", f->drill);
    if (f->org && *f->org)
        query_text(q, " AND a.org = ?", f->org);
    if (f->sensor && *f->sensor)
        query_text(q, " AND a.sensor = ?", f->sensor);
    if (f->severity_max)
        query_number(q, " AND a.severity <= ?", f->severity_max);
    if (*pattern)
        alert_where_text(q, pattern);
    if (f->from_us)
        query_number(q, " AND a.ts >= ?", (int64_t)f->from_us);
    if (f->to_us)
        query_number(q, " AND a.ts <= ?", (int64_t)f->to_us);
    if (f->before_id)
        query_number(q, " AND a.id < ?", f->before_id);
    if (f->after_id)
        query_number(q, " AND a.id > ?", f->after_id);
    if (f->detection)
        query_number(q, " AND a.detection = ?", f->detection);
    if (f->incident)
        query_number(q,
                     " AND a.detection IN (SELECT detection FROM incident_detections"
                     " WHERE incident = ?)",
                     f->incident);
}

int store_alerts(struct store *s, const struct alert_filter *f, store_alert_fn *fn, void *ctx,
                 struct err *err)
{
    struct query q = {.len = 0};
    char pattern[LIKE_MAX] = "";
    if (f->text && *f->text)
        like_pattern(f->text, pattern);
    query_add(&q, "SELECT " ALERT_COLUMNS " FROM alerts a WHERE 1");
    alert_where(&q, f, pattern);
    query_add(&q, " ORDER BY a.id DESC");
    query_limit(&q, f->limit);
    struct reading r = {fn, ctx};
    return query_run(s, &q, alert_read, &r, err) < 0 ? -1 : 0;
}

int store_alert(struct store *s, const struct store_scope *scope, int64_t id, store_alert_fn *fn,
                void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    query_number(&q, "SELECT " ALERT_COLUMNS " FROM alerts a WHERE a.id = ?", id);
    query_scope(&q, "a.org", scope);
    struct reading r = {fn, ctx};
    return query_run(s, &q, alert_read, &r, err);
}
