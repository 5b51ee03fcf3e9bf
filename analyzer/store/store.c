/* analyzer/store/store.c - opens the database, transactions, statements. See store.h. */
#include "analyzer/store/internal.h"
#include "common/file.h"
#include <unistd.h>

#define BUSY_TIMEOUT_MS 10000

int store_fail(struct store *s, struct err *err)
{
    int code = sqlite3_errcode(s->db);
    const char *remedy = "";
    if (code == SQLITE_IOERR)
        remedy = "; look at that disk: space, quota, faults";
    else if (code == SQLITE_FULL)
        remedy = "; free space on that disk";
    else if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        remedy = "; another program holds it locked";
    else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        remedy = "; not a sound database: move it away and restore a copy";
    else if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN)
        remedy = "; give this user write permission on the data directory";
    return err_set(err, "%s: %s%s", s->path, sqlite3_errmsg(s->db), remedy);
}

static int execute(struct store *s, const char *sql, struct err *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail(s, err);
}

static int version_read(struct store *s, int *version, struct err *err)
{
    sqlite3_stmt *st = store_stmt(s, "PRAGMA user_version", err);
    if (!st || sqlite3_step(st) != SQLITE_ROW)
        return st ? store_fail(s, err) : -1;
    *version = sqlite3_column_int(st, 0);
    sqlite3_reset(st);
    return 0;
}

/* Tables and version in one transaction: a crash leaves an empty file or a whole schema. */
static int schema_make(struct store *s, struct err *err)
{
    char version[64];
    snprintf(version, sizeof version, "PRAGMA user_version = %d", STORE_SCHEMA_VERSION);
    if (execute(s, "BEGIN EXCLUSIVE", err) != 0)
        return -1;
    int there = 0;
    if (version_read(s, &there, err) == 0 && there != 0)
        return execute(s, "COMMIT", err); /* another process was first */
    if (execute(s, store_schema, err) == 0 && execute(s, version, err) == 0 &&
        execute(s, "COMMIT", err) == 0)
        return 0;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

static int schema_check(struct store *s, enum store_mode mode, struct err *err)
{
    int version = 0;
    if (version_read(s, &version, err) != 0)
        return -1;
    if (version == 0 && mode == STORE_WRITER)
        return schema_make(s, err);
    if (version != STORE_SCHEMA_VERSION)
        return err_set(err,
                       "%s: schema version %d, this program knows %d; use the matching version",
                       s->path, version, STORE_SCHEMA_VERSION);
    return 0;
}

static int configure(struct store *s, enum store_mode mode, struct err *err)
{
    sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
    sqlite3_extended_result_codes(s->db, 0);
    if (mode == STORE_READER)
        return execute(s, "PRAGMA query_only = 1; PRAGMA cache_size = -16384;", err);
    /* Pages that hold several alerts (2 kB each) instead of one and a gap. FULL: what is
     * acknowledged to Redis must survive a power cut too. */
    return execute(s,
                   "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                   "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000;"
                   "PRAGMA journal_size_limit = 134217728; PRAGMA temp_store = MEMORY;",
                   err);
}

static void lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
}

struct store *store_open(const char *dir, enum store_mode mode, struct err *err)
{
    if (mode == STORE_WRITER && file_mkdirs(dir, err) != 0)
        return NULL;
    struct store *s = calloc(1, sizeof *s);
    ASSERT(s);
    lock_init(&s->lock);
    snprintf(s->path, sizeof s->path, "%s/%s", dir, STORE_FILE);
    /* Readers open read-write too: a WAL file left by a crash needs recovery before it can be read.
     * query_only keeps them from writing. */
    int flags = SQLITE_OPEN_READWRITE | (mode == STORE_WRITER ? SQLITE_OPEN_CREATE : 0);
    /* SQLite's own locking is left out: every call here takes the handle's lock. */
    if (mode == STORE_READER && access(s->path, F_OK) != 0) {
        err_set(err, "%s: not there; is this the analyzer's --data directory?", s->path);
    } else if (sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        store_fail(s, err);
    } else if (configure(s, mode, err) == 0 && schema_check(s, mode, err) == 0) {
        return s;
    }
    store_close(s);
    return NULL;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->cached; i++)
        sqlite3_finalize(s->cache[i].stmt);
    sqlite3_close(s->db);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int store_begin(struct store *s, struct err *err)
{
    store_lock(s); /* until commit or rollback */
    if (execute(s, "BEGIN IMMEDIATE", err) == 0)
        return 0;
    store_unlock(s);
    return -1;
}

int store_commit(struct store *s, struct err *err)
{
    if (tally_write(s, err) != 0 || execute(s, "COMMIT", err) != 0)
        return -1;
    store_unlock(s);
    return 0;
}

void store_rollback(struct store *s)
{
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    tally_clear(s);
    store_unlock(s);
}

sqlite3_stmt *store_stmt(struct store *s, const char *sql, struct err *err)
{
    for (size_t i = 0; i < s->cached; i++) {
        if (s->cache[i].sql != sql)
            continue;
        sqlite3_reset(s->cache[i].stmt);
        return s->cache[i].stmt;
    }
    ASSERT(s->cached < STORE_STATEMENTS_MAX);
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK) {
        store_fail(s, err);
        return NULL;
    }
    s->cache[s->cached].sql = sql;
    s->cache[s->cached++].stmt = st;
    return st;
}

int store_run(struct store *s, sqlite3_stmt *st, struct err *err)
{
    int rc = sqlite3_step(st);
    int changed = rc == SQLITE_DONE ? sqlite3_changes(s->db) : store_fail(s, err);
    sqlite3_reset(st);
    return changed;
}

void bind_text(sqlite3_stmt *st, int at, const char *text)
{
    sqlite3_bind_text(st, at, text ? text : "", -1, SQLITE_STATIC);
}

void bind_bytes(sqlite3_stmt *st, int at, struct bytes b)
{
    sqlite3_bind_text(st, at, b.len ? (const char *)b.p : "", (int)b.len, SQLITE_STATIC);
}

void bind_u64(sqlite3_stmt *st, int at, uint64_t v)
{
    sqlite3_bind_int64(st, at, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

const char *col_text(sqlite3_stmt *st, int at)
{
    const char *text = (const char *)sqlite3_column_text(st, at);
    return text ? text : "";
}

uint64_t col_u64(sqlite3_stmt *st, int at)
{
    int64_t v = sqlite3_column_int64(st, at);
    return v < 0 ? 0 : (uint64_t)v;
}

struct bytes col_bytes(sqlite3_stmt *st, int at)
{
    const void *p = sqlite3_column_blob(st, at);
    return bytes_of(p ? p : "", (size_t)sqlite3_column_bytes(st, at));
}
