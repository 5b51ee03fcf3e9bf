/* analyzer/cli/replay.c - `sekisho replay`: one or more captures through the sensor, then a summary
 * a person can read. */
#include "analyzer/programs/children.h"
#include "analyzer/cli/cli.h"
#include "analyzer/cli/explain.h"
#include "analyzer/programs/places.h"
#include "common/log.h"
#include "common/text.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <unistd.h>

#define ARCHIVE_DIR "/var/lib/sekisho/rulesets" /* unless --rules-archive says otherwise */
#define TALLY_MAX   4096 /* different signatures, protocols or record types in one summary */

/* One line of a list: how often what was seen. */
struct tally_row {
    char what[192];
    unsigned severity;
    uint64_t count;
};
struct tally {
    struct tally_row *rows;
    size_t count;
    uint64_t beyond; /* seen after TALLY_MAX different ones */
};

/* What the command line asks for. */
struct replay {
    struct option_list captures, rules;
    const char *home_net, *version, *archive;
    char kept_rules[PLACE_MAX], kept_vars[PLACE_MAX]; /* of the version */
    bool explain;
};

struct summary {
    bool explain, colour; /* say of every alert why, as it is read */
    const char *version;  /* asked for; NULL: any */
    uint64_t other_version;
    struct tally alerts, protocols, types;
    uint64_t records, bad_lines;
};

static void tally_add(struct tally *t, const char *what, unsigned severity)
{
    char text[sizeof t->rows->what];
    snprintf(text, sizeof text, "%s", what);
    text_scrub(text);
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->rows[i].what, text) == 0 && t->rows[i].severity == severity) {
            t->rows[i].count++;
            return;
        }
    }
    if (t->count == TALLY_MAX) {
        t->beyond++;
        return;
    }
    if (!t->rows)
        t->rows = calloc(TALLY_MAX, sizeof *t->rows);
    ASSERT(t->rows);
    t->rows[t->count] = (struct tally_row){.severity = severity, .count = 1};
    memcpy(t->rows[t->count++].what, text, sizeof text);
}

static const char *member(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

static unsigned number(const cJSON *object, const char *name)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble <= UINT32_MAX
               ? (unsigned)n->valuedouble
               : 0;
}

static void add_alert(struct summary *s, const cJSON *record)
{
    char what[192];
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(record, "alert");
    snprintf(what, sizeof what, "%u:%u  %s", number(a, "gid"), number(a, "signature_id"),
             member(a, "signature"));
    tally_add(&s->alerts, what, number(a, "severity"));
    const char *version = member(cJSON_GetObjectItemCaseSensitive(record, "sekisho"), "ruleset");
    s->other_version += s->version && *version && strcmp(version, s->version) != 0;
    if (s->explain)
        explain_print(record, s->colour);
}

static void add_record(struct summary *s, const char *line)
{
    cJSON *record = cJSON_Parse(line);
    const char *type = member(record, "event_type");
    s->records++;
    s->bad_lines += record == NULL;
    if (strcmp(type, "alert") == 0)
        add_alert(s, record);
    else if (strcmp(type, "flow") == 0)
        tally_add(&s->protocols,
                  *member(record, "app_proto") ? member(record, "app_proto")
                                               : member(record, "proto"),
                  0);
    if (*type && strcmp(type, "stats") != 0)
        tally_add(&s->types, type, 0);
    cJSON_Delete(record);
}

static int summary_read(struct summary *s, const char *path, struct err *err)
{
    FILE *in = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    if (!in)
        return err_set(err, "cannot read %s: %s", path, strerror(errno));
    while (getline(&line, &cap, in) > 0)
        add_record(s, line);
    free(line);
    fclose(in);
    return 0;
}

static int graver_then_more(const void *a, const void *b)
{
    const struct tally_row *x = a, *y = b;
    if (x->severity != y->severity)
        return x->severity < y->severity ? -1 : 1;
    return (x->count < y->count) - (x->count > y->count);
}

static void tally_print(struct tally *t, const char *title, bool with_severity)
{
    char digits[32];
    printf("%s\n", title);
    if (t->count)
        qsort(t->rows, t->count, sizeof *t->rows, graver_then_more);
    else
        printf("  none\n");
    for (size_t i = 0; i < t->count; i++) {
        printf("  %9s  ", text_thousands(t->rows[i].count, digits));
        if (with_severity)
            printf("severity %u  ", t->rows[i].severity);
        printf("%s\n", t->rows[i].what);
    }
    if (t->beyond)
        printf("  %9s  of still other kinds\n", text_thousands(t->beyond, digits));
    free(t->rows);
}

/* The sensor's command line: ours, with the capture before and the output folder after it. */
static int run_sensor(struct children *c, const struct replay *r, const char *capture,
                      const char *out, struct err *err)
{
    char sensor[PLACE_MAX], log[PLACE_MAX + 16];
    const char *argv[2 * OPTION_LIST_MAX + 14] = {
        sensor, "-r", capture, "-l", out, "--set", "eve-log.types=all"};
    size_t n = 7;
    if (place_program("sekisho-sensor", sensor, err) != 0)
        return CLI_FAILED;
    for (size_t i = 0; i < r->rules.count; i++) {
        argv[n++] = "-S";
        argv[n++] = r->rules.values[i];
    }
    if (r->home_net) {
        argv[n++] = "--home-net";
        argv[n++] = r->home_net;
    }
    if (r->version) {
        argv[n++] = "-c";
        argv[n++] = r->kept_vars;
    }
    if (r->explain)
        argv[n++] = "--explain";
    snprintf(log, sizeof log, "%s/sensor.log", out);
    return child_run(c, "the sensor", argv, log, -1, err) == 0 ? CLI_OK : CLI_FAILED;
}

static int replay_one(struct children *c, const struct replay *r, const char *capture,
                      struct err *err)
{
    char out[PLACE_MAX], eve[PLACE_MAX + 16];
    struct summary s = {
        .explain = r->explain, .colour = isatty(STDOUT_FILENO), .version = r->version};
    if (place_private(out, err) != 0)
        return CLI_FAILED;
    snprintf(eve, sizeof eve, "%s/eve.json", out);
    int status = run_sensor(c, r, capture, out, err);
    if (status == CLI_OK)
        printf("%s\n", capture);
    if (status == CLI_OK && summary_read(&s, eve, err) != 0)
        status = CLI_FAILED;
    place_remove(out);
    if (status != CLI_OK)
        return status;
    tally_print(&s.alerts, "alerts", true);
    tally_print(&s.protocols, "flows by protocol", false);
    tally_print(&s.types, "records", false);
    if (s.other_version)
        log_warn("these are not quite the rules of %s: what they look up, or how this sensor reads "
                 "them, has changed",
                 r->version);
    return CLI_OK;
}

/* The files of an archived rule set; it takes the place of -S. */
static int find_version(struct replay *r, struct err *err)
{
    size_t len = strlen(r->version);
    const char *dir = r->archive ? r->archive : ARCHIVE_DIR;
    if (len != 16 || strspn(r->version, "0123456789abcdef") != len)
        return err_set(err,
                       "replay: '%s' is no rule set version; alerts carry theirs, 16 digits, as "
                       "sekisho.ruleset",
                       r->version);
    if (r->rules.count || r->home_net)
        return err_set(err,
                       "replay: --rules-version brings rules and HOME_NET; -S and --home-net do "
                       "not go with it");
    snprintf(r->kept_rules, sizeof r->kept_rules, "%s/%s.rules", dir, r->version);
    snprintf(r->kept_vars, sizeof r->kept_vars, "%s/%s.yaml", dir, r->version);
    if (access(r->kept_rules, R_OK) != 0 || access(r->kept_vars, R_OK) != 0)
        return err_set(err,
                       "replay: no rule set %s in %s; the sensor's sekisho.ruleset-dir keeps them",
                       r->version, dir);
    r->rules.values[r->rules.count++] = r->kept_rules;
    return 0;
}

static int replay_run(int argc, char **argv, struct err *err)
{
    struct replay r = {.home_net = NULL};
    const struct option_row rows[] = {
        {'S', NULL, OPTION_LIST, &r.rules, "FILE", "only this rule file (or glob), no detectors", 0,
         0},
        {0, "home-net", OPTION_STRING, &r.home_net, "GROUP", "HOME_NET, as \"[10.0.0.0/8]\"", 0, 0},
        {0, "rules-version", OPTION_STRING, &r.version, "VERSION",
         "the rules of an alert's sekisho.ruleset, as the sensor archived them", 0, 0},
        {0, "rules-archive", OPTION_STRING, &r.archive, "DIR",
         "where they are (default " ARCHIVE_DIR ")", 0, 0},
        {0, "explain", OPTION_FLAG, &r.explain, NULL, "say of every alert what matched where", 0,
         0},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, &r.captures, err) != 0)
        return CLI_USAGE;
    if (r.captures.count == 0) {
        err_set(err, "replay: expected one or more captures; `sekisho replay --help` shows how");
        return CLI_USAGE;
    }
    if (r.version && find_version(&r, err) != 0)
        return CLI_USAGE;
    struct children children;
    children_init(&children);
    int status = CLI_OK;
    for (size_t i = 0; i < r.captures.count && status == CLI_OK; i++)
        status = replay_one(&children, &r, r.captures.values[i], err);
    return status;
}

const struct command command_replay = {
    .name = "replay",
    .summary = "replay captures through the sensor and sum up what it found",
    .usage =
        "sekisho replay CAPTURE... [-S FILE]... [--home-net GROUP] [--explain]\n"
        "       sekisho replay CAPTURE... --rules-version VERSION [--rules-archive DIR] "
        "[--explain]\n\n"
        "Without -S the shipped rules and all detectors are used.\n"
        "--rules-version takes the rules and variables that raised an alert (its sekisho.ruleset)\n"
        "from the folder that the sensor's setting sekisho.ruleset-dir names.\n"
        "--explain says of every alert of a rule what of it matched which bytes, and where.\n"
        "Example: sekisho replay pcaps/features/rules-exploit.pcap",
    .run = replay_run,
};
