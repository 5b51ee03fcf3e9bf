/* common/redis.h - one connection to Redis, blocking with a deadline, pipelined.
 *
 * hiredis decodes the replies; the socket is ours (TCP or Unix), so that TLS can be put under it. A
 * connection that failed stays failed until redis_connect() is called again.
 * Source: https://redis.io/docs/latest/develop/reference/protocol-spec/ (RESP2). */
#ifndef COMMON_REDIS_H
#define COMMON_REDIS_H
#include "common/bytes.h"
#include "common/err.h"
#include <hiredis/hiredis.h>

struct redis; /* one thread at a time */

/* Where and how to connect.
 *   address       "unix:PATH", a path with a '/', "HOST:PORT" or "[v6]:PORT"
 *   user          ACL user, NULL for the default one
 *   password_file first line is the password; NULL for none
 *   timeout_ms    for connecting and for each reply; 0 means 5000 */
struct redis_options {
    const char *address, *user, *password_file;
    unsigned timeout_ms;
};

struct redis *redis_new(const struct redis_options *o); /* copies what it needs; does not connect */
void redis_free(struct redis *r);

/* Connects (or reconnects) and logs in. 0, or -1 with one line that says what to mend. */
int redis_connect(struct redis *r, struct err *err);
/* Ends the call under way, and every later one, with an error ("stopped"). The one function that
 * another thread or a signal handler may call, so that a program can end at once. */
void redis_cancel(struct redis *r);
bool redis_is_connected(const struct redis *r);
int redis_fd(const struct redis *r); /* for poll; -1 when not connected */

/* Queues one command. Arguments are copied. Nothing is sent before redis_flush or redis_reply. */
void redis_send(struct redis *r, size_t argc, const struct bytes *argv);
/* Writes what is queued. 0 or -1 (connection lost). */
int redis_flush(struct redis *r, struct err *err);
/* Next reply, in order of the commands; the caller frees it with freeReplyObject. NULL: lost or
 * timed out (err). A Redis error reply (type REDIS_REPLY_ERROR) is a reply, not a failure. */
redisReply *redis_reply(struct redis *r, struct err *err);
/* Send, flush and wait for the one reply. No other command may be under way. */
redisReply *redis_command(struct redis *r, struct err *err, size_t argc, const struct bytes *argv);
/* The same with C strings: redis_call(r, &err, "XLEN", key, NULL). */
redisReply *redis_call(struct redis *r, struct err *err, const char *first, ...)
    __attribute__((sentinel));

/* Refuses a server that may lose entries: maxmemory-policy other than noeviction, or version < 5.
 * Needs the right to run INFO. A server without an append-only file is only warned of, once. 0, or
 * -1 with the setting to change. */
int redis_check_server(struct redis *r, struct err *err);

#endif
