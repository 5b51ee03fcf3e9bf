/* analyzer/store/query.c - puts a SELECT together from a filter; values are always bound. */
#include "analyzer/store/internal.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000

void query_add(struct query *q, const char *sql)
{
    size_t n = strlen(sql);
    ASSERT(q->len + n < sizeof q->sql);
    memcpy(q->sql + q->len, sql, n + 1);
    q->len += n;
}

void query_text(struct query *q, const char *sql, const char *value)
{
    ASSERT(q->count < QUERY_VALUES_MAX);
    query_add(q, sql);
    q->values[q->count++].text = value;
}

void query_number(struct query *q, const char *sql, int64_t value)
{
    ASSERT(q->count < QUERY_VALUES_MAX);
    query_add(q, sql);
    q->values[q->count].text = NULL;
    q->values[q->count++].number = value;
}

void query_scope(struct query *q, const char *column, const struct store_scope *scope)
{
    if (!scope || scope->count == 0)
        return;
    query_add(q, " AND ");
    query_add(q, column);
    query_add(q, " IN (");
    for (size_t i = 0; i < scope->count && i < STORE_SCOPE_MAX; i++)
        query_text(q, i ? ",?" : "?", scope->orgs[i]);
    query_add(q, ")");
}

void query_drill(struct query *q, const char *column, enum store_drill drill)
{
    if (drill == STORE_REAL_AND_DRILL)
        return;
    query_add(q, " AND ");
    query_add(q, column);
    query_number(q, " = ?", drill == STORE_DRILL);
}

void query_limit(struct query *q, size_t limit)
{
    if (limit == 0)
        limit = LIMIT_DEFAULT;
    query_number(q, " LIMIT ?", (int64_t)(limit > LIMIT_MAX ? LIMIT_MAX : limit));
}

int query_run(struct store *s, struct query *q, void (*row)(sqlite3_stmt *, void *), void *ctx,
              struct err *err)
{
    sqlite3_stmt *st = NULL;
    store_lock(s);
    if (tally_write(s, err) != 0) {
        store_unlock(s);
        return -1;
    }
    if (sqlite3_prepare_v2(s->db, q->sql, (int)q->len, &st, NULL) != SQLITE_OK) {
        store_fail(s, err);
        store_unlock(s);
        return -1;
    }
    for (int i = 0; i < q->count; i++) {
        if (q->values[i].text)
            bind_text(st, i + 1, q->values[i].text);
        else
            sqlite3_bind_int64(st, i + 1, q->values[i].number);
    }
    int rows = 0, rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        row(st, ctx);
        rows++;
    }
    if (rc != SQLITE_DONE)
        rows = store_fail(s, err);
    sqlite3_finalize(st);
    store_unlock(s);
    return rows;
}

void like_pattern(const char *text, char out[LIKE_MAX])
{
    size_t n = 0;
    out[n++] = '%';
    for (size_t i = 0; i < 200 && text[i]; i++) {
        if (text[i] == '%' || text[i] == '_' || text[i] == '\\')
            out[n++] = '\\';
        out[n++] = text[i];
    }
    out[n++] = '%';
    out[n] = 0;
}
