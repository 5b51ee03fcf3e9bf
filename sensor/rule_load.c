/* sensor/rule_load.c - see rule_load.h. */
#include "sensor/rule_load.h"
#include "common/clock.h"
#include "common/log.h"
#include <inttypes.h>

int rule_load(struct rule_load *l, const struct ruleset_options *o, struct err *err)
{
    *l = (struct rule_load){.rules = NULL};
    l->rules = ruleset_load(o, &l->report, err);
    l->done_us = clock_wall_us();
    if (l->rules && app_check_files(ruleset_file_wants(l->rules), err) == 0)
        return 0;
    ruleset_free(l->rules);
    l->rules = NULL;
    return -1;
}

void rule_load_tell(const struct rule_load *l, size_t most)
{
    const struct ruleset_report *r = &l->report;
    size_t shown = r->problem_count <= most ? r->problem_count : most;
    for (size_t i = 0; i < shown; i++)
        log_warn("%s", r->problems[i].text);
    if (shown < r->failed)
        log_warn("... and %" PRIu64 " more; -T lists them", r->failed - shown);
    if (l->rules)
        log_info("%" PRIu64 " rules in %" PRIu64 " files: %" PRIu64 " loaded, %" PRIu64
                 " failed, %" PRIu64 " disabled; rule set %s",
                 r->rules, r->files, r->loaded, r->failed, r->skipped_disabled,
                 ruleset_version(l->rules));
}

void rule_load_release(struct rule_load *l)
{
    ruleset_report_free(&l->report);
}
