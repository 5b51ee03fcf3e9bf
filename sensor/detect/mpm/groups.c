/* mpm/groups.c - places at which one of a few grams may begin: 32 at once by looking up both halves
 * of a byte in tables of 16, or 64 by looking up six bits of it in one of 64; see passes.h. */
#include "sensor/detect/mpm/passes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { GROUPS = 8 };

static int by_bytes(const void *a, const void *b)
{
    uint64_t x = __builtin_bswap64(((const struct known *)a)->gram),
             y = __builtin_bswap64(((const struct known *)b)->gram);
    return x < y ? -1 : x > y;
}

static void admit(struct groups *g, unsigned at, uint8_t byte, uint8_t group)
{
    g->low[at][byte & 15] |= group;
    g->high[at][byte >> 4] |= group;
    g->six[at][byte & 63] |= group;
}

void groups_make(struct groups *g, const struct known *known, size_t count,
                 const struct literal *list)
{
    struct known sorted[GROUPED_MAX];
    memcpy(sorted, known, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_bytes); /* those that begin alike go together */
    memset(g, 0, sizeof *g);
    for (size_t i = 0; i < count; i++) {
        uint8_t group = (uint8_t)(1u << i * GROUPS / count);
        for (unsigned at = 0; at < GRAM; at++) {
            uint8_t folded = (uint8_t)(sorted[i].gram >> 8 * at);
            admit(g, at, folded, group); /* both cases, for a gram does not tell them apart */
            admit(g, at, (uint8_t)(folded & ~(FOLD & 0xff)), group);
            for (unsigned any = 0; at >= list[sorted[i].literal].bytes.len && any < 256; any++)
                admit(g, at, (uint8_t)any, group);
        }
    }
}

#if defined(__x86_64__)
static void add(struct places *out, size_t from, uint64_t mask)
{
    for (; mask; mask &= mask - 1)
        out->at[out->count++] = (uint32_t)from + (uint32_t)__builtin_ctzll(mask);
}

#define AVX2 __attribute__((target("avx2")))
enum { AVX2_PLACES = 32 };

AVX2 static inline __m256i table_of_32(const uint8_t *sixteen)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)sixteen));
}

AVX2 static inline __m256i groups_of_32(__m256i low, __m256i high, const uint8_t *p)
{
    const __m256i half = _mm256_set1_epi8(15);
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
    return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(bytes, half)),
                            _mm256_shuffle_epi8(high, upper));
}

AVX2 static size_t walk_avx2(const struct pass *p, struct bytes in, size_t from, struct places *out)
{
    __m256i low[GRAM], high[GRAM];
    for (unsigned i = 0; i < GRAM; i++) {
        low[i] = table_of_32(p->groups.low[i]);
        high[i] = table_of_32(p->groups.high[i]);
    }
    for (; from + AVX2_PLACES + GRAM - 1 <= in.len && out->count + AVX2_PLACES <= PLACES_MAX;
         from += AVX2_PLACES) {
        __m256i groups = groups_of_32(low[0], high[0], in.p + from);
        for (unsigned i = 1; i < GRAM; i++)
            groups = _mm256_and_si256(groups, groups_of_32(low[i], high[i], in.p + from + i));
        __m256i none = _mm256_cmpeq_epi8(groups, _mm256_setzero_si256());
        add(out, from, ~(uint32_t)_mm256_movemask_epi8(none));
    }
    return from;
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))
enum { AVX512_PLACES = 64 };

/* Of `left` bytes from p on, and zeros behind them. */
AVX512 static inline __m512i groups_of_64(__m512i six, const uint8_t *p, size_t left)
{
    __mmask64 there = left < AVX512_PLACES ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
    return _mm512_permutexvar_epi8(_mm512_maskz_loadu_epi8(there, p), six); /* by six bits */
}

AVX512 static inline uint64_t look_at_64(const __m512i six[GRAM], const uint8_t *p, size_t left)
{
    __m512i groups = groups_of_64(six[0], p, left);
    for (unsigned i = 1; i < GRAM; i++)
        groups = _mm512_and_si512(groups, groups_of_64(six[i], p + i, left - i));
    return _mm512_test_epi8_mask(groups, groups);
}

AVX512 static size_t walk_avx512(const struct pass *p, struct bytes in, size_t from,
                                 struct places *out)
{
    const size_t all = AVX512_PLACES + GRAM - 1;
    __m512i six[GRAM];
    for (unsigned i = 0; i < GRAM; i++)
        six[i] = _mm512_loadu_si512(p->groups.six[i]);
    for (; from + all <= in.len && out->count + AVX512_PLACES <= PLACES_MAX; from += AVX512_PLACES)
        add(out, from, look_at_64(six, in.p + from, all));
    if (from + all <= in.len || from + GRAM > in.len || out->count + AVX512_PLACES > PLACES_MAX)
        return from;
    size_t places = in.len - from - (GRAM - 1);
    add(out, from, look_at_64(six, in.p + from, in.len - from) & ((UINT64_C(1) << places) - 1));
    return from + places;
}

walk_fn *groups_walk(enum simd simd)
{
    return simd == SIMD_AVX512 ? walk_avx512 : simd == SIMD_AVX2 ? walk_avx2 : NULL;
}
#else
walk_fn *groups_walk(enum simd simd)
{
    (void)simd;
    return NULL;
}
#endif
