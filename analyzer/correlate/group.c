/* analyzer/correlate/group.c - see group.h. */
#include "analyzer/correlate/group.h"
#include <string.h>
#include <xxhash.h>

void group_detach(struct group *g)
{
    for (uint32_t i = 0; i < g->cell_count; i++)
        g->cells[i].attached = false;
    g->incident = 0;
    g->told = 0;
    g->settled_dropped = false;
    g->first_us = UINT64_MAX;
    g->last_us = 0;
}

void group_free(struct group *g)
{
    if (!g)
        return;
    for (uint32_t i = 0; i < g->value_count; i++)
        free(g->values[i].text);
    free(g->values);
    free(g->cells);
    free(g->key);
    free(g);
}

#define VALUES_MAX (4 * GROUP_CELLS_MAX)

/* Figures of one window, whole and for each organisation that is in it. */
struct tally {
    uint64_t events, values, orgs;
    uint64_t org_events[GROUP_ORGS_MAX], org_values[GROUP_ORGS_MAX];
    uint16_t present[GROUP_ORGS_MAX]; /* numbers of the organisations counted */
};

struct group_scratch {
    struct tally tally;
    uint8_t seen[VALUES_MAX];
    uint16_t cells_of[GROUP_ORGS_MAX]; /* all zero between calls */
};

struct group_scratch *group_scratch_new(void)
{
    struct group_scratch *s = calloc(1, sizeof *s);
    ASSERT(s);
    return s;
}

void group_scratch_free(struct group_scratch *s)
{
    free(s);
}

/* Forgets the values no cell speaks of any more, and renumbers the rest. */
static void values_compact(struct group *g)
{
    uint32_t *number = calloc(g->value_count, sizeof *number), kept = 0;
    ASSERT(number);
    for (uint32_t i = 0; i < g->cell_count; i++)
        number[g->cells[i].value] = 1;
    for (uint32_t i = 0; i < g->value_count; i++) {
        if (!number[i]) {
            free(g->values[i].text);
            continue;
        }
        number[i] = kept;
        g->values[kept++] = g->values[i];
    }
    for (uint32_t i = 0; i < g->cell_count; i++)
        g->cells[i].value = number[g->cells[i].value];
    g->value_count = kept;
    free(number);
}

static bool org_is_new(const struct group *g, uint16_t org)
{
    for (uint32_t i = 0; i < g->value_count; i++)
        if (g->values[i].org == org)
            return false;
    return true;
}

uint32_t group_value(struct group *g, uint16_t org, const char *text)
{
    uint64_t hash = XXH64(text, strlen(text), org);
    for (uint32_t i = 0; i < g->value_count; i++)
        if (g->values[i].hash == hash && g->values[i].org == org &&
            strcmp(g->values[i].text, text) == 0)
            return i;
    if (g->value_count == VALUES_MAX)
        values_compact(g);
    if (g->value_count == g->value_cap) {
        g->value_cap = g->value_cap ? g->value_cap * 2 : 4;
        g->values = realloc(g->values, g->value_cap * sizeof *g->values);
        ASSERT(g->values);
    }
    g->org_count += org_is_new(g, org);
    char *copy = strdup(text);
    ASSERT(copy);
    g->values[g->value_count] = (struct group_value){hash, org, copy};
    return g->value_count++;
}

static struct cell *cell_find(struct group *g, const struct cell *c)
{
    for (uint32_t i = g->cell_count; i-- > 0;) { /* newest first: repeats are the common case */
        struct cell *at = &g->cells[i];
        if (at->slice == c->slice && at->value == c->value && at->stage == c->stage &&
            at->detection == c->detection)
            return at;
    }
    return NULL;
}

/* The oldest cell of the organisation that has most: a flood at one cannot make the engine forget
 * what it saw at another. */
static uint32_t cell_to_drop(const struct group *g, struct group_scratch *s)
{
    uint16_t *counts = s->cells_of;
    uint16_t most = g->cells[0].org;
    uint32_t oldest = UINT32_MAX;
    for (uint32_t i = 0; i < g->cell_count; i++) {
        uint16_t org = g->cells[i].org;
        if (++counts[org] > counts[most])
            most = org;
    }
    for (uint32_t i = 0; i < g->cell_count; i++) {
        counts[g->cells[i].org] = 0;
        if (g->cells[i].org == most &&
            (oldest == UINT32_MAX || g->cells[i].max_us < g->cells[oldest].max_us))
            oldest = i;
    }
    return oldest;
}

static void make_room(struct group *g, struct cell *dropped, struct group_scratch *s)
{
    if (g->cell_count == g->cell_cap && g->cell_cap < GROUP_CELLS_MAX) {
        g->cell_cap = g->cell_cap ? g->cell_cap * 2 : 4;
        g->cells = realloc(g->cells, g->cell_cap * sizeof *g->cells);
        ASSERT(g->cells);
    }
    if (g->cell_count < GROUP_CELLS_MAX)
        return;
    uint32_t at = cell_to_drop(g, s);
    *dropped = g->cells[at];
    g->cells[at] = g->cells[--g->cell_count];
}

enum note group_note(struct group *g, const struct cell *c, struct cell *dropped,
                     struct group_scratch *s)
{
    struct cell *at = cell_find(g, c);
    dropped->count = 0;
    g->dirty = true;
    if (!at) {
        make_room(g, dropped, s);
        g->cells[g->cell_count] = *c;
        g->cells[g->cell_count++].dirty = true;
        g->stages_seen = (uint16_t)(g->stages_seen | 1u << c->stage);
        return NOTE_NEW;
    }
    bool wider = c->min_us < at->min_us || c->max_us > at->max_us;
    at->min_us = c->min_us < at->min_us ? c->min_us : at->min_us;
    at->max_us = c->max_us > at->max_us ? c->max_us : at->max_us;
    at->count += c->count;
    at->severity = c->severity < at->severity ? c->severity : at->severity;
    at->dirty = true;
    return wider ? NOTE_WIDER : NOTE_SAME;
}

/* ---- windows -----------------------------------------------------------------------------------
 */

struct window {
    uint64_t from_us, to_us;
};

static bool in_window(const struct cell *c, const struct window *w)
{
    return c->min_us <= w->to_us && c->max_us >= w->from_us;
}

static const struct tally *tally_take(const struct group *g, const struct window *w,
                                      struct group_scratch *s)
{
    struct tally *t = &s->tally;
    memset(s->seen, 0, g->value_count);
    for (uint64_t i = 0; i < t->orgs; i++)
        t->org_events[t->present[i]] = t->org_values[t->present[i]] = 0;
    t->events = t->values = t->orgs = 0;
    for (uint32_t i = 0; i < g->cell_count; i++) {
        const struct cell *c = &g->cells[i];
        if (!in_window(c, w))
            continue;
        if (t->org_events[c->org] == 0)
            t->present[t->orgs++] = c->org;
        t->events += c->count;
        t->org_events[c->org] += c->count;
        if (!s->seen[c->value]) {
            s->seen[c->value] = 1;
            t->values++;
            t->org_values[c->org]++;
        }
    }
    return t;
}

static bool bounds_hold(const struct rule_condition *c, uint64_t n)
{
    return n >= c->gte && (c->lt == 0 || n < c->lt);
}

static bool condition_holds(const struct rule_condition *c, const struct tally *t)
{
    if (!c->each_org)
        return bounds_hold(c, c->count == COUNT_ORGS     ? t->orgs
                              : c->count == COUNT_VALUES ? t->values
                                                         : t->events);
    for (uint64_t i = 0; i < t->orgs; i++) {
        uint16_t org = t->present[i];
        if (!bounds_hold(c, c->count == COUNT_VALUES ? t->org_values[org] : t->org_events[org]))
            return false;
    }
    return true;
}

/* The earliest moment at or after `after` when the stage can have been seen in the window;
 * UINT64_MAX: never. A cell counts as seen all along, so that one more sighting in it never undoes
 * an order that held. */
static uint64_t stage_next(const struct group *g, unsigned stage, uint64_t after,
                           const struct window *w)
{
    uint64_t best = UINT64_MAX;
    for (uint32_t i = 0; i < g->cell_count; i++) {
        const struct cell *c = &g->cells[i];
        uint64_t at = c->min_us > after ? c->min_us : after;
        if (c->stage == stage && c->max_us >= after && at <= w->to_us && at < best)
            best = at;
    }
    return best;
}

static bool stages_hold(const struct group *g, const struct rule *r, const struct window *w)
{
    uint64_t after = w->from_us;
    for (unsigned i = 0; r->type >= RULE_TEMPORAL && i < r->stages_count; i++) {
        uint64_t at = stage_next(g, i, after, w);
        if (at == UINT64_MAX)
            return false;
        if (r->type == RULE_TEMPORAL_ORDERED)
            after = at;
    }
    return true;
}

/* What the whole group lacks, no window has: spares most alerts the counting. */
static bool may_satisfy(const struct group *g, const struct rule *r)
{
    if (r->type >= RULE_TEMPORAL && g->stages_seen != (1u << r->stages_count) - 1)
        return false;
    for (unsigned i = 0; i < r->conditions_count; i++) {
        const struct rule_condition *c = &r->conditions[i];
        uint64_t all = c->count == COUNT_ORGS ? g->org_count : g->value_count;
        if (!c->each_org && c->count != COUNT_EVENTS && all < c->gte)
            return false;
    }
    return true;
}

static bool window_satisfies(const struct group *g, const struct rule *r, const struct window *w,
                             struct group_scratch *s)
{
    if (!stages_hold(g, r, w))
        return false;
    if (r->conditions_count == 0)
        return true;
    const struct tally *t = tally_take(g, w, s);
    for (unsigned i = 0; i < r->conditions_count; i++)
        if (!condition_holds(&r->conditions[i], t))
            return false;
    return true;
}

static void widen(struct group *g, const struct cell *c)
{
    g->first_us = c->min_us < g->first_us ? c->min_us : g->first_us;
    g->last_us = c->max_us > g->last_us ? c->max_us : g->last_us;
}

bool group_holds(const struct group *g, const struct cell *c)
{
    return c->min_us >= g->first_us && c->max_us <= g->last_us;
}

/* Takes in what is near, and then what is near to that. */
static void near_take(struct group *g, uint64_t timespan_us)
{
    bool grown = true;
    while (grown) {
        grown = false;
        for (uint32_t i = 0; i < g->cell_count; i++) {
            const struct cell *c = &g->cells[i];
            if (group_holds(g, c) || c->max_us + timespan_us < g->first_us ||
                c->min_us > g->last_us + timespan_us)
                continue;
            widen(g, c);
            grown = true;
        }
    }
}

bool group_gather(struct group *g, const struct rule *r, struct group_scratch *s)
{
    bool any = g->first_us <= g->last_us;
    if (any)
        near_take(g, r->timespan_us);
    if (!may_satisfy(g, r))
        return any;
    for (uint32_t i = 0; i < g->cell_count; i++) {
        const struct cell *c = &g->cells[i];
        struct window w = {c->min_us > r->timespan_us ? c->min_us - r->timespan_us : 0, c->max_us};
        if (group_holds(g, c) || !window_satisfies(g, r, &w, s))
            continue;
        widen(g, c); /* the rest of the window is near */
        near_take(g, r->timespan_us);
        any = true;
    }
    return any;
}
