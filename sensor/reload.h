/* sensor/reload.h - the rules read and compiled anew, by a thread of its own while packets flow.
 *
 * What a reload reads: the configuration's rule files, variables, classifications, references and
 * thresholds, named as at the start. All other settings stay as they were. A set that cannot be
 * used changes nothing. One thread calls all of this. */
#ifndef SENSOR_RELOAD_H
#define SENSOR_RELOAD_H
#include "sensor/rule_load.h"
#include "sensor/rule_switch.h"

struct reload_options {
    int argc; /* the command line, read again */
    char **argv;
    struct rule_switch *rules;
    struct shared *shared; /* adopts the sets of new rules */
    int done_fd;           /* eventfd: told when a load is over */
};

struct reload;
/* Takes over the report of the load that is in force. */
struct reload *reload_new(const struct reload_options *o, struct rule_load *first);
/* Waits for a load under way. */
void reload_free(struct reload *r);

/* False when one is under way. */
bool reload_start(struct reload *r);
bool reload_is_running(const struct reload *r);
/* Whether one is over. If so it is settled: the new set is in force and said so, or the old one
 * stays and err tells why. */
enum reload_result { RELOAD_NONE, RELOAD_DONE, RELOAD_REFUSED };
enum reload_result reload_settle(struct reload *r, struct err *err);
/* Of the set in force. */
const struct rule_load *reload_in_force(const struct reload *r);

#endif
