/* mpm/grams.h - what literals.c, scanner.c and nibbles.c share: literals and the bytes they are
 * known by. */
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
    NIBBLES_MAX = 32, /* literals told apart well enough by halves of bytes */
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
    uint32_t literal, offset;
};

/* nibbles.c: places at which one of a few grams may begin, many at once, by looking up both halves
 * of a byte in tables of 16 (after Hyperscan's Teddy: Wang et al., NSDI 2019). */
struct nibbles {
    uint8_t low[GRAM][16], high[GRAM][16]; /* bit: one of eight groups of grams */
};
bool nibbles_work_here(void);
/* Of at most NIBBLES_MAX literals, each with its first gram. */
void nibbles_make(struct nibbles *n, const struct known *known, size_t count,
                  const struct literal *list);
/* From place `from` on; sets *places to a bit for each of the 32 places from the one returned on
 * that may be one. The last places of `in`, fewer than 35 bytes, are left: then the number of
 * places looked at is returned and *places is 0. */
size_t nibbles_next(const struct nibbles *n, struct bytes in, size_t from, uint32_t *places);

#endif
