/* analyzer/correlate/memory.c - cells to the store and back. */
#include "analyzer/correlate/engine.h"
#include "common/clock.h"
#include <string.h>

#define LATENESS_US (UINT64_C(7) * 86400 * 1000000) /* alerts may arrive this late */

static struct memory_row row_of(const struct correlate *c, const struct group *g,
                                const struct cell *cell)
{
    return (struct memory_row){
        .rule = c->rules.list[g->rule]->version,
        .key = g->key,
        .org = c->orgs[cell->org],
        .value = g->values[cell->value].text,
        .stage = cell->stage,
        .drill = g->drill,
        .slice = cell->slice,
        .min_us = cell->min_us,
        .max_us = cell->max_us,
        .count = cell->count,
        .detection = cell->detection,
        .severity = cell->severity,
    };
}

int memory_write(struct correlate *c, struct group *g, uint64_t now_us, struct err *err)
{
    for (uint32_t i = 0; i < g->cell_count; i++) {
        if (!g->cells[i].dirty)
            continue;
        struct memory_row row = row_of(c, g, &g->cells[i]);
        if (store_memory_put(c->store, &row, now_us, err) != 0)
            return -1;
        g->cells[i].dirty = false;
    }
    return 0;
}

int memory_forget_cell(struct correlate *c, const struct group *g, const struct cell *cell,
                       struct err *err)
{
    struct memory_row row = row_of(c, g, cell);
    return store_memory_drop(c->store, &row, err);
}

int memory_forget_group(struct correlate *c, const struct group *g, struct err *err)
{
    for (uint32_t i = 0; i < g->cell_count; i++)
        if (memory_forget_cell(c, g, &g->cells[i], err) != 0)
            return -1;
    return 0;
}

uint64_t memory_keep_us(const struct rule *r)
{
    return r->timespan_us + LATENESS_US;
}

int memory_expire(struct correlate *c, uint64_t now_us, struct err *err)
{
    uint64_t longest_us = LATENESS_US;
    for (unsigned i = 0; i < c->rules.count; i++) {
        const struct rule *r = c->rules.list[i];
        uint64_t keep_us = memory_keep_us(r);
        longest_us = keep_us > longest_us ? keep_us : longest_us;
        if (now_us > keep_us &&
            store_memory_expire(c->store, r->version, now_us - keep_us, err) != 0)
            return -1;
    }
    /* rows of rules that are gone or were changed */
    return now_us > longest_us ? store_memory_expire(c->store, "", now_us - longest_us, err) : 0;
}

struct loading {
    struct correlate *c;
    uint32_t rule;
    uint64_t now_us;
};

static void row_load(void *ctx, const struct memory_row *m)
{
    const struct loading *l = ctx;
    uint16_t org = engine_org(l->c, m->org);
    if (org == GROUP_ORGS_MAX || l->c->group_count >= ENGINE_GROUPS_MAX)
        return;
    struct group *g = engine_group(l->c, l->rule, m->drill, m->key, true);
    struct cell dropped, cell = {.slice = m->slice,
                                 .min_us = m->min_us,
                                 .max_us = m->max_us,
                                 .count = m->count,
                                 .detection = m->detection,
                                 .value = group_value(g, org, m->value),
                                 .org = org,
                                 .stage = (uint8_t)m->stage,
                                 .severity = (uint8_t)m->severity};
    group_note(g, &cell, &dropped, l->c->scratch);
    g->touched_us = l->now_us;
    g->dirty = false;
    g->cells[g->cell_count - 1].dirty = false;
}

int memory_load(struct correlate *c, struct err *err)
{
    for (unsigned i = 0; i < c->rules.count; i++) {
        struct loading l = {c, i, clock_wall_us()};
        if (store_memory_load(c->store, c->rules.list[i]->version, row_load, &l, err) != 0)
            return -1;
    }
    return 0;
}
