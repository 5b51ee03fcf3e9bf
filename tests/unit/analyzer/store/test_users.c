/* tests/unit/analyzer/store/test_users.c - users, sessions and the audit trail. */
#include "analyzer/store/users.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#define T0 (1000ULL * 3600 * 1000000)

static char dir[32];
static struct users *users;
static struct err err;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/test_users_XXXXXX");
    if (sodium_init() < 0 || !mkdtemp(dir))
        return -1;
    users = users_open(dir, &err);
    return users ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"users.db", "users.db-wal", "users.db-shm", ""};
    char path[64];
    users_close(users);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        remove(path);
    }
    return 0;
}

static struct user user_named(const char *name, enum user_role role, const char *org)
{
    struct user u = {.role = role, .hash = "hash", .created_us = T0};
    snprintf(u.name, sizeof u.name, "%s", name);
    snprintf(u.org, sizeof u.org, "%s", org);
    return u;
}

static void add(const char *name, enum user_role role, const char *org)
{
    struct user u = user_named(name, role, org);
    if (users_add(users, &u, &err) != 0)
        fail_msg("%s", err.text);
}

static void users__come_back_as_they_were_added(void **state)
{
    (void)state;
    struct user u;
    add("min-b", ROLE_AGENCY, "ministry-b");
    assert_int_equal(users_find(users, "min-b", &u, &err), 1);
    assert_int_equal(u.role, ROLE_AGENCY);
    assert_string_equal(u.org, "ministry-b");
    assert_string_equal(u.hash, "hash");
    assert_int_equal(users_find(users, "min-c", &u, &err), 0);
}

static void users_add__refuses_what_cannot_be(void **state)
{
    (void)state;
    add("aki", ROLE_ADMIN, "");
    const struct user bad[] = {
        user_named("aki", ROLE_ANALYST, ""),       user_named("", ROLE_ADMIN, ""),
        user_named("Aki", ROLE_ADMIN, ""),         user_named("a b", ROLE_ADMIN, ""),
        user_named("a\nb", ROLE_ADMIN, ""),        user_named("x", ROLE_AGENCY, ""),
        user_named("x", ROLE_ADMIN, "ministry-a"), user_named("x", ROLE_AGENCY, "No Id"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err.text[0] = '\0';
        assert_int_equal(users_add(users, &bad[i], &err), -1);
        assert_string_not_equal(err.text, "");
    }
    struct user u;
    assert_int_equal(users_find(users, "aki", &u, &err), 1);
    assert_int_equal(u.role, ROLE_ADMIN); /* the first one stays */
}

static void users__file_is_for_its_owner_alone(void **state)
{
    (void)state;
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "%s/" USERS_FILE, dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void session__opens_and_runs_out(void **state)
{
    (void)state;
    uint8_t hash[TOKEN_HASH_BYTES];
    char token[TOKEN_TEXT_MAX];
    struct user u;
    add("aki", ROLE_ADMIN, "");
    token_make(token);
    token_hash(token, hash);
    assert_int_equal(users_session_find(users, hash, T0, &u, &err), 0);
    assert_int_equal(users_session_add(users, hash, "aki", "127.0.0.1", T0, &err), 0);
    assert_int_equal(users_session_find(users, hash, T0 + SESSION_IDLE_US, &u, &err), 1);
    assert_string_equal(u.name, "aki");
    assert_string_equal(u.hash, "");
    assert_int_equal(users_session_find(users, hash, T0 + 2 * SESSION_IDLE_US + 1, &u, &err), 0);
}

static void session__ends_after_twelve_hours_however_busy(void **state)
{
    (void)state;
    uint8_t hash[TOKEN_HASH_BYTES] = {1};
    struct user u;
    add("aki", ROLE_ADMIN, "");
    assert_int_equal(users_session_add(users, hash, "aki", "::1", T0, &err), 0);
    uint64_t now_us = T0;
    for (; now_us <= T0 + SESSION_LIFE_US; now_us += SESSION_IDLE_US / 2)
        assert_int_equal(users_session_find(users, hash, now_us, &u, &err), 1);
    assert_int_equal(users_session_find(users, hash, now_us, &u, &err), 0);
}

static void session__ends_with_a_new_password_or_without_the_user(void **state)
{
    (void)state;
    uint8_t first[TOKEN_HASH_BYTES] = {1}, second[TOKEN_HASH_BYTES] = {2};
    struct user u;
    add("aki", ROLE_ADMIN, "");
    users_session_add(users, first, "aki", "", T0, &err);
    assert_int_equal(users_set_hash(users, "aki", "other", &err), 1);
    assert_int_equal(users_session_find(users, first, T0, &u, &err), 0);
    users_session_add(users, second, "aki", "", T0, &err);
    assert_int_equal(users_remove(users, "aki", &err), 1);
    assert_int_equal(users_session_find(users, second, T0, &u, &err), 0);
    assert_int_equal(users_remove(users, "aki", &err), 0);
    assert_int_equal(users_set_hash(users, "aki", "x", &err), 0);
}

static void audit_first(void *ctx, const struct audit_row *row)
{
    struct audit_row *out = ctx;
    if (out->id == 0) {
        out->id = row->id;
        out->action = strcmp(row->action, "payload") == 0 ? "payload" : "other";
    }
}

static void audit__keeps_rows_newest_first(void **state)
{
    (void)state;
    struct audit_row row = {.ts_us = T0,
                            .user = "aki",
                            .role = "admin",
                            .client = "::1",
                            .action = "login",
                            .object = ""};
    assert_int_equal(users_audit(users, &row, &err), 0);
    row.action = "payload";
    row.object = "alert 7";
    assert_int_equal(users_audit(users, &row, &err), 0);
    struct audit_row first = {.id = 0};
    assert_int_equal(users_audit_list(users, 0, 10, audit_first, &first, &err), 2);
    assert_string_equal(first.action, "payload");
    struct audit_row older = {.id = 0};
    assert_int_equal(users_audit_list(users, first.id, 10, audit_first, &older, &err), 1);
    assert_string_equal(older.action, "other");
}

static void password__fits_only_itself(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX], made[PASSWORD_MADE_MAX];
    password_make(made);
    assert_int_equal(strlen(made), 23);
    assert_int_equal(password_hash(bytes_str(made), hash, &err), 0);
    assert_non_null(strstr(hash, "$argon2id$"));
    assert_true(password_is(hash, bytes_str(made)));
    assert_false(password_is(hash, bytes_str("something else")));
    assert_false(password_is(NULL, bytes_str(made)));
    assert_int_equal(password_hash(bytes_str("short"), hash, &err), -1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(users__come_back_as_they_were_added),
        TEST(users_add__refuses_what_cannot_be),
        TEST(users__file_is_for_its_owner_alone),
        TEST(session__opens_and_runs_out),
        TEST(session__ends_after_twelve_hours_however_busy),
        TEST(session__ends_with_a_new_password_or_without_the_user),
        TEST(audit__keeps_rows_newest_first),
        TEST(password__fits_only_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
