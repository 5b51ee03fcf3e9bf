/* sensor/detect/report.h - what is wrong with rules, written down for people and programs. */
#ifndef DETECT_REPORT_H
#define DETECT_REPORT_H
#include "common/err.h"
#include "sensor/detect/rule.h"

/* Counts a rule as failed and keeps why, as far as there is room. text: the rule as written. */
void report_problem(struct ruleset_report *r, const char *file, const struct rule *rule,
                    struct bytes text, const struct err *err);

#endif
