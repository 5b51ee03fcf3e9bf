/* analyzer/api/alerts.c - the archive of alerts: list with filters, and one with its record. */
#include "analyzer/api/call.h"
#include "analyzer/store/alerts.h"
#include <cjson/cJSON.h>

/* What was said on the wire, by where EVE keeps it; the rest says only that something was. */
static const struct {
    const char *object, *member; /* object NULL: top level */
} spoken[] = {
    {NULL, "payload"},
    {NULL, "payload_printable"},
    {NULL, "packet"},
    {"http", "http_request_body"},
    {"http", "http_request_body_printable"},
    {"http", "http_response_body"},
    {"http", "http_response_body_printable"},
    {"email", "body_md5"},
};

struct page {
    struct json *body;
    int64_t last;
    size_t rows;
};

static void list_row(void *ctx, const struct alert_row *a)
{
    struct page *p = ctx;
    alert_row_json(p->body, a, false);
    p->last = a->id;
    p->rows++;
}

static bool filter_read(struct call *c, struct alert_filter *f)
{
    uint64_t severity = 0;
    *f = (struct alert_filter){
        .scope = c->access.scope,
        .org = http_query(c->request, "org"),
        .sensor = http_query(c->request, "sensor"),
        .text = http_query(c->request, "text"),
    };
    if (!call_number(c, "severity", 1, 4, &severity))
        return false;
    f->severity_max = (uint32_t)severity;
    return call_time(c, "from", &f->from_us) && call_time(c, "to", &f->to_us) &&
           call_id(c, "before", &f->before_id) && call_id(c, "after", &f->after_id) &&
           call_id(c, "detection", &f->detection) && call_id(c, "incident", &f->incident) &&
           call_drill(c, &f->drill) && call_limit(c, &f->limit);
}

enum http_result api_alerts(struct call *c)
{
    struct alert_filter f;
    struct page page = {.body = c->body};
    if (!filter_read(c, &f))
        return HTTP_DONE;
    json_object(c->body, NULL);
    json_array(c->body, "alerts");
    int rc = store_alerts(c->store, &f, list_row, &page, &c->err);
    json_array_end(c->body);
    if (page.rows == f.limit)
        json_i64(c->body, "next", page.last);
    else
        json_null(c->body, "next");
    json_object_end(c->body);
    return call_end(c, rc);
}

/* Is there anything that was said? With `remove` it is taken out. */
static bool has_spoken(cJSON *eve, bool remove)
{
    bool had = false;
    for (size_t i = 0; i < sizeof spoken / sizeof spoken[0]; i++) {
        cJSON *in =
            spoken[i].object ? cJSON_GetObjectItemCaseSensitive(eve, spoken[i].object) : eve;
        if (!cJSON_HasObjectItem(in, spoken[i].member))
            continue;
        had = true;
        if (remove)
            cJSON_DeleteItemFromObjectCaseSensitive(in, spoken[i].member);
    }
    return had;
}

struct detail {
    struct call *call;
    bool show_payload, had_payload;
};

static void eve_put(struct detail *d, struct bytes eve)
{
    cJSON *root = cJSON_ParseWithLength((const char *)eve.p, eve.len);
    d->had_payload = root && has_spoken(root, !d->show_payload);
    char *text = root ? cJSON_PrintUnformatted(root) : NULL;
    if (text)
        json_raw(d->call->body, "eve", bytes_str(text));
    else
        json_null(d->call->body, "eve");
    cJSON_free(text);
    cJSON_Delete(root);
}

static void detail_row(void *ctx, const struct alert_row *a)
{
    struct detail *d = ctx;
    struct json row = {0};
    alert_row_json(&row, a, false);
    json_raw(d->call->body, "alert", json_bytes(&row));
    json_release(&row);
    eve_put(d, a->eve);
}

/* {"alert": row, "eve": record, "payload": "shown"|"withheld"|"none"}. The record is shown with
 * what was said only to those who may read it, unless they ask for payload=0; each such view is
 * audited before it is answered. */
enum http_result api_alert(struct call *c)
{
    const char *asked = http_query(c->request, "payload");
    struct detail d = {.call = c};
    d.show_payload = (c->access.rights & MAY_PAYLOAD) && !(asked && strcmp(asked, "0") == 0);
    json_object(c->body, NULL);
    int rc = store_alert(c->store, &c->access.scope, c->id, detail_row, &d, &c->err);
    if (rc < 0)
        return call_broken(c);
    if (rc == 0)
        return call_fail(c, 404, "no such alert");
    if (d.show_payload && d.had_payload)
        call_audit(c, "payload", "alert %lld", (long long)c->id);
    json_strz(c->body, "payload", !d.had_payload ? "none" : d.show_payload ? "shown" : "withheld");
    json_object_end(c->body);
    return HTTP_DONE;
}
