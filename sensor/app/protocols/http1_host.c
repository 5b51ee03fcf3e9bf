/* http1_host.c - names of hosts in targets and in the Host header. Source: RFC 3986 section 3.2. */
#include "sensor/app/protocols/http1.h"
#include <arpa/inet.h>

#define HOST_MAX  255u
#define LABEL_MAX 63u

static struct http1_span trimmed(const struct http1_message *m, struct http1_span s)
{
    const struct bytes b = http1_bytes(m, s);
    size_t from = 0, to = b.len;
    while (from < to && http1_is_space(b.p[from]))
        from++;
    while (to > from && http1_is_space(b.p[to - 1]))
        to--;
    return http1_part(s, from, to - from);
}

/* What follows ']' is a port or wrong. */
static bool read_address(const struct http1_message *m, struct http1_span s,
                         struct http1_span *host, int *port)
{
    struct bytes b = http1_bytes(m, s);
    ptrdiff_t end = bytes_find(b, BYTES_LIT("]"));
    if (end < 0)
        return false;
    *host = http1_part(s, 0, (size_t)end + 1);
    struct bytes rest = bytes_slice(b, host->len, SIZE_MAX);
    if (rest.len == 0)
        return true;
    if (rest.p[0] == ':')
        *port = http1_port(bytes_slice(rest, 1, SIZE_MAX));
    return *port > 0;
}

bool http1_hostport(const struct http1_message *m, struct http1_span s, struct http1_span *host,
                    int *port)
{
    s = trimmed(m, s);
    struct bytes b = http1_bytes(m, s);
    *host = (struct http1_span){0};
    *port = -1;
    if (b.len == 0)
        return false;
    if (b.p[0] == '[')
        return read_address(m, s, host, port);
    ptrdiff_t colon = bytes_find(b, BYTES_LIT(":"));
    size_t end = colon < 0 ? b.len : (size_t)colon;
    while (end > 0 && http1_is_space(b.p[end - 1]))
        end--;
    *host = http1_part(s, 0, end);
    if (colon >= 0)
        *port = http1_port(bytes_slice(b, (size_t)colon + 1, SIZE_MAX));
    return colon < 0 || *port > 0;
}

static bool is_address(struct bytes host)
{
    char text[INET6_ADDRSTRLEN] = {0};
    struct in6_addr parsed;
    if (host.len < 2 || host.len - 2 >= sizeof text)
        return false;
    memcpy(text, host.p + 1, host.len - 2);
    return inet_pton(AF_INET6, text, &parsed) == 1;
}

/* Underscores are not allowed and seen often. */
static bool is_label_char(uint8_t c)
{
    return (byte_lower(c) >= 'a' && byte_lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

bool http1_host_is_valid(struct bytes host)
{
    if (host.len == 0 || host.len > HOST_MAX)
        return false;
    if (host.p[0] == '[')
        return is_address(host);
    size_t label = 0;
    for (size_t i = 0; i < host.len; i++) {
        if (host.p[i] != '.' && !is_label_char(host.p[i]))
            return false;
        if (host.p[i] == '.' && label == 0)
            return false;
        label = host.p[i] == '.' ? 0 : label + 1;
        if (label > LABEL_MAX)
            return false;
    }
    return true;
}
