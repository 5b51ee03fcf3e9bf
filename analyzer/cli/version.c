/* analyzer/cli/version.c - which Sekisho this is. */
#include "analyzer/cli/cli.h"

static int version_run(int argc, char **argv, struct err *err)
{
    (void)argv;
    if (argc > 1) {
        err_set(err, "version takes no arguments");
        return CLI_USAGE;
    }
    printf("sekisho %s\n", SEKISHO_VERSION);
    return CLI_OK;
}

const struct command command_version = {
    .name = "version",
    .summary = "print the version",
    .usage = "sekisho version",
    .run = version_run,
};
