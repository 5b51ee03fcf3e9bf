/* analyzer/store/renew.c - incidents that grow: time and texts brought up to date, two made one.
 * See incidents.h. */
#include "analyzer/store/incidents.h"
#include "analyzer/store/internal.h"

int store_incident_measure(struct store *s, int64_t id, uint64_t now_us, struct err *err)
{
    int n = -1;
    store_lock(s);
    sqlite3_stmt *st = store_stmt(s,
                                  "UPDATE incidents SET (first, last) = (SELECT"
                                  " coalesce(min(d.first), incidents.first),"
                                  " coalesce(max(d.last), incidents.last)"
                                  " FROM incident_detections x JOIN detections d"
                                  " ON d.id = x.detection WHERE x.incident = ?1), updated = ?2"
                                  " WHERE id = ?1 AND state = 'open'",
                                  err);
    if (st) {
        sqlite3_bind_int64(st, 1, id);
        bind_u64(st, 2, now_us);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

int store_incident_explain(struct store *s, const struct incident_row *in, struct err *err)
{
    const char *texts[] = {in->why.ja,       in->why.en,    in->judgement.ja,
                           in->judgement.en, in->action.ja, in->action.en};
    int n = -1;
    store_lock(s);
    sqlite3_stmt *st = store_stmt(s,
                                  "UPDATE incidents SET why_ja=?2, why_en=?3, judgement_ja=?4,"
                                  " judgement_en=?5, action_ja=?6, action_en=?7 WHERE id=?1",
                                  err);
    if (st) {
        sqlite3_bind_int64(st, 1, in->id);
        for (int i = 0; i < 6; i++)
            bind_text(st, 2 + i, texts[i]);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

int store_incident_rename(struct store *s, int64_t id, const char *key, struct err *err)
{
    int n = -1;
    store_lock(s);
    /* OR IGNORE: an older open incident may go by that key */
    sqlite3_stmt *st =
        store_stmt(s, "UPDATE OR IGNORE incidents SET key = ?2 WHERE id = ?1 AND key > ?2", err);
    if (st) {
        sqlite3_bind_int64(st, 1, id);
        bind_text(st, 2, key);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

static void id_ignore(sqlite3_stmt *st, void *ctx)
{
    (void)st;
    (void)ctx;
}

/* One step of a merge: each part asks for one number. */
static int step(struct store *s, const char *const parts[], const int64_t *values, struct err *err)
{
    struct query q = {.len = 0};
    for (int i = 0; parts[i]; i++)
        query_number(&q, parts[i], values[i]);
    return query_run(s, &q, id_ignore, NULL, err) < 0 ? -1 : 0;
}

/* Lines that would tell the same thing twice stay with the younger. */
static int lines_move(struct store *s, int64_t older, int64_t younger, struct err *err)
{
    return step(s,
                (const char *const[]){
                    "UPDATE incident_timeline SET incident = ?", " WHERE incident = ?",
                    " AND NOT (kind = 'detection' AND detection IN"
                    " (SELECT detection FROM incident_detections WHERE incident = ?))",
                    " AND NOT (kind = 'joined' AND org IN"
                    " (SELECT org FROM incident_orgs WHERE incident = ?)) AND kind <> 'raised'",
                    NULL},
                (const int64_t[]){older, younger, older, older}, err);
}

static int contents_move(struct store *s, int64_t older, int64_t younger, struct err *err)
{
    static const char *const detections[] = {
        "INSERT OR IGNORE INTO incident_detections SELECT ?",
        ", detection FROM incident_detections WHERE incident = ?", NULL};
    static const char *const left[] = {"DELETE FROM incident_detections WHERE incident = ?", NULL};
    static const char *const orgs[] = {"INSERT OR IGNORE INTO incident_orgs SELECT ?",
                                       ", org, first, last FROM incident_orgs WHERE incident = ?",
                                       NULL};
    const int64_t both[] = {older, younger};
    return step(s, detections, both, err) == 0 && step(s, left, &younger, err) == 0 &&
                   step(s, orgs, both, err) == 0
               ? 0
               : -1;
}

static int key_keep(struct store *s, int64_t older, int64_t younger, struct err *err)
{
    return step(s,
                (const char *const[]){"UPDATE OR IGNORE incidents SET key = min(key,"
                                      " (SELECT key FROM incidents WHERE id = ?))",
                                      " WHERE id = ?", NULL},
                (const int64_t[]){younger, older}, err);
}

int store_incident_merge(struct store *s, int64_t older, int64_t younger, uint64_t now_us,
                         struct err *err)
{
    store_lock(s);
    int rc = lines_move(s, older, younger, err);
    if (rc == 0)
        rc = contents_move(s, older, younger, err);
    if (rc == 0)
        rc = store_incident_set_state(s, younger, "closed", now_us, err);
    if (rc == 0)
        rc = key_keep(s, older, younger, err);
    store_unlock(s);
    return rc;
}

int store_incidents_holding(struct store *s, int64_t detection, store_id_fn *fn, void *ctx,
                            struct err *err)
{
    int rc = -1;
    store_lock(s);
    sqlite3_stmt *st = store_stmt(s,
                                  "SELECT i.id FROM incident_detections x JOIN incidents i"
                                  " ON i.id = x.incident WHERE x.detection = ?"
                                  " AND i.state = 'open'",
                                  err);
    if (st) {
        sqlite3_bind_int64(st, 1, detection);
        while ((rc = sqlite3_step(st)) == SQLITE_ROW)
            fn(ctx, sqlite3_column_int64(st, 0));
        rc = rc == SQLITE_DONE ? 0 : store_fail(s, err);
        sqlite3_reset(st);
    }
    store_unlock(s);
    return rc;
}
