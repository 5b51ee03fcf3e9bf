/* analyzer/cli/correlation.c - `sekisho correlation check|list DIR`: the correlation rules. */
#include "analyzer/cli/cli.h"
#include "analyzer/correlate/rule.h"

static void print_rules(const struct rules *rs)
{
    printf("%-20s %-9s %-17s %-8s %8s  %s\n", "ID", "KIND", "TYPE", "TIMESPAN", "SEVERITY",
           "TITLE");
    for (unsigned i = 0; i < rs->count; i++) {
        static const char *const types[] = {"event_count", "value_count", "temporal",
                                            "temporal_ordered"};
        const struct rule *r = rs->list[i];
        printf("%-20s %-9s %-17s %-8s %8u  %s\n", r->id,
               r->kind == RULE_CAMPAIGN ? "campaign" : "incident", types[r->type], r->timespan,
               r->severity, r->title.en);
    }
}

static int correlation_run(int argc, char **argv, struct err *err)
{
    struct rules rs;
    bool list = argc == 3 && strcmp(argv[1], "list") == 0;
    if (argc != 3 || (!list && strcmp(argv[1], "check") != 0)) {
        err_set(err, "correlation needs `check DIR` or `list DIR`");
        return CLI_USAGE;
    }
    if (rules_load(&rs, argv[2], err) != 0)
        return CLI_FINDING;
    if (list)
        print_rules(&rs);
    else
        printf("%s: sound: %u rules\n", argv[2], rs.count);
    rules_release(&rs);
    return CLI_OK;
}

const struct command command_correlation = {
    .name = "correlation",
    .summary = "check or list the correlation rules",
    .usage = "sekisho correlation check DIR   exit 1 and one line file:line:column when one is "
             "wrong\nsekisho correlation list DIR",
    .run = correlation_run,
};
