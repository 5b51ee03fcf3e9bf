/* sensor/rule_archive.h - every rule set that was in force, kept under the name its alerts carry.
 *
 *   HASH.rules   the rules          HASH.yaml   the variables they were loaded with
 *
 * so that an alert can be looked at again with the rules of its second:
 *
 *   sekisho-sensor -r capture.pcap -c HASH.yaml -S HASH.rules -l out */
#ifndef SENSOR_RULE_ARCHIVE_H
#define SENSOR_RULE_ARCHIVE_H
#include "sensor/detect/detect.h"

/* Nothing to do when it is there already. 0, or -1 and err. */
int rule_archive(const char *dir, const struct ruleset *rs, const struct rule_vars *vars,
                 struct err *err);

#endif
