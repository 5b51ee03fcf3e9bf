/* analyzer/cli/orgs.c - `sekisho orgs check|list FILE`: the organisation directory. */
#include "analyzer/cli/cli.h"
#include "analyzer/directory/directory.h"

static void print_list(const struct directory *d)
{
    printf("%-16s %-12s %-6s %-10s %-11s %8s %9s  %s\n", "ID", "KIND", "CENTRE", "STATE", "CONSENT",
           "NETWORKS", "CONTACTS", "NAME");
    for (unsigned i = 0; i < d->orgs_count; i++) {
        const struct org *o = &d->orgs[i];
        printf("%-16s %-12s %-6s %-10s %-11s %8u %9u  %s / %s", o->id, org_kind_name(o->kind),
               o->centre, org_state_name(o->state), org_consent_name(o->consent),
               o->networks_count + o->internal_networks_count, o->contacts_count, o->name.en,
               o->name.ja);
        if (o->competent_ministry)
            printf(" (competent ministry: %s)", o->competent_ministry);
        printf("\n");
    }
}

/* What is allowed but will surprise: a monitored body that nobody can be told about. */
static void print_warnings(const struct directory *d)
{
    for (unsigned i = 0; i < d->orgs_count; i++) {
        const struct org *o = &d->orgs[i];
        bool lanes[2] = {false, false};
        for (unsigned k = 0; k < o->contacts_count; k++)
            lanes[o->contacts[k].lane] = true;
        for (int k = 0; o->state == ORG_MONITORED && k < 2; k++)
            if (!lanes[k])
                printf("note: '%s' is monitored but has no contact in the %s lane\n", o->id,
                       lane_name((enum lane)k));
    }
}

static int orgs_run(int argc, char **argv, struct err *err)
{
    bool list = argc == 3 && strcmp(argv[1], "list") == 0;
    if (argc != 3 || (!list && strcmp(argv[1], "check") != 0)) {
        err_set(err, "orgs needs `check FILE` or `list FILE`");
        return CLI_USAGE;
    }
    struct directory *d = directory_load(argv[2], err);
    if (!d)
        return CLI_FINDING;
    if (list) {
        print_list(d);
    } else {
        print_warnings(d);
        printf("%s: sound: %u organisations, %u centres\n", argv[2], d->orgs_count,
               d->centres_count);
    }
    directory_free(d);
    return CLI_OK;
}

const struct command command_orgs = {
    .name = "orgs",
    .summary = "check or list the organisation directory",
    .usage = "sekisho orgs check FILE   exit 1 and one line file:line:column when it is not sound\n"
             "sekisho orgs list FILE",
    .run = orgs_run,
};
