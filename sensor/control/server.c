/* sensor/control/server.c - see server.h. */
#include "sensor/control/server.h"
#include "common/clock.h"
#include "sensor/control/message.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_CAP 4096
#define BACKLOG     4

struct client {
    int fd;           /* -1: free */
    uint64_t last_us; /* it said something */
    bool greeted, waits;
    size_t used;
    uint8_t in[MESSAGE_CAP];
    struct json out; /* one answer; no further command is read before it is gone */
    size_t sent;
};

struct control_server {
    int fd;
    char *path;
    control_fn *command;
    void *ctx;
    struct client clients[CONTROL_CLIENTS_MAX];
};

/* ---- the socket ------------------------------------------------------------------------------ */

/* A full backlog (EAGAIN) is somebody's, too. */
static bool is_answered(const struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool answered =
        fd >= 0 && (connect(fd, (const struct sockaddr *)a, sizeof *a) == 0 || errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return answered;
}

/* Only a socket is ever removed: a mistyped path must not cost a file. */
static int clear_name(const struct sockaddr_un *a, struct err *err)
{
    struct stat st;
    if (lstat(a->sun_path, &st) != 0)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, "%s: is there and is no socket", a->sun_path);
    if (is_answered(a))
        return err_set(err, "%s: another sensor answers there", a->sun_path);
    unlink(a->sun_path);
    return 0;
}

static int open_socket(const char *path, struct err *err)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path)
        return err_set(err, "%s: a socket's path has at most %zu characters", path,
                       sizeof a.sun_path - 1);
    memcpy(a.sun_path, path, strlen(path));
    if (clear_name(&a, err) != 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0117);
    int rc = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&a, sizeof a);
    umask(before);
    if (rc == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    err_set(err, "%s: cannot listen: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

struct control_server *control_server_new(const char *path, control_fn *command, void *ctx,
                                          struct err *err)
{
    int fd = open_socket(path, err);
    if (fd < 0)
        return NULL;
    struct control_server *s = calloc(1, sizeof *s);
    ASSERT(s);
    *s = (struct control_server){.fd = fd, .path = strdup(path), .command = command, .ctx = ctx};
    ASSERT(s->path);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        s->clients[i].fd = -1;
    return s;
}

/* ---- clients --------------------------------------------------------------------------------- */

static void client_close(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    json_release(&c->out);
    *c = (struct client){.fd = -1};
}

void control_server_free(struct control_server *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        client_close(&s->clients[i]);
    close(s->fd);
    unlink(s->path);
    free(s->path);
    free(s);
}

/* A free place, or that of the client silent for longest: nobody can keep the others out. */
static struct client *place(struct control_server *s)
{
    struct client *oldest = NULL;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *c = &s->clients[i];
        if (c->fd < 0)
            return c;
        if (!oldest || c->last_us < oldest->last_us)
            oldest = c;
    }
    client_close(oldest);
    return oldest;
}

static void take_client(struct control_server *s)
{
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    struct client *c = place(s);
    c->fd = fd;
    c->last_us = clock_monotonic_us();
}

/* False when the client is gone. */
static bool flush(struct client *c)
{
    while (c->sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.text + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        c->sent += (size_t)n;
    }
    json_reset(&c->out);
    c->sent = 0;
    return true;
}

static bool is_answering(const struct client *c)
{
    return c->waits || c->out.len > 0;
}

/* ---- messages -------------------------------------------------------------------------------- */

static void end_answer(struct client *c, enum control_outcome outcome)
{
    struct json *j = &c->out;
    json_strz(j, "return", outcome == CONTROL_OK ? "OK" : "NOK");
    json_object_end(j);
    if (j->len == j->cap) {
        j->text = realloc(j->text, ++j->cap);
        ASSERT(j->text);
    }
    j->text[j->len++] = '\n';
}

static void answer_text(struct client *c, enum control_outcome outcome, const char *text)
{
    json_object(&c->out, NULL);
    json_strz(&c->out, "message", text);
    end_answer(c, outcome);
}

static bool greet(struct client *c, const cJSON *message)
{
    const char *version =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "version"));
    if (!version || (strcmp(version, "0.2") != 0 && strcmp(version, "0.1") != 0))
        return false;
    c->greeted = true;
    json_object(&c->out, NULL);
    end_answer(c, CONTROL_OK);
    return true;
}

static bool obey(struct control_server *s, struct client *c, const cJSON *message)
{
    const char *command =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "command"));
    const cJSON *arguments = cJSON_GetObjectItemCaseSensitive(message, "arguments");
    if (!command)
        return false;
    json_object(&c->out, NULL);
    enum control_outcome outcome = s->command(s->ctx, command, arguments, &c->out);
    c->waits = outcome == CONTROL_LATER;
    if (c->waits)
        json_reset(&c->out);
    else
        end_answer(c, outcome);
    return true;
}

/* False when the client does not speak the protocol. */
static bool take_message(struct control_server *s, struct client *c, size_t len)
{
    cJSON *message = cJSON_ParseWithLength((const char *)c->in, len);
    bool good = message && (c->greeted ? obey(s, c, message) : greet(c, message));
    cJSON_Delete(message);
    c->used -= len;
    memmove(c->in, c->in + len, c->used);
    return good;
}

static bool take_messages(struct control_server *s, struct client *c)
{
    ssize_t len = 1;
    while (!is_answering(c) && (len = message_length(bytes_of(c->in, c->used))) > 0)
        if (!take_message(s, c, (size_t)len) || !flush(c))
            return false;
    return len >= 0 && (is_answering(c) || c->used < sizeof c->in);
}

/* Bytes of the client, and what they complete. False: close it. */
static bool hear(struct control_server *s, struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->used, sizeof c->in - c->used, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    c->used += (size_t)n;
    c->last_us = clock_monotonic_us();
    return take_messages(s, c);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

/* A client that waits is only watched for going away. */
static short events_of(const struct client *c)
{
    if (c->out.len)
        return POLLOUT;
    return c->waits ? 0 : POLLIN;
}

size_t control_server_poll(const struct control_server *s, struct pollfd fds[CONTROL_FDS_MAX])
{
    size_t n = 0;
    fds[n++] = (struct pollfd){.fd = s->fd, .events = POLLIN};
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (s->clients[i].fd >= 0)
            fds[n++] = (struct pollfd){.fd = s->clients[i].fd, .events = events_of(&s->clients[i])};
    return n;
}

static struct client *client_of(struct control_server *s, int fd)
{
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (s->clients[i].fd == fd)
            return &s->clients[i];
    return NULL;
}

static void serve(struct control_server *s, struct client *c, short events)
{
    bool stays = true;
    if (events & POLLOUT)
        stays = flush(c) && (is_answering(c) || take_messages(s, c));
    if (stays && (events & POLLIN))
        stays = hear(s, c);
    if (!stays || (events & (POLLERR | POLLNVAL)) || events == POLLHUP)
        client_close(c);
}

void control_server_run(struct control_server *s, const struct pollfd *fds, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct client *c = fds[i].revents ? client_of(s, fds[i].fd) : NULL;
        if (c)
            serve(s, c, fds[i].revents);
    }
    if (count && (fds[0].revents & POLLIN))
        take_client(s);
}

void control_server_settle(struct control_server *s, enum control_outcome outcome,
                           const char *message)
{
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *c = &s->clients[i];
        if (c->fd < 0 || !c->waits)
            continue;
        c->waits = false;
        answer_text(c, outcome, message);
        if (!flush(c) || (!is_answering(c) && !take_messages(s, c)))
            client_close(c);
    }
}
