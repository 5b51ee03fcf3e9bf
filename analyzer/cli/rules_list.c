/* analyzer/cli/rules_list.c - `sekisho rules list` and `sekisho rules show`. */
#include "analyzer/cli/rules.h"
#include "analyzer/programs/places.h"
#include "analyzer/rules/flowbits.h"
#include "analyzer/rules/matcher.h"
#include "common/text.h"

/* ---- list ---- */
static void print_row(const struct rule_row *r)
{
    char class[64];
    snprintf(class, sizeof class, "%s", row_text(r, "classtype"));
    text_scrub(class);
    printf("%s%10u  %-26s ", r->enabled ? "" : "#", r->sid, class);
    rules_print(r->msg);
    printf("\n");
}

static int list(const struct option_list *files, const struct matcher *where, bool all,
                struct err *err)
{
    struct rule_book book;
    struct book_options o = {.files = files};
    if (book_read(&book, &o, err) != 0)
        return CLI_FAILED;
    for (size_t i = 0; i < book.count; i++) {
        const struct rule_row *r = &book.rows[i];
        if (r->sid && (all || r->enabled) && (!where || matcher_holds(where, r, r->file, r->raw)))
            print_row(r);
    }
    book_release(&book);
    return CLI_OK;
}

int rules_list(int argc, char **argv, struct err *err)
{
    struct option_list words = {.count = 0}, files;
    const char *where = NULL;
    bool all = false;
    char shipped[PLACE_MAX + 16];
    const struct option_row rows[] = {
        {'w', "where", OPTION_STRING, &where, "MATCH", "only these", 0, 0},
        {'a', "all", OPTION_FLAG, &all, NULL, "also those that are off", 0, 0},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, &words, err) != 0)
        return CLI_USAGE;
    struct matcher *m = where ? matcher_new(where, err) : NULL;
    if (where && !m)
        return CLI_USAGE;
    int status =
        rules_files(&words, 0, &files, shipped, err) == 0 ? list(&files, m, all, err) : CLI_FAILED;
    matcher_free(m);
    return status;
}

/* ---- show ---- */
static void line(const char *name, const char *text)
{
    if (!*text)
        return;
    printf("%-14s", name);
    rules_print(text);
    printf("\n");
}

static void lines(const struct rule_row *r, const char *member, const char *name)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(r->json, member))
    {
        line(name, one->valuestring ? one->valuestring : "");
    }
}

/* "url,example.org" as something to click; others by their kind. */
static void print_references(const struct rule_row *r)
{
    static const struct {
        const char *kind, *prefix;
    } places[] = {{"url,", "https://"}, {"cve,", "https://nvd.nist.gov/vuln/detail/CVE-"}};
    const cJSON *one;
    char text[1024];
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(r->json, "references"))
    {
        const char *written = one->valuestring ? one->valuestring : "";
        snprintf(text, sizeof text, "%s", written);
        for (size_t i = 0; i < OPTIONS_COUNT(places); i++) {
            size_t len = strlen(places[i].kind);
            const char *rest =
                written + len + strspn(written + (strlen(written) > len ? len : 0), " ");
            if (strncasecmp(written, places[i].kind, len) == 0 && !strstr(written, "://"))
                snprintf(text, sizeof text, "%s%s", places[i].prefix,
                         i == 1 && strncasecmp(rest, "CVE-", 4) == 0 ? rest + 4 : rest);
        }
        line("reference", text);
    }
}

/* When the engine looks at the rule at all. */
static void print_selection(const struct rule_row *r)
{
    const cJSON *mpm = cJSON_GetObjectItemCaseSensitive(r->json, "mpm");
    const cJSON *header = cJSON_GetObjectItemCaseSensitive(r->json, "header");
    const char *words[] = {"src", "sport", "direction", "dst", "dport"};
    printf("%-14s", "packets");
    rules_print(row_text(r, "proto"));
    for (size_t i = 0; i < OPTIONS_COUNT(words); i++) {
        const char *word = cJSON_GetStringValue(cJSON_GetObjectItem(header, words[i]));
        printf(" ");
        rules_print(word ? word : "");
    }
    printf("\n");
    if (!mpm)
        return;
    printf("%-14sthose with \"", "of these");
    rules_print(cJSON_GetStringValue(cJSON_GetObjectItem(mpm, "pattern")));
    printf("\" in %s%s\n", cJSON_GetStringValue(cJSON_GetObjectItem(mpm, "buffer")),
           cJSON_IsTrue(cJSON_GetObjectItem(mpm, "nocase")) ? ", in any case" : "");
}

static bool shares(const struct rule_row *r, const struct rule_row *other)
{
    struct flowbit mine, theirs;
    for (int i = 0; flowbit_at(r, i, &mine); i++)
        for (int k = 0; mine.tests && flowbit_at(other, k, &theirs); k++)
            if (theirs.sets && bytes_eq(mine.names, theirs.names))
                return true;
    return false;
}

/* Rules that must have matched before it can. */
static void print_needed(const struct rule_book *b, const struct rule_row *r)
{
    char text[512];
    for (size_t i = 0; i < b->count; i++) {
        const struct rule_row *other = &b->rows[i];
        if (other == r || !shares(r, other))
            continue;
        snprintf(text, sizeof text, "sid %u %s%s", other->sid, other->msg,
                 other->enabled ? "" : " (off)");
        line("after", text);
    }
}

static void print_rule(const struct rule_book *b, const struct rule_row *r)
{
    char text[256];
    snprintf(text, sizeof text, "%u:%u:%u", r->gid, r->sid, r->rev);
    line("rule", text);
    line("message", r->msg);
    line("state", r->error ? "cannot be used" : r->enabled ? "on" : "off");
    line("error", r->error ? r->error : "");
    snprintf(text, sizeof text, "%s:%.0f", r->file,
             cJSON_GetObjectItem(r->json, "line")->valuedouble);
    line("file", text);
    line("action", row_text(r, "action"));
    line("classtype", row_text(r, "classtype"));
    line("category", row_text(r, "category"));
    lines(r, "metadata", "metadata");
    print_references(r);
    line("protocol", row_text(r, "app_proto"));
    line("type", row_text(r, "type"));
    print_selection(r);
    lines(r, "flowbits", "flowbits");
    print_needed(b, r);
    lines(r, "warnings", "warning");
    lines(r, "notes", "note");
    printf("\n");
    rules_print(r->raw);
    printf("\n");
}

static int show(const struct option_list *files, uint32_t gid, uint32_t sid, bool as_json,
                struct err *err)
{
    struct rule_book book;
    struct book_options o = {.files = files, .whole = as_json};
    if (book_read(&book, &o, err) != 0)
        return CLI_FAILED;
    const struct rule_row *r = book_find(&book, gid, sid);
    if (!r)
        err_set(err, "no rule %u:%u in these files", gid, sid);
    else if (as_json) {
        char *text = cJSON_Print(r->json);
        printf("%s\n", text);
        free(text);
    } else {
        print_rule(&book, r);
    }
    book_release(&book);
    return r ? CLI_OK : CLI_FINDING;
}

int rules_show(int argc, char **argv, struct err *err)
{
    struct option_list words = {.count = 0}, files;
    bool as_json = false;
    char shipped[PLACE_MAX + 16];
    uint64_t gid = 1, sid;
    const struct option_row rows[] = {
        {0, "json", OPTION_FLAG, &as_json, NULL, "as the engine tells it", 0, 0},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, &words, err) != 0)
        return CLI_USAGE;
    const char *id = words.count ? words.values[0] : "", *colon = strchr(id, ':');
    bool good = text_u64(bytes_str(colon ? colon + 1 : id), 1, UINT32_MAX, &sid) &&
                (!colon || text_u64(bytes_of(id, (size_t)(colon - id)), 0, UINT32_MAX, &gid));
    if (!good) {
        err_set(err, "rules show: expected the number of a rule, as 2019401 or 1:2019401");
        return CLI_USAGE;
    }
    if (rules_files(&words, 1, &files, shipped, err) != 0)
        return CLI_FAILED;
    return show(&files, (uint32_t)gid, (uint32_t)sid, as_json, err);
}
