/* mpm/nibbles.c - places at which one of a few grams may begin, 32 at once; see grams.h. */
#include "sensor/detect/mpm/grams.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { GROUPS = 8, PLACES = 32 };

static int by_bytes(const void *a, const void *b)
{
    uint64_t x = __builtin_bswap64(((const struct known *)a)->gram),
             y = __builtin_bswap64(((const struct known *)b)->gram);
    return x < y ? -1 : x > y;
}

/* Both cases, for a gram does not tell them apart. */
static void admit(struct nibbles *n, unsigned at, uint8_t folded, uint8_t group)
{
    uint8_t other = (uint8_t)(folded & ~(FOLD & 0xff));
    n->low[at][folded & 15] |= group;
    n->high[at][folded >> 4] |= group;
    n->high[at][other >> 4] |= group;
}

static void admit_all(struct nibbles *n, unsigned at, uint8_t group)
{
    for (unsigned i = 0; i < 16; i++) {
        n->low[at][i] |= group;
        n->high[at][i] |= group;
    }
}

void nibbles_make(struct nibbles *n, const struct known *known, size_t count,
                  const struct literal *list)
{
    struct known sorted[NIBBLES_MAX];
    memcpy(sorted, known, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_bytes); /* those that begin alike go together */
    memset(n, 0, sizeof *n);
    for (size_t i = 0; i < count; i++) {
        uint8_t group = (uint8_t)(1u << i * GROUPS / count);
        size_t len = list[sorted[i].literal].bytes.len;
        for (unsigned at = 0; at < GRAM; at++)
            if (at < len)
                admit(n, at, (uint8_t)(sorted[i].gram >> 8 * at), group);
            else
                admit_all(n, at, group);
    }
}

#if defined(__x86_64__)
bool nibbles_work_here(void)
{
    return __builtin_cpu_supports("avx2");
}

__attribute__((target("avx2"))) static inline __m256i table(const uint8_t *sixteen)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)sixteen));
}

__attribute__((target("avx2"))) static inline __m256i groups_of(__m256i low, __m256i high,
                                                                const uint8_t *p)
{
    const __m256i half = _mm256_set1_epi8(15);
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
    return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(bytes, half)),
                            _mm256_shuffle_epi8(high, upper));
}

__attribute__((target("avx2"))) size_t nibbles_next(const struct nibbles *n, struct bytes in,
                                                    size_t from, uint32_t *places)
{
    __m256i low[GRAM], high[GRAM];
    for (unsigned i = 0; i < GRAM; i++) {
        low[i] = table(n->low[i]);
        high[i] = table(n->high[i]);
    }
    for (; from + PLACES + GRAM - 1 <= in.len; from += PLACES) {
        __m256i groups = groups_of(low[0], high[0], in.p + from);
        for (unsigned i = 1; i < GRAM; i++)
            groups = _mm256_and_si256(groups, groups_of(low[i], high[i], in.p + from + i));
        __m256i none = _mm256_cmpeq_epi8(groups, _mm256_setzero_si256());
        *places = ~(uint32_t)_mm256_movemask_epi8(none);
        if (*places)
            return from;
    }
    *places = 0;
    return from;
}
#else
bool nibbles_work_here(void)
{
    return false;
}

size_t nibbles_next(const struct nibbles *n, struct bytes in, size_t from, uint32_t *places)
{
    (void)n;
    (void)in;
    *places = 0;
    return from;
}
#endif
