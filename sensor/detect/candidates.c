/* sensor/detect/candidates.c - rules the matchers point at, each once, in rule order. */
#include "common/err.h"
#include "sensor/detect/worker_state.h"
#include "sensor/profile.h"

void candidates_init(struct candidates *c, size_t rules)
{
    *c = (struct candidates){.epoch = 1};
    c->rules = calloc(rules + 1, sizeof *c->rules);
    c->stamps = calloc(rules + 1, sizeof *c->stamps);
    ASSERT(c->rules && c->stamps);
}

void candidates_release(struct candidates *c)
{
    free(c->rules);
    free(c->stamps);
}

void candidates_clear(struct candidates *c)
{
    if (c->count == 0)
        return;
    /* A stamp that has gone round would look fresh: take it out before the epoch comes again. */
    if (++c->epoch == 0) {
        for (size_t i = 0; i < c->count; i++)
            c->stamps[c->rules[i]] = 0;
        c->epoch = 1;
    }
    c->count = 0;
}

void candidates_add(struct candidates *c, uint32_t rule)
{
    if (candidates_has(c, rule))
        return;
    c->stamps[rule] = c->epoch;
    c->rules[c->count++] = rule;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

void candidates_sort(struct candidates *c)
{
    if (c->count > 16) {
        qsort(c->rules, c->count, sizeof *c->rules, by_number);
        return;
    }
    for (size_t i = 1; i < c->count; i++) {
        uint32_t rule = c->rules[i];
        size_t at = i;
        for (; at && c->rules[at - 1] > rule; at--)
            c->rules[at] = c->rules[at - 1];
        c->rules[at] = rule;
    }
}

struct finding {
    struct detect *detect;
    const struct sig_group *group;
};

static void add_hit(void *ctx, uint32_t rule)
{
    const struct finding *f = ctx;
    if (sig_group_fits_header(f->group, f->detect->ruleset->header_of[rule]))
        candidates_add(&f->detect->found, rule);
}

static void find(struct detect *d, struct sig_group *g, const struct matcher *m,
                 struct literals_view view)
{
    const struct matcher_part *part = sig_group_part(d->groups, g, m);
    if (!part)
        return;
    struct finding f = {d, g};
    d->counters.mpm_scans++;
    d->counters.mpm_bytes += view.bytes.len;
    matcher_scan(part, &d->seen, view, add_hit, &f);
}

void candidates_find(struct detect *d, struct sig_group *g, const struct matcher *m,
                     struct literals_view view)
{
    IN_ROOM(PREFILTER, find(d, g, m, view));
}
