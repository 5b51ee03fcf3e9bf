/* analyzer/api/notices.c - what organisations were told: list, one with its text, acknowledgement.
 */
#include "analyzer/api/call.h"
#include "analyzer/store/notices.h"

static void list_row(void *ctx, const struct notice_row *n)
{
    notice_row_json(ctx, n, false);
}

static void counts_put(struct json *j, const struct notice_counts *n)
{
    json_object(j, "counts");
    json_u64(j, "queued", n->queued);
    json_u64(j, "sent", n->sent);
    json_u64(j, "failed", n->failed);
    json_u64(j, "acknowledged", n->acknowledged);
    json_object_end(j);
}

enum http_result api_notices(struct call *c)
{
    struct notice_counts counts = {0};
    struct notice_filter f = {
        .scope = c->access.scope,
        .org = http_query(c->request, "org"),
        .state = http_query(c->request, "state"),
    };
    if (!call_id(c, "incident", &f.incident) || !call_id(c, "before", &f.before_id) ||
        !call_drill(c, &f.drill) || !call_limit(c, &f.limit))
        return HTTP_DONE;
    json_object(c->body, NULL);
    json_array(c->body, "notices");
    int rc = store_notices(c->store, &f, list_row, c->body, &c->err);
    json_array_end(c->body);
    if (rc >= 0)
        rc = store_notice_counts(c->store, &c->access.scope, f.drill, &counts, &c->err);
    counts_put(c->body, &counts);
    json_object_end(c->body);
    return call_end(c, rc);
}

static void whole_row(void *ctx, const struct notice_row *n)
{
    notice_row_json(ctx, n, true);
}

enum http_result api_notice(struct call *c)
{
    int rc = store_notice(c->store, &c->access.scope, c->id, whole_row, c->body, &c->err);
    return rc == 0 ? call_fail(c, 404, "no such notice") : call_end(c, rc);
}

enum http_result api_notice_acknowledge(struct call *c)
{
    int rc = store_notice_acknowledge(c->api->writer, &c->access.scope, c->id, c->user.name,
                                      c->now_us, &c->err);
    if (rc == 0)
        return call_fail(c, 409, "there is no such notice that waits for an answer");
    if (rc < 0)
        return call_broken(c);
    call_audit(c, "acknowledge", "notice %lld", (long long)c->id);
    rc = store_notice(c->store, &c->access.scope, c->id, whole_row, c->body, &c->err);
    return call_end(c, rc);
}
