/* analyzer/cli/rules_check.c - `sekisho rules check`: what is wrong or odd, rule by rule. */
#include "analyzer/cli/rules.h"
#include "analyzer/correlate/rule.h"
#include "analyzer/programs/places.h"
#include "analyzer/rules/lint.h"
#include <glob.h>
#include <inttypes.h>

struct check {
    bool quiet;
    uint64_t found[3]; /* by kind */
};

static void on_finding(void *ctx, enum finding_kind kind, const struct rule_row *r,
                       const char *text)
{
    static const char *const names[] = {"error", "warning", "note"};
    struct check *c = ctx;
    const cJSON *line = cJSON_GetObjectItem(r->json, "line"),
                *column = cJSON_GetObjectItem(r->json, "column");
    c->found[kind]++;
    if (c->quiet && kind == FINDING_NOTE)
        return;
    rules_print(r->file);
    printf(":%.0f:%.0f: ", cJSON_GetNumberValue(line), column ? column->valuedouble : 1.0);
    if (r->sid)
        printf("sid %u: ", r->sid);
    printf("%s: ", names[kind]);
    rules_print(text);
    printf("\n");
}

static uint64_t count_enabled(const struct rule_book *b)
{
    uint64_t n = 0;
    for (size_t i = 0; i < b->count; i++)
        n += b->rows[i].enabled;
    return n;
}

static void print_count(uint64_t n, const char *what, const char *after)
{
    printf("%" PRIu64 " %s%s%s", n, what, n == 1 ? "" : "s", after);
}

static int check_rules(const struct option_list *files, const char *config, bool quiet,
                       struct err *err)
{
    struct rule_book book;
    struct book_options o = {.files = files, .config = config};
    struct check c = {.quiet = quiet};
    if (book_read(&book, &o, err) != 0)
        return CLI_FAILED;
    lint_rules(&book, on_finding, &c);
    print_count(count_enabled(&book), "rule", ": ");
    print_count(c.found[FINDING_ERROR], "error", ", ");
    print_count(c.found[FINDING_WARNING], "warning", ", ");
    print_count(c.found[FINDING_NOTE], "note", "\n");
    book_release(&book);
    return c.found[FINDING_ERROR] ? CLI_FINDING : CLI_OK;
}

/* ---- correlation rules, a folder of YAML files ---- */
static bool holds_yaml(const char *path)
{
    char pattern[PLACE_MAX + 16];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/*.yaml", path);
    bool any = glob(pattern, 0, NULL, &found) == 0;
    if (any)
        globfree(&found);
    return any;
}

static int check_correlation(const char *folder, struct err *err)
{
    struct rules rs;
    if (rules_load(&rs, folder, err) != 0)
        return CLI_FINDING;
    printf("%s: sound: %u correlation rules\n", folder, rs.count);
    rules_release(&rs);
    return CLI_OK;
}

int rules_check(int argc, char **argv, struct err *err)
{
    struct option_list words = {.count = 0}, files;
    const char *config = NULL;
    bool quiet = false;
    char shipped[PLACE_MAX + 16];
    const struct option_row rows[] = {
        {'c', "config", OPTION_STRING, &config, "FILE", "the sensor's configuration", 0, 0},
        {'q', "quiet", OPTION_FLAG, &quiet, NULL, "no notes", 0, 0},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, &words, err) != 0)
        return CLI_USAGE;
    if (words.count == 1 && holds_yaml(words.values[0]))
        return check_correlation(words.values[0], err);
    if (rules_files(&words, 0, &files, shipped, err) != 0)
        return CLI_FAILED;
    return check_rules(&files, config, quiet, err);
}
