/* sensor/detect/analysis.h - what a rule is to this engine, and what is odd about it. */
#ifndef DETECT_ANALYSIS_H
#define DETECT_ANALYSIS_H
#include "common/json.h"
#include "sensor/detect/rule.h"
#include "sensor/detect/ruleset.h"

/* analysis_engines.c: members "pkt_engines", "engines", "lists" and "mpm": which buffers are looked
 * at for what, and by which literal the rule comes up. */
void analysis_engines(struct json *j, const struct signature *s);
/* analysis_lint.c: members "warnings" (it cannot do what it seems to) and "notes" (what it costs).
 */
void analysis_lint(struct json *j, const struct rule *rule, const struct signature *s);

/* The k-th option of that name, 0 first; NULL: no more. */
const struct rule_option *analysis_option(const struct rule *rule, const char *name, size_t k);

#endif
