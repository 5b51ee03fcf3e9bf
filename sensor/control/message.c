/* sensor/control/message.c - see message.h. */
#include "sensor/control/message.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Index of the quote that ends a string begun before `at`; in.len: not yet there. */
static size_t string_end(struct bytes in, size_t at)
{
    for (; at < in.len && in.p[at] != '"'; at++)
        if (in.p[at] == '\\')
            at++;
    return at < in.len ? at : in.len;
}

ssize_t message_length(struct bytes in)
{
    size_t at = 0, depth = 0;
    while (at < in.len && is_space(in.p[at]))
        at++;
    if (at < in.len && in.p[at] != '{')
        return -1;
    for (; at < in.len; at++) {
        if (in.p[at] == '"')
            at = string_end(in, at + 1);
        else if (in.p[at] == '{')
            depth++;
        else if (in.p[at] == '}' && --depth == 0)
            return (ssize_t)at + 1;
    }
    return 0;
}
