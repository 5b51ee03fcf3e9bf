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
/* Every match replaced; "\1" and "${1}" in the replacement are what group 1 matched. The caller
 * frees it. NULL: nothing matched, or the replacement asks for what is not there. */
char *pattern_replace(const struct pattern *p, const char *text, const char *replacement);

#endif
