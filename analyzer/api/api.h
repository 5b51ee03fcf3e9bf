/* analyzer/api/api.h - the JSON API under /api/v1: one file a resource, one table of routes.
 *
 * Who may see what is decided in access.c, once, and every resource asks it. */
#ifndef API_API_H
#define API_API_H
#include "analyzer/http/http.h"
#include "common/err.h"

struct api;
struct store;

/* Set-up; strings are borrowed for the call.
 *   store          the analyzer's archive; must outlive the api
 *   data_dir       where users.db (users, sessions, audit) lives, made when missing
 *   push           counted on the health page
 *   secure_cookie  console is reached through TLS (a proxy): cookies get "Secure" */
struct api_options {
    struct store *store;
    const char *data_dir;
    struct push *push;
    bool secure_cookie;
};
struct api *api_new(const struct api_options *o, struct err *err);
void api_free(struct api *a);

/* For http_options.handle, with the struct api as ctx. Thread-safe. */
enum http_result api_handle(void *ctx, const struct http_request *r, struct http_response *out);

#endif
