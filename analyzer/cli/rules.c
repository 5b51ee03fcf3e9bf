/* analyzer/cli/rules.c - `sekisho rules`: what people do with rules. */
#include "analyzer/cli/rules.h"
#include "analyzer/programs/places.h"
#include "common/shared.h"
#include "common/text.h"

int rules_files(const struct option_list *words, size_t from, struct option_list *files,
                char *shipped, struct err *err)
{
    char folder[SHARED_PATH_MAX];
    files->count = 0;
    for (size_t i = from; i < words->count; i++)
        files->values[files->count++] = words->values[i];
    if (files->count)
        return 0;
    if (shared_find("rules/signatures", folder, err) != 0)
        return -1;
    snprintf(shipped, PLACE_MAX + 16, "%s/*.rules", folder);
    files->values[files->count++] = shipped;
    return 0;
}

void rules_print(const char *text)
{
    char *copy = strdup(text);
    ASSERT(copy);
    text_scrub(copy);
    fputs(copy, stdout);
    free(copy);
}

static int rules_run(int argc, char **argv, struct err *err)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv, struct err *err);
    } parts[] = {{"update", rules_update_run},
                 {"check", rules_check},
                 {"list", rules_list},
                 {"show", rules_show}};
    for (size_t i = 0; argc > 1 && i < OPTIONS_COUNT(parts); i++)
        if (strcmp(argv[1], parts[i].name) == 0)
            return parts[i].run(argc - 1, argv + 1, err);
    err_set(err, "rules: expected update, check, list or show; `sekisho rules --help` tells more");
    return CLI_USAGE;
}

const struct command command_rules = {
    .name = "rules",
    .summary = "update, check, list or show rules",
    .usage =
        "sekisho rules update [SOURCE]...   one rule file out of archives, folders and URLs\n"
        "  -o, --output FILE     what to write (default /var/lib/sekisho/rules/sekisho.rules)\n"
        "  --conf-dir DIR        disable.conf, enable.conf, modify.conf, drop.conf, "
        "threshold.conf,\n"
        "                        sources.conf, as far as they are there (default /etc/sekisho)\n"
        "  --disable-conf FILE, --enable-conf FILE, --modify-conf FILE, --drop-conf FILE\n"
        "  --threshold-in FILE, --threshold-out FILE\n"
        "  --ignore GLOB         files that are passed over (default *deleted.rules)\n"
        "  -c, --config FILE     the sensor's configuration, for its variables\n"
        "  --socket PATH         the sensor that reloads afterwards\n"
        "  --no-test, --no-reload, --force\n"
        "sekisho rules check [FILE]...      what is wrong, never matches, is dead, slow or "
        "double;\n"
        "                                   status 1 when a rule cannot be used\n"
        "  -c FILE, --quiet (no notes), and a folder of correlation rules (*.yaml)\n"
        "sekisho rules list [FILE]...       sid, classtype and message of each rule\n"
        "  -w, --where MATCH     only these: a sid, re:, group:, metadata:; --all: also those off\n"
        "sekisho rules show SID [FILE]...   all there is to say of one rule; --json\n\n"
        "FILE may be a glob in quotes; without one the shipped rules are meant. The files and\n"
        "matches of update are suricata-update's.",
    .run = rules_run,
};
