/* sensor/detect/words.h - cutting rule text into words. */
#ifndef DETECT_WORDS_H
#define DETECT_WORDS_H
#include "common/bytes.h"

/* For "%.*s": at most 80 bytes of it, so a message stays one readable line. */
#define WORD_ARG(b)                                                                                \
    (int)((b).len > 80 ? 80 : (b).len), (const char *)((b).p ? (b).p : (const uint8_t *)"")

static inline bool word_is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without the white space at both ends. */
static inline struct bytes word_trim(struct bytes b)
{
    while (b.len && word_is_space(b.p[0]))
        b = bytes_slice(b, 1, b.len);
    while (b.len && word_is_space(b.p[b.len - 1]))
        b.len--;
    return b;
}

/* Cuts the word before the next separator off *rest and trims it. False when *rest is used up. */
static inline bool word_next(struct bytes *rest, char separator, struct bytes *word)
{
    if (!rest->p)
        return false;
    const uint8_t *at = rest->len ? memchr(rest->p, separator, rest->len) : NULL;
    size_t len = at ? (size_t)(at - rest->p) : rest->len;
    *word = word_trim(bytes_slice(*rest, 0, len));
    *rest = at ? bytes_slice(*rest, len + 1, rest->len) : (struct bytes){0};
    return true;
}

/* The word up to white space; *rest continues behind the space. */
static inline bool word_next_blank(struct bytes *rest, struct bytes *word)
{
    struct bytes t = word_trim(*rest);
    size_t len = 0;
    while (len < t.len && !word_is_space(t.p[len]))
        len++;
    *word = bytes_slice(t, 0, len);
    *rest = bytes_slice(t, len, t.len);
    return len > 0;
}

/* Without a pair of double quotes around it. */
static inline struct bytes word_unquote(struct bytes b)
{
    if (b.len >= 2 && b.p[0] == '"' && b.p[b.len - 1] == '"')
        return bytes_slice(b, 1, b.len - 2);
    return b;
}

/* -1: it is none. */
static inline int word_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#define WORD_IS(b, literal) bytes_ieq((b), BYTES_LIT(literal))

#endif
