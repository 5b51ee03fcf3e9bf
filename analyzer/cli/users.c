/* analyzer/cli/users.c - `sekisho users`: who may open the console. */
#include "analyzer/cli/cli.h"
#include "analyzer/store/users.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/text.h"
#include <sodium.h>

struct arguments {
    const char *data, *role, *org, *password_file;
    struct option_list names;
};

/* The password: first line of the file, or made here and printed once. 0 or -1. */
static int password_get(const struct arguments *a, char out[PASSWORD_MAX + 1], struct err *err)
{
    if (!a->password_file) {
        _Static_assert(PASSWORD_MADE_MAX <= PASSWORD_MAX, "fits");
        password_make(out);
        return 0;
    }
    char *text = file_read(a->password_file, 4096, NULL, err);
    if (!text)
        return -1;
    size_t n = strcspn(text, "\r\n");
    int rc = 0;
    if (n > PASSWORD_MAX)
        rc = err_set(err, "%s: the password is longer than %d bytes", a->password_file,
                     PASSWORD_MAX);
    else
        snprintf(out, PASSWORD_MAX + 1, "%.*s", (int)n, text);
    sodium_memzero(text, strlen(text));
    free(text);
    return rc;
}

static int password_to_hash(const struct arguments *a, char password[PASSWORD_MAX + 1],
                            char hash[PASSWORD_HASH_MAX], struct err *err)
{
    if (password_get(a, password, err) != 0)
        return -1;
    return password_hash(bytes_str(password), hash, err);
}

static void password_tell(const struct arguments *a, const char *name, char *password)
{
    if (!a->password_file)
        printf("password of %s: %s\n", name, password);
    sodium_memzero(password, PASSWORD_MAX + 1);
}

static int add(struct users *u, const struct arguments *a, const char *name, struct err *err)
{
    struct user user = {.created_us = clock_wall_us()};
    char password[PASSWORD_MAX + 1];
    if (!a->role || !user_role_parse(a->role, &user.role)) {
        err_set(err, "users add: --role is one of admin, duty, analyst, auditor, agency");
        return CLI_USAGE;
    }
    if (!user_name_is_valid(name) || (a->org && strlen(a->org) >= sizeof user.org)) {
        err_set(err,
                "users add: a name has 1 to 63 of a-z 0-9 . _ @ -, an organisation's id a-z 0-9 -");
        return CLI_USAGE;
    }
    snprintf(user.name, sizeof user.name, "%s", name);
    snprintf(user.org, sizeof user.org, "%s", a->org ? a->org : "");
    if (password_to_hash(a, password, user.hash, err) != 0 || users_add(u, &user, err) != 0)
        return CLI_FAILED;
    printf("user %s added, role %s%s%s\n", name, a->role, a->org ? ", organisation " : "",
           a->org ? a->org : "");
    password_tell(a, name, password);
    return CLI_OK;
}

static int no_such_user(const char *name, int rc, struct err *err)
{
    if (rc == 0)
        err_set(err, "no user %s; `sekisho users list` names them", name);
    return CLI_FAILED;
}

static int passwd(struct users *u, const struct arguments *a, const char *name, struct err *err)
{
    char password[PASSWORD_MAX + 1], hash[PASSWORD_HASH_MAX];
    if (password_to_hash(a, password, hash, err) != 0)
        return CLI_FAILED;
    int rc = users_set_hash(u, name, hash, err);
    if (rc <= 0)
        return no_such_user(name, rc, err);
    printf("password of %s changed, its sessions are ended\n", name);
    password_tell(a, name, password);
    return CLI_OK;
}

static int remove_user(struct users *u, const char *name, struct err *err)
{
    int rc = users_remove(u, name, err);
    if (rc <= 0)
        return no_such_user(name, rc, err);
    printf("user %s removed, its sessions are ended\n", name);
    return CLI_OK;
}

static void list_line(void *ctx, const struct user *user)
{
    (void)ctx;
    char when[TEXT_TIME_MAX];
    text_time_eve(user->created_us, when);
    printf("%-24s %-8s %-16s since %.10s\n", user->name, user_role_name(user->role),
           user->org[0] ? user->org : "-", when);
}

static int run_with(struct users *u, const struct arguments *a, struct err *err)
{
    const char *what = a->names.values[0], *name = a->names.count == 2 ? a->names.values[1] : NULL;
    if (strcmp(what, "list") == 0 && a->names.count == 1)
        return users_list(u, list_line, NULL, err) < 0 ? CLI_FAILED : CLI_OK;
    if (name && strcmp(what, "add") == 0)
        return add(u, a, name, err);
    if (name && strcmp(what, "passwd") == 0)
        return passwd(u, a, name, err);
    if (name && strcmp(what, "remove") == 0)
        return remove_user(u, name, err);
    err_set(err, "users: expected `add NAME`, `passwd NAME`, `remove NAME` or `list`");
    return CLI_USAGE;
}

static int users_run(int argc, char **argv, struct err *err)
{
    struct arguments a = {0};
    const struct option_row rows[] = {
        {0, "data", OPTION_STRING, &a.data, "DIR", "the analyzer's data directory", 0, 0},
        {0, "role", OPTION_STRING, &a.role, "ROLE", "admin, duty, analyst, auditor or agency", 0,
         0},
        {0, "org", OPTION_STRING, &a.org, "ID", "organisation of an agency user", 0, 0},
        {0, "password-file", OPTION_STRING, &a.password_file, "FILE",
         "first line is the password; absent: one is made and printed", 0, 0},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, &a.names, err) != 0)
        return CLI_USAGE;
    if (!a.data || a.names.count == 0) {
        err_set(err, "users: expected add, passwd, remove or list, and --data DIR");
        return CLI_USAGE;
    }
    if (sodium_init() < 0)
        return CLI_FAILED;
    struct users *u = users_open(a.data, err);
    if (!u)
        return CLI_FAILED;
    int status = run_with(u, &a, err);
    users_close(u);
    return status;
}

const struct command command_users = {
    .name = "users",
    .summary = "who may open the console: add, list, passwd, remove",
    .usage = "sekisho users add NAME --role admin|duty|analyst|auditor|agency [--org ID]\n"
             "                  [--password-file FILE] --data DIR\n"
             "sekisho users passwd NAME [--password-file FILE] --data DIR\n"
             "sekisho users remove NAME --data DIR\n"
             "sekisho users list --data DIR\n\n"
             "Without --password-file a password is made and printed once.",
    .run = users_run,
};
