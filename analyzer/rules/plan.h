/* analyzer/rules/plan.h - which rules an update will write, and how.
 *
 * The order is suricata-update's: of several with one number the highest revision; then what
 * disable.conf, enable.conf, drop.conf and modify.conf say; then rules that others need for their
 * flowbits come back, without alerts of their own. A rule the sensor cannot use stays off. */
#ifndef RULES_PLAN_H
#define RULES_PLAN_H
#include "analyzer/rules/edit.h"
#include "analyzer/rules/sources.h"

struct plan_rule {
    const struct rule_row *row; /* as the sensor read it, after a modification anew */
    const char *name;           /* its file in the source */
    char *text;                 /* NULL: as it came */
    bool enabled, replaced;
    bool enabled_before; /* modify.conf, which may switch rules */
    bool by_disable, by_enable, by_drop, by_modify, by_flowbits, unusable;
};
struct plan {
    struct plan_rule *rules;
    size_t count;
    struct rule_book modified; /* rows of what modify.conf and drop.conf changed */
    size_t nameless;           /* rules without a number: left out */
};

struct plan_confs {
    struct matchers disable, enable, drop;
    struct edits *modify; /* NULL: none */
};

/* book and sources must outlive the plan. scratch is a folder for files of its own. 0, or -1 and
 * err.
 */
int plan_make(struct plan *p, const struct rule_book *book, const struct sources *sources,
              const struct plan_confs *confs, const char *scratch, const char *config,
              struct err *err);
void plan_release(struct plan *p);
/* The rule's text as it will stand in the file. */
const char *plan_text(const struct plan_rule *r);

/* needs.c: switches on what enabled rules need for their flowbits. */
void plan_resolve_flowbits(struct plan *p);

#endif
