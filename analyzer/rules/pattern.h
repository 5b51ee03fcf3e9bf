/* analyzer/rules/pattern.h - regular expressions over rule text, as disable.conf and modify.conf
 * write them. */
#ifndef RULES_PATTERN_H
#define RULES_PATTERN_H
#include "common/err.h"
#include <stdbool.h>

struct pattern;
/* NULL and err when the expression is none. */
struct pattern *pattern_new(const char *expression, bool caseless, struct err *err);
void pattern_free(struct pattern *p);
bool pattern_holds(const struct pattern *p, const char *text);
/* Every match replaced; "\1", "\g<1>", "\g<name>" and "${1}" in the replacement are what that group
 * matched, nothing when it had no part in the match. 0 and *out, the caller's to free, NULL when
 * nothing matched; -1 and err when the replacement asks for what is not there or takes too long. */
int pattern_replace(const struct pattern *p, const char *text, const char *replacement, char **out,
                    struct err *err);

#endif
