/* mpm/strides.c - sixteen places of a pass that strides at once; see passes.h.
 *
 * As many words of the bitmap are gathered, which pays with AVX-512: 1.0 cycles a place against 3.5
 * place by place (Xeon of 2023, text of web pages). With AVX2 it did not. */
#include "sensor/detect/mpm/passes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw")))
enum { LANES = 16, BLOCK = LANES * STRIDE };
_Static_assert(STRIDE == GRAM, "grams of neighbouring places are the lanes of one load");

AVX512 static inline __m512i folded_at(__mmask16 there, const uint8_t *p)
{
    return _mm512_or_si512(_mm512_maskz_loadu_epi32(there, p),
                           _mm512_set1_epi32((int)(uint32_t)FOLD));
}

AVX512 static inline __m512i hashes_at(__mmask16 there, const uint8_t *p, unsigned width)
{
    __m512i h = _mm512_mullo_epi32(folded_at(there, p), _mm512_set1_epi32((int)GRAM_HASH));
    if (width == GRAM)
        return h;
    __m512i behind = folded_at(there, p + GRAM);
    return _mm512_add_epi32(h, _mm512_mullo_epi32(behind, _mm512_set1_epi32((int)GRAM_HASH2)));
}

/* As gram_word, gram_first_bit and gram_second_bit have it, of sixteen. */
AVX512 static inline __mmask16 in_bitmap(const struct pass *p, __m512i h)
{
    const __m128i to_word = _mm_cvtsi32_si128((int)(32 - p->bits_log + WORD_LOG)),
                  to_first = _mm_cvtsi32_si128((int)(32 - p->bits_log)),
                  to_second = _mm_cvtsi32_si128((int)(32 - p->bits_log - WORD_LOG));
    const __m512i low = _mm512_set1_epi32(31);
    __m512i words = _mm512_i32gather_epi32(_mm512_srl_epi32(h, to_word), p->bits, sizeof *p->bits);
    __m512i first = _mm512_srlv_epi32(words, _mm512_and_si512(_mm512_srl_epi32(h, to_first), low)),
            second =
                _mm512_srlv_epi32(words, _mm512_and_si512(_mm512_srl_epi32(h, to_second), low));
    return _mm512_test_epi32_mask(_mm512_and_si512(first, second), _mm512_set1_epi32(1));
}

AVX512 static inline void look_at_16(const struct pass *p, struct bytes in, size_t from,
                                     struct places *out, unsigned width, __mmask16 there)
{
    const __m512i lanes =
        _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60);
    __mmask16 may_be = in_bitmap(p, hashes_at(there, in.p + from, width)) & there;
    __m512i at = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)(uint32_t)from));
    _mm512_storeu_si512(out->at + out->count, _mm512_maskz_compress_epi32(may_be, at));
    out->count += (unsigned)__builtin_popcount(may_be);
}

AVX512 static inline size_t walk(const struct pass *p, struct bytes in, size_t from,
                                 struct places *out, unsigned width)
{
    const size_t all = BLOCK - STRIDE + width;
    for (; from + all <= in.len && out->count + LANES <= PLACES_MAX; from += BLOCK)
        look_at_16(p, in, from, out, width, UINT16_MAX);
    if (from + all <= in.len || from + width > in.len || out->count + LANES > PLACES_MAX)
        return from;
    size_t places = (in.len - from - width) / STRIDE + 1;
    look_at_16(p, in, from, out, width, (__mmask16)((1u << places) - 1));
    return from + places * STRIDE;
}

AVX512 static size_t walk_grams(const struct pass *p, struct bytes in, size_t from,
                                struct places *out)
{
    return walk(p, in, from, out, GRAM);
}

AVX512 static size_t walk_wide(const struct pass *p, struct bytes in, size_t from,
                               struct places *out)
{
    return walk(p, in, from, out, WIDE);
}

walk_fn *strides_walk(enum simd simd, unsigned width)
{
    return simd != SIMD_AVX512 ? NULL : width == GRAM ? walk_grams : walk_wide;
}
#else
walk_fn *strides_walk(enum simd simd, unsigned width)
{
    (void)simd;
    (void)width;
    return NULL;
}
#endif
