/* analyzer/store/incidents.c - see incidents.h. */
#include "analyzer/store/incidents.h"
#include "analyzer/store/internal.h"

#define INCIDENT_COLUMNS                                                                           \
    "i.id, i.kind, i.rule, i.key, i.title_ja, i.title_en, i.why_ja, i.why_en, i.severity,"         \
    " i.state, i.drill, i.first, i.last, i.created, i.updated,"                                    \
    " (SELECT count(*) FROM incident_orgs o WHERE o.incident = i.id),"                             \
    " (SELECT total(n) FROM incident_detections x JOIN detections d ON d.id = x.detection"         \
    " WHERE x.incident = i.id), i.judgement_ja, i.judgement_en, i.action_ja, i.action_en,"         \
    " i.confidence, i.due_hours, i.summary_ja, i.summary_en"

static void incident_bind(sqlite3_stmt *st, const struct incident_row *in)
{
    const char *texts[] = {in->title.ja,     in->title.en,     in->why.ja,    in->why.en,
                           in->judgement.ja, in->judgement.en, in->action.ja, in->action.en,
                           in->summary.ja,   in->summary.en,   in->confidence};
    bind_text(st, 1, in->kind);
    bind_text(st, 2, in->rule);
    bind_text(st, 3, in->key);
    bind_u64(st, 4, in->drill);
    for (int i = 0; i < 11; i++)
        bind_text(st, 5 + i, texts[i]);
    bind_u64(st, 16, in->due_hours);
    bind_u64(st, 17, in->severity);
    bind_u64(st, 18, in->first_us);
    bind_u64(st, 19, in->last_us);
    bind_u64(st, 20, in->updated_us);
    bind_u64(st, 21, in->updated_us + 1); /* an update never looks like a creation */
}

static int incident_put(struct store *s, struct incident_row *in, bool *created, struct err *err)
{
    sqlite3_stmt *st = store_stmt(
        s,
        "INSERT INTO incidents(kind, rule, key, drill, title_ja, title_en, why_ja, why_en,"
        " judgement_ja, judgement_en, action_ja, action_en, summary_ja, summary_en, confidence,"
        " due_hours, severity, state, first, last, created, updated)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,'open',?18,?19,?20,"
        "?20) ON CONFLICT DO UPDATE SET kind=?1, title_ja=?5, title_en=?6, why_ja=?7, why_en=?8,"
        " judgement_ja=?9, judgement_en=?10, action_ja=?11, action_en=?12, summary_ja=?13,"
        " summary_en=?14, confidence=?15, due_hours=?16, severity=min(severity, ?17),"
        " first=min(first, ?18), last=max(last, ?19), updated=?21 RETURNING id, created, created = "
        "updated",
        err);
    if (!st)
        return -1;
    incident_bind(st, in);
    int rc = -1;
    if (sqlite3_step(st) == SQLITE_ROW) {
        in->id = sqlite3_column_int64(st, 0);
        in->created_us = col_u64(st, 1);
        *created = sqlite3_column_int(st, 2) != 0;
        rc = 0;
    } else {
        store_fail(s, err);
    }
    sqlite3_reset(st);
    return rc;
}

int store_incident_put(struct store *s, struct incident_row *in, bool *created, struct err *err)
{
    store_lock(s);
    int rc = incident_put(s, in, created, err);
    store_unlock(s);
    return rc;
}

bool store_incident_is_open(struct store *s, int64_t id)
{
    struct err err;
    bool open = false;
    store_lock(s);
    sqlite3_stmt *st =
        store_stmt(s, "SELECT 1 FROM incidents WHERE id = ? AND state = 'open'", &err);
    if (st) {
        sqlite3_bind_int64(st, 1, id);
        open = sqlite3_step(st) == SQLITE_ROW;
        sqlite3_reset(st);
    }
    store_unlock(s);
    return open;
}

/* One number about the incidents of a rule that hold a detection. */
static int64_t holding_number(struct store *s, const char *sql, const char *rule, bool drill,
                              int64_t detection)
{
    struct err err;
    int64_t n = 0;
    store_lock(s);
    sqlite3_stmt *st = store_stmt(s, sql, &err);
    if (st) {
        sqlite3_bind_int64(st, 1, detection);
        bind_text(st, 2, rule);
        bind_u64(st, 3, drill);
        if (sqlite3_step(st) == SQLITE_ROW)
            n = sqlite3_column_int64(st, 0);
        sqlite3_reset(st);
    }
    store_unlock(s);
    return n;
}

int64_t store_incident_holding(struct store *s, const char *rule, bool drill, int64_t detection)
{
    static const char sql[] =
        "SELECT min(i.id) FROM incident_detections x JOIN incidents i ON i.id = x.incident"
        " WHERE x.detection = ? AND i.rule = ? AND i.drill = ? AND i.state = 'open'";
    return holding_number(s, sql, rule, drill, detection);
}

uint64_t store_incident_settled(struct store *s, const char *rule, bool drill, int64_t detection)
{
    static const char sql[] =
        "SELECT max(i.last) FROM incident_detections x JOIN incidents i ON i.id = x.incident"
        " WHERE x.detection = ? AND i.rule = ? AND i.drill = ? AND i.state <> 'open'";
    return (uint64_t)holding_number(s, sql, rule, drill, detection);
}

static int org_add(struct store *s, int64_t incident, const char *org, uint64_t ts_us, bool *added,
                   struct err *err)
{
    sqlite3_stmt *st =
        store_stmt(s, "INSERT OR IGNORE INTO incident_orgs VALUES(?1,?2,?3,?3)", err);
    if (!st)
        return -1;
    sqlite3_bind_int64(st, 1, incident);
    bind_text(st, 2, org);
    bind_u64(st, 3, ts_us);
    int n = store_run(s, st, err);
    *added = n > 0;
    return n < 0 ? -1 : 0;
}

int store_incident_add_org(struct store *s, int64_t incident, const char *org, uint64_t ts_us,
                           bool *added, struct err *err)
{
    store_lock(s);
    int rc = org_add(s, incident, org, ts_us, added, err);
    store_unlock(s);
    return rc;
}

int store_incident_add_detection(struct store *s, int64_t incident, int64_t detection, bool *added,
                                 struct err *err)
{
    store_lock(s);
    int n = -1;
    sqlite3_stmt *st = store_stmt(s, "INSERT OR IGNORE INTO incident_detections VALUES(?,?)", err);
    if (st) {
        sqlite3_bind_int64(st, 1, incident);
        sqlite3_bind_int64(st, 2, detection);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    *added = n > 0;
    return n < 0 ? -1 : 0;
}

int store_incident_set_state(struct store *s, int64_t id, const char *state, uint64_t now_us,
                             struct err *err)
{
    store_lock(s);
    int n = -1;
    sqlite3_stmt *st = store_stmt(s, "UPDATE incidents SET state=?2, updated=?3 WHERE id=?1", err);
    if (st) {
        sqlite3_bind_int64(st, 1, id);
        bind_text(st, 2, state);
        bind_u64(st, 3, now_us);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

int store_timeline_add(struct store *s, const struct timeline_row *t, struct err *err)
{
    store_lock(s);
    int n = -1;
    sqlite3_stmt *st = store_stmt(s,
                                  "INSERT INTO incident_timeline(incident, ts, org, kind,"
                                  " detection, text_ja, text_en) VALUES(?,?,?,?,?,?,?)",
                                  err);
    if (st) {
        sqlite3_bind_int64(st, 1, t->incident);
        bind_u64(st, 2, t->ts_us);
        bind_text(st, 3, t->org);
        bind_text(st, 4, t->kind);
        sqlite3_bind_int64(st, 5, t->detection);
        bind_text(st, 6, t->text.ja);
        bind_text(st, 7, t->text.en);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

struct reading {
    void (*fn)(void);
    void *ctx;
};

static void incident_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct incident_row in = {
        .id = sqlite3_column_int64(st, 0),
        .kind = col_text(st, 1),
        .rule = col_text(st, 2),
        .key = col_text(st, 3),
        .title = {.ja = col_text(st, 4), .en = col_text(st, 5)},
        .why = {.ja = col_text(st, 6), .en = col_text(st, 7)},
        .severity = (uint32_t)col_u64(st, 8),
        .state = col_text(st, 9),
        .drill = col_u64(st, 10) != 0,
        .first_us = col_u64(st, 11),
        .last_us = col_u64(st, 12),
        .created_us = col_u64(st, 13),
        .updated_us = col_u64(st, 14),
        .org_count = col_u64(st, 15),
        .alert_count = col_u64(st, 16),
        .judgement = {.ja = col_text(st, 17), .en = col_text(st, 18)},
        .action = {.ja = col_text(st, 19), .en = col_text(st, 20)},
        .confidence = col_text(st, 21),
        .due_hours = (uint32_t)col_u64(st, 22),
        .summary = {.ja = col_text(st, 23), .en = col_text(st, 24)},
    };
    ((store_incident_fn *)r->fn)(r->ctx, &in);
}

/* Concerns an organisation in scope. */
static void incident_scope(struct query *q, const struct store_scope *scope)
{
    if (!scope || scope->count == 0)
        return;
    query_add(q, " AND EXISTS (SELECT 1 FROM incident_orgs o WHERE o.incident = i.id");
    query_scope(q, "o.org", scope);
    query_add(q, ")");
}

int store_incidents(struct store *s, const struct incident_filter *f, store_incident_fn *fn,
                    void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    query_add(&q, "SELECT " INCIDENT_COLUMNS " FROM incidents i WHERE 1");
    incident_scope(&q, &f->scope);
    query_drill(&q, "i.drill", f->drill);
    if (f->org && *f->org)
        query_text(&q,
                   " AND EXISTS (SELECT 1 FROM incident_orgs o WHERE o.incident = i.id"
                   " AND o.org = ?)",
                   f->org);
    if (f->kind && *f->kind)
        query_text(&q, " AND i.kind = ?", f->kind);
    if (f->state && *f->state)
        query_text(&q, " AND i.state = ?", f->state);
    if (f->before_id)
        query_number(&q, " AND i.id < ?", f->before_id);
    query_add(&q, " ORDER BY i.id DESC");
    query_limit(&q, f->limit);
    struct reading r = {(void (*)(void))fn, ctx};
    return query_run(s, &q, incident_read, &r, err) < 0 ? -1 : 0;
}

int store_incident(struct store *s, const struct store_scope *scope, int64_t id,
                   store_incident_fn *fn, void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    query_number(&q, "SELECT " INCIDENT_COLUMNS " FROM incidents i WHERE i.id = ?", id);
    incident_scope(&q, scope);
    struct reading r = {(void (*)(void))fn, ctx};
    return query_run(s, &q, incident_read, &r, err);
}

static void incident_org_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct incident_org_row o = {
        .org = col_text(st, 0),
        .first_us = col_u64(st, 1),
        .last_us = col_u64(st, 2),
        .alerts = col_u64(st, 3),
        .detections = col_u64(st, 4),
    };
    ((store_incident_org_fn *)r->fn)(r->ctx, &o);
}

int store_incident_orgs(struct store *s, const struct store_scope *scope, int64_t id,
                        store_incident_org_fn *fn, void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    query_number(&q,
                 "SELECT o.org, coalesce(min(d.first), o.first), coalesce(max(d.last), o.last),"
                 " total(d.n), count(d.id) FROM incident_orgs o"
                 " LEFT JOIN incident_detections x ON x.incident = o.incident"
                 " LEFT JOIN detections d ON d.id = x.detection AND d.org = o.org"
                 " WHERE o.incident = ?",
                 id);
    query_scope(&q, "o.org", scope);
    query_add(&q, " GROUP BY o.org ORDER BY 2, o.org");
    struct reading r = {(void (*)(void))fn, ctx};
    return query_run(s, &q, incident_org_read, &r, err) < 0 ? -1 : 0;
}

static void timeline_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct timeline_row t = {
        .id = sqlite3_column_int64(st, 0),
        .incident = sqlite3_column_int64(st, 1),
        .ts_us = col_u64(st, 2),
        .org = col_text(st, 3),
        .kind = col_text(st, 4),
        .detection = sqlite3_column_int64(st, 5),
        .text = {.ja = col_text(st, 6), .en = col_text(st, 7)},
    };
    ((store_timeline_fn *)r->fn)(r->ctx, &t);
}

int store_timeline(struct store *s, const struct store_scope *scope, int64_t id,
                   store_timeline_fn *fn, void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    query_number(&q,
                 "SELECT id, incident, ts, org, kind, detection, text_ja, text_en"
                 " FROM incident_timeline WHERE incident = ?",
                 id);
    query_scope(&q, "org", scope);
    query_add(&q, " ORDER BY ts, id");
    query_limit(&q, 1000);
    struct reading r = {(void (*)(void))fn, ctx};
    return query_run(s, &q, timeline_read, &r, err) < 0 ? -1 : 0;
}
