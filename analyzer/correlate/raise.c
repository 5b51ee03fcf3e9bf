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
    if (!added || g->told >= TIMELINE_MAX)
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
    engine_change(c, g->incident, created, !created);
    struct timeline_row line = {
        .incident = g->incident,
        .ts_us = ts_us,
        .org = org,
        .kind = "joined",
        .text = {"この組織で初めて観測", "first seen at this organisation"}};
    return tell(c, g, &line, err);
}

int raise_drop_settled(struct correlate *c, struct group *g, struct err *err)
{
    const char *rule = c->rules.list[g->rule]->id;
    uint32_t kept = 0;
    g->settled_dropped = true;
    for (uint32_t i = 0; i < g->cell_count; i++) {
        struct cell *cell = &g->cells[i];
        uint64_t until_us = store_incident_settled(c->store, rule, g->drill, cell->detection);
        if (cell->max_us > until_us)
            g->cells[kept++] = *cell;
        else if (memory_forget_cell(c, g, cell, err) != 0)
            return -1;
    }
    g->cell_count = kept;
    return 0;
}

/* ---- raising -----------------------------------------------------------------------------------
 */

static int cells_attach(struct correlate *c, struct group *g, uint64_t from_us, uint64_t to_us,
                        bool created, struct err *err)
{
    for (uint32_t i = 0; i < g->cell_count; i++) {
        const struct cell *cell = &g->cells[i];
        if (cell->min_us > to_us || cell->max_us < from_us)
            continue;
        uint64_t ts_us = cell->min_us >= from_us ? cell->min_us : cell->max_us;
        g->first_us = ts_us < g->first_us ? ts_us : g->first_us;
        g->last_us = cell->max_us > g->last_us && cell->max_us <= to_us ? cell->max_us : g->last_us;
        if (org_attach(c, g, c->orgs[cell->org], ts_us, created, err) != 0 ||
            detection_attach(c, g, cell->stage, cell->detection, ts_us, err) != 0)
            return -1;
    }
    return 0;
}

/* Alternatives of one rule (address, name, fingerprint) often stand for one thing: an incident of
 * the rule that holds one of the detections already takes the group in. */
static int64_t incident_shared(struct correlate *c, const struct group *g, uint64_t from_us,
                               uint64_t to_us)
{
    const struct rule *r = c->rules.list[g->rule];
    int64_t id = 0;
    for (uint32_t i = 0; r->any_of_count > 1 && i < g->cell_count && id == 0; i++)
        if (g->cells[i].min_us <= to_us && g->cells[i].max_us >= from_us)
            id = store_incident_holding(c->store, r->id, g->drill, g->cells[i].detection);
    return id;
}

static int incident_make(struct correlate *c, struct group *g, uint64_t to_us, uint64_t now_us,
                         bool *created, struct err *err)
{
    const struct rule *r = c->rules.list[g->rule];
    struct text_values v = {.key = key_shown(r, g->key), .first_us = to_us, .last_us = to_us};
    struct texts *t = malloc(3 * sizeof *t);
    ASSERT(t);
    struct incident_row in = {
        .kind = r->kind == RULE_CAMPAIGN ? "campaign" : "incident",
        .rule = r->id,
        .key = g->key,
        .title = {r->title.ja, r->title.en},
        .why = expand(&r->explanation, &v, &t[0]),
        .judgement = expand(&r->judgement, &v, &t[1]),
        .action = expand(&r->action, &v, &t[2]),
        .summary = {r->summary.ja, r->summary.en},
        .confidence = rule_confidence_name(r->confidence),
        .due_hours = r->due_hours,
        .severity = r->severity,
        .drill = g->drill,
        .first_us = to_us,
        .last_us = to_us,
        .updated_us = now_us,
    };
    int rc = store_incident_put(c->store, &in, created, err);
    g->incident = in.id;
    free(t);
    return rc;
}

int raise_incident(struct correlate *c, struct group *g, uint64_t from_us, uint64_t to_us,
                   const struct alert_row *a, uint64_t now_us, struct err *err)
{
    bool created = false;
    g->incident = incident_shared(c, g, from_us, to_us);
    if (g->incident == 0 && incident_make(c, g, to_us, now_us, &created, err) != 0)
        return -1;
    g->first_us = UINT64_MAX;
    g->last_us = 0;
    if (cells_attach(c, g, from_us, to_us, created, err) != 0)
        return -1;
    if (!created)
        return 0;
    struct timeline_row line = {
        .incident = g->incident,
        .ts_us = to_us,
        .org = a->org,
        .kind = "raised",
        .text = {"相関規則の条件が成立", "the correlation rule was satisfied"}};
    return tell(c, g, &line, err);
}

int raise_attach(struct correlate *c, struct group *g, unsigned stage, const struct alert_row *a,
                 struct err *err)
{
    g->first_us = a->ts_us < g->first_us ? a->ts_us : g->first_us;
    g->last_us = a->ts_us > g->last_us ? a->ts_us : g->last_us;
    if (org_attach(c, g, a->org, a->ts_us, false, err) != 0)
        return -1;
    return detection_attach(c, g, stage, a->detection, a->ts_us, err);
}

struct renewal {
    struct text_values values;
    char key[GROUP_KEY_MAX]; /* the incident's, which may be that of another group */
};

static void counts_take(void *ctx, const struct incident_row *in)
{
    struct renewal *n = ctx;
    struct text_values *v = &n->values;
    snprintf(n->key, sizeof n->key, "%s", in->key);
    v->key = n->key;
    v->orgs = in->org_count;
    v->alerts = in->alert_count;
    v->first_us = in->first_us < v->first_us ? in->first_us : v->first_us;
    v->last_us = in->last_us > v->last_us ? in->last_us : v->last_us;
}

int raise_renew(struct correlate *c, struct group *g, uint64_t now_us, struct err *err)
{
    const struct rule *r = c->rules.list[g->rule];
    struct renewal n = {.values = {.key = g->key,
                                   .values = g->value_count,
                                   .first_us = g->first_us,
                                   .last_us = g->last_us}};
    if (store_incident(c->store, NULL, g->incident, counts_take, &n, err) < 0)
        return -1;
    struct texts *t = malloc(sizeof *t);
    ASSERT(t);
    n.values.key = key_shown(r, n.values.key);
    struct text_pair why = expand(&r->explanation, &n.values, t);
    int rc =
        store_incident_touch(c->store, g->incident, g->first_us, g->last_us, &why, now_us, err);
    free(t);
    return rc;
}
