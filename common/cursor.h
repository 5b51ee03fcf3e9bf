/* common/cursor.h - reads numbers and slices out of bytes, checked in one place.
 *
 * After the first read beyond the end `failed` stays set and every further read yields zero or an
 * empty view, so a parser reads straight on and asks cursor_ok() once where it matters. */
#ifndef COMMON_CURSOR_H
#define COMMON_CURSOR_H
#include "common/bytes.h"

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct cursor cursor_over(struct bytes b)
{
    return (struct cursor){.at = b.p, .end = b.p ? b.p + b.len : NULL};
}

static inline bool cursor_ok(const struct cursor *c)
{
    return !c->failed;
}

static inline size_t cursor_left(const struct cursor *c)
{
    return c->failed ? 0 : (size_t)(c->end - c->at);
}

/* The next n bytes, or an empty view (and failed) when fewer are left. */
static inline struct bytes cursor_take(struct cursor *c, size_t n)
{
    if (cursor_left(c) < n) {
        c->failed = true;
        return (struct bytes){0};
    }
    struct bytes b = {c->at, n};
    if (n > 0) /* an empty view may be NULL, to which not even nothing may be added */
        c->at += n;
    return b;
}

/* All that is left. */
static inline struct bytes cursor_rest(struct cursor *c)
{
    return cursor_take(c, cursor_left(c));
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
    (void)cursor_take(c, n);
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    struct bytes b = cursor_take(c, 1);
    return b.len ? b.p[0] : 0;
}

/* Big-endian (network order), to host order. */
static inline uint16_t cursor_u16(struct cursor *c)
{
    struct bytes b = cursor_take(c, 2);
    return (uint16_t)(b.len ? b.p[0] << 8 | b.p[1] : 0);
}

static inline uint32_t cursor_u24(struct cursor *c)
{
    struct bytes b = cursor_take(c, 3);
    return b.len ? (uint32_t)b.p[0] << 16 | (uint32_t)b.p[1] << 8 | b.p[2] : 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
    struct bytes b = cursor_take(c, 4);
    return b.len ? (uint32_t)b.p[0] << 24 | (uint32_t)b.p[1] << 16 | (uint32_t)b.p[2] << 8 | b.p[3]
                 : 0;
}

static inline uint64_t cursor_u64(struct cursor *c)
{
    uint64_t high = cursor_u32(c);
    return high << 32 | cursor_u32(c);
}

/* Little-endian. */
static inline uint16_t cursor_le16(struct cursor *c)
{
    struct bytes b = cursor_take(c, 2);
    return (uint16_t)(b.len ? b.p[1] << 8 | b.p[0] : 0);
}

static inline uint32_t cursor_le32(struct cursor *c)
{
    struct bytes b = cursor_take(c, 4);
    return b.len ? (uint32_t)b.p[3] << 24 | (uint32_t)b.p[2] << 16 | (uint32_t)b.p[1] << 8 | b.p[0]
                 : 0;
}

#endif
