/* analyzer/rules/compare.h - what an update changes in the file that is there. */
#ifndef RULES_COMPARE_H
#define RULES_COMPARE_H
#include "analyzer/rules/plan.h"
#include "analyzer/rules/update.h"

/* Counts added, removed, changed and switched rules into r. */
void compare_rules(const struct plan *now, const struct rule_book *before, struct update_report *r);

#endif
