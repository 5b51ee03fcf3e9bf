/* analyzer/api/organisations.c - who is monitored, with counts; and alerts by the hour. */
#include "analyzer/api/call.h"
#include "analyzer/store/alerts.h"

static void pair_put(struct json *j, const struct name_pair *name)
{
    json_object(j, "name");
    json_strz(j, "ja", name->ja);
    json_strz(j, "en", name->en);
    json_object_end(j);
}

static void orgs_put(struct call *c, const struct directory *d)
{
    json_array(c->body, "organisations");
    for (unsigned i = 0; i < d->orgs_count; i++) {
        const struct org *o = &d->orgs[i];
        if (!access_to_org(&c->access, o->id))
            continue;
        json_object(c->body, NULL);
        json_strz(c->body, "id", o->id);
        pair_put(c->body, &o->name);
        json_strz(c->body, "kind", org_kind_name(o->kind));
        json_strz(c->body, "centre", o->centre);
        json_strz(c->body, "ministry", o->competent_ministry);
        json_strz(c->body, "state", org_state_name(o->state));
        json_object_end(c->body);
    }
    json_array_end(c->body);
}

static void centres_put(struct call *c, const struct directory *d)
{
    json_array(c->body, "centres");
    for (unsigned i = 0; i < d->centres_count; i++) {
        json_object(c->body, NULL);
        json_strz(c->body, "id", d->centres[i].id);
        pair_put(c->body, &d->centres[i].name);
        json_object_end(c->body);
    }
    json_array_end(c->body);
}

static void count_row(void *ctx, const struct org_counts *n)
{
    struct json *j = ctx;
    json_object(j, NULL);
    json_strz(j, "org", n->org);
    json_u64(j, "alerts", n->alerts);
    json_array(j, "by_severity"); /* 1 to 4 */
    for (size_t i = 1; i <= 4; i++)
        json_u64(j, NULL, n->by_severity[i]);
    json_array_end(j);
    json_u64(j, "detections", n->detections);
    json_u64(j, "incidents_open", n->incidents_open);
    json_object_end(j);
}

/* Names stand apart from counts: an organisation without alerts has no counts, and one that left
 * the directory still has some. */
enum http_result api_organisations(struct call *c)
{
    enum store_drill drill;
    if (!call_drill(c, &drill))
        return HTTP_DONE;
    json_object(c->body, NULL);
    orgs_put(c, c->api->directory);
    centres_put(c, c->api->directory);
    json_array(c->body, "counts");
    int rc = store_org_counts(c->store, &c->access.scope, drill, count_row, c->body, &c->err);
    json_array_end(c->body);
    json_object_end(c->body);
    return call_end(c, rc);
}

static void hour_row(void *ctx, const struct hour_row *h)
{
    struct json *j = ctx;
    json_object(j, NULL);
    json_time(j, "hour", h->hour_us);
    json_strz(j, "org", h->org);
    json_u64(j, "severity", h->severity);
    json_bool(j, "drill", h->drill);
    json_u64(j, "count", h->count);
    json_object_end(j);
}

/* from and to are hours of alert time; 31 days at most, the latest day unless told. */
enum http_result api_activity(struct call *c)
{
    const uint64_t hour_us = 3600ULL * 1000000, most_us = 31 * 24 * hour_us;
    uint64_t to_us = c->now_us, from_us;
    if (!call_time(c, "to", &to_us))
        return HTTP_DONE;
    from_us = to_us > 24 * hour_us ? to_us - 24 * hour_us : 0;
    if (!call_time(c, "from", &from_us))
        return HTTP_DONE;
    if (from_us > to_us || to_us - from_us > most_us)
        return call_fail(c, 400, "from, to: expected at most 31 days, from before to");
    json_object(c->body, NULL);
    json_array(c->body, "hours");
    int rc = store_hours(c->store, &c->access.scope, from_us - from_us % hour_us, to_us, hour_row,
                         c->body, &c->err);
    json_array_end(c->body);
    json_object_end(c->body);
    return call_end(c, rc);
}
