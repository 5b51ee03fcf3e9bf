/* analyzer/rules/threshold.h - threshold.conf with "re:" in it, for sensors that know numbers only.
 *
 *   suppress re:java, track by_src, ip 10.0.0.0/8
 *
 * becomes one line for each enabled rule that fits. All other lines stay as they are. Source: the
 * suricata-update documentation. */
#ifndef RULES_THRESHOLD_H
#define RULES_THRESHOLD_H
#include "analyzer/rules/plan.h"

/* 0, or -1 and err. */
int threshold_write(const struct plan *p, const char *in, const char *out, struct err *err);

#endif
