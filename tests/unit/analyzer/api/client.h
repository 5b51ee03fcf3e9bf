/* tests/unit/analyzer/api/client.h - a browser for tests: libcurl with a cookie jar. */
#ifndef TEST_API_CLIENT_H
#define TEST_API_CLIENT_H
#include "common/bytes.h"
#include "common/err.h"
#include <curl/curl.h>

struct client {
    CURL *curl;
    char base[128];
    char body[1 << 20], headers[8192]; /* of the last answer, NUL-terminated */
    size_t body_len, headers_len;
    bool stranger; /* leaves out the console's own header */
    const char *origin;
};

static inline size_t client_take(char *to, size_t *len, size_t cap, const char *p, size_t n)
{
    size_t fits = n < cap - *len - 1 ? n : cap - *len - 1;
    memcpy(to + *len, p, fits);
    *len += fits;
    to[*len] = '\0';
    return n;
}

static inline size_t client_body(char *p, size_t size, size_t n, void *ctx)
{
    struct client *c = ctx;
    return client_take(c->body, &c->body_len, sizeof c->body, p, size * n);
}

static inline size_t client_header(char *p, size_t size, size_t n, void *ctx)
{
    struct client *c = ctx;
    return client_take(c->headers, &c->headers_len, sizeof c->headers, p, size * n);
}

static inline struct client *client_new(const char *address)
{
    struct client *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->curl = curl_easy_init();
    ASSERT(c->curl);
    snprintf(c->base, sizeof c->base, "http://%s", address);
    curl_easy_setopt(c->curl, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(c->curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(c->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, client_body);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, client_header);
    curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, c);
    return c;
}

static inline void client_free(struct client *c)
{
    curl_easy_cleanup(c->curl);
    free(c);
}

/* The status; 0 when the connection failed. json NULL: no body. */
static inline long client_send(struct client *c, const char *method, const char *path,
                               const char *json)
{
    char url[2048], origin[256];
    long status = 0;
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (!c->stranger)
        headers = curl_slist_append(headers, "X-Sekisho: 1");
    snprintf(origin, sizeof origin, "Origin: %s", c->origin ? c->origin : "");
    if (c->origin)
        headers = curl_slist_append(headers, origin);
    snprintf(url, sizeof url, "%s%s", c->base, path);
    c->body_len = c->headers_len = 0;
    c->body[0] = c->headers[0] = '\0';
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
    if (json)
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, json);
    else
        curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(c->curl, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
    curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
    if (curl_easy_perform(c->curl) == CURLE_OK)
        curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    return status;
}

static inline long client_get(struct client *c, const char *path)
{
    return client_send(c, "GET", path, NULL);
}

static inline long client_login(struct client *c, const char *user, const char *password)
{
    char json[512];
    snprintf(json, sizeof json, "{\"user\":\"%s\",\"password\":\"%s\"}", user, password);
    return client_send(c, "POST", "/api/v1/login", json);
}

#endif
