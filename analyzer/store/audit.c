/* analyzer/store/audit.c - who did and looked at what; see users.h. */
#include "analyzer/store/users_internal.h"

int users_audit(struct users *u, const struct audit_row *row, struct err *err)
{
    store_lock(&u->db);
    sqlite3_stmt *st = store_stmt(&u->db,
                                  "INSERT INTO audit(ts, user, role, client, action, object)"
                                  " VALUES(?,?,?,?,?,?)",
                                  err);
    int rc = -1;
    if (st) {
        bind_u64(st, 1, row->ts_us);
        bind_text(st, 2, row->user);
        bind_text(st, 3, row->role);
        bind_text(st, 4, row->client);
        bind_text(st, 5, row->action);
        bind_text(st, 6, row->object);
        rc = store_run(&u->db, st, err);
    }
    store_unlock(&u->db);
    return rc < 0 ? -1 : 0;
}

struct audit_list {
    users_audit_fn *fn;
    void *ctx;
};

static void audit_list_row(sqlite3_stmt *st, void *ctx)
{
    struct audit_list *l = ctx;
    struct audit_row row = {
        .id = sqlite3_column_int64(st, 0),
        .ts_us = col_u64(st, 1),
        .user = col_text(st, 2),
        .role = col_text(st, 3),
        .client = col_text(st, 4),
        .action = col_text(st, 5),
        .object = col_text(st, 6),
    };
    l->fn(l->ctx, &row);
}

int users_audit_list(struct users *u, int64_t before_id, size_t limit, users_audit_fn *fn,
                     void *ctx, struct err *err)
{
    struct query q = {0};
    query_add(&q, "SELECT id, ts, user, role, client, action, object FROM audit WHERE 1");
    if (before_id > 0)
        query_number(&q, " AND id < ?", before_id);
    query_add(&q, " ORDER BY id DESC");
    query_limit(&q, limit);
    return query_run(&u->db, &q, audit_list_row, &(struct audit_list){fn, ctx}, err);
}
