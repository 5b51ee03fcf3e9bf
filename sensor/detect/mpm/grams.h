/* mpm/grams.h - what the files of this folder share: literals and the bytes they are known by. */
#ifndef DETECT_MPM_GRAMS_H
#define DETECT_MPM_GRAMS_H
#include "sensor/detect/mpm/literals.h"

enum {
    GRAM = 4,     /* bytes that a literal is known by */
    WIDE = 8,     /* bytes a long one is known by */
    TINY_MAX = 2, /* bytes of a literal that is looked for by itself */
    STRIDE = 4,   /* of the places at which those are looked for that are long enough */
    ROW_MIN = GRAM + STRIDE - 1,
    WIDE_MIN = WIDE + STRIDE - 1,
    GROUPED_MAX = 32, /* literals told apart well enough in eight groups */
};
/* Any case, and some more that are told apart later. */
#define FOLD UINT64_C(0x2020202020202020)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "grams are shifted out of a word");

static inline uint32_t gram_at(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v | (uint32_t)FOLD;
}

static inline uint64_t wide_at(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v | FOLD;
}

/* Where its grams begin, for each way of looking; 0 where it is too short for that. */
struct literal_grams {
    uint16_t one;  /* the rarest */
    uint16_t row;  /* the rarest STRIDE in a row */
    uint16_t wide; /* the same of WIDE bytes */
};
struct literals {
    struct literal *list;
    struct literal_grams *grams;
    size_t count;
    struct arena arena;
};

/* A gram and whose it is. Three bytes are known by themselves and any byte behind. */
struct known {
    uint64_t gram; /* folded */
    uint64_t ends; /* of the literal: ends_of its first span bytes, where they are at least GRAM */
    uint32_t literal;
    uint16_t offset, span; /* bytes of it that stand before the gram; its bytes, at most so many */
};

/* First and last four bytes of at least four: what differs mostly differs there. */
static inline uint64_t ends_of(const uint8_t *p, size_t len)
{
    return gram_at(p) | (uint64_t)gram_at(p + len - GRAM) << 32;
}

/* A bitmap of grams: two bits of one word stand for each, so that a single load tells. */
enum { WORD_LOG = 5 };
#define GRAM_HASH  UINT32_C(0x9E3779B1)
#define GRAM_HASH2 UINT32_C(0x85EBCA77)

static inline uint32_t gram_hash(uint64_t gram)
{
    return (uint32_t)gram * GRAM_HASH + (uint32_t)(gram >> 32) * GRAM_HASH2;
}

static inline uint32_t gram_word(uint32_t h, unsigned bits_log)
{
    return h >> (32 - bits_log + WORD_LOG);
}

static inline uint32_t gram_first_bit(uint32_t h, unsigned bits_log)
{
    return h >> (32 - bits_log) & 31;
}

static inline uint32_t gram_second_bit(uint32_t h, unsigned bits_log)
{
    return h >> (32 - bits_log - WORD_LOG) & 31;
}

#endif
