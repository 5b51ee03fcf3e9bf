/* analyzer/api/detections.c - equal alerts rolled up: list, and one. */
#include "analyzer/api/call.h"
#include "analyzer/store/alerts.h"

static void row(void *ctx, const struct detection_row *d)
{
    detection_row_json(ctx, d);
}

enum http_result api_detections(struct call *c)
{
    uint64_t severity = 0;
    struct detection_filter f = {
        .scope = c->access.scope,
        .org = http_query(c->request, "org"),
        .text = http_query(c->request, "text"),
    };
    if (!call_number(c, "severity", 1, 4, &severity) || !call_id(c, "incident", &f.incident) ||
        !call_id(c, "before", &f.before_id) || !call_drill(c, &f.drill) || !call_limit(c, &f.limit))
        return HTTP_DONE;
    f.severity_max = (uint32_t)severity;
    json_object(c->body, NULL);
    json_array(c->body, "detections");
    int rc = store_detections(c->store, &f, row, c->body, &c->err);
    json_array_end(c->body);
    json_object_end(c->body);
    return call_end(c, rc);
}

enum http_result api_detection(struct call *c)
{
    int rc = store_detection(c->store, &c->access.scope, c->id, row, c->body, &c->err);
    return rc == 0 ? call_fail(c, 404, "no such detection") : call_end(c, rc);
}
