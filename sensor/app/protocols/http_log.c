/* http_log.c - an HTTP tx as EVE shows it, with the extended fields, and as detectors see it. */
#include "sensor/app/protocols/http_state.h"

#define LOGGED_HTTP 1

static void put(const struct http_tx *t, enum direction dir, struct json *j, const char *key,
                struct http1_span value)
{
    if (value.there)
        json_str(j, key, http_bytes(t, dir, value));
}

static void put_header(const struct http_tx *t, enum direction dir, struct json *j, const char *key,
                       enum http1_name name)
{
    struct bytes value;
    if (http_header(t, dir, name, &value))
        json_str(j, key, value);
}

/* What cannot be read stays as "raw" alone. */
static void put_content_range(const struct http_tx *t, struct json *j)
{
    struct bytes raw;
    struct http_range r;
    if (!http_header(t, TO_CLIENT, HTTP1_CONTENT_RANGE, &raw))
        return;
    json_object(j, "content_range");
    json_str(j, "raw", raw);
    if (http_range_parse(raw, &r)) {
        if (r.start >= 0)
            json_i64(j, "start", r.start);
        if (r.end >= 0)
            json_i64(j, "end", r.end);
        if (r.size >= 0)
            json_i64(j, "size", r.size);
    }
    json_object_end(j);
}

static void put_content_type(const struct http_tx *t, struct json *j)
{
    struct bytes value;
    if (!http_header(t, TO_CLIENT, HTTP1_CONTENT_TYPE, &value))
        return;
    ptrdiff_t end = bytes_find(value, BYTES_LIT(";"));
    json_str(j, "http_content_type", end < 0 ? value : bytes_slice(value, 0, (size_t)end));
}

static void put_request(const struct http_tx *t, struct json *j)
{
    put(t, TO_SERVER, j, "hostname", t->hostname);
    if (t->port > 0)
        json_u64(j, "http_port", (uint64_t)t->port);
    put(t, TO_SERVER, j, "url", t->target);
    put_header(t, TO_SERVER, j, "http_user_agent", HTTP1_USER_AGENT);
    put_header(t, TO_SERVER, j, "xff", HTTP1_X_FORWARDED_FOR);
}

static void put_extended(const struct http_tx *t, struct json *j)
{
    put_header(t, TO_SERVER, j, "http_refer", HTTP1_REFERER);
    put(t, TO_SERVER, j, "http_method", t->method);
    put(t, TO_SERVER, j, "protocol", t->m[TO_SERVER].protocol);
    if (t->status_code > 0)
        json_u64(j, "status", (uint64_t)t->status_code);
    else
        put(t, TO_CLIENT, j, "status_string", t->status);
    put_header(t, TO_CLIENT, j, "redirect", HTTP1_LOCATION);
    json_u64(j, "length", t->answer_len);
}

void http_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct http_tx *t = (const struct http_tx *)tx;
    json_object(j, "http");
    put_request(t, j);
    put_content_type(t, j);
    put_content_range(t, j);
    put_extended(t, j);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    http_alert_json(tx, j);
}

void http_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    if ((tx->logged & LOGGED_HTTP) || (!last && !app_tx_is_done(tx)))
        return;
    tx->logged |= LOGGED_HTTP;
    struct app_record r = {.event_type = "http", .dir = TO_SERVER, .encode = encode};
    emit(ctx, tx, &r);
}

void http_facts(const struct app_tx *tx, struct app_facts *out)
{
    const struct http_tx *t = (const struct http_tx *)tx;
    out->host = http_bytes(t, TO_SERVER, t->hostname);
    out->uri = http_bytes(t, TO_SERVER, t->target);
    out->method = http_bytes(t, TO_SERVER, t->method);
    http_header(t, TO_SERVER, HTTP1_USER_AGENT, &out->user_agent);
    if (t->status_code > 0)
        out->status = (uint32_t)t->status_code;
}

#define RANGE "content_range?: {raw: string, start?: uint, end?: uint, size?: uint}"
#define HTTP                                                                                       \
    "http: {hostname?: string, http_port?: uint, url?: string, http_user_agent?: string, "         \
    "xff?: string, http_content_type?: string, " RANGE ", http_refer?: string, "                   \
    "http_method?: string, protocol?: string, status?: uint, status_string?: string, "             \
    "redirect?: string, length: uint, " APP_HTTP_BODIES_SHAPE "}"
const struct app_shape http_shapes[] = {{"http", HTTP}, {0}};
