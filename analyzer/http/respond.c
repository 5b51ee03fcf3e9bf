/* analyzer/http/respond.c - see respond.h. */
#include "analyzer/http/respond.h"
#include "analyzer/http/stream.h"

/* The console is its own files and nothing else: no inline script or style, no other origin, no
 * frame, and no string may become markup (Trusted Types). */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

static const char *const strict[][2] = {
    {"Content-Security-Policy", policy},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
};

static enum MHD_Result send_off(struct MHD_Connection *c, unsigned status, struct MHD_Response *r)
{
    if (!r)
        return MHD_NO;
    for (size_t i = 0; i < sizeof strict / sizeof strict[0]; i++)
        MHD_add_response_header(r, strict[i][0], strict[i][1]);
    enum MHD_Result rc = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return rc;
}

enum MHD_Result respond_file(struct MHD_Connection *c, const struct file_entry *f)
{
    const char *known = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "If-None-Match");
    bool same = known && strcmp(known, f->etag) == 0;
    struct MHD_Response *r = MHD_create_response_from_buffer(
        same ? 0 : f->content.len, (void *)(uintptr_t)f->content.p, MHD_RESPMEM_PERSISTENT);
    if (r) {
        MHD_add_response_header(r, "Content-Type", f->type);
        MHD_add_response_header(r, "ETag", f->etag);
        MHD_add_response_header(r, "Cache-Control", "no-cache");
    }
    return send_off(c, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, r);
}

/* Answers of the API are for one reader at one moment. The bytes are copied. */
static struct MHD_Response *json_response(struct bytes json, const char *allow, unsigned retry_s)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(json.len, (void *)(uintptr_t)json.p, MHD_RESPMEM_MUST_COPY);
    if (!r)
        return NULL;
    MHD_add_response_header(r, "Content-Type", "application/json; charset=utf-8");
    MHD_add_response_header(r, "Cache-Control", "no-store");
    if (allow && *allow)
        MHD_add_response_header(r, "Allow", allow);
    if (retry_s) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%u", retry_s);
        MHD_add_response_header(r, "Retry-After", seconds);
    }
    return r;
}

enum MHD_Result respond_error(struct MHD_Connection *c, unsigned status, const char *text,
                              const char *allow, unsigned retry_after_s)
{
    struct json j = {0};
    json_object(&j, NULL);
    json_strz(&j, "error", text);
    json_object_end(&j);
    struct MHD_Response *r = json_response(json_bytes(&j), allow, retry_after_s);
    json_release(&j);
    return send_off(c, status, r);
}

enum MHD_Result respond_api(struct exchange *x)
{
    struct http_response *out = &x->response;
    struct MHD_Response *r = json_response(json_bytes(&out->body), out->allow, out->retry_after_s);
    if (r && out->cookie[0])
        MHD_add_response_header(r, "Set-Cookie", out->cookie);
    return send_off(x->connection, out->status ? out->status : MHD_HTTP_OK, r);
}

enum MHD_Result respond_stream(struct exchange *x, struct push *p)
{
    const char *last = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Last-Event-ID");
    struct MHD_Response *r = stream_response(p, x->connection, &x->response.viewer, last);
    if (!r)
        return respond_error(x->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                             "too many consoles are open", NULL, 30);
    MHD_add_response_header(r, "Content-Type", "text/event-stream");
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Accel-Buffering", "no"); /* for an nginx in front */
    return send_off(x->connection, MHD_HTTP_OK, r);
}
