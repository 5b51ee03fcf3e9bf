/* analyzer/correlate/correlate.c - the engine: rules against alerts, groups in a table. */
#include "analyzer/correlate/correlate.h"
#include "analyzer/correlate/engine.h"
#include "analyzer/store/incidents.h"
#include <xxhash.h>

#define BUCKETS         65536 /* power of two */
#define EXPIRE_EVERY_US (UINT64_C(3600) * 1000000)

/* ---- table -------------------------------------------------------------------------------------
 */

static struct group **bucket_of(struct correlate *c, uint32_t rule, bool drill, const char *key)
{
    uint64_t hash = XXH64(key, strlen(key), (uint64_t)rule << 1 | drill);
    return &c->buckets[hash & (c->bucket_count - 1)];
}

struct group *engine_group(struct correlate *c, uint32_t rule, bool drill, const char *key,
                           bool make)
{
    struct group **bucket = bucket_of(c, rule, drill, key);
    for (struct group *g = *bucket; g; g = g->next)
        if (g->rule == rule && g->drill == drill && strcmp(g->key, key) == 0)
            return g;
    if (!make)
        return NULL;
    struct group *g = calloc(1, sizeof *g);
    ASSERT(g);
    g->key = strdup(key);
    ASSERT(g->key);
    g->rule = rule;
    g->drill = drill;
    group_detach(g);
    g->next = *bucket;
    *bucket = g;
    c->group_count++;
    return g;
}

uint16_t engine_org(struct correlate *c, const char *org)
{
    for (uint16_t i = 0; i < c->org_count; i++)
        if (strcmp(c->orgs[i], org) == 0)
            return i;
    if (c->org_count == GROUP_ORGS_MAX)
        return GROUP_ORGS_MAX;
    c->orgs[c->org_count] = strdup(org);
    ASSERT(c->orgs[c->org_count]);
    return c->org_count++;
}

static void groups_clear(struct correlate *c)
{
    for (size_t i = 0; i < c->bucket_count; i++) {
        for (struct group *g = c->buckets[i], *next; g; g = next) {
            next = g->next;
            group_free(g);
        }
        c->buckets[i] = NULL;
    }
    c->group_count = c->dirty_count = c->renew_count = 0;
}

/* Forgets the groups not touched since `match` (the engine's count) or kept their time untouched.
 */
static int groups_sweep(struct correlate *c, uint64_t match, uint64_t now_us, struct err *err)
{
    for (size_t i = 0; i < c->bucket_count; i++) {
        struct group **at = &c->buckets[i];
        while (*at) {
            struct group *g = *at;
            bool old = g->touched_us + memory_keep_us(c->rules.list[g->rule]) < now_us;
            if (g->dirty || (g->touched >= match && !old)) {
                at = &g->next;
                continue;
            }
            if (memory_forget_group(c, g, err) != 0)
                return -1;
            *at = g->next;
            group_free(g);
            c->group_count--;
            c->evicted += !old;
        }
    }
    return 0;
}

/* Too many groups: those go that were not touched by the last ENGINE_GROUPS_MAX matches. As each
 * match touches one group, at most that many stay, and a sweep is paid for by as many matches. */
static int groups_limit(struct correlate *c, uint64_t now_us, struct err *err)
{
    if (c->group_count <= 2 * ENGINE_GROUPS_MAX)
        return 0;
    uint64_t match = c->matches > ENGINE_GROUPS_MAX ? c->matches - ENGINE_GROUPS_MAX : 0;
    return groups_sweep(c, match, now_us, err);
}

/* ---- setting up --------------------------------------------------------------------------------
 */

struct correlate *correlate_new(const char *rules_dir, struct store *store, struct err *err)
{
    struct correlate *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->store = store;
    c->scratch = group_scratch_new();
    c->bucket_count = BUCKETS;
    c->buckets = calloc(c->bucket_count, sizeof *c->buckets);
    ASSERT(c->buckets);
    if (rules_load(&c->rules, rules_dir, err) == 0 && memory_load(c, err) == 0)
        return c;
    correlate_free(c);
    return NULL;
}

void correlate_free(struct correlate *c)
{
    if (!c)
        return;
    groups_clear(c);
    for (uint16_t i = 0; i < c->org_count; i++)
        free(c->orgs[i]);
    rules_release(&c->rules);
    group_scratch_free(c->scratch);
    free(c->buckets);
    free(c->dirty);
    free(c->changes);
    free(c->renew);
    free(c);
}

unsigned correlate_rule_count(const struct correlate *c)
{
    return c->rules.count;
}

uint64_t correlate_evicted(const struct correlate *c)
{
    return c->evicted;
}

int correlate_reload(struct correlate *c, struct err *err)
{
    groups_clear(c);
    c->change_count = 0;
    return memory_load(c, err);
}

/* ---- changes -----------------------------------------------------------------------------------
 */

void engine_change(struct correlate *c, int64_t incident, bool created, bool grown)
{
    for (size_t i = 0; i < c->change_count; i++) {
        if (c->changes[i].incident != incident)
            continue;
        c->changes[i].created |= created;
        c->changes[i].grown |= grown;
        return;
    }
    if (c->change_count == c->change_cap) {
        c->change_cap = c->change_cap ? c->change_cap * 2 : 16;
        c->changes = realloc(c->changes, c->change_cap * sizeof *c->changes);
        ASSERT(c->changes);
    }
    c->changes[c->change_count++] = (struct correlate_change){incident, created, grown};
}

void engine_renew(struct correlate *c, int64_t incident)
{
    for (size_t i = 0; i < c->renew_count; i++)
        if (c->renew[i] == incident)
            return;
    if (c->renew_count == c->renew_cap) {
        c->renew_cap = c->renew_cap ? c->renew_cap * 2 : 16;
        c->renew = realloc(c->renew, c->renew_cap * sizeof *c->renew);
        ASSERT(c->renew);
    }
    c->renew[c->renew_count++] = incident;
}

void engine_groups_move(struct correlate *c, int64_t from, int64_t to)
{
    for (size_t i = 0; i < c->bucket_count; i++)
        for (struct group *g = c->buckets[i]; g; g = g->next)
            if (g->incident == from)
                g->incident = to;
}

const struct correlate_change *correlate_changes(const struct correlate *c, size_t *count)
{
    *count = c->change_count;
    return c->changes;
}

void correlate_changes_clear(struct correlate *c)
{
    c->change_count = 0;
}

/* ---- one alert ---------------------------------------------------------------------------------
 */

static void dirty_add(struct correlate *c, struct group *g)
{
    if (c->dirty_count == c->dirty_cap) {
        c->dirty_cap = c->dirty_cap ? c->dirty_cap * 2 : 256;
        c->dirty = realloc(c->dirty, c->dirty_cap * sizeof *c->dirty);
        ASSERT(c->dirty);
    }
    c->dirty[c->dirty_count++] = g;
}

/* Only an alert that makes a cell or widens one can change what belongs together, unless alerts are
 * counted. */
static int group_alert(struct correlate *c, struct group *g, unsigned stage, uint16_t org,
                       const struct alert_row *a, uint64_t now_us, struct err *err)
{
    const struct rule *r = c->rules.list[g->rule];
    char scratch[FIELD_TEXT_MAX];
    struct cell dropped, cell = {.slice = a->ts_us / r->slice_us,
                                 .min_us = a->ts_us,
                                 .max_us = a->ts_us,
                                 .count = 1,
                                 .detection = a->detection,
                                 .value = group_value(g, org, field_value(r->value, a, scratch)),
                                 .org = org,
                                 .stage = (uint8_t)stage,
                                 .severity = (uint8_t)a->severity};
    if (!g->dirty)
        dirty_add(c, g);
    g->touched = ++c->matches;
    g->touched_us = now_us;
    g->news |= group_note(g, &cell, &dropped, c->scratch) != NOTE_SAME;
    g->news |= r->type == RULE_EVENT_COUNT;
    return dropped.count && !dropped.dirty ? memory_forget_cell(c, g, &dropped, err) : 0;
}

static int rule_alert(struct correlate *c, uint32_t rule, unsigned stage, uint16_t org,
                      const struct alert_row *a, uint64_t now_us, struct err *err)
{
    const struct rule *r = c->rules.list[rule];
    char key[GROUP_KEY_MAX];
    unsigned alternatives = r->any_of_count ? r->any_of_count : 1;
    for (unsigned i = 0; i < alternatives; i++) {
        enum rule_field other = r->any_of_count ? r->any_of[i] : FIELD_NONE;
        if (!group_key(r, other, a, key))
            continue;
        struct group *g = engine_group(c, rule, a->drill, key, true);
        if (group_alert(c, g, stage, org, a, now_us, err) != 0)
            return -1;
    }
    return 0;
}

static void renew_add(void *ctx, int64_t incident)
{
    engine_renew(ctx, incident);
}

int correlate_alert(struct correlate *c, const struct correlate_alert *a, uint64_t now_us,
                    struct err *err)
{
    uint16_t org = engine_org(c, a->row->org);
    if (org == GROUP_ORGS_MAX)
        return err_set(err, "correlation knows at most %d organisations", GROUP_ORGS_MAX);
    if (store_incidents_holding(c->store, a->row->detection, renew_add, c, err) != 0)
        return -1;
    for (uint32_t i = 0; i < c->rules.count; i++) {
        const struct rule *r = c->rules.list[i];
        for (unsigned s = 0; s < r->stages_count; s++) {
            if (!stage_matches(&r->stages[s], a))
                continue;
            if (rule_alert(c, i, s, org, a->row, now_us, err) != 0)
                return -1;
            if (r->type >= RULE_TEMPORAL)
                break; /* one alert is one step of a story */
        }
    }
    return 0;
}

int correlate_flush(struct correlate *c, uint64_t now_us, struct err *err)
{
    for (size_t i = 0; i < c->dirty_count; i++) {
        struct group *g = c->dirty[i];
        if (memory_write(c, g, now_us, err) != 0 ||
            (g->news && raise_review(c, g, now_us, err) != 0))
            return -1;
        g->dirty = g->news = false;
    }
    c->dirty_count = 0;
    for (size_t i = 0; i < c->renew_count; i++)
        if (raise_renew(c, c->renew[i], now_us, err) != 0)
            return -1;
    c->renew_count = 0;
    if (groups_limit(c, now_us, err) != 0)
        return -1;
    if (now_us < c->expire_at_us)
        return 0;
    c->expire_at_us = now_us + EXPIRE_EVERY_US;
    return groups_sweep(c, 0, now_us, err) == 0 ? memory_expire(c, now_us, err) : -1;
}
