/* analyzer/cli/main.c - `sekisho COMMAND`: finds the row and runs it. */
#include "analyzer/cli/cli.h"
#include "common/log.h"

#define COMMAND_ROW(name) &command_##name,
static const struct command *const commands[] = {COMMAND_TABLE(COMMAND_ROW)};

static void help(FILE *out)
{
    fprintf(out, "sekisho %s - the operator's command\n\nCommands:\n", SEKISHO_VERSION);
    for (size_t i = 0; i < OPTIONS_COUNT(commands); i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\n`sekisho COMMAND --help` tells more.\n");
}

/* Wherever it stands: of `rules show --help`, too. */
static bool wants_help(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    log_init("sekisho", LOG_INFO);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        help(argc < 2 ? stderr : stdout);
        return argc < 2 ? CLI_USAGE : CLI_OK;
    }
    for (size_t i = 0; i < OPTIONS_COUNT(commands); i++) {
        if (strcmp(commands[i]->name, argv[1]) != 0)
            continue;
        if (wants_help(argc, argv)) {
            printf("%s\n\n%s\n", commands[i]->summary, commands[i]->usage);
            return CLI_OK;
        }
        struct err err = {0};
        int status = commands[i]->run(argc - 1, argv + 1, &err);
        if (err.text[0])
            log_error("%s", err.text);
        return status;
    }
    log_error("no command '%s'; `sekisho help` lists them", argv[1]);
    return CLI_USAGE;
}
