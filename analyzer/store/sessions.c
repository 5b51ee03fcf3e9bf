/* analyzer/store/sessions.c - open sessions of the console; see users.h. */
#include "analyzer/store/users_internal.h"

#define SEEN_STEP_US (60ULL * 1000000)

static void sessions_expire(struct users *u, uint64_t now_us)
{
    sqlite3_stmt *st =
        store_stmt(&u->db, "DELETE FROM sessions WHERE created < ? OR seen < ?", NULL);
    if (!st)
        return;
    bind_u64(st, 1, now_us > SESSION_LIFE_US ? now_us - SESSION_LIFE_US : 0);
    bind_u64(st, 2, now_us > SESSION_IDLE_US ? now_us - SESSION_IDLE_US : 0);
    store_run(&u->db, st, NULL);
}

static void bind_hash(sqlite3_stmt *st, int at, const uint8_t hash[TOKEN_HASH_BYTES])
{
    sqlite3_bind_blob(st, at, hash, TOKEN_HASH_BYTES, SQLITE_STATIC);
}

int users_session_add(struct users *u, const uint8_t hash[TOKEN_HASH_BYTES], const char *name,
                      const char *client, uint64_t now_us, struct err *err)
{
    store_lock(&u->db);
    sessions_expire(u, now_us);
    sqlite3_stmt *st = store_stmt(&u->db, "INSERT INTO sessions VALUES(?,?,?,?,?)", err);
    int rc = -1;
    if (st) {
        bind_hash(st, 1, hash);
        bind_text(st, 2, name);
        bind_text(st, 3, client);
        bind_u64(st, 4, now_us);
        bind_u64(st, 5, now_us);
        rc = store_run(&u->db, st, err);
    }
    store_unlock(&u->db);
    return rc < 0 ? -1 : 0;
}

/* Notes that the session lives, at most once a minute: most requests only read. */
static void session_touch(struct users *u, const uint8_t hash[TOKEN_HASH_BYTES], uint64_t now_us)
{
    sqlite3_stmt *st = store_stmt(&u->db, "UPDATE sessions SET seen = ? WHERE hash = ?", NULL);
    if (!st)
        return;
    bind_u64(st, 1, now_us);
    bind_hash(st, 2, hash);
    store_run(&u->db, st, NULL);
}

/* Columns of user_read, then created and seen of the session. */
static int session_read(sqlite3_stmt *st, uint64_t now_us, struct user *out, uint64_t *seen_us)
{
    uint64_t created_us = col_u64(st, 5);
    *seen_us = col_u64(st, 6);
    if (now_us > created_us + SESSION_LIFE_US || now_us > *seen_us + SESSION_IDLE_US)
        return 0;
    user_read(st, out);
    return 1;
}

int users_session_find(struct users *u, const uint8_t hash[TOKEN_HASH_BYTES], uint64_t now_us,
                       struct user *out, struct err *err)
{
    uint64_t seen_us = now_us;
    store_lock(&u->db);
    sqlite3_stmt *st = store_stmt(&u->db,
                                  "SELECT u.name, u.role, u.org, '', u.created, s.created, s.seen"
                                  " FROM sessions s JOIN users u ON u.name = s.name"
                                  " WHERE s.hash = ?",
                                  err);
    int rc = -1;
    if (st) {
        bind_hash(st, 1, hash);
        int step = sqlite3_step(st);
        rc = step == SQLITE_ROW    ? session_read(st, now_us, out, &seen_us)
             : step == SQLITE_DONE ? 0
                                   : store_fail(&u->db, err);
        sqlite3_reset(st);
    }
    if (rc == 1 && now_us > seen_us + SEEN_STEP_US)
        session_touch(u, hash, now_us);
    store_unlock(&u->db);
    return rc;
}

int users_session_end(struct users *u, const uint8_t hash[TOKEN_HASH_BYTES], struct err *err)
{
    store_lock(&u->db);
    sqlite3_stmt *st = store_stmt(&u->db, "DELETE FROM sessions WHERE hash = ?", err);
    int rc = -1;
    if (st) {
        bind_hash(st, 1, hash);
        rc = store_run(&u->db, st, err);
    }
    store_unlock(&u->db);
    return rc < 0 ? -1 : 0;
}
