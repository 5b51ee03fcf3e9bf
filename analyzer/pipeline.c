/* analyzer/pipeline.c - see pipeline.h. */
#include "analyzer/pipeline.h"
#include "analyzer/notice/notice.h"
#include "common/clock.h"
#include "common/log.h"

#define EVENT_ORGS_MAX 4096

/* What the consoles are told after the commit; the JSON texts stand one after the other in a
 * buffer. */
struct event {
    const char *name;
    uint32_t severity;
    char *orgs; /* owned; empty: for viewers bound to no organisation */
    size_t json, json_len;
};

struct pipeline {
    struct pipeline_options o;
    struct json texts;
    struct event *events;
    size_t event_count, event_cap;
    bool queued; /* notices, in this transaction */
};

/* ---- events for the consoles --------------------------------------------------------------------
 */

static bool is_watched(const struct pipeline *p)
{
    return p->o.push && push_is_watched(p->o.push);
}

/* Returns where the event's JSON is to be written. */
static struct json *event_begin(struct pipeline *p, const char *name, const char *orgs,
                                uint32_t severity)
{
    if (p->event_count == p->event_cap) {
        p->event_cap = p->event_cap ? p->event_cap * 2 : 64;
        p->events = realloc(p->events, p->event_cap * sizeof *p->events);
        ASSERT(p->events);
    }
    char *copy = strdup(orgs);
    ASSERT(copy);
    p->events[p->event_count++] = (struct event){name, severity, copy, p->texts.len, 0};
    return &p->texts;
}

static void event_end(struct pipeline *p)
{
    struct event *e = &p->events[p->event_count - 1];
    e->json += e->json < p->texts.len && p->texts.text[e->json] == ','; /* after the one before */
    e->json_len = p->texts.len - e->json;
}

static void events_clear(struct pipeline *p)
{
    for (size_t i = 0; i < p->event_count; i++)
        free(p->events[i].orgs);
    json_reset(&p->texts);
    p->event_count = 0;
    p->queued = false;
}

static void events_publish(struct pipeline *p)
{
    for (size_t i = 0; i < p->event_count; i++) {
        const struct event *e = &p->events[i];
        if (e->json_len == 0)
            continue;
        push_publish(p->o.push,
                     &(struct push_event){.name = e->name,
                                          .orgs = *e->orgs ? e->orgs : NULL,
                                          .severity = e->severity,
                                          .json = bytes_of(p->texts.text + e->json, e->json_len)});
    }
}

/* ---- incidents and notices
 * ----------------------------------------------------------------------- */

struct names {
    char text[EVENT_ORGS_MAX];
    size_t len;
};

static void name_add(void *ctx, const struct incident_org_row *o)
{
    struct names *n = ctx;
    size_t k = strlen(o->org);
    if (n->len + k + 2 > sizeof n->text)
        return; /* whom the list has no room for learns it by reloading */
    n->len += (size_t)snprintf(n->text + n->len, sizeof n->text - n->len, "%s%s", n->len ? " " : "",
                               o->org);
}

static void incident_put(void *ctx, const struct incident_row *in)
{
    incident_row_json(ctx, in);
}

static int incident_show(struct pipeline *p, int64_t incident, struct err *err)
{
    struct names names = {.len = 0};
    if (!is_watched(p))
        return 0;
    if (store_incident_orgs(p->o.store, NULL, incident, name_add, &names, err) != 0)
        return -1;
    struct json *j = event_begin(p, "incident", names.text, 0);
    int found = store_incident(p->o.store, NULL, incident, incident_put, j, err);
    event_end(p);
    return found < 0 ? -1 : 0;
}

static void notice_show(void *ctx, const struct notice_row *n)
{
    struct pipeline *p = ctx;
    p->queued = true;
    if (!is_watched(p))
        return;
    bool centre = strcmp(n->role, "centre") == 0; /* no organisation: for unbound viewers */
    notice_row_json(event_begin(p, "notice", centre ? "" : n->recipient, 0), n, false);
    event_end(p);
}

static int changes_handle(struct pipeline *p, uint64_t now_us, struct err *err)
{
    size_t count;
    const struct correlate_change *changes = correlate_changes(p->o.correlate, &count);
    for (size_t i = 0; i < count; i++) {
        int64_t incident = changes[i].incident;
        bool open = store_incident_is_open(p->o.store, incident); /* not merged into another */
        if (open &&
            notice_issue(p->o.store, p->o.directory, incident, now_us, notice_show, p, err) < 0)
            return -1;
        if (incident_show(p, incident, err) != 0)
            return -1;
    }
    correlate_changes_clear(p->o.correlate);
    return 0;
}

/* ---- the hooks
 * ----------------------------------------------------------------------------------- */

static int alert_correlate(struct pipeline *p, const struct record *r, struct err *err)
{
    struct correlate_alert a = {.row = &r->alert, .metadata = r->metadata};
    if (!p->o.correlate)
        return 0;
    return correlate_alert(p->o.correlate, &a, r->alert.received_us, err);
}

static int on_alert(void *ctx, struct record *r, struct err *err)
{
    struct pipeline *p = ctx;
    struct alert_row *a = &r->alert;
    struct enrichment place;
    bool created;
    const struct org *org = directory_org(p->o.directory, a->org);
    ASSERT(org); /* streams are made from the directory */
    enrich_alert(p->o.enrich, org, &r->src, &r->dst, a, &place);
    a->detection = store_detection_add(p->o.store, a, &created, err);
    if (a->detection < 0 || store_alert_put(p->o.store, a, err) < 0)
        return -1;
    if (is_watched(p)) {
        alert_row_json(event_begin(p, "alert", a->org, a->severity), a, false);
        event_end(p);
    }
    return alert_correlate(p, r, err);
}

static int on_stats(void *ctx, struct record *r, struct err *err)
{
    struct pipeline *p = ctx;
    const struct stats_row *s = &r->stats;
    if (store_stats_put(p->o.store, s, err) < 0)
        return -1;
    if (is_watched(p)) {
        struct sensor_row row = {.sensor = s->sensor,
                                 .org = s->org,
                                 .centre = s->centre,
                                 .drill = s->drill,
                                 .epoch = s->epoch,
                                 .ts_us = s->ts_us,
                                 .received_us = s->received_us,
                                 .stats = s->stats};
        sensor_row_json(event_begin(p, "sensor", s->org, 0), p->o.store, &row);
        event_end(p);
    }
    return 0;
}

static int on_before_commit(void *ctx, struct err *err)
{
    struct pipeline *p = ctx;
    uint64_t now_us = clock_wall_us();
    if (!p->o.correlate)
        return 0;
    if (correlate_flush(p->o.correlate, now_us, err) != 0)
        return -1;
    return changes_handle(p, now_us, err);
}

static void on_committed(void *ctx)
{
    struct pipeline *p = ctx;
    if (p->queued && p->o.sender)
        sender_wake(p->o.sender);
    events_publish(p);
    events_clear(p);
}

static void on_rolled_back(void *ctx)
{
    struct pipeline *p = ctx;
    struct err err;
    events_clear(p);
    if (p->o.correlate && correlate_reload(p->o.correlate, &err) != 0)
        log_error("correlation starts without memory: %s", err.text);
}

struct pipeline *pipeline_new(const struct pipeline_options *o)
{
    struct pipeline *p = calloc(1, sizeof *p);
    ASSERT(p);
    p->o = *o;
    return p;
}

void pipeline_free(struct pipeline *p)
{
    if (!p)
        return;
    events_clear(p);
    json_release(&p->texts);
    free(p->events);
    free(p);
}

struct ingest_hooks pipeline_hooks(struct pipeline *p)
{
    return (struct ingest_hooks){.ctx = p,
                                 .alert = on_alert,
                                 .stats = on_stats,
                                 .before_commit = on_before_commit,
                                 .committed = on_committed,
                                 .rolled_back = on_rolled_back};
}
