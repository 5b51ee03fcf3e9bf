/* analyzer/http/listen.c - see listen.h. */
#include "analyzer/http/listen.h"
#include "common/text.h"
#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int address_parse(const char *text, union address *out, socklen_t *len, struct err *err)
{
    char host[INET6_ADDRSTRLEN + 2] = "";
    uint64_t port;
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : sizeof host;
    if (n >= sizeof host || !text_u64(bytes_str(colon + 1), 0, 65535, &port))
        return err_set(err, "--listen %s: expected ADDRESS:PORT, such as 127.0.0.1:8080", text);
    memcpy(host, text, n);
    *out = (union address){0};
    if (host[0] == '[' && n > 2 && host[n - 1] == ']') {
        host[n - 1] = '\0';
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)port);
        *len = sizeof out->v6;
        if (inet_pton(AF_INET6, host + 1, &out->v6.sin6_addr) == 1)
            return 0;
    } else {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)port);
        *len = sizeof out->v4;
        if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1)
            return 0;
    }
    return err_set(err, "--listen %s: '%s' is no numeric address", text, host);
}

void listen_peer_text(const struct sockaddr *sa, char text[LISTEN_TEXT_MAX])
{
    const void *from =
        sa->sa_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr
            : (const void *)&((const struct sockaddr_in *)(const void *)sa)->sin_addr;
    if (!inet_ntop(sa->sa_family, from, text, LISTEN_TEXT_MAX))
        snprintf(text, LISTEN_TEXT_MAX, "?");
}

static void bound_text(int fd, char text[LISTEN_TEXT_MAX])
{
    union address a;
    socklen_t len = sizeof a;
    char host[LISTEN_TEXT_MAX];
    ASSERT(getsockname(fd, &a.any, &len) == 0);
    listen_peer_text(&a.any, host);
    bool v6 = a.any.sa_family == AF_INET6;
    snprintf(text, LISTEN_TEXT_MAX, v6 ? "[%.46s]:%u" : "%.46s:%u", host,
             (unsigned)ntohs(v6 ? a.v6.sin6_port : a.v4.sin_port));
}

int listen_open(const char *address, char text[LISTEN_TEXT_MAX], struct err *err)
{
    union address a;
    socklen_t len = 0;
    if (address_parse(address, &a, &len, err) != 0)
        return -1;
    int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(err, "--listen %s: %s", address, strerror(errno));
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, &a.any, len) != 0 || listen(fd, 128) != 0) {
        err_set(err, "--listen %s: %s%s", address, strerror(errno),
                errno == EADDRINUSE ? "; port 0 takes a free one" : "");
        close(fd);
        return -1;
    }
    bound_text(fd, text);
    return fd;
}
