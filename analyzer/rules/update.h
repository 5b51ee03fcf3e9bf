/* analyzer/rules/update.h - one rule file for the sensor out of many sources. */
#ifndef RULES_UPDATE_H
#define RULES_UPDATE_H
#include "common/err.h"
#include "common/option.h"
#include <stdbool.h>
#include <stdint.h>

struct update_options {
    const struct option_list *sources;
    const char *output;                           /* the rule file to write */
    const char *disable, *enable, *drop, *modify; /* NULL: none */
    const char *threshold_in, *threshold_out;     /* both or neither */
    const char *ignore, *config;
    bool test; /* the sensor must be able to use all of it, else the old file stays */
};
struct update_report {
    uint64_t files, rules, enabled; /* what there is now */
    uint64_t disabled_by_conf, enabled_by_conf, dropped, modified, for_flowbits;
    uint64_t unusable, nameless;
    uint64_t added, removed, changed, switched_on, switched_off; /* against the old file */
    bool same;                                                   /* nothing was written */
    bool pending; /* no sensor has confirmed what is there, from this time or an earlier one */
};

/* 0, or -1 and err; then nothing was written. */
int rules_update(const struct update_options *o, struct update_report *r, struct err *err);
/* The sensors have what is there: takes away OUTPUT.pending, the mark that outlives a reload that
 * failed. 0, or -1 and err. */
int rules_update_confirmed(const char *output, struct err *err);

#endif
