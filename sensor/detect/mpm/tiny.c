/* mpm/tiny.c - literals of one or two bytes, each by itself; see passes.h. */
#include "sensor/detect/mpm/passes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* First and last byte, and what to fold of what is there. */
struct tiny {
    size_t len;
    uint8_t first, last, fold_first, fold_last;
};

static uint8_t fold_of(const struct literal *l, uint8_t byte)
{
    return l->nocase && byte >= 'a' && byte <= 'z' ? 0x20 : 0;
}

static struct tiny tiny_of(const struct literal *l)
{
    uint8_t first = l->bytes.p[0], last = l->bytes.p[l->bytes.len - 1];
    return (struct tiny){l->bytes.len, first, last, fold_of(l, first), fold_of(l, last)};
}

static bool is_from(struct bytes in, size_t i, struct tiny t)
{
    for (; i + t.len <= in.len; i++)
        if ((in.p[i] | t.fold_first) == t.first && (in.p[i + t.len - 1] | t.fold_last) == t.last)
            return true;
    return false;
}

/* 16 places at once, in what the compiler has for it. */
typedef uint8_t sixteen __attribute__((vector_size(16)));

static bool any(sixteen p)
{
    uint64_t w[2];
    memcpy(w, &p, sizeof w);
    return (w[0] | w[1]) != 0;
}

static sixteen sixteen_at(const uint8_t *p)
{
    sixteen v;
    memcpy(&v, p, sizeof v);
    return v;
}

static bool is_there(struct bytes in, const struct literal *l)
{
    struct tiny t = tiny_of(l);
    size_t i = 0;
    for (; i + sizeof(sixteen) + t.len - 1 <= in.len; i += sizeof(sixteen))
        if (any((sixteen)((sixteen_at(in.p + i) | t.fold_first) == t.first) &
                (sixteen)((sixteen_at(in.p + i + t.len - 1) | t.fold_last) == t.last)))
            return true;
    return is_from(in, i, t);
}

#if defined(__x86_64__)
#define AVX512 __attribute__((target("avx512f,avx512bw")))
enum { BLOCK = 64 };

AVX512 static inline __mmask64 equal_at(const uint8_t *p, __m512i fold, __m512i byte)
{
    return _mm512_cmpeq_epi8_mask(_mm512_or_si512(_mm512_loadu_si512(p), fold), byte);
}

AVX512 static bool is_there_avx512(struct bytes in, const struct literal *l)
{
    struct tiny t = tiny_of(l);
    const __m512i first = _mm512_set1_epi8((char)t.first), last = _mm512_set1_epi8((char)t.last),
                  fold_first = _mm512_set1_epi8((char)t.fold_first),
                  fold_last = _mm512_set1_epi8((char)t.fold_last);
    size_t i = 0;
    for (; i + BLOCK + t.len - 1 <= in.len; i += BLOCK)
        if (equal_at(in.p + i, fold_first, first) & equal_at(in.p + i + t.len - 1, fold_last, last))
            return true;
    return is_from(in, i, t);
}

tiny_fn *tiny_search(enum simd simd)
{
    return simd == SIMD_AVX512 ? is_there_avx512 : is_there;
}
#else
tiny_fn *tiny_search(enum simd simd)
{
    (void)simd;
    return is_there;
}
#endif
