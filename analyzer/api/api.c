/* analyzer/api/api.c - see api.h: opens the databases, finds the route, checks the right. */
#include "analyzer/api/api.h"
#include "analyzer/api/call.h"
#include "common/clock.h"
#include "common/text.h"

#define API_PREFIX "/api/v1/"

static const struct route {
    const char *method, *path;
    call_fn *fn;
    unsigned needs;
} routes[] = {
#define ROUTE_ROW(method, path, fn, needs) {method, path, fn, needs},
    ROUTE_TABLE(ROUTE_ROW)};
#define ROUTES (sizeof routes / sizeof routes[0])

/* Does path fit pattern? "{id}" takes a decimal number. */
static bool path_fits(const char *pattern, const char *path, int64_t *id)
{
    while (*pattern) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        uint64_t n;
        size_t len = strcspn(path, "/");
        if (!text_u64(bytes_of(path, len), 1, INT64_MAX, &n))
            return false;
        *id = (int64_t)n;
        pattern += strlen("{id}");
        path += len;
    }
    return *path == '\0';
}

static enum http_result method_refused(struct call *c, const char *allow)
{
    snprintf(c->out->allow, sizeof c->out->allow, "%s", allow);
    return call_fail(c, 405, "only %s works here", allow);
}

/* Only the console's own pages can set this header; and where the browser names the page's origin,
 * it must be ours. */
static bool came_from_console(const struct http_request *r)
{
    const char *origin = http_header(r, "Origin"), *host = http_header(r, "Host");
    if (!http_header(r, "X-Sekisho"))
        return false;
    if (!origin)
        return true;
    const char *authority = strstr(origin, "://");
    return authority && host && strcmp(authority + 3, host) == 0;
}

/* 1 and the user, 0 no open session, -1 the database failed. */
static int identify(struct call *c)
{
    const char *token = http_cookie(c->request, SESSION_COOKIE);
    if (!token || strlen(token) != TOKEN_TEXT_MAX - 1)
        return 0;
    token_hash(token, c->session);
    int rc = users_session_find(c->api->users, c->session, c->now_us, &c->user, &c->err);
    if (rc == 1) {
        access_of(&c->user, c->api->directory, &c->access);
        c->known = true;
    }
    return rc;
}

static enum http_result run(struct call *c, const struct route *route)
{
    if (strcmp(route->method, "POST") == 0 && !came_from_console(c->request))
        return call_fail(c, 403, "refused: the request does not come from the console");
    if (identify(c) < 0)
        return call_broken(c);
    if (route->needs != ROUTE_OPEN && !c->known)
        return call_fail(c, 401, "log in first");
    if (route->needs != ROUTE_OPEN && (c->access.rights & route->needs) != route->needs)
        return call_fail(c, 403, "the role %s may not do this", user_role_name(c->user.role));
    return route->fn(c);
}

enum http_result api_handle(void *ctx, const struct http_request *r, struct http_response *out)
{
    struct api *a = ctx;
    struct call c = {
        .api = a,
        .request = r,
        .out = out,
        .store = a->readers[atomic_fetch_add(&a->next_reader, 1) % API_READERS],
        .body = &out->body,
        .now_us = clock_wall_us(),
    };
    const char *method = strcmp(r->method, "HEAD") == 0 ? "GET" : r->method, *other = NULL;
    bool ours = strncmp(r->path, API_PREFIX, strlen(API_PREFIX)) == 0;
    for (size_t i = 0; ours && i < ROUTES; i++) {
        if (!path_fits(routes[i].path, r->path + strlen(API_PREFIX), &c.id))
            continue;
        if (strcmp(routes[i].method, method) == 0)
            return run(&c, &routes[i]);
        other = routes[i].method;
    }
    return other ? method_refused(&c, other) : call_fail(&c, 404, "no such resource");
}

static int databases_open(struct api *a, const char *dir, struct err *err)
{
    a->users = users_open(dir, err);
    a->writer = a->users ? store_open(dir, STORE_WRITER, err) : NULL;
    if (!a->writer)
        return -1;
    for (size_t i = 0; i < API_READERS; i++)
        if (!(a->readers[i] = store_open(dir, STORE_READER, err)))
            return -1;
    return 0;
}

struct api *api_new(const struct api_options *o, struct err *err)
{
    struct api *a = calloc(1, sizeof *a);
    ASSERT(a);
    a->directory = o->directory;
    a->push = o->push;
    a->secure_cookie = o->secure_cookie;
    a->started_us = clock_wall_us();
    pthread_mutex_init(&a->throttle_lock, NULL);
    throttle_init(&a->throttle);
    if (databases_open(a, o->data_dir, err) == 0)
        return a;
    api_free(a);
    return NULL;
}

void api_free(struct api *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < API_READERS; i++)
        store_close(a->readers[i]);
    store_close(a->writer);
    users_close(a->users);
    pthread_mutex_destroy(&a->throttle_lock);
    free(a);
}
