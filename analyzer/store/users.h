/* analyzer/store/users.h - who may open the console, open sessions, and who looked at what.
 *
 * They stand in a file of their own, DIR/users.db: a login never waits for the archive's writer,
 * the archive can be copied without credentials, and `sekisho users` works while the analyzer runs.
 */
#ifndef STORE_USERS_H
#define STORE_USERS_H
#include "analyzer/store/password.h"
#include "common/alert.h"
#include "common/bytes.h"
#include "common/err.h"

#define USERS_FILE "users.db"

/* What each may do is decided by the API (api/access.c). */
enum user_role {
    ROLE_ANALYST, /* judges alerts, works incidents */
    ROLE_DUTY,    /* an analyst who also answers for notices */
    ROLE_ADMIN,   /* everything */
    ROLE_AUDITOR, /* sees states and the audit trail, no payload */
    ROLE_AGENCY,  /* sees its own organisation, and as a competent ministry those below it */
    ROLE_COUNT,
};
const char *user_role_name(enum user_role role);
bool user_role_parse(const char *name, enum user_role *out);

#define USER_NAME_MAX 64
struct user {
    char name[USER_NAME_MAX]; /* [a-z0-9._@-], 1 to 63 */
    enum user_role role;
    char org[ORG_ID_MAX]; /* ROLE_AGENCY: its organisation; else empty */
    char hash[PASSWORD_HASH_MAX];
    uint64_t created_us;
};
bool user_name_is_valid(const char *name);

struct users; /* thread-safe */
/* Makes directory and file (mode 0600) when missing. NULL and err. */
struct users *users_open(const char *dir, struct err *err);
void users_close(struct users *u);

/* 0, or -1: invalid name, organisation missing or unneeded, the name is taken. */
int users_add(struct users *u, const struct user *user, struct err *err);
/* 1 found, 0 not, -1 and err. */
int users_find(struct users *u, const char *name, struct user *out, struct err *err);
/* Both end the user's sessions. 1 done, 0 no such user, -1 and err. */
int users_set_hash(struct users *u, const char *name, const char *hash, struct err *err);
int users_remove(struct users *u, const char *name, struct err *err);
typedef void users_fn(void *ctx, const struct user *user);
/* By name. Number of users, or -1 and err. */
int users_list(struct users *u, users_fn *fn, void *ctx, struct err *err);

/* ---- sessions: 12 hours at most, one hour without a request ---- */
#define SESSION_LIFE_US (12ULL * 3600 * 1000000)
#define SESSION_IDLE_US (3600ULL * 1000000)

/* hash: token_hash() of the cookie's secret. 0, or -1 and err. */
int users_session_add(struct users *u, const uint8_t hash[TOKEN_HASH_BYTES], const char *name,
                      const char *client, uint64_t now_us, struct err *err);
/* The user of an open session (out->hash stays empty). 1, 0 none or expired, -1 and err. */
int users_session_find(struct users *u, const uint8_t hash[TOKEN_HASH_BYTES], uint64_t now_us,
                       struct user *out, struct err *err);
int users_session_end(struct users *u, const uint8_t hash[TOKEN_HASH_BYTES], struct err *err);

/* ---- the audit trail: rows are added, never changed ---- */
struct audit_row {
    int64_t id;
    uint64_t ts_us;
    const char *user, *role, *client;
    const char *action; /* "login", "login refused", "logout", "payload", "incident state", ... */
    const char *object; /* "alert 123"; may be empty */
};
int users_audit(struct users *u, const struct audit_row *row, struct err *err);
typedef void users_audit_fn(void *ctx, const struct audit_row *row);
/* Newest first, below before_id (0: open), at most limit. Number of rows, or -1 and err. */
int users_audit_list(struct users *u, int64_t before_id, size_t limit, users_audit_fn *fn,
                     void *ctx, struct err *err);

#endif
