/* analyzer/cli/rules.c - `sekisho rules check|list`: rule files, as the sensor takes them. */
#include "analyzer/cli/cli.h"
#include "analyzer/programs/places.h"
#include "common/shared.h"
#include "common/file.h"
#include "common/text.h"
#include <errno.h>
#include <glob.h>
#include <unistd.h>

#define RULE_FILE_CAP (64u << 20)

/* Becomes `sekisho-sensor -T -S FILE...`, whose report and status are the answer. Returns only when
 * that fails. */
static int check(const struct option_list *files, struct err *err)
{
    char sensor[PLACE_MAX];
    const char *argv[2 * OPTION_LIST_MAX + 3] = {sensor, "-T"};
    size_t n = 2;
    if (place_program("sekisho-sensor", sensor, err) != 0)
        return CLI_FAILED;
    for (size_t i = 0; i < files->count; i++) {
        argv[n++] = "-S";
        argv[n++] = files->values[i];
    }
    execv(sensor, (char *const *)(uintptr_t)argv);
    err_set(err, "cannot run %s: %s", sensor, strerror(errno));
    return CLI_FAILED;
}

/* What stands between `key` and `end` in one rule, outside of any other quoted text we care for. */
static struct bytes value_of(struct bytes rule, struct bytes key, char end)
{
    ptrdiff_t at = bytes_find(rule, key);
    if (at < 0)
        return (struct bytes){0};
    struct bytes rest = bytes_slice(rule, (size_t)at + key.len, rule.len);
    const void *stop = rest.len ? memchr(rest.p, end, rest.len) : NULL;
    return bytes_slice(rest, 0, stop ? (size_t)((const uint8_t *)stop - rest.p) : rest.len);
}

static bool is_rule(struct bytes line)
{
    static const char *const actions[] = {"alert ", "drop ", "pass ", "reject "};
    for (size_t i = 0; i < OPTIONS_COUNT(actions); i++)
        if (bytes_starts(line, bytes_str(actions[i])))
            return true;
    return false;
}

static void list_line(struct bytes line)
{
    char msg[256], class[64];
    struct bytes sid = value_of(line, BYTES_LIT("sid:"), ';');
    struct bytes text = value_of(line, BYTES_LIT("msg:\""), '"');
    struct bytes type = value_of(line, BYTES_LIT("classtype:"), ';');
    snprintf(msg, sizeof msg, "%.*s", (int)text.len, text.p ? (const char *)text.p : "");
    snprintf(class, sizeof class, "%.*s", (int)type.len, type.p ? (const char *)type.p : "");
    text_scrub(msg);
    text_scrub(class);
    printf("%10.*s  %-26s %s\n", (int)(sid.len < 10 ? sid.len : 10),
           sid.p ? (const char *)sid.p : "", class, msg);
}

static int list_file(const char *path, struct err *err)
{
    size_t len;
    char *text = file_read(path, RULE_FILE_CAP, &len, err);
    if (!text)
        return CLI_FAILED;
    struct bytes rest = bytes_of(text, len);
    while (rest.len) {
        const uint8_t *end = memchr(rest.p, '\n', rest.len);
        struct bytes line = bytes_slice(rest, 0, end ? (size_t)(end - rest.p) : rest.len);
        rest = bytes_slice(rest, line.len + (end ? 1 : 0), rest.len);
        if (is_rule(line))
            list_line(line);
    }
    free(text);
    return CLI_OK;
}

static int list(const struct option_list *files, struct err *err)
{
    glob_t found;
    int status = CLI_OK;
    for (size_t i = 0; i < files->count && status == CLI_OK; i++) {
        if (glob(files->values[i], 0, NULL, &found) != 0) {
            err_set(err, "%s: no such rule file", files->values[i]);
            return CLI_FAILED;
        }
        for (size_t j = 0; j < found.gl_pathc && status == CLI_OK; j++)
            status = list_file(found.gl_pathv[j], err);
        globfree(&found);
    }
    return status;
}

static int rules_run(int argc, char **argv, struct err *err)
{
    struct option_list words = {.count = 0};
    char shipped[PLACE_MAX], pattern[PLACE_MAX + 16];
    if (options_parse(NULL, 0, argc, argv, &words, err) != 0)
        return CLI_USAGE;
    const char *what = words.count ? words.values[0] : "";
    struct option_list files = {.count = 0};
    for (size_t i = 1; i < words.count; i++)
        files.values[files.count++] = words.values[i];
    if (files.count == 0) {
        if (shared_find("rules/signatures", shipped, err) != 0)
            return CLI_FAILED;
        snprintf(pattern, sizeof pattern, "%s/*.rules", shipped);
        files.values[files.count++] = pattern;
    }
    if (strcmp(what, "check") == 0)
        return check(&files, err);
    if (strcmp(what, "list") == 0)
        return list(&files, err);
    err_set(err, "rules: expected `check` or `list`, then rule files (default: the shipped ones)");
    return CLI_USAGE;
}

const struct command command_rules = {
    .name = "rules",
    .summary = "check rule files as the sensor would, or list them",
    .usage = "sekisho rules check [FILE...]   status 1 when a rule cannot be used\n"
             "sekisho rules list [FILE...]    sid, classtype and message of each rule\n\n"
             "FILE may be a glob in quotes. Without one the shipped rules are meant.",
    .run = rules_run,
};
