/* analyzer/rules/lint.h - what is odd about rules: the sensor's remarks on each, and what only
 * shows when all are seen together. Rules that are switched off are not looked at. */
#ifndef RULES_LINT_H
#define RULES_LINT_H
#include "analyzer/rules/book.h"

enum finding_kind {
    FINDING_ERROR,   /* the sensor cannot use the rule */
    FINDING_WARNING, /* it does not do what it seems to */
    FINDING_NOTE,    /* what it costs, what it leaves unused */
};
typedef void finding_fn(void *ctx, enum finding_kind kind, const struct rule_row *r,
                        const char *text);
/* In the order of the rules. */
void lint_rules(const struct rule_book *b, finding_fn *found, void *ctx);

#endif
