/* http_log.c - an HTTP tx as EVE shows it, with the extended fields, and as detectors see it. */
#include "sensor/app/protocols/http_state.h"

#define LOGGED_HTTP 1

static void put(struct json *j, const char *key, const bstr *value)
{
    if (value)
        json_str(j, key, http_bstr(value));
}

static void put_header(const struct http_tx *t, enum direction dir, struct json *j, const char *key,
                       const char *name)
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
    if (!http_header(t, TO_CLIENT, "content-range", &raw))
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
    if (!http_header(t, TO_CLIENT, "content-type", &value))
        return;
    ptrdiff_t end = bytes_find(value, BYTES_LIT(";"));
    json_str(j, "http_content_type", end < 0 ? value : bytes_slice(value, 0, (size_t)end));
}

static void put_request(const struct http_tx *t, struct json *j)
{
    const htp_tx_t *h = t->htp;
    put(j, "hostname", h->request_hostname);
    if (h->request_port_number > 0) /* 0 where no headers came */
        json_u64(j, "http_port", (uint64_t)h->request_port_number);
    put(j, "url", h->request_uri);
    put_header(t, TO_SERVER, j, "http_user_agent", "user-agent");
    put_header(t, TO_SERVER, j, "xff", "x-forwarded-for");
}

static void put_extended(const struct http_tx *t, struct json *j)
{
    const htp_tx_t *h = t->htp;
    put_header(t, TO_SERVER, j, "http_refer", "referer");
    put(j, "http_method", h->request_method);
    put(j, "protocol", h->request_protocol);
    if (h->response_status_number > 0)
        json_u64(j, "status", (uint64_t)h->response_status_number);
    else
        put(j, "status_string", h->response_status);
    put_header(t, TO_CLIENT, j, "redirect", "location");
    json_u64(j, "length", h->response_message_len > 0 ? (uint64_t)h->response_message_len : 0);
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
    out->host = http_bstr(t->htp->request_hostname);
    out->uri = http_bstr(t->htp->request_uri);
    out->method = http_bstr(t->htp->request_method);
    http_header(t, TO_SERVER, "user-agent", &out->user_agent);
    if (t->htp->response_status_number > 0)
        out->status = (uint32_t)t->htp->response_status_number;
}

#define RANGE "content_range?: {raw: string, start?: uint, end?: uint, size?: uint}"
#define HTTP                                                                                       \
    "http: {hostname?: string, http_port?: uint, url?: string, http_user_agent?: string, "         \
    "xff?: string, http_content_type?: string, " RANGE ", http_refer?: string, "                   \
    "http_method?: string, protocol?: string, status?: uint, status_string?: string, "             \
    "redirect?: string, length: uint, " APP_HTTP_BODIES_SHAPE "}"
const struct app_shape http_shapes[] = {{"http", HTTP}, {0}};
