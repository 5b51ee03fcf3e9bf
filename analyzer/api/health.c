/* analyzer/api/health.c - is the console's server well; and the audit trail. */
#include "analyzer/api/call.h"

/* Anyone may ask whether it runs (a supervisor's probe); figures are for users. */
enum http_result api_health(struct call *c)
{
    struct push_counters push;
    json_object(c->body, NULL);
    json_strz(c->body, "status", "ok");
    if (c->known) {
        push_count(c->api->push, &push);
        json_strz(c->body, "version", SEKISHO_VERSION);
        json_time(c->body, "now", c->now_us);
        json_u64(c->body, "uptime_s", (c->now_us - c->api->started_us) / 1000000);
        json_object(c->body, "push");
        json_u64(c->body, "viewers", push.viewers);
        json_u64(c->body, "published", push.published);
        json_u64(c->body, "delivered", push.delivered);
        json_u64(c->body, "lost", push.lost);
        json_object_end(c->body);
    }
    json_object_end(c->body);
    return HTTP_DONE;
}

static void audit_row(void *ctx, const struct audit_row *row)
{
    struct json *j = ctx;
    json_object(j, NULL);
    json_i64(j, "id", row->id);
    json_time(j, "timestamp", row->ts_us);
    json_strz(j, "user", row->user);
    json_strz(j, "role", row->role);
    json_strz(j, "client", row->client);
    json_strz(j, "action", row->action);
    json_strz(j, "object", row->object);
    json_object_end(j);
}

enum http_result api_audit(struct call *c)
{
    int64_t before = 0;
    size_t limit;
    if (!call_id(c, "before", &before) || !call_limit(c, &limit))
        return HTTP_DONE;
    json_object(c->body, NULL);
    json_array(c->body, "audit");
    int rc = users_audit_list(c->api->users, before, limit, audit_row, c->body, &c->err);
    json_array_end(c->body);
    json_object_end(c->body);
    return call_end(c, rc);
}
