/* common/bytes.h - a pointer that travels with its length.
 *
 * A view: borrowed, never NUL-terminated, never freed by whoever receives it. */
#ifndef COMMON_BYTES_H
#define COMMON_BYTES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct bytes {
    const uint8_t *p;
    size_t len;
};

#define BYTES_LIT(s) ((struct bytes){(const uint8_t *)(s), sizeof(s) - 1})

static inline struct bytes bytes_of(const void *p, size_t len)
{
    return (struct bytes){.p = p, .len = len};
}

/* A C string without its NUL; NULL gives the empty view. */
static inline struct bytes bytes_str(const char *s)
{
    return (struct bytes){.p = (const uint8_t *)s, .len = s ? strlen(s) : 0};
}

static inline bool bytes_eq(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline uint8_t byte_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Equal but for ASCII case; unlike with strncasecmp() also behind a NUL. */
static inline bool bytes_ieq(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (byte_lower(a.p[i]) != byte_lower(b.p[i]))
            return false;
    return true;
}

static inline bool bytes_starts(struct bytes b, struct bytes prefix)
{
    return b.len >= prefix.len && (prefix.len == 0 || memcmp(b.p, prefix.p, prefix.len) == 0);
}

/* As bytes_starts, but for ASCII case. */
static inline bool bytes_istarts(struct bytes b, struct bytes prefix)
{
    return b.len >= prefix.len && bytes_ieq((struct bytes){b.p, prefix.len}, prefix);
}

/* From `from` on, at most `len` bytes; clipped to what is there. */
static inline struct bytes bytes_slice(struct bytes b, size_t from, size_t len)
{
    if (from > b.len)
        from = b.len;
    if (len > b.len - from)
        len = b.len - from;
    return (struct bytes){.p = b.p ? b.p + from : NULL, .len = len};
}

/* Offset of the first `needle`, or -1. An empty needle is found at 0. */
static inline ptrdiff_t bytes_find(struct bytes hay, struct bytes needle)
{
    if (needle.len == 0)
        return 0;
    if (hay.len < needle.len)
        return -1;
    const uint8_t *at = memmem(hay.p, hay.len, needle.p, needle.len);
    return at ? at - hay.p : -1;
}

#endif
