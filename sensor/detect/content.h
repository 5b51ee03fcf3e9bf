/* sensor/detect/content.h - one literal of a rule and where it may stand. */
#ifndef DETECT_CONTENT_H
#define DETECT_CONTENT_H
#include "sensor/detect/signature.h"

enum content_flag {
    CONTENT_NOCASE = 1 << 0,
    CONTENT_NEGATED = 1 << 1,
    CONTENT_OFFSET = 1 << 2,
    CONTENT_DEPTH = 1 << 3,
    CONTENT_DISTANCE = 1 << 4,
    CONTENT_WITHIN = 1 << 5,
    CONTENT_STARTS = 1 << 6,
    CONTENT_ENDS = 1 << 7,
    CONTENT_FAST = 1 << 8, /* the rule asks for it as fast pattern */
    CONTENT_FAST_ONLY = 1 << 9,
    CONTENT_OFFSET_VAR = 1 << 10, /* the number is an index of inspect.bytes */
    CONTENT_DEPTH_VAR = 1 << 11,
    CONTENT_DISTANCE_VAR = 1 << 12,
    CONTENT_WITHIN_VAR = 1 << 13,
    CONTENT_RAW = 1 << 14,
    CONTENT_MOVED = 1 << 15, /* relative when a legacy modifier took it to its buffer */
};
#define CONTENT_RELATIVE (CONTENT_DISTANCE | CONTENT_WITHIN)

struct content {
    struct bytes pattern; /* lower case when nocase */
    uint32_t flags;
    int32_t offset, depth, distance, within;
    uint16_t fast_from, fast_len; /* part used as fast pattern; len 0: all */
};

extern const struct item_kind item_content;

/* Content notation: quotes, '!' before, |41 42| bytes, \" \\ \: \; escapes. 0 or -1. */
int content_parse(struct bytes text, struct arena *arena, struct bytes *pattern, bool *negated,
                  struct err *err);
/* Whether it stands there, where there are bytes enough. */
bool content_is_at(const struct content *c, const uint8_t *in);
/* Offset of the first occurrence at or after `from` that ends by `to`; -1. */
ptrdiff_t content_find(const struct content *c, struct bytes in, size_t from, size_t to);

#endif
