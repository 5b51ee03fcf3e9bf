/* analyzer/http/http.h - the console's web server: static files, API requests, event streams.
 *
 * It knows nothing of alerts or users: what stands under /api/ goes to one handler, everything else
 * is a file of the console, read into memory at start. A few threads serve all connections, so a
 * handler answers from the store in milliseconds; what takes longer (a password hash) asks to be
 * called again on the one slow worker while the connection sleeps.
 *
 *   struct push *push = push_new();
 *   struct api *api = api_new(&(struct api_options){.data_dir = data, .push = push, ...}, &err);
 *   struct http *http = http_start(&(struct http_options){.listen = "127.0.0.1:0",
 *           .console_dir = dir, .push = push, .handle = api_handle, .ctx = api}, &err);
 *   printf("console: http://%s/\n", http_address(http));
 *   ...
 *   http_stop(http); api_free(api); push_free(push);
 *
 * Source: RFC 9110, RFC 9112; event streams after the HTML standard, section 9.2. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H
#include "common/bytes.h"
#include "common/err.h"
#include "common/json.h"
#include "analyzer/http/push.h"

/* One request, valid for the call. Nothing in it is to be trusted. */
struct http_request {
    const char *method;  /* "GET" */
    const char *path;    /* percent-decoded, normalised, "/api/v1/alerts" */
    const char *client;  /* peer address as text */
    struct bytes body;   /* at most body_cap_bytes */
    bool on_slow_worker; /* second call, after HTTP_SLOW */
    void *native;        /* for the functions below */
};

/* The named value, decoded, or NULL when it is not there. Borrowed from the request. */
const char *http_query(const struct http_request *r, const char *name);
const char *http_header(const struct http_request *r, const char *name);
const char *http_cookie(const struct http_request *r, const char *name);

/* The answer; zeroed before the handler is called. The server releases it. */
struct http_response {
    unsigned status;           /* 0 means 200 */
    struct json body;          /* JSON text */
    char cookie[320];          /* a whole Set-Cookie value, or empty */
    char allow[64];            /* Allow header of a 405, or empty */
    unsigned retry_after_s;    /* of a 429 or 503; 0: no header */
    struct push_viewer viewer; /* see stream */
    bool stream;               /* answer with the events that `viewer` may see, without end */
};

enum http_result {
    HTTP_DONE = 0,
    HTTP_SLOW, /* call again on the slow worker; not allowed when on_slow_worker */
};
typedef enum http_result (*http_handler)(void *ctx, const struct http_request *r,
                                         struct http_response *out);

/* Set-up; strings are borrowed for the call.
 *   listen          "ADDRESS:PORT" or "[v6]:PORT", numeric; port 0 takes a free one
 *   console_dir     folder with index.html and what it needs; every file below it is served
 *   push            where event streams come from
 *   handle, ctx     called for every path under /api/, from several threads at once
 *   body_cap_bytes  of a request; 0 means 64 KiB */
struct http_options {
    const char *listen, *console_dir;
    struct push *push;
    http_handler handle;
    void *ctx;
    size_t body_cap_bytes;
};

struct http;
/* Listens and serves until http_stop. NULL and err (address in use, no console files, ...). */
struct http *http_start(const struct http_options *o, struct err *err);
/* "127.0.0.1:40123", with the port that was taken. */
const char *http_address(const struct http *h);
/* Ends streams, finishes requests under way, frees. NULL is fine. */
void http_stop(struct http *h);

#endif
