/* analyzer/store/internal.h - what the files of store/ share: statements, locking, filters. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H
#include "analyzer/store/store.h"
#include "analyzer/store/tally.h"
#include <pthread.h>
#include <sqlite3.h>

#define STORE_STATEMENTS_MAX 64

struct store {
    sqlite3 *db;
    pthread_mutex_t lock; /* recursive: a callback may ask something else */
    char path[512];
    struct {
        const char *sql; /* the literal's address is the key */
        sqlite3_stmt *stmt;
    } cache[STORE_STATEMENTS_MAX];
    size_t cached;
    struct tally tally;
};

extern const char store_schema[];
#define STORE_SCHEMA_VERSION 1

static inline void store_lock(struct store *s)
{
    pthread_mutex_lock(&s->lock);
}
static inline void store_unlock(struct store *s)
{
    pthread_mutex_unlock(&s->lock);
}

/* "sekisho.db: database or disk is full; ..." */
int store_fail(struct store *s, struct err *err);

/* A prepared statement kept for the literal sql, reset and ready to bind; NULL and err. Not for
 * use while an earlier run of the same literal is being read. */
sqlite3_stmt *store_stmt(struct store *s, const char *sql, struct err *err);

/* Runs a bound statement that returns no rows and resets it. Rows changed, or -1 and err. */
int store_run(struct store *s, sqlite3_stmt *st, struct err *err);

/* Binding by position; texts must live until the statement is reset. NULL is bound as "". */
void bind_text(sqlite3_stmt *st, int at, const char *text);
void bind_bytes(sqlite3_stmt *st, int at, struct bytes b);
void bind_u64(sqlite3_stmt *st, int at, uint64_t v);
const char *col_text(sqlite3_stmt *st, int at); /* never NULL */
uint64_t col_u64(sqlite3_stmt *st, int at);
struct bytes col_bytes(sqlite3_stmt *st, int at);

/* A SELECT put together from a filter: text and its values, in order. */
#define QUERY_VALUES_MAX (STORE_SCOPE_MAX + 32)
struct query {
    char sql[8192];
    size_t len;
    struct {
        const char *text; /* NULL: number */
        int64_t number;
    } values[QUERY_VALUES_MAX];
    int count;
};
void query_add(struct query *q, const char *sql);
void query_text(struct query *q, const char *sql, const char *value); /* sql holds one '?' */
void query_number(struct query *q, const char *sql, int64_t value);
/* " AND column IN (?,...)"; nothing for an empty scope. */
void query_scope(struct query *q, const char *column, const struct store_scope *scope);
void query_drill(struct query *q, const char *column, enum store_drill drill);
/* " LIMIT n", n cut to the house maximum. */
void query_limit(struct query *q, size_t limit);
/* Runs it and calls row for each; number of rows, or -1 and err. */
int query_run(struct store *s, struct query *q, void (*row)(sqlite3_stmt *, void *), void *ctx,
              struct err *err);
/* "%text%" with LIKE's signs escaped by '\', cut to 200 bytes. */
#define LIKE_MAX 512
void like_pattern(const char *text, char out[LIKE_MAX]);

#endif
