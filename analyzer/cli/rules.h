/* analyzer/cli/rules.h - the parts of `sekisho rules`; each returns an exit status. */
#ifndef CLI_RULES_H
#define CLI_RULES_H
#include "analyzer/cli/cli.h"

int rules_check(int argc, char **argv, struct err *err);
int rules_list(int argc, char **argv, struct err *err);
int rules_show(int argc, char **argv, struct err *err);
int rules_update_run(int argc, char **argv, struct err *err);

/* Files given, or the shipped rules. shipped: room of PLACE_MAX + 16 for the glob of these. */
int rules_files(const struct option_list *words, size_t from, struct option_list *files,
                char *shipped, struct err *err);
/* Without control characters, since rules come from strangers. */
void rules_print(const char *text);

#endif
