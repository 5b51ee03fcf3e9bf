/* analyzer/store/notices.c - the outbox. See notices.h. */
#include "analyzer/store/notices.h"
#include "analyzer/store/internal.h"

#define NOTICE_COLUMNS                                                                             \
    "id, incident, org, recipient, lane, role, language, name, address, subject, body, state,"     \
    " attempts, last_error, drill, created, next_try, sent, acknowledged, acknowledged_by"

static int notice_put(struct store *s, struct notice_row *n, struct err *err)
{
    sqlite3_stmt *st =
        store_stmt(s,
                   "INSERT OR IGNORE INTO notices(incident, org, recipient, lane, role, language,"
                   " name, address, subject, body, state, attempts, last_error, drill, created,"
                   " next_try, sent, acknowledged, acknowledged_by)"
                   " VALUES(?,?,?,?,?,?,?,?,?,?,'queued',0,'',?,?,?,0,0,'')",
                   err);
    if (!st)
        return -1;
    const char *texts[] = {n->org,  n->recipient, n->lane,    n->role, n->language,
                           n->name, n->address,   n->subject, n->body};
    sqlite3_bind_int64(st, 1, n->incident);
    for (int i = 0; i < 9; i++)
        bind_text(st, 2 + i, texts[i]);
    bind_u64(st, 11, n->drill);
    bind_u64(st, 12, n->created_us);
    bind_u64(st, 13, n->next_try_us ? n->next_try_us : n->created_us);
    int rc = store_run(s, st, err);
    if (rc > 0)
        n->id = sqlite3_last_insert_rowid(s->db);
    return rc;
}

int store_notice_put(struct store *s, struct notice_row *n, struct err *err)
{
    store_lock(s);
    int rc = notice_put(s, n, err);
    store_unlock(s);
    return rc;
}

struct reading {
    store_notice_fn *fn;
    void *ctx;
};

static void notice_read(sqlite3_stmt *st, void *ctx)
{
    const struct reading *r = ctx;
    struct notice_row n = {
        .id = sqlite3_column_int64(st, 0),
        .incident = sqlite3_column_int64(st, 1),
        .org = col_text(st, 2),
        .recipient = col_text(st, 3),
        .lane = col_text(st, 4),
        .role = col_text(st, 5),
        .language = col_text(st, 6),
        .name = col_text(st, 7),
        .address = col_text(st, 8),
        .subject = col_text(st, 9),
        .body = col_text(st, 10),
        .state = col_text(st, 11),
        .attempts = (uint32_t)col_u64(st, 12),
        .last_error = col_text(st, 13),
        .drill = col_u64(st, 14) != 0,
        .created_us = col_u64(st, 15),
        .next_try_us = col_u64(st, 16),
        .sent_us = col_u64(st, 17),
        .acknowledged_us = col_u64(st, 18),
        .acknowledged_by = col_text(st, 19),
    };
    r->fn(r->ctx, &n);
}

int store_notices(struct store *s, const struct notice_filter *f, store_notice_fn *fn, void *ctx,
                  struct err *err)
{
    struct query q = {.len = 0};
    query_add(&q, "SELECT " NOTICE_COLUMNS " FROM notices WHERE 1");
    query_scope(&q, "recipient", &f->scope);
    query_drill(&q, "drill", f->drill);
    if (f->state && *f->state)
        query_text(&q, " AND state = ?", f->state);
    if (f->org && *f->org)
        query_text(&q, " AND org = ?", f->org);
    if (f->incident)
        query_number(&q, " AND incident = ?", f->incident);
    if (f->before_id)
        query_number(&q, " AND id < ?", f->before_id);
    query_add(&q, " ORDER BY id DESC");
    query_limit(&q, f->limit);
    struct reading r = {fn, ctx};
    return query_run(s, &q, notice_read, &r, err) < 0 ? -1 : 0;
}

int store_notice(struct store *s, const struct store_scope *scope, int64_t id, store_notice_fn *fn,
                 void *ctx, struct err *err)
{
    struct query q = {.len = 0};
    query_number(&q, "SELECT " NOTICE_COLUMNS " FROM notices WHERE id = ?", id);
    query_scope(&q, "recipient", scope);
    struct reading r = {fn, ctx};
    return query_run(s, &q, notice_read, &r, err);
}

int store_notice_due(struct store *s, uint64_t now_us, store_notice_fn *fn, void *ctx,
                     struct err *err)
{
    struct query q = {.len = 0};
    query_number(&q,
                 "SELECT " NOTICE_COLUMNS
                 " FROM notices WHERE state = 'queued' AND next_try <= ? ORDER BY id LIMIT 1",
                 (int64_t)now_us);
    struct reading r = {fn, ctx};
    return query_run(s, &q, notice_read, &r, err);
}

uint64_t store_notice_next_us(struct store *s)
{
    struct err err;
    uint64_t next = 0;
    store_lock(s);
    sqlite3_stmt *st =
        store_stmt(s, "SELECT min(next_try) FROM notices WHERE state = 'queued'", &err);
    if (st && sqlite3_step(st) == SQLITE_ROW)
        next = col_u64(st, 0);
    if (st)
        sqlite3_reset(st);
    store_unlock(s);
    return next;
}

int store_notice_sent(struct store *s, int64_t id, uint64_t now_us, struct err *err)
{
    int n = -1;
    store_lock(s);
    sqlite3_stmt *st = store_stmt(s,
                                  "UPDATE notices SET state='sent', attempts=attempts+1, sent=?2,"
                                  " last_error='' WHERE id=?1 AND state='queued'",
                                  err);
    if (st) {
        sqlite3_bind_int64(st, 1, id);
        bind_u64(st, 2, now_us);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

int store_notice_failed(struct store *s, int64_t id, const char *why, uint64_t next_try_us,
                        struct err *err)
{
    int n = -1;
    store_lock(s);
    sqlite3_stmt *st = store_stmt(s,
                                  "UPDATE notices SET attempts=attempts+1, last_error=?2,"
                                  " next_try=?3, state=iif(?3 = 0, 'failed', 'queued')"
                                  " WHERE id=?1 AND state='queued'",
                                  err);
    if (st) {
        sqlite3_bind_int64(st, 1, id);
        bind_text(st, 2, why);
        bind_u64(st, 3, next_try_us);
        n = store_run(s, st, err);
    }
    store_unlock(s);
    return n < 0 ? -1 : 0;
}

static void seen_read(sqlite3_stmt *st, void *ctx)
{
    (void)st;
    (void)ctx;
}

int store_notice_acknowledge(struct store *s, const struct store_scope *scope, int64_t id,
                             const char *by, uint64_t now_us, struct err *err)
{
    struct query q = {.len = 0};
    query_number(&q, "UPDATE notices SET state='acknowledged', acknowledged=?", (int64_t)now_us);
    query_text(&q, ", acknowledged_by=?", by);
    query_number(&q, " WHERE id=? AND state='sent'", id);
    query_scope(&q, "recipient", scope);
    query_add(&q, " RETURNING id");
    return query_run(s, &q, seen_read, NULL, err);
}

static void counts_read(sqlite3_stmt *st, void *ctx)
{
    struct notice_counts *c = ctx;
    c->queued = col_u64(st, 0);
    c->sent = col_u64(st, 1);
    c->failed = col_u64(st, 2);
    c->acknowledged = col_u64(st, 3);
}

int store_notice_counts(struct store *s, const struct store_scope *scope, enum store_drill drill,
                        struct notice_counts *out, struct err *err)
{
    struct query q = {.len = 0};
    *out = (struct notice_counts){0};
    query_add(&q, "SELECT total(state='queued'), total(state='sent'), total(state='failed'),"
                  " total(state='acknowledged') FROM notices WHERE 1");
    query_scope(&q, "recipient", scope);
    query_drill(&q, "drill", drill);
    return query_run(s, &q, counts_read, out, err) < 0 ? -1 : 0;
}
