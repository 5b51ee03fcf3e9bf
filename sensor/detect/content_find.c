/* sensor/detect/content_find.c - where a literal stands, in buffers of any size.
 *
 * Bodies are searched for it again with every 16 KiB that come, so where there is AVX2 its first
 * and its last byte are looked for at 32 places at once. */
#include "common/text.h"
#include "sensor/detect/content.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static bool equal_nocase(const uint8_t *in, struct bytes pattern)
{
    for (size_t i = 0; i < pattern.len; i++)
        if (byte_lower(in[i]) != pattern.p[i])
            return false;
    return true;
}

bool content_is_at(const struct content *c, const uint8_t *in)
{
    if (c->flags & CONTENT_NOCASE)
        return equal_nocase(in, c->pattern);
    return memcmp(in, c->pattern.p, c->pattern.len) == 0;
}

/* Of `count` places. */
static ptrdiff_t find_plain(const struct content *c, const uint8_t *in, size_t count)
{
    if (!(c->flags & CONTENT_NOCASE))
        return bytes_find(bytes_of(in, count + c->pattern.len - 1), c->pattern);
    for (size_t i = 0; i < count; i++)
        if (content_is_at(c, in + i))
            return (ptrdiff_t)i;
    return -1;
}

#define PLACES 32
#if defined(__x86_64__)
static bool wide_works_here(void)
{
    return __builtin_cpu_supports("avx2");
}

/* What is or-ed to a byte of traffic before it is compared. */
static char fold_of(const struct content *c, uint8_t byte)
{
    return (c->flags & CONTENT_NOCASE) && byte >= 'a' && byte <= 'z' ? 0x20 : 0;
}

__attribute__((target("avx2"))) static inline __m256i places_at(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* At least PLACES of them. */
__attribute__((target("avx2"))) static ptrdiff_t find_wide(const struct content *c,
                                                           const uint8_t *in, size_t count)
{
    const size_t behind = c->pattern.len - 1;
    const uint8_t first = c->pattern.p[0], last = c->pattern.p[behind];
    const __m256i firsts = _mm256_set1_epi8((char)first), lasts = _mm256_set1_epi8((char)last);
    const __m256i fold_first = _mm256_set1_epi8(fold_of(c, first));
    const __m256i fold_last = _mm256_set1_epi8(fold_of(c, last));
    for (size_t i = 0; i < count; i += PLACES) {
        size_t at = i + PLACES <= count ? i : count - PLACES; /* some of them again */
        __m256i f = _mm256_or_si256(places_at(in + at), fold_first);
        __m256i l = _mm256_or_si256(places_at(in + at + behind), fold_last);
        __m256i both = _mm256_and_si256(_mm256_cmpeq_epi8(f, firsts), _mm256_cmpeq_epi8(l, lasts));
        uint32_t places = (uint32_t)_mm256_movemask_epi8(both);
        for (; places; places &= places - 1)
            if (content_is_at(c, in + at + __builtin_ctz(places)))
                return (ptrdiff_t)at + __builtin_ctz(places);
    }
    return -1;
}
#else
static bool wide_works_here(void)
{
    return false;
}
static ptrdiff_t find_wide(const struct content *c, const uint8_t *in, size_t count)
{
    return find_plain(c, in, count);
}
#endif

ptrdiff_t content_find(const struct content *c, struct bytes in, size_t from, size_t to)
{
    if (to > in.len)
        to = in.len;
    if (from > to || to - from < c->pattern.len)
        return -1;
    size_t count = to - from - c->pattern.len + 1;
    bool wide = count >= PLACES && wide_works_here();
    ptrdiff_t at = wide ? find_wide(c, in.p + from, count) : find_plain(c, in.p + from, count);
    return at < 0 ? -1 : at + (ptrdiff_t)from;
}
