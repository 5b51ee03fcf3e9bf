/* analyzer/api/call.h - one authenticated call, as the resources see it. */
#ifndef API_CALL_H
#define API_CALL_H
#include "analyzer/api/access.h"
#include "analyzer/http/throttle.h"
#include "analyzer/store/store.h"
#include "analyzer/store/users.h"
#include <pthread.h>
#include <stdatomic.h>

/* Readers of the archive: as many calls can be read for at the same time. */
enum { API_READERS = 4 };

struct api {
    struct users *users;
    struct store *writer, *readers[API_READERS];
    atomic_uint next_reader;
    const struct directory *directory;
    struct push *push;
    bool secure_cookie;
    uint64_t started_us;
    pthread_mutex_t throttle_lock;
    struct throttle throttle;
};

struct call {
    struct api *api;
    const struct http_request *request;
    struct http_response *out;
    struct store *store; /* to read from */
    struct json *body;   /* the answer; what is in it is thrown away by call_fail */
    int64_t id;          /* {id} of the route */
    bool known;          /* a session was given and is open: user and access are set */
    struct user user;
    struct access access;
    uint8_t session[TOKEN_HASH_BYTES];
    uint64_t now_us;
    struct err err;
};

/* Sets status and {"error": text}. Returns HTTP_DONE. */
enum http_result call_fail(struct call *c, unsigned status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The archive failed: 500 without details, which go to the log. */
enum http_result call_broken(struct call *c);
/* What a list ends in: HTTP_DONE, or call_broken when rc < 0. */
enum http_result call_end(struct call *c, int rc);

/* Query values. False (and the 400 is set) when malformed; absent ones keep *out. */
bool call_number(struct call *c, const char *name, uint64_t min, uint64_t max, uint64_t *out);
bool call_id(struct call *c, const char *name, int64_t *out);
bool call_time(struct call *c, const char *name, uint64_t *out_us); /* RFC 3339 */
bool call_limit(struct call *c, size_t *out);                       /* limit=1..1000 */
bool call_drill(struct call *c, enum store_drill *out);             /* drill=real|only|all */

/* Members of the request's JSON body; false when it is no object or a member is no string. */
#define CALL_TEXT_MAX 300
bool call_body_text(struct call *c, const char *name, char out[CALL_TEXT_MAX]);

void call_audit(struct call *c, const char *action, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The session cookie's name; its value into the call's session hash. */
#define SESSION_COOKIE "sekisho_session"

/* A resource: answers the call. */
typedef enum http_result call_fn(struct call *c);
#include "analyzer/api/route_table.h"
#define ROUTE_DECLARE(method, path, fn, needs) call_fn fn;
ROUTE_TABLE(ROUTE_DECLARE)

#endif
