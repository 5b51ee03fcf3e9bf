/* analyzer/http/exchange.c - see exchange.h. */
#include "analyzer/http/exchange.h"
#include <sodium.h>

struct exchange *exchange_new(struct http *h, const char *target)
{
    struct exchange *x = calloc(1, sizeof *x);
    ASSERT(x);
    x->http = h;
    x->path_is_plain = path_decode(target, x->path);
    return x;
}

void exchange_free(struct exchange *x)
{
    if (x->body)
        sodium_memzero(x->body, x->body_len);
    free(x->body);
    json_release(&x->response.body);
    free(x);
}

void exchange_take(struct exchange *x, const char *data, size_t len, size_t cap)
{
    if (x->body_too_large || len > cap - x->body_len) {
        x->body_too_large = true;
        return;
    }
    if (!x->body) {
        x->body = malloc(cap + 1);
        ASSERT(x->body);
    }
    memcpy(x->body + x->body_len, data, len);
    x->body_len += len;
}

const char *http_query(const struct http_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->native, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_header(const struct http_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->native, MHD_HEADER_KIND, name);
}

const char *http_cookie(const struct http_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->native, MHD_COOKIE_KIND, name);
}
