/* http_text.h - values of headers: optional space, and lists (RFC 9110 5.6). */
#ifndef APP_HTTP_TEXT_H
#define APP_HTTP_TEXT_H
#include "common/bytes.h"

static inline struct bytes http_trim(struct bytes b)
{
    while (b.len > 0 && (b.p[0] == ' ' || b.p[0] == '\t'))
        b = bytes_slice(b, 1, SIZE_MAX);
    while (b.len > 0 && (b.p[b.len - 1] == ' ' || b.p[b.len - 1] == '\t'))
        b.len--;
    return b;
}

/* Takes the next member off the front of *list, trimmed; false when nothing is left. Quotes mean
 * nothing here. */
static inline bool http_next(struct bytes *list, char separator, struct bytes *out)
{
    if (list->len == 0)
        return false;
    size_t end = 0;
    while (end < list->len && list->p[end] != (uint8_t)separator)
        end++;
    *out = http_trim(bytes_slice(*list, 0, end));
    *list = bytes_slice(*list, end + 1, SIZE_MAX);
    return true;
}

/* Whether b begins with word, in any case; NULs count for nothing where they are passed over. */
static inline bool http_begins(struct bytes b, const char *word, bool pass_nul)
{
    for (size_t i = 0; *word; i++) {
        if (i == b.len)
            return false;
        if (pass_nul && b.p[i] == 0)
            continue;
        if (byte_lower(b.p[i]) != (uint8_t)*word++)
            return false;
    }
    return true;
}

static inline bool http_holds(struct bytes b, const char *word, bool pass_nul)
{
    for (size_t i = 0; i < b.len; i++)
        if (!(pass_nul && b.p[i] == 0) && http_begins(bytes_slice(b, i, SIZE_MAX), word, pass_nul))
            return true;
    return false;
}

#endif
