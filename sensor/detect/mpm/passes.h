/* mpm/passes.h - how scanner.c has a buffer walked over: what it builds, scan.c runs. */
#ifndef DETECT_MPM_PASSES_H
#define DETECT_MPM_PASSES_H
#include "sensor/detect/mpm/grams.h"

/* Places of a buffer at which a literal may begin. */
enum { PLACES_MAX = 256 };
struct places {
    uint32_t at[PLACES_MAX];
    unsigned count;
};

/* For each of the first bytes of a gram, to which of eight groups of grams (bits) a byte may
 * belong: by its halves, both of which have to say so (after Hyperscan's Teddy: Wang et al., NSDI
 * 2019), or by six bits of it at once. */
struct groups {
    uint8_t low[GRAM][16], high[GRAM][16];
    uint8_t six[GRAM][64];
};

struct pass;
/* Adds the places from `from` on at which a gram of p may begin, many at once, until `out` might
 * overflow or what is left of `in` is too short for that; returns how far it looked. */
typedef size_t walk_fn(const struct pass *p, struct bytes in, size_t from, struct places *out);

/* A walk over a buffer: at which places, for which literals. */
struct pass {
    unsigned stride; /* 1 or STRIDE */
    unsigned width;  /* GRAM or, where it strides, WIDE */
    size_t until;    /* of the first so many places */
    unsigned bits_log;
    uint32_t *bits;  /* see gram_hash */
    uint32_t *first; /* by bucket, one more than there are */
    struct known *known;
    unsigned buckets_log;
    walk_fn *walk;        /* NULL: place by place */
    struct groups groups; /* with walk, where stride is 1 */
};

/* Whether a literal of one or two bytes is somewhere in `in`. */
typedef bool tiny_fn(struct bytes in, const struct literal *l);

enum { PASSES_MAX = 6, BITS_LOG_FEW = 13, BITS_LOG_SOME = 16, BITS_LOG_MANY = 18 };
struct literal_scanner {
    const struct literals *literals;
    struct pass passes[PASSES_MAX];
    unsigned pass_count;
    uint32_t *tiny; /* literals of TINY_MAX bytes at most */
    size_t tiny_count;
    tiny_fn *holds_tiny;
    struct arena arena;
    size_t bytes;
};

/* Fibonacci hashing (Knuth, volume 3, 6.4). */
static inline size_t gram_bucket(uint64_t gram, unsigned buckets_log)
{
    return gram * UINT64_C(0x9E3779B97F4A7C15) >> (64 - buckets_log);
}

/* groups.c: of at most GROUPED_MAX literals, each with its first gram. */
void groups_make(struct groups *g, const struct known *known, size_t count,
                 const struct literal *list);
/* These give NULL where the processor does not have it. */
walk_fn *groups_walk(enum simd simd);
walk_fn *strides_walk(enum simd simd, unsigned width); /* strides.c: for passes that stride */
tiny_fn *tiny_search(enum simd simd);                  /* tiny.c; never NULL */

#endif
