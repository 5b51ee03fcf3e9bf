/* sensor/detect/attack.h - what a rule says in the words of MITRE ATT&CK: tactics and techniques.
 *
 * From the rule's metadata (mitre_tactic_id, mitre_tactic_name, mitre_technique_id,
 * mitre_technique_name; the nth of each belong together), else from its classtype by attack.config:
 *
 *   config attack: classtype,tactic id,tactic name[,technique id,technique name]
 *
 * Source: https://attack.mitre.org; the names of the metadata are those of ET Open. */
#ifndef DETECT_ATTACK_H
#define DETECT_ATTACK_H
#include "sensor/detect/build.h"

/* Reads attack.config, before rules. 0, or -1 and err. */
int attack_load(struct ruleset *rs, const char *path, struct err *err);
/* The rule's list as JSON text, kept by the rule set, or NULL: it says nothing. */
const char *attack_of_rule(struct build *b);

#endif
