/* analyzer/cli/demo.c - `sekisho demo`: sensors, Redis, analyzer, notices, on the sample captures.
 */
#include "analyzer/demo/demo.h"
#include "analyzer/cli/cli.h"
#include "common/clock.h"
#include <sodium.h>

struct demo_options {
    bool once, keep;
    uint64_t patience_s;
};

/* Up to the summary. 0, or -1 and err. */
static int play(struct demo *d, struct err *err)
{
    if (demo_stage(d, err) != 0)
        return -1;
    printf("Sensors, each on one day of its organisation ...\n");
    if (demo_sensors(d, err) != 0 || demo_watch(d, err) != 0)
        return -1;
    return demo_summary(d, err);
}

static void stay(struct demo *d)
{
    printf("\nThe console: %s   user %s, password %s\n", d->console, DEMO_ADMIN, d->password);
    printf("Mails lie in %s/new. Ctrl-C ends everything.\n", d->mail);
    fflush(stdout);
    while (d->analyzer->running && children_pause(&d->children, 60000)) {
    }
    if (!d->analyzer->running)
        fprintf(stderr, "The analyzer has ended; see %s\n", d->analyzer->log);
    else
        printf("\nEnding everything.\n");
}

static void end(struct demo *d, bool keep)
{
    children_end(&d->children);
    store_close(d->store);
    directory_free(d->directory);
    sodium_memzero(d->password, sizeof d->password);
    if (keep)
        fprintf(stderr, "Logs, archive and mails are kept in %s\n", d->run);
    else
        place_remove(d->run);
}

static int demo_run(int argc, char **argv, struct err *err)
{
    struct demo_options o = {.patience_s = 240};
    const struct option_row rows[] = {
        {0, "once", OPTION_FLAG, &o.once, NULL, "stop after the summary", 0, 0},
        {0, "keep", OPTION_FLAG, &o.keep, NULL, "keep the folder with logs, archive and mails", 0,
         0},
        {0, "patience", OPTION_U64, &o.patience_s, "S",
         "seconds until all must have arrived (default 240)", 5, 3600},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, NULL, err) != 0)
        return CLI_USAGE;
    struct demo d = {.sensor_count = 0};
    if (sodium_init() < 0 || place_private(d.run, err) != 0)
        return CLI_FAILED;
    children_init(&d.children);
    d.deadline_us = clock_monotonic_us() + o.patience_s * 1000000;
    int rc = play(&d, err);
    if (rc == 0 && o.once)
        printf("\nDone: the campaign was found, the notices arrived, the books balance.\n");
    else if (rc == 0)
        stay(&d);
    bool interrupted = d.children.interrupted;
    end(&d, o.keep || (rc != 0 && !interrupted));
    if (rc == 0)
        return CLI_OK;
    return interrupted ? CLI_FAILED : CLI_FINDING;
}

const struct command command_demo = {
    .name = "demo",
    .summary = "the whole loop on the sample captures: sensors, analyzer, notices, console",
    .usage = "sekisho demo [--once] [--keep] [--patience S]\n\n"
             "Starts a private Redis, a mail receiver, the analyzer and a sensor for each\n"
             "organisation of pcaps/orgs.yaml, shows what came of it and stays up until Ctrl-C;\n"
             "with --once it stops there. Status 1 when the campaign, a notice or the delivery\n"
             "equation is missing.",
    .run = demo_run,
};
