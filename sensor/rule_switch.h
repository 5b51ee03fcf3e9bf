/* sensor/rule_switch.h - the rule set in force, and older ones that queued work still needs.
 *
 * A rule set is immutable; a reload puts another one in force. Workers take it up between two
 * batches, and an older one is kept until the last worker and the last batch made under it have
 * left it. One lock a batch, none a packet. */
#ifndef SENSOR_RULE_SWITCH_H
#define SENSOR_RULE_SWITCH_H
#include "sensor/detect/detect.h"

struct rule_switch;
/* Takes first over. */
struct rule_switch *rule_switch_new(struct ruleset *first);
/* Frees all sets, held or not. */
void rule_switch_free(struct rule_switch *s);

/* The set in force, held for the caller until rule_switch_leave(). */
const struct ruleset *rule_switch_enter(struct rule_switch *s);
/* One hold more on a set that is held. */
void rule_switch_hold(struct rule_switch *s, const struct ruleset *rs);
void rule_switch_leave(struct rule_switch *s, const struct ruleset *rs);

/* Puts rs in force and takes it over. */
void rule_switch_publish(struct rule_switch *s, struct ruleset *rs);
/* Frees what nobody holds any more: work for a thread that no packet waits for. Returns how many
 * older sets are left. */
size_t rule_switch_sweep(struct rule_switch *s);

#endif
