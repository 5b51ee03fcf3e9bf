/* analyzer/cli/cli.h - the operator's command: one file and one row of command_table.h each. */
#ifndef CLI_CLI_H
#define CLI_CLI_H
#include "common/err.h"
#include "common/option.h"

struct command {
    const char *name, *summary; /* "account", one line */
    const char *usage;          /* "sekisho account [--redis ADDRESS] ..." with an example or two */
    /* argv[0] is the command's name. Returns the exit status; err is printed when it is set. */
    int (*run)(int argc, char **argv, struct err *err);
};

#include "analyzer/cli/command_table.h"
#define COMMAND_DECLARE(name) extern const struct command command_##name;
COMMAND_TABLE(COMMAND_DECLARE)

/* Exit statuses: 0 done, 1 a finding (equation off, notice missing), 2 wrong use, 3 could not. */
enum { CLI_OK = 0, CLI_FINDING = 1, CLI_USAGE = 2, CLI_FAILED = 3 };

#endif
