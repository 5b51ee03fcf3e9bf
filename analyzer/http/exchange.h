/* analyzer/http/exchange.h - one request and its answer, from the first byte to the last. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H
#include "analyzer/http/http.h"
#include "analyzer/http/listen.h"
#include "analyzer/http/path.h"
#include <microhttpd.h>

enum exchange_state {
    EXCHANGE_NEW,
    EXCHANGE_BODY,  /* taking the body in */
    EXCHANGE_SLOW,  /* on or waiting for the slow worker; the connection sleeps */
    EXCHANGE_READY, /* the slow worker is done */
};

struct exchange {
    struct http *http;
    struct MHD_Connection *connection;
    enum exchange_state state;
    bool path_is_plain;
    char path[PATH_MAX_BYTES];
    char client[LISTEN_TEXT_MAX];
    uint8_t *body;
    size_t body_len;
    bool body_too_large;
    struct http_request request;
    struct http_response response;
};

struct exchange *exchange_new(struct http *h, const char *target);
void exchange_free(struct exchange *x); /* wipes the body, which may hold a password */

/* Takes bytes of the body; beyond cap they are dropped and body_too_large is set. */
void exchange_take(struct exchange *x, const char *data, size_t len, size_t cap);

#endif
