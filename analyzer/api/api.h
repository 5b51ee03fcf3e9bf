/* analyzer/api/api.h - the JSON API under /api/v1: one file a resource, one table of routes.
 *
 * Who may see what is decided in access.c, once, and every resource asks it. */
#ifndef API_API_H
#define API_API_H
#include "analyzer/directory/directory.h"
#include "analyzer/http/http.h"
#include "common/err.h"

/* Set-up; directory and push must outlive the api.
 *   data_dir       the archive (sekisho.db) and users.db, both made when missing
 *   directory      who is monitored
 *   push           where streams come from; incident changes are published there
 *   secure_cookie  the console is reached through TLS (a proxy): cookies get "Secure" */
struct api_options {
    const char *data_dir;
    const struct directory *directory;
    struct push *push;
    bool secure_cookie;
};
struct api;
/* NULL and err: a database cannot be opened. */
struct api *api_new(const struct api_options *o, struct err *err);
void api_free(struct api *a); /* after http_stop(); NULL is fine */

/* For http_options.handle, with the struct api as ctx. Thread-safe. */
enum http_result api_handle(void *ctx, const struct http_request *r, struct http_response *out);

#endif
