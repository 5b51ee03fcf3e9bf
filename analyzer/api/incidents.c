/* analyzer/api/incidents.c - incidents and campaigns: list, the whole story of one, its state.
 *
 * A user bound to an organisation sees its own part of a campaign: its detections, its lines of the
 * story, and words that name no other organisation. */
#include "analyzer/api/call.h"
#include "analyzer/store/alerts.h"
#include "analyzer/store/incidents.h"
#include "analyzer/store/notices.h"
#include <stdio.h>

static const char withheld_ja[] =
    "他の組織にも関係する事案です（詳細は監視センターにお問い合わせください）";
static const char withheld_en[] =
    "This incident also concerns other organisations (ask the monitoring centre for details)";

/* One text for a reader who may not see it as it is. */
static struct text_pair shown(const struct call *c, struct text_pair t)
{
    const struct api *a = c->api;
    if (access_to_text(&c->access, a->directory, t.ja) &&
        access_to_text(&c->access, a->directory, t.en))
        return t;
    return (struct text_pair){withheld_ja, withheld_en};
}

static void incident_put(struct call *c, const char *key, const struct incident_row *in)
{
    struct incident_row row = *in;
    struct json j = {0};
    struct text_pair *texts[] = {&row.title, &row.why, &row.judgement, &row.action, &row.summary};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = shown(c, *texts[i]);
    if (!access_to_text(&c->access, c->api->directory, in->key))
        row.key = "";
    incident_row_json(&j, &row);
    json_raw(c->body, key, json_bytes(&j));
    json_release(&j);
}

struct page {
    struct call *call;
    int64_t last;
    size_t rows;
};

static void list_row(void *ctx, const struct incident_row *in)
{
    struct page *p = ctx;
    incident_put(p->call, NULL, in);
    p->last = in->id;
    p->rows++;
}

enum http_result api_incidents(struct call *c)
{
    struct page page = {.call = c};
    struct incident_filter f = {
        .scope = c->access.scope,
        .org = http_query(c->request, "org"),
        .kind = http_query(c->request, "kind"),
        .state = http_query(c->request, "state"),
    };
    if (!call_id(c, "before", &f.before_id) || !call_drill(c, &f.drill) || !call_limit(c, &f.limit))
        return HTTP_DONE;
    json_object(c->body, NULL);
    json_array(c->body, "incidents");
    int rc = store_incidents(c->store, &f, list_row, &page, &c->err);
    json_array_end(c->body);
    if (page.rows == f.limit)
        json_i64(c->body, "next", page.last);
    else
        json_null(c->body, "next");
    json_object_end(c->body);
    return call_end(c, rc);
}

static void head_row(void *ctx, const struct incident_row *in)
{
    incident_put(ctx, "incident", in);
}

static void org_row(void *ctx, const struct incident_org_row *o)
{
    struct call *c = ctx;
    incident_org_row_json(c->body, o);
}

static void timeline_row(void *ctx, const struct timeline_row *t)
{
    struct call *c = ctx;
    struct timeline_row row = *t;
    row.text = shown(c, t->text);
    timeline_row_json(c->body, &row);
}

static void detection_row(void *ctx, const struct detection_row *d)
{
    struct call *c = ctx;
    detection_row_json(c->body, d);
}

static void notice_row(void *ctx, const struct notice_row *n)
{
    struct call *c = ctx;
    notice_row_json(c->body, n, false);
}

/* What belongs to the incident, each as an array. */
static int parts_put(struct call *c)
{
    struct detection_filter df = {
        .scope = c->access.scope, .incident = c->id, .drill = STORE_REAL_AND_DRILL, .limit = 1000};
    struct notice_filter nf = {
        .scope = c->access.scope, .incident = c->id, .drill = STORE_REAL_AND_DRILL, .limit = 1000};
    json_array(c->body, "organisations");
    int rc = store_incident_orgs(c->store, &c->access.scope, c->id, org_row, c, &c->err);
    json_array_end(c->body);
    json_array(c->body, "timeline");
    if (rc >= 0)
        rc = store_timeline(c->store, &c->access.scope, c->id, timeline_row, c, &c->err);
    json_array_end(c->body);
    json_array(c->body, "detections");
    if (rc >= 0)
        rc = store_detections(c->store, &df, detection_row, c, &c->err);
    json_array_end(c->body);
    json_array(c->body, "notices");
    if (rc >= 0)
        rc = store_notices(c->store, &nf, notice_row, c, &c->err);
    json_array_end(c->body);
    return rc;
}

enum http_result api_incident(struct call *c)
{
    json_object(c->body, NULL);
    int rc = store_incident(c->store, &c->access.scope, c->id, head_row, c, &c->err);
    if (rc == 0)
        return call_fail(c, 404, "no such incident");
    if (rc > 0)
        rc = parts_put(c);
    json_object_end(c->body);
    return call_end(c, rc);
}

struct org_list {
    char text[1024];
    size_t len;
};

static void org_name(void *ctx, const struct incident_org_row *o)
{
    struct org_list *l = ctx;
    int n = snprintf(l->text + l->len, sizeof l->text - l->len, "%s%s", l->len ? " " : "", o->org);
    if (l->len + (size_t)n < sizeof l->text)
        l->len += (size_t)n;
    else
        l->text[l->len] = '\0'; /* whom the list has no room for learns it by reloading */
}

/* Tells all open consoles to look again. */
static void changed(struct call *c)
{
    struct org_list orgs = {.len = 0};
    struct json j = {0};
    store_incident_orgs(c->store, NULL, c->id, org_name, &orgs, NULL);
    json_object(&j, NULL);
    json_i64(&j, "id", c->id);
    json_object_end(&j);
    push_publish(c->api->push, &(struct push_event){
                                   .name = "incident", .orgs = orgs.text, .json = json_bytes(&j)});
    json_release(&j);
}

static void no_row(void *ctx, const struct incident_row *in)
{
    (void)ctx, (void)in;
}

/* {"state": "open" | "closed"}; the story gets a line that says who changed it. */
enum http_result api_incident_state(struct call *c)
{
    char state[CALL_TEXT_MAX], ja[160], en[160];
    if (!call_body_text(c, "state", state))
        return HTTP_DONE;
    bool closed = strcmp(state, "closed") == 0;
    if (!closed && strcmp(state, "open") != 0)
        return call_fail(c, 400, "state: expected open or closed");
    int rc = store_incident(c->store, &c->access.scope, c->id, no_row, NULL, &c->err);
    if (rc <= 0)
        return rc < 0 ? call_broken(c) : call_fail(c, 404, "no such incident");
    snprintf(ja, sizeof ja, "%s が%s", c->user.name, closed ? "終了としました" : "再開しました");
    snprintf(en, sizeof en, "%s by %s", closed ? "closed" : "reopened", c->user.name);
    struct timeline_row line = {
        .incident = c->id, .ts_us = c->now_us, .org = "", .kind = "state", .text = {ja, en}};
    if (store_incident_set_state(c->api->writer, c->id, state, c->now_us, &c->err) < 0 ||
        store_timeline_add(c->api->writer, &line, &c->err) < 0)
        return call_broken(c);
    call_audit(c, "incident state", "incident %lld %s", (long long)c->id, state);
    changed(c);
    json_object(c->body, NULL);
    json_strz(c->body, "state", state);
    json_object_end(c->body);
    return HTTP_DONE;
}
