/* analyzer/api/call.c - what all resources share; see call.h. */
#include "analyzer/api/call.h"
#include "common/log.h"
#include "common/text.h"
#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdarg.h>

enum http_result call_fail(struct call *c, unsigned status, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    c->out->status = status;
    json_reset(c->body);
    json_object(c->body, NULL);
    json_strz(c->body, "error", text);
    json_object_end(c->body);
    return HTTP_DONE;
}

enum http_result call_broken(struct call *c)
{
    log_error("console: %s %s: %s", c->request->method, c->request->path, c->err.text);
    return call_fail(c, 500,
                     "the archive cannot be read at the moment; the analyzer's log says why");
}

enum http_result call_end(struct call *c, int rc)
{
    return rc < 0 ? call_broken(c) : HTTP_DONE;
}

bool call_number(struct call *c, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
    const char *text = http_query(c->request, name);
    if (!text || !*text || text_u64(bytes_str(text), min, max, out))
        return true;
    call_fail(c, 400, "%s: expected a number from %llu to %llu", name, (unsigned long long)min,
              (unsigned long long)max);
    return false;
}

bool call_id(struct call *c, const char *name, int64_t *out)
{
    uint64_t id = (uint64_t)*out;
    if (!call_number(c, name, 1, INT64_MAX, &id))
        return false;
    *out = (int64_t)id;
    return true;
}

bool call_time(struct call *c, const char *name, uint64_t *out_us)
{
    const char *text = http_query(c->request, name);
    if (!text || !*text || text_time_parse(bytes_str(text), out_us))
        return true;
    call_fail(c, 400, "%s: expected a time such as 2026-01-31T09:00:00+09:00", name);
    return false;
}

bool call_limit(struct call *c, size_t *out)
{
    uint64_t limit = 100;
    if (!call_number(c, "limit", 1, 1000, &limit))
        return false;
    *out = (size_t)limit;
    return true;
}

bool call_drill(struct call *c, enum store_drill *out)
{
    const char *text = http_query(c->request, "drill");
    if (!text || !*text || strcmp(text, "all") == 0)
        *out = STORE_REAL_AND_DRILL;
    else if (strcmp(text, "real") == 0)
        *out = STORE_REAL;
    else if (strcmp(text, "only") == 0)
        *out = STORE_DRILL;
    else
        return call_fail(c, 400, "drill: expected real, only or all"), false;
    return true;
}

bool call_body_text(struct call *c, const char *name, char out[CALL_TEXT_MAX])
{
    struct bytes b = c->request->body;
    cJSON *root = b.len ? cJSON_ParseWithLength((const char *)b.p, b.len) : NULL;
    cJSON *member = cJSON_GetObjectItemCaseSensitive(root, name);
    char *text = cJSON_GetStringValue(member);
    bool fits = text && strlen(text) < CALL_TEXT_MAX;
    if (fits)
        snprintf(out, CALL_TEXT_MAX, "%s", text);
    if (text)
        sodium_memzero(text, strlen(text)); /* it may be a password */
    cJSON_Delete(root);
    if (!fits)
        call_fail(c, 400, "expected a JSON object with \"%s\", a text under %d bytes", name,
                  CALL_TEXT_MAX);
    return fits;
}

void call_audit(struct call *c, const char *action, const char *fmt, ...)
{
    char object[CALL_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(object, sizeof object, fmt, args);
    va_end(args);
    text_scrub(object);
    struct audit_row row = {
        .ts_us = c->now_us,
        .user = c->user.name,
        .role = c->known ? user_role_name(c->user.role) : "",
        .client = c->request->client,
        .action = action,
        .object = object,
    };
    struct err err = {0};
    if (users_audit(c->api->users, &row, &err) != 0)
        log_error("console: audit: %s: %s", action, err.text);
}
