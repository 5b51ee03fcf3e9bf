/* sensor/app/protocols/ber.h - elements of BER (X.690): one-byte tags, definite lengths.
 *
 * As with struct cursor itself, a damaged element makes the cursor fail, and reading goes on with
 * empty views until somebody asks. */
#ifndef APP_BER_H
#define APP_BER_H
#include "common/cursor.h"

enum ber_tag {
    BER_BOOLEAN = 0x01,
    BER_INTEGER = 0x02,
    BER_OCTETS = 0x04,
    BER_OID = 0x06,
    BER_ENUMERATED = 0x0a,
    BER_GENERAL_STRING = 0x1b,
    BER_SEQUENCE = 0x30,
    BER_SET = 0x31,
};
#define BER_APPLICATION(n) (0x60 | (n)) /* constructed */
#define BER_CONTEXT(n)     (0xa0 | (n)) /* constructed */
#define BER_PRIMITIVE(n)   (0x80 | (n)) /* of the context, not constructed */

/* Tag and length of the next element. */
static inline size_t ber_head(struct cursor *c, uint8_t *tag)
{
    *tag = cursor_u8(c);
    size_t len = cursor_u8(c);
    if (len & 0x80) {
        unsigned count = len & 0x7f;
        len = 0;
        if (count == 0 || count > 4)
            c->failed = true;
        for (unsigned i = 0; i < count && cursor_ok(c); i++)
            len = len << 8 | cursor_u8(c);
    }
    return len;
}

/* The next element: its tag and its content. */
static inline bool ber_any(struct cursor *c, uint8_t *tag, struct bytes *content)
{
    *content = cursor_take(c, ber_head(c, tag));
    return cursor_ok(c);
}

/* The content of the next element, which has to have this tag. */
static inline struct bytes ber_take(struct cursor *c, uint8_t wanted)
{
    uint8_t tag;
    struct bytes content;
    if (!ber_any(c, &tag, &content) || tag != wanted) {
        c->failed = true;
        return (struct bytes){0};
    }
    return content;
}

/* Does an element with this tag come next? */
static inline bool ber_is_next(const struct cursor *c, uint8_t tag)
{
    return cursor_left(c) > 0 && *c->at == tag;
}

/* The same, read if it is there. */
static inline struct bytes ber_take_if(struct cursor *c, uint8_t wanted)
{
    return ber_is_next(c, wanted) ? ber_take(c, wanted) : (struct bytes){0};
}

/* Reads within the next element. */
static inline struct cursor ber_enter(struct cursor *c, uint8_t tag)
{
    struct cursor inner = cursor_over(ber_take(c, tag));
    inner.failed = c->failed;
    return inner;
}

/* Content of an integer as a number of 32 bits, two's complement; what is longer fails. */
static inline int32_t ber_number(struct cursor *c, struct bytes content)
{
    uint32_t value = content.len > 0 && (content.p[0] & 0x80) ? UINT32_MAX : 0;
    if (content.len == 0 || content.len > 4)
        c->failed = true;
    for (size_t i = 0; i < content.len && cursor_ok(c); i++)
        value = value << 8 | content.p[i];
    return (int32_t)value;
}

static inline int32_t ber_int(struct cursor *c, uint8_t tag)
{
    struct bytes content = ber_take(c, tag);
    return ber_number(c, content);
}

#endif
