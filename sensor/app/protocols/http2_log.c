/* http2_log.c - an HTTP/2 stream as EVE shows it, with its frames, and as detectors see it. */
#include "common/text.h"
#include "sensor/app/protocols/http2_state.h"

#define LOGGED_HTTP2 1

static const struct http2_tx *of(const struct app_tx *tx)
{
    return (const struct http2_tx *)tx;
}

static void put_fields(const struct http2_tx *t, enum direction dir, struct json *j,
                       const char *key)
{
    struct cursor c = cursor_over(app_text_bytes(&t->part[dir].fields));
    struct http2_field f;
    if (cursor_left(&c) == 0)
        return;
    json_array(j, key);
    while (http2_next_field(&c, &f)) {
        json_object(j, NULL);
        json_str(j, "name", f.name);
        json_str(j, "value", f.value);
        json_object_end(j);
    }
    json_array_end(j);
}

/* In any case: a request from HTTP/1 keeps its names as they were sent. */
static bool find(const struct http2_tx *t, enum direction dir, const char *name,
                 struct bytes *value)
{
    struct cursor c = cursor_over(app_text_bytes(&t->part[dir].fields));
    struct http2_field f;
    *value = (struct bytes){0};
    while (http2_next_field(&c, &f))
        if (bytes_ieq(f.name, bytes_str(name))) {
            *value = f.value;
            return true;
        }
    return false;
}

static void put_first(const struct http2_tx *t, enum direction dir, struct json *j, const char *key,
                      const char *name)
{
    struct bytes value;
    if (find(t, dir, name, &value))
        json_str(j, key, value);
}

static void put_number(const struct http2_tx *t, struct json *j, const char *key, const char *name)
{
    struct bytes value;
    uint64_t n;
    if (find(t, TO_CLIENT, name, &value) && text_u64(value, 0, UINT64_MAX, &n))
        json_u64(j, key, n);
}

static void put_common(const struct http2_tx *t, struct json *j)
{
    struct bytes host;
    bool has_host = find(t, TO_SERVER, "host", &host);
    put_first(t, TO_SERVER, j, "hostname", has_host ? "host" : ":authority");
    put_first(t, TO_SERVER, j, "url", ":path");
    put_first(t, TO_SERVER, j, "http_user_agent", "user-agent");
    put_first(t, TO_SERVER, j, "http_method", ":method");
    put_number(t, j, "status", ":status");
    put_number(t, j, "length", "content-length");
}

/* ---- frames ---- */

static const char *setting_name(uint16_t id)
{
    static const char *const names[] = {
        [1] = "SETTINGSHEADERTABLESIZE",      [2] = "SETTINGSENABLEPUSH",
        [3] = "SETTINGSMAXCONCURRENTSTREAMS", [4] = "SETTINGSINITIALWINDOWSIZE",
        [5] = "SETTINGSMAXFRAMESIZE",         [6] = "SETTINGSMAXHEADERLISTSIZE",
    };
    return id < sizeof names / sizeof *names ? names[id] : NULL;
}

static void put_settings(struct bytes settings, struct json *j)
{
    struct cursor c = cursor_over(settings);
    if (settings.len == 0)
        return;
    json_array(j, "settings");
    while (cursor_left(&c) >= 6) {
        const char *name = setting_name(cursor_u16(&c));
        uint32_t value = cursor_u32(&c);
        if (!name) /* reserved ones, sent to keep receivers supple */
            continue;
        json_object(j, NULL);
        json_strz(j, "settings_id", name);
        json_u64(j, "settings_value", value);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_error(uint32_t code, struct json *j)
{
    static const char *const names[] = {"NOERROR",
                                        "PROTOCOLERROR",
                                        "INTERNALERROR",
                                        "FLOWCONTROLERROR",
                                        "SETTINGSTIMEOUT",
                                        "STREAMCLOSED",
                                        "FRAMESIZEERROR",
                                        "REFUSEDSTREAM",
                                        "CANCEL",
                                        "COMPRESSIONERROR",
                                        "CONNECTERROR",
                                        "ENHANCEYOURCALM",
                                        "INADEQUATESECURITY",
                                        "HTTP11REQUIRED"};
    char number[12];
    snprintf(number, sizeof number, "%u", code);
    json_strz(j, "error_code", code < sizeof names / sizeof *names ? names[code] : number);
}

static void put_frames(const struct http2_part *part, struct json *j, const char *key)
{
    json_object(j, key);
    put_settings(app_text_bytes(&part->settings), j);
    if (part->has_error)
        put_error(part->error_code, j);
    if (part->has_priority)
        json_u64(j, "priority", part->priority);
    if (part->multiple)
        json_strz(j, "has_multiple", part->multiple);
    json_object_end(j);
}

void http2_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct http2_tx *t = of(tx);
    json_object(j, "http");
    json_strz(j, "version", "2");
    put_fields(t, TO_SERVER, j, "request_headers");
    put_fields(t, TO_CLIENT, j, "response_headers");
    put_common(t, j);
    json_object(j, "http2");
    json_u64(j, "stream_id", t->stream);
    put_frames(&t->part[TO_SERVER], j, "request");
    put_frames(&t->part[TO_CLIENT], j, "response");
    json_object_end(j);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    http2_alert_json(tx, j);
}

static bool says_something(const struct http2_part *part)
{
    return part->fields.len > 0 || part->settings.len > 0 || part->has_error || part->has_priority;
}

void http2_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct http2_tx *t = of(tx);
    if ((tx->logged & LOGGED_HTTP2) || (!last && !app_tx_is_done(tx)))
        return;
    tx->logged |= LOGGED_HTTP2;
    struct app_record r = {.event_type = "http", .dir = TO_SERVER, .encode = encode};
    if (says_something(&t->part[TO_SERVER]) || says_something(&t->part[TO_CLIENT]))
        emit(ctx, tx, &r);
}

#define FIELDS "[{name: string, value: string}]"
#define FRAMES                                                                                     \
    "{settings?: [{settings_id: string, settings_value: uint}], error_code?: string, "             \
    "priority?: uint, has_multiple?: string}"
#define HTTP2                                                                                      \
    "http: {version: string, request_headers?: " FIELDS ", response_headers?: " FIELDS             \
    ", hostname?: string, url?: string, http_user_agent?: string, http_method?: string, "          \
    "status?: uint, length?: uint, http2: {stream_id: uint, request: " FRAMES                      \
    ", response: " FRAMES "}, " APP_HTTP_BODIES_SHAPE "}"
const struct app_shape http2_shapes[] = {{"http", HTTP2}, {0}};

void http2_facts(const struct app_tx *tx, struct app_facts *out)
{
    const struct http2_tx *t = of(tx);
    struct bytes status;
    uint64_t n;
    if (!find(t, TO_SERVER, ":authority", &out->host))
        find(t, TO_SERVER, "host", &out->host);
    find(t, TO_SERVER, ":path", &out->uri);
    find(t, TO_SERVER, ":method", &out->method);
    find(t, TO_SERVER, "user-agent", &out->user_agent);
    if (find(t, TO_CLIENT, ":status", &status) && text_u64(status, 0, UINT32_MAX, &n))
        out->status = (uint32_t)n;
}
