/* analyzer/store/users.c - see users.h. */
#include "analyzer/store/users_internal.h"
#include "common/file.h"
#include <sys/stat.h>

#define USERS_SCHEMA_VERSION "1"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS users("
    " name TEXT PRIMARY KEY, role TEXT NOT NULL, org TEXT NOT NULL, hash TEXT NOT NULL,"
    " created INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sessions("
    " hash BLOB PRIMARY KEY, name TEXT NOT NULL, client TEXT NOT NULL,"
    " created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS audit("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, ts INTEGER NOT NULL, user TEXT NOT NULL,"
    " role TEXT NOT NULL, client TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL);"
    "CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit trail does not change'); END;"
    "PRAGMA user_version = " USERS_SCHEMA_VERSION ";";

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_ANALYST] = "analyst", [ROLE_DUTY] = "duty",     [ROLE_ADMIN] = "admin",
    [ROLE_AUDITOR] = "auditor", [ROLE_AGENCY] = "agency",
};

const char *user_role_name(enum user_role role)
{
    return role_names[role];
}

bool user_role_parse(const char *name, enum user_role *out)
{
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (strcmp(name, role_names[i]) == 0) {
            *out = (enum user_role)i;
            return true;
        }
    }
    return false;
}

bool user_name_is_valid(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._@-");
    return n > 0 && n < USER_NAME_MAX && name[n] == '\0';
}

static int prepare_file(struct users *u, struct err *err)
{
    /* A WAL keeps readers and the command line out of each other's way; the secrets are hashes, but
     * nobody else needs them. */
    chmod(u->db.path, 0600);
    sqlite3_busy_timeout(u->db.db, 10000);
    if (sqlite3_exec(u->db.db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", NULL, NULL,
                     NULL) != SQLITE_OK ||
        sqlite3_exec(u->db.db, schema, NULL, NULL, NULL) != SQLITE_OK)
        return store_fail(&u->db, err);
    return 0;
}

struct users *users_open(const char *dir, struct err *err)
{
    if (file_mkdirs(dir, err) != 0)
        return NULL;
    struct users *u = calloc(1, sizeof *u);
    ASSERT(u);
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&u->db.lock, &attr);
    pthread_mutexattr_destroy(&attr);
    snprintf(u->db.path, sizeof u->db.path, "%s/%s", dir, USERS_FILE);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
    if (sqlite3_open_v2(u->db.path, &u->db.db, flags, NULL) != SQLITE_OK)
        store_fail(&u->db, err);
    else if (prepare_file(u, err) == 0)
        return u;
    users_close(u);
    return NULL;
}

void users_close(struct users *u)
{
    if (!u)
        return;
    for (size_t i = 0; i < u->db.cached; i++)
        sqlite3_finalize(u->db.cache[i].stmt);
    sqlite3_close(u->db.db);
    pthread_mutex_destroy(&u->db.lock);
    free(u);
}

static int user_check(const struct user *user, struct err *err)
{
    if (!user_name_is_valid(user->name))
        return err_set(err, "user '%s': a name has 1 to 63 of a-z 0-9 . _ @ -", user->name);
    bool has_org = user->org[0] != '\0';
    if (has_org && !org_id_is_valid(bytes_str(user->org)))
        return err_set(err, "user %s: '%s' is no organisation id", user->name, user->org);
    if (user->role == ROLE_AGENCY && !has_org)
        return err_set(err, "user %s: role agency needs --org ID", user->name);
    if (user->role != ROLE_AGENCY && has_org)
        return err_set(err, "user %s: only role agency is bound to an organisation", user->name);
    return 0;
}

int users_add(struct users *u, const struct user *user, struct err *err)
{
    if (user_check(user, err) != 0)
        return -1;
    store_lock(&u->db);
    sqlite3_stmt *st =
        store_stmt(&u->db, "INSERT INTO users VALUES(?,?,?,?,?) ON CONFLICT DO NOTHING", err);
    int rc = -1;
    if (st) {
        bind_text(st, 1, user->name);
        bind_text(st, 2, user_role_name(user->role));
        bind_text(st, 3, user->org);
        bind_text(st, 4, user->hash);
        bind_u64(st, 5, user->created_us);
        rc = store_run(&u->db, st, err);
    }
    store_unlock(&u->db);
    if (rc == 0)
        return err_set(err, "user %s is there already; `sekisho users passwd` sets a new password",
                       user->name);
    return rc < 0 ? -1 : 0;
}

void user_read(sqlite3_stmt *st, struct user *out)
{
    *out = (struct user){.role = ROLE_AUDITOR, .created_us = col_u64(st, 4)};
    snprintf(out->name, sizeof out->name, "%s", col_text(st, 0));
    user_role_parse(col_text(st, 1), &out->role);
    snprintf(out->org, sizeof out->org, "%s", col_text(st, 2));
    snprintf(out->hash, sizeof out->hash, "%s", col_text(st, 3));
}

int users_find(struct users *u, const char *name, struct user *out, struct err *err)
{
    store_lock(&u->db);
    sqlite3_stmt *st =
        store_stmt(&u->db, "SELECT name, role, org, hash, created FROM users WHERE name = ?", err);
    int rc = -1;
    if (st) {
        bind_text(st, 1, name);
        int step = sqlite3_step(st);
        if (step == SQLITE_ROW)
            user_read(st, out);
        rc = step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : store_fail(&u->db, err);
        sqlite3_reset(st);
    }
    store_unlock(&u->db);
    return rc;
}

/* Runs sql with one text bound, last in the list. Rows changed, or -1 and err. */
static int run_named(struct users *u, const char *sql, const char *first, const char *name,
                     struct err *err)
{
    sqlite3_stmt *st = store_stmt(&u->db, sql, err);
    if (!st)
        return -1;
    int at = 1;
    if (first)
        bind_text(st, at++, first);
    bind_text(st, at, name);
    return store_run(&u->db, st, err);
}

static int end_sessions_of(struct users *u, const char *name, struct err *err)
{
    return run_named(u, "DELETE FROM sessions WHERE name = ?", NULL, name, err);
}

int users_set_hash(struct users *u, const char *name, const char *hash, struct err *err)
{
    store_lock(&u->db);
    int rc = run_named(u, "UPDATE users SET hash = ? WHERE name = ?", hash, name, err);
    if (rc > 0 && end_sessions_of(u, name, err) < 0)
        rc = -1;
    store_unlock(&u->db);
    return rc;
}

int users_remove(struct users *u, const char *name, struct err *err)
{
    store_lock(&u->db);
    int rc = run_named(u, "DELETE FROM users WHERE name = ?", NULL, name, err);
    if (rc > 0 && end_sessions_of(u, name, err) < 0)
        rc = -1;
    store_unlock(&u->db);
    return rc;
}

struct list {
    users_fn *fn;
    void *ctx;
};

static void list_row(sqlite3_stmt *st, void *ctx)
{
    struct list *l = ctx;
    struct user user;
    user_read(st, &user);
    l->fn(l->ctx, &user);
}

int users_list(struct users *u, users_fn *fn, void *ctx, struct err *err)
{
    struct query q = {0};
    query_add(&q, "SELECT name, role, org, hash, created FROM users ORDER BY name");
    return query_run(&u->db, &q, list_row, &(struct list){fn, ctx}, err);
}
