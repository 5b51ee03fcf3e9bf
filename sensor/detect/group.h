/* sensor/detect/group.h - address and port groups of rule headers: text to sets.
 *
 * "[10.0.0.0/8,!10.1.0.0/16,$DMZ]", "!$HOME_NET", "any", "[80,8000:8099,!8080]", "1024:". A list
 * is the union of its positive members without its negative ones; of a family (IPv4, IPv6) that it
 * only has negative ones of, it is everything else. Lists and variables in a list are as if their
 * members stood there, but a negated one counts as a whole. Both as Suricata 7 has it. */
#ifndef DETECT_GROUP_H
#define DETECT_GROUP_H
#include "common/addr.h"
#include "sensor/detect/detect.h"
#include "sensor/detect/ranges.h"

struct group {
    struct ranges v4, v6; /* ports and other plain numbers use v4 */
    bool any;             /* written as "any" (or a variable that is) */
    bool negated;         /* a '!' stood somewhere in it */
};

u128 addr_number(const struct addr *a);

/* vars may be NULL: then no variable resolves. 0, or -1 and err; out is empty on failure. */
int group_parse(const struct rule_vars *vars, enum rule_var_kind kind, struct bytes text,
                struct group *out, struct err *err);
bool group_holds_addr(const struct group *g, const struct addr *a);
bool group_equal(const struct group *a, const struct group *b);
void group_release(struct group *g);

/* The value of a variable, or NULL. */
const char *rule_vars_get(const struct rule_vars *v, enum rule_var_kind kind, struct bytes name);

#endif
