/* sensor/rule_load.h - one reading of the rules: the set it gave and what was wrong with them. */
#ifndef SENSOR_RULE_LOAD_H
#define SENSOR_RULE_LOAD_H
#include "sensor/detect/detect.h"

struct rule_load {
    struct ruleset *rules; /* whose it is depends on where the load stands; not released with it */
    struct ruleset_report report;
    uint64_t done_us; /* wall time */
};

/* 0, or -1 and err: nothing can go on, or the rules ask of files what this host cannot tell. The
 * report is filled either way. */
int rule_load(struct rule_load *l, const struct ruleset_options *o, struct err *err);
/* The first `most` problems as warnings, then one line on the whole. */
void rule_load_tell(const struct rule_load *l, size_t most);
void rule_load_release(struct rule_load *l);

#endif
