/* sensor/detect/reputation.h - what lists say of hosts and networks: a number for each category.
 *
 *   categories:  1,BadHosts,Known bad hosts
 *   lists:       192.0.2.7,1,100
 *                198.51.100.0/24,1,30
 *
 * Part of a rule set, immutable once loaded. */
#ifndef DETECT_REPUTATION_H
#define DETECT_REPUTATION_H
#include "sensor/detect/detect.h"

#define REPUTATION_CATEGORIES 60
#define REPUTATION_MAX        127

struct reputation;
/* Reads the categories, then the lists; lines that say nothing are passed over. NULL and err when a
 * file cannot be read. */
struct reputation *reputation_load(const struct reputation_options *o, struct err *err);
void reputation_free(struct reputation *r);
/* Number of the category called name, 1 to 59, or 0. */
unsigned reputation_category(const struct reputation *r, struct bytes name);
/* 0 to 127, or -1: nothing is said of it. A host that is listed under another category only has 0,
 * as with Suricata; what is said of a host comes before what is said of its network. */
int reputation_of(const struct reputation *r, const struct addr *a, unsigned category);

#endif
