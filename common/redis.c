/* common/redis.c - see redis.h. */
#include "common/redis.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PASSWORD_MAX 4096
#define READ_BYTES   65536

struct redis {
    char *address, *user, *password_file;
    unsigned timeout_ms;
    int fd, cancel_fd;
    redisReader *reader;
    uint8_t *out; /* encoded commands not yet written */
    size_t out_len, out_cap;
    bool warned_no_aof;
};

static char *copy_of(const char *s)
{
    char *copy = s ? strdup(s) : NULL;
    ASSERT(!s || copy);
    return copy;
}

struct redis *redis_new(const struct redis_options *o)
{
    struct redis *r = calloc(1, sizeof *r);
    ASSERT(r);
    r->address = copy_of(o->address);
    r->user = copy_of(o->user);
    r->password_file = copy_of(o->password_file);
    r->timeout_ms = o->timeout_ms ? o->timeout_ms : 5000;
    r->fd = -1;
    r->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ASSERT(r->cancel_fd >= 0);
    return r;
}

static void disconnect(struct redis *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    if (r->reader)
        redisReaderFree(r->reader);
    r->reader = NULL;
    r->out_len = 0;
}

void redis_free(struct redis *r)
{
    if (!r)
        return;
    disconnect(r);
    close(r->cancel_fd);
    free(r->address);
    free(r->user);
    free(r->password_file);
    free(r->out);
    free(r);
}

void redis_cancel(struct redis *r)
{
    uint64_t one = 1;
    (void)!write(r->cancel_fd, &one, sizeof one);
}

bool redis_is_connected(const struct redis *r)
{
    return r->fd >= 0;
}

int redis_fd(const struct redis *r)
{
    return r->fd;
}

/* Says why and gives the connection up: what was under way has no known outcome. */
static int lost(struct redis *r, struct err *err, const char *what, const char *why)
{
    err_set(err, "Redis at %s: %s: %s", r->address, what, why);
    disconnect(r);
    return -1;
}

/* Waits until fd is ready or the deadline has passed. */
static int await(struct redis *r, short events, uint64_t deadline_us, const char *what,
                 struct err *err)
{
    for (;;) {
        uint64_t now_us = clock_monotonic_us();
        if (now_us >= deadline_us)
            return lost(r, err, what, "no answer in time; is it overloaded or unreachable?");
        struct pollfd p[2] = {{.fd = r->fd, .events = events},
                              {.fd = r->cancel_fd, .events = POLLIN}};
        int n = poll(p, 2, (int)((deadline_us - now_us) / 1000 + 1));
        if (n < 0 && errno != EINTR)
            return lost(r, err, what, strerror(errno));
        if (n > 0 && p[1].revents)
            return lost(r, err, what, "stopped");
        if (n > 0 && p[0].revents)
            return 0;
    }
}

static uint64_t deadline_of(const struct redis *r)
{
    return clock_monotonic_us() + (uint64_t)r->timeout_ms * 1000;
}

/* ---- connecting ------------------------------------------------------------------------------ */

static int connect_to(struct redis *r, const struct sockaddr *to, socklen_t len, struct err *err)
{
    r->fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (r->fd < 0)
        return lost(r, err, "cannot connect", strerror(errno));
    if (connect(r->fd, to, len) != 0) {
        if (errno != EINPROGRESS)
            return lost(r, err, "cannot connect", strerror(errno));
        if (await(r, POLLOUT, deadline_of(r), "cannot connect", err) != 0)
            return -1;
        int failure = 0;
        socklen_t size = sizeof failure;
        if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure)
            return lost(r, err, "cannot connect", strerror(failure ? failure : errno));
    }
    int on = 1;
    if (to->sa_family != AF_UNIX) {
        setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(r->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    return 0;
}

static int connect_unix(struct redis *r, const char *path, struct err *err)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof to.sun_path)
        return lost(r, err, "cannot connect", "not a usable socket path (at most 107 bytes)");
    memcpy(to.sun_path, path, len);
    return connect_to(r, (const struct sockaddr *)&to, sizeof to, err);
}

/* "HOST:PORT" or "[v6]:PORT" into its parts; false when it is neither. */
static bool split_host_port(const char *address, char host[256], char port[8])
{
    const char *colon = strrchr(address, ':');
    struct bytes name = bytes_of(address, colon ? (size_t)(colon - address) : 0);
    uint64_t number;
    if (name.len == 0 || !text_u64(bytes_str(colon + 1), 1, 65535, &number))
        return false;
    if (name.p[0] == '[') {
        if (name.len < 3 || name.p[name.len - 1] != ']')
            return false;
        name = bytes_of(name.p + 1, name.len - 2);
    }
    if (name.len >= 256)
        return false;
    memcpy(host, name.p, name.len);
    host[name.len] = 0;
    snprintf(port, 8, "%u", (unsigned)number);
    return true;
}

static int connect_tcp(struct redis *r, struct err *err)
{
    char host[256], port[8];
    if (!split_host_port(r->address, host, port))
        return lost(r, err, "not an address", "give HOST:PORT, [v6]:PORT or the path of a socket");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed)
        return lost(r, err, "cannot resolve the name", gai_strerror(failed));
    int rc = -1;
    for (const struct addrinfo *a = found; a && rc != 0; a = a->ai_next)
        rc = connect_to(r, a->ai_addr, a->ai_addrlen, err);
    freeaddrinfo(found);
    return rc;
}

/* First line of the password file, as AUTH's last argument. */
static int log_in(struct redis *r, struct err *err)
{
    size_t len = 0;
    char *password = file_read(r->password_file, PASSWORD_MAX, &len, err);
    if (!password) {
        disconnect(r);
        return err_in(err, "password for Redis at %s", r->address);
    }
    len = strcspn(password, "\r\n");
    struct bytes argv[3] = {BYTES_LIT("AUTH"), bytes_str(r->user), bytes_of(password, len)};
    if (!r->user)
        argv[1] = argv[2];
    redisReply *reply = redis_command(r, err, r->user ? 3 : 2, argv);
    explicit_bzero(password, len);
    explicit_bzero(r->out, r->out_cap);
    free(password);
    if (!reply)
        return -1;
    int rc = 0;
    if (reply->type == REDIS_REPLY_ERROR) {
        char why[384];
        snprintf(why, sizeof why, "%.200s (user %.64s, password from %.64s)", reply->str,
                 r->user ? r->user : "default", r->password_file);
        rc = lost(r, err, "login refused", why);
    }
    freeReplyObject(reply);
    return rc;
}

/* One round trip, so that a missing login or a stranger on the port shows here. A user without the
 * right to PING is a user all the same. */
static int greet(struct redis *r, struct err *err)
{
    redisReply *reply = redis_call(r, err, "PING", (char *)NULL);
    if (!reply)
        return -1;
    int rc = 0;
    if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOAUTH", 6) == 0)
        rc = lost(r, err, "login needed", "give a user and a password file");
    freeReplyObject(reply);
    return rc;
}

int redis_connect(struct redis *r, struct err *err)
{
    disconnect(r);
    if (!r->address)
        return err_set(err, "no Redis address given");
    int rc;
    if (strncmp(r->address, "unix:", 5) == 0)
        rc = connect_unix(r, r->address + 5, err);
    else if (strchr(r->address, '/'))
        rc = connect_unix(r, r->address, err);
    else
        rc = connect_tcp(r, err);
    if (rc != 0)
        return -1;
    r->reader = redisReaderCreate();
    ASSERT(r->reader);
    if (r->password_file && log_in(r, err) != 0)
        return -1;
    return greet(r, err);
}

/* ---- commands and replies -------------------------------------------------------------------- */

static void out_put(struct redis *r, const void *p, size_t n)
{
    if (r->out_cap - r->out_len < n) {
        size_t cap = r->out_cap ? r->out_cap : 4096;
        while (cap - r->out_len < n)
            cap *= 2;
        r->out = realloc(r->out, cap);
        ASSERT(r->out);
        r->out_cap = cap;
    }
    if (n)
        memcpy(r->out + r->out_len, p, n);
    r->out_len += n;
}

static void out_count(struct redis *r, char kind, size_t n)
{
    char text[32] = "";
    out_put(r, text, (size_t)snprintf(text, sizeof text, "%c%zu\r\n", kind, n));
}

void redis_send(struct redis *r, size_t argc, const struct bytes *argv)
{
    if (r->fd < 0)
        return; /* the missing reply tells */
    out_count(r, '*', argc);
    for (size_t i = 0; i < argc; i++) {
        out_count(r, '$', argv[i].len);
        out_put(r, argv[i].p, argv[i].len);
        out_put(r, "\r\n", 2);
    }
}

int redis_flush(struct redis *r, struct err *err)
{
    if (r->fd < 0)
        return err_set(err, "Redis at %s: not connected", r->address);
    uint64_t deadline_us = deadline_of(r);
    size_t at = 0;
    while (at < r->out_len) {
        ssize_t n = send(r->fd, r->out + at, r->out_len - at, MSG_NOSIGNAL);
        if (n > 0)
            at += (size_t)n;
        else if (n < 0 && errno == EAGAIN) {
            if (await(r, POLLOUT, deadline_us, "cannot send", err) != 0)
                return -1;
        } else if (n < 0 && errno != EINTR)
            return lost(r, err, "connection lost", strerror(errno));
    }
    r->out_len = 0;
    return 0;
}

/* Feeds the reader with what the socket has; waits for it until the deadline. */
static int feed(struct redis *r, uint64_t deadline_us, struct err *err)
{
    char block[READ_BYTES];
    if (await(r, POLLIN, deadline_us, "no reply", err) != 0)
        return -1;
    ssize_t n = recv(r->fd, block, sizeof block, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n < 0)
        return lost(r, err, "connection lost", strerror(errno));
    if (n == 0)
        return lost(r, err, "connection lost", "closed by the server");
    if (redisReaderFeed(r->reader, block, (size_t)n) != REDIS_OK)
        return lost(r, err, "not understood", r->reader->errstr);
    return 0;
}

redisReply *redis_reply(struct redis *r, struct err *err)
{
    void *reply = NULL;
    if (redis_flush(r, err) != 0)
        return NULL;
    uint64_t deadline_us = deadline_of(r);
    for (;;) {
        if (redisReaderGetReply(r->reader, &reply) != REDIS_OK) {
            lost(r, err, "not understood, is this a Redis?", r->reader->errstr);
            return NULL;
        }
        if (reply)
            return reply;
        if (feed(r, deadline_us, err) != 0)
            return NULL;
    }
}

redisReply *redis_command(struct redis *r, struct err *err, size_t argc, const struct bytes *argv)
{
    redis_send(r, argc, argv);
    return redis_reply(r, err);
}

redisReply *redis_call(struct redis *r, struct err *err, const char *first, ...)
{
    struct bytes argv[16];
    size_t argc = 0;
    va_list ap;
    va_start(ap, first);
    for (const char *s = first; s; s = va_arg(ap, const char *)) {
        ASSERT(argc < sizeof argv / sizeof argv[0]);
        argv[argc++] = bytes_str(s);
    }
    va_end(ap);
    return redis_command(r, err, argc, argv);
}

/* ---- is this a server to trust entries to? -----------------------------------------------------
 */

/* The value behind "\nname:" in INFO's text, up to the end of the line; empty when missing. */
static struct bytes info_value(struct bytes info, const char *name)
{
    char key[64];
    struct bytes wanted = bytes_of(key, (size_t)snprintf(key, sizeof key, "\n%s:", name));
    ptrdiff_t at = bytes_find(info, wanted);
    if (at < 0)
        return (struct bytes){0};
    struct bytes value = bytes_slice(info, (size_t)at + wanted.len, info.len);
    ptrdiff_t end = bytes_find(value, BYTES_LIT("\r"));
    return end < 0 ? value : bytes_slice(value, 0, (size_t)end);
}

static int check_info(struct redis *r, struct bytes info, struct err *err)
{
    struct bytes version = info_value(info, "redis_version");
    struct bytes policy = info_value(info, "maxmemory_policy");
    ptrdiff_t dot = bytes_find(version, BYTES_LIT("."));
    uint64_t major = 0;
    if (dot <= 0 || !text_u64(bytes_slice(version, 0, (size_t)dot), 0, 1000, &major))
        return err_set(err, "Redis at %s: it does not tell its version", r->address);
    if (major < 5)
        return err_set(err, "Redis at %s: version %.*s has no streams; install 5.0 or later",
                       r->address, (int)version.len, (const char *)version.p);
    if (!bytes_eq(policy, BYTES_LIT("noeviction")))
        return err_set(err,
                       "Redis at %s: maxmemory-policy is %.*s, which may throw entries away; run "
                       "CONFIG SET maxmemory-policy noeviction there and put it into redis.conf",
                       r->address, (int)policy.len, (const char *)policy.p);
    if (bytes_eq(info_value(info, "loading"), BYTES_LIT("1")))
        return err_set(err, "Redis at %s: still reads its data after a restart; wait until it has",
                       r->address);
    if (!r->warned_no_aof && bytes_eq(info_value(info, "aof_enabled"), BYTES_LIT("0"))) {
        log_warn("Redis at %s: no append-only file, so what it confirmed is lost if it crashes; "
                 "set appendonly yes and appendfsync always",
                 r->address);
        r->warned_no_aof = true;
    }
    return 0;
}

int redis_check_server(struct redis *r, struct err *err)
{
    redisReply *reply = redis_call(r, err, "INFO", (char *)NULL);
    if (!reply)
        return -1;
    int rc;
    if (reply->type == REDIS_REPLY_ERROR)
        rc = err_set(err,
                     "Redis at %s: cannot rule out eviction: %s; grant the user INFO: ACL SETUSER "
                     "%s +info",
                     r->address, reply->str, r->user ? r->user : "default");
    else if (reply->type != REDIS_REPLY_STRING)
        rc = err_set(err, "Redis at %s: INFO answered something else", r->address);
    else
        rc = check_info(r, bytes_of(reply->str, reply->len), err);
    freeReplyObject(reply);
    return rc;
}
