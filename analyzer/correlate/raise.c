/* analyzer/correlate/raise.c - a satisfied group becomes an incident, and the incident grows. */
#include "analyzer/correlate/engine.h"
#include "analyzer/correlate/text.h"
#include "analyzer/store/incidents.h"
#include "common/alert.h"
#include "common/text.h"

#define TIMELINE_MAX 300 /* lines a group adds to its incident; the rest is in the detections */

struct texts {
    char ja[RULE_TEXT_MAX], en[RULE_TEXT_MAX];
};

static struct text_pair expand(const struct rule_texts *t, const struct text_values *v,
                               struct texts *out)
{
    text_expand(t->ja, v, out->ja);
    text_expand(t->en, v, out->en);
    return (struct text_pair){out->ja, out->en};
}

/* The key as texts show it: without the organisation, which the reader knows. */
static const char *key_shown(const struct rule *r, const char *key)
{
    const char *space = strchr(key, ' ');
    bool leads = r->group_by_count > 0 && r->group_by[0] == FIELD_ORG;
    return leads && space ? space + 1 : key;
}

/* ---- timeline ----------------------------------------------------------------------------------
 */

static int tell(struct correlate *c, struct group *g, const struct timeline_row *line,
                struct err *err)
{
    if (g->told >= TIMELINE_MAX)
        return 0;
    g->told++;
    return store_timeline_add(c->store, line, err);
}

/* "what was seen: signature (gid:sid), source to destination", from the detection itself. */
struct describing {
    const struct rule_stage *stage;
    char ja[512], en[512];
    char org[ORG_ID_MAX];
    uint64_t first_us;
};

static void describe(void *ctx, const struct detection_row *d)
{
    struct describing *out = ctx;
    char what[400];
    snprintf(what, sizeof what, "%.200s (%u:%llu) %s → %s:%u", d->signature, d->gid,
             (unsigned long long)d->sid, d->src, d->dst, d->dst_port);
    what[text_utf8_valid(bytes_str(what))] = 0;
    snprintf(out->ja, sizeof out->ja, "%.90s: %s", out->stage->title.ja, what);
    snprintf(out->en, sizeof out->en, "%.90s: %s", out->stage->title.en, what);
    out->ja[text_utf8_valid(bytes_str(out->ja))] = 0;
    out->en[text_utf8_valid(bytes_str(out->en))] = 0;
    snprintf(out->org, sizeof out->org, "%s", d->org);
    out->first_us = d->first_us;
}

/* Adds a detection and, when it is new to the incident, its line. */
static int detection_attach(struct correlate *c, struct group *g, unsigned stage, int64_t detection,
                            uint64_t ts_us, struct err *err)
{
    bool added = false;
    struct describing d = {.stage = &c->rules.list[g->rule]->stages[stage]};
    if (store_incident_add_detection(c->store, g->incident, detection, &added, err) != 0)
        return -1;
    if (!added)
        return 0;
    engine_renew(c, g->incident);
    if (g->told >= TIMELINE_MAX)
        return 0;
    if (store_detection(c->store, NULL, detection, describe, &d, err) < 0)
        return -1;
    struct timeline_row line = {.incident = g->incident,
                                .detection = detection,
                                .ts_us = ts_us,
                                .org = d.org,
                                .kind = "detection",
                                .text = {d.ja, d.en}};
    return tell(c, g, &line, err);
}

static int org_attach(struct correlate *c, struct group *g, const char *org, uint64_t ts_us,
                      bool created, struct err *err)
{
    bool added = false;
    if (store_incident_add_org(c->store, g->incident, org, ts_us, &added, err) != 0)
        return -1;
    if (!added)
        return 0;
    engine_renew(c, g->incident);
    engine_change(c, g->incident, created, !created);
    struct timeline_row line = {
        .incident = g->incident,
        .ts_us = ts_us,
        .org = org,
        .kind = "joined",
        .text = {"この組織で初めて観測", "first seen at this organisation"}};
    return tell(c, g, &line, err);
}

/* ---- merging -----------------------------------------------------------------------------------
 */

/* The younger goes into the older; the group that found out follows as all the others do. */
static int incidents_merge(struct correlate *c, int64_t a, int64_t b, uint64_t now_us,
                           struct err *err)
{
    int64_t older = a < b ? a : b, younger = a < b ? b : a;
    char ja[96], en[96];
    if (store_incident_merge(c->store, older, younger, now_us, err) != 0)
        return -1;
    engine_groups_move(c, younger, older);
    engine_change(c, older, false, true);
    engine_change(c, younger, false, false);
    engine_renew(c, older);
    snprintf(ja, sizeof ja, "案件 #%lld に統合", (long long)older);
    snprintf(en, sizeof en, "merged into #%lld", (long long)older);
    struct timeline_row line = {
        .incident = younger, .ts_us = now_us, .org = "", .kind = "state", .text = {ja, en}};
    return store_timeline_add(c->store, &line, err);
}

/* Alternatives of one rule (address, name, fingerprint) often stand for one thing: two incidents of
 * the rule that come to share a detection are one. */
static int cell_attach(struct correlate *c, struct group *g, struct cell *cell, bool created,
                       uint64_t now_us, struct err *err)
{
    const struct rule *r = c->rules.list[g->rule];
    if (r->any_of_count > 1) {
        int64_t other = store_incident_holding(c->store, r->id, g->drill, cell->detection);
        if (other && other != g->incident &&
            incidents_merge(c, g->incident, other, now_us, err) != 0)
            return -1;
    }
    cell->attached = true;
    if (org_attach(c, g, c->orgs[cell->org], cell->min_us, created, err) != 0)
        return -1;
    return detection_attach(c, g, cell->stage, cell->detection, cell->min_us, err);
}

static int cells_attach(struct correlate *c, struct group *g, bool created, uint64_t now_us,
                        struct err *err)
{
    for (uint32_t i = 0; i < g->cell_count; i++) {
        struct cell *cell = &g->cells[i];
        if (!cell->attached && group_holds(g, cell) &&
            cell_attach(c, g, cell, created, now_us, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- raising -----------------------------------------------------------------------------------
 */

/* Drops the cells whose detections belong to an incident of the rule that was closed after them:
 * what an analyst settled is no reason for a new one, not even after a restart. */
static int settled_drop(struct correlate *c, struct group *g, struct err *err)
{
    const char *rule = c->rules.list[g->rule]->id;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < g->cell_count; i++) {
        struct cell *cell = &g->cells[i];
        uint64_t until_us = store_incident_settled(c->store, rule, g->drill, cell->detection);
        if (cell->max_us > until_us)
            g->cells[kept++] = *cell;
        else if (memory_forget_cell(c, g, cell, err) != 0)
            return -1;
    }
    g->cell_count = kept;
    group_detach(g);
    g->settled_dropped = true;
    return 0;
}

/* An incident of the rule that holds one of the detections takes the group in. */
static int64_t incident_shared(struct correlate *c, const struct group *g)
{
    const struct rule *r = c->rules.list[g->rule];
    int64_t id = 0;
    for (uint32_t i = 0; r->any_of_count > 1 && i < g->cell_count && id == 0; i++)
        if (group_holds(g, &g->cells[i]))
            id = store_incident_holding(c->store, r->id, g->drill, g->cells[i].detection);
    return id;
}

static int incident_make(struct correlate *c, struct group *g, uint64_t now_us, bool *created,
                         struct err *err)
{
    const struct rule *r = c->rules.list[g->rule];
    struct incident_row in = {
        .kind = r->kind == RULE_CAMPAIGN ? "campaign" : "incident",
        .rule = r->id,
        .key = g->key,
        .title = {r->title.ja, r->title.en},
        .why = {"", ""},
        .judgement = {"", ""},
        .action = {"", ""},
        .summary = {r->summary.ja, r->summary.en},
        .confidence = rule_confidence_name(r->confidence),
        .due_hours = r->due_hours,
        .severity = r->severity,
        .drill = g->drill,
        .first_us = g->first_us,
        .last_us = g->last_us,
        .updated_us = now_us,
    };
    int rc = store_incident_put(c->store, &in, created, err); /* raise_renew adds the texts */
    g->incident = in.id;
    return rc;
}

/* Where the last of what was gathered was seen. */
static const char *org_last(const struct correlate *c, const struct group *g)
{
    const char *org = "";
    for (uint32_t i = 0; i < g->cell_count; i++)
        if (g->cells[i].max_us == g->last_us)
            org = c->orgs[g->cells[i].org];
    return org;
}

static int incident_raise(struct correlate *c, struct group *g, uint64_t now_us, struct err *err)
{
    bool created = false;
    g->incident = incident_shared(c, g);
    int rc = g->incident ? store_incident_rename(c->store, g->incident, g->key, err)
                         : incident_make(c, g, now_us, &created, err);
    if (rc != 0)
        return -1;
    engine_renew(c, g->incident);
    if (cells_attach(c, g, created, now_us, err) != 0)
        return -1;
    if (!created)
        return 0;
    struct timeline_row line = {
        .incident = g->incident,
        .ts_us = g->last_us,
        .org = org_last(c, g),
        .kind = "raised",
        .text = {"相関規則の条件が成立", "the correlation rule was satisfied"}};
    return tell(c, g, &line, err);
}

int raise_review(struct correlate *c, struct group *g, uint64_t now_us, struct err *err)
{
    const struct rule *r = c->rules.list[g->rule];
    if (g->incident && !store_incident_is_open(c->store, g->incident))
        group_detach(g);
    if (!group_gather(g, r, c->scratch))
        return 0;
    if (g->incident)
        return cells_attach(c, g, false, now_us, err);
    if (!g->settled_dropped) {
        if (settled_drop(c, g, err) != 0)
            return -1;
        if (!group_gather(g, r, c->scratch))
            return 0;
    }
    return incident_raise(c, g, now_us, err);
}

/* ---- renewing ----------------------------------------------------------------------------------
 */

struct renewal {
    struct text_values values;
    char rule[128], key[GROUP_KEY_MAX];
    bool open, drill;
};

static void renewal_take(void *ctx, const struct incident_row *in)
{
    struct renewal *n = ctx;
    snprintf(n->rule, sizeof n->rule, "%s", in->rule);
    snprintf(n->key, sizeof n->key, "%s", in->key);
    n->open = strcmp(in->state, "open") == 0;
    n->drill = in->drill;
    n->values = (struct text_values){.orgs = in->org_count,
                                     .alerts = in->alert_count,
                                     .first_us = in->first_us,
                                     .last_us = in->last_us};
}

/* The rule an incident was raised by; the count of rules when it is gone. */
static uint32_t rule_of(const struct correlate *c, const char *id)
{
    uint32_t i = 0;
    while (i < c->rules.count && strcmp(c->rules.list[i]->id, id) != 0)
        i++;
    return i;
}

int raise_renew(struct correlate *c, int64_t incident, uint64_t now_us, struct err *err)
{
    struct renewal n = {.open = false};
    if (store_incident_measure(c->store, incident, now_us, err) != 0 ||
        store_incident(c->store, NULL, incident, renewal_take, &n, err) < 0)
        return -1;
    uint32_t rule = rule_of(c, n.rule);
    if (!n.open || rule == c->rules.count)
        return 0;
    const struct rule *r = c->rules.list[rule];
    const struct group *g = engine_group(c, rule, n.drill, n.key, false);
    n.values.key = key_shown(r, n.key);
    n.values.values = g ? g->value_count : 0;
    struct texts *t = malloc(3 * sizeof *t);
    ASSERT(t);
    struct incident_row in = {.id = incident,
                              .why = expand(&r->explanation, &n.values, &t[0]),
                              .judgement = expand(&r->judgement, &n.values, &t[1]),
                              .action = expand(&r->action, &n.values, &t[2])};
    int rc = store_incident_explain(c->store, &in, err);
    free(t);
    return rc;
}
