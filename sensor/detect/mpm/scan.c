/* mpm/scan.c - running the passes of a scanner over a buffer; see literals.h. */
#include "sensor/detect/mpm/passes.h"

enum { UNROLLED = 4 }; /* places looked at together */

struct scan {
    const struct literal *list;
    struct literals_seen *seen;
    struct bytes in;
    literals_found_fn *found;
    void *ctx;
};

static bool is_at(const struct literal *l, const uint8_t *p)
{
    if (!l->nocase)
        return memcmp(p, l->bytes.p, l->bytes.len) == 0;
    for (size_t i = 0; i < l->bytes.len; i++)
        if (byte_lower(p[i]) != l->bytes.p[i])
            return false;
    return true;
}

/* Whether the literal may begin at p, of which `left` bytes are there. */
static bool may_be(const struct known *k, const uint8_t *p, size_t left)
{
    return left >= k->span && (k->span < GRAM || ends_of(p, k->span) == k->ends);
}

/* A gram that may be one of ours is at `at`. */
static __attribute__((noinline)) void compare(const struct scan *s, const struct pass *p,
                                              uint64_t gram, size_t at)
{
    uint32_t h = gram_hash(gram);
    if (!(p->bits[gram_word(h, p->bits_log)] >> gram_second_bit(h, p->bits_log) & 1))
        return;
    size_t bucket = gram_bucket(gram, p->buckets_log);
    for (uint32_t i = p->first[bucket]; i < p->first[bucket + 1]; i++) {
        const struct known *k = &p->known[i];
        if (k->gram != gram || k->offset > at)
            continue;
        const uint8_t *here = s->in.p + at - k->offset;
        size_t left = s->in.len - (at - k->offset);
        if (!may_be(k, here, left) || s->seen->stamps[k->literal] == s->seen->scan)
            continue;
        const struct literal *l = &s->list[k->literal];
        if (left >= l->bytes.len && is_at(l, here)) {
            s->seen->stamps[k->literal] = s->seen->scan;
            s->found(s->ctx, k->literal);
        }
    }
}

/* The second bit is left to compare: one shift the less in the loops below. */
static inline __attribute__((always_inline)) void
look_at(const struct scan *s, const struct pass *p, uint64_t gram, size_t at, unsigned log)
{
    uint32_t h = gram_hash(gram);
    if (__builtin_expect(p->bits[gram_word(h, log)] >> gram_first_bit(h, log) & 1, 0))
        compare(s, p, gram, at);
}

/* Every place from `from` on that begins before `end`. log is a constant where this is inlined,
 * which is worth a third of the time. */
static inline __attribute__((always_inline)) void
each_place(const struct scan *s, const struct pass *p, size_t from, size_t end, unsigned log)
{
    size_t i = from;
    for (; i < end && i + sizeof(uint64_t) <= s->in.len; i += UNROLLED) {
        uint64_t v;
        memcpy(&v, s->in.p + i, sizeof v);
        v |= FOLD;
#pragma GCC unroll 4
        for (unsigned k = 0; k < UNROLLED; k++)
            look_at(s, p, (uint32_t)(v >> 8 * k), i + k, log);
    }
    for (; i < end && i + GRAM - 1 <= s->in.len; i++) { /* three bytes may end it */
        uint8_t rest[GRAM] = {0};
        memcpy(rest, s->in.p + i, i + GRAM <= s->in.len ? GRAM : GRAM - 1);
        look_at(s, p, gram_at(rest), i, log);
    }
}

/* Every fourth place from `from` on; width is a constant too. */
static inline __attribute__((always_inline)) void
each_fourth(const struct scan *s, const struct pass *p, size_t from, size_t width, unsigned log)
{
    const size_t step = (size_t)UNROLLED * STRIDE;
    const uint8_t *in = s->in.p;
    size_t i = from;
    for (; i + step - STRIDE + width <= s->in.len; i += step)
#pragma GCC unroll 4
        for (size_t k = i; k < i + step; k += STRIDE)
            look_at(s, p, width == GRAM ? gram_at(in + k) : wide_at(in + k), k, log);
    for (; i + width <= s->in.len; i += STRIDE)
        look_at(s, p, width == GRAM ? gram_at(in + i) : wide_at(in + i), i, log);
}

static inline __attribute__((always_inline)) void
place_by_place(const struct scan *s, const struct pass *p, size_t from, size_t end, unsigned log)
{
    if (p->stride == 1)
        each_place(s, p, from, end, log);
    else if (p->width == GRAM)
        each_fourth(s, p, from, GRAM, log);
    else
        each_fourth(s, p, from, WIDE, log);
}

/* Many at once of the places before `end`; returns how far. */
static size_t many_at_once(const struct scan *s, const struct pass *p, size_t end)
{
    struct bytes in = s->in;
    struct places places;
    size_t at = 0;
    if (in.len - end > p->width - 1) /* grams that begin before it */
        in.len = end + p->width - 1;
    do {
        places.count = 0;
        at = p->walk(p, in, at, &places);
        for (unsigned i = 0; i < places.count; i++) {
            const uint8_t *here = in.p + places.at[i];
            uint64_t gram = p->width == GRAM ? gram_at(here) : wide_at(here);
            look_at(s, p, gram, places.at[i], p->bits_log);
        }
    } while (places.count > 0);
    return at;
}

static void run_pass(const struct scan *s, const struct pass *p, const struct literals_view *in)
{
    if (p->until <= in->before || (in->start_only && p->until == SIZE_MAX))
        return;
    size_t end = s->in.len, left = p->until - in->before;
    if (p->until != SIZE_MAX && left < end)
        end = left;
    size_t from = p->walk ? many_at_once(s, p, end) : 0;
    switch (p->bits_log) {
    case BITS_LOG_FEW:
        return place_by_place(s, p, from, end, BITS_LOG_FEW);
    case BITS_LOG_SOME:
        return place_by_place(s, p, from, end, BITS_LOG_SOME);
    default:
        return place_by_place(s, p, from, end, BITS_LOG_MANY);
    }
}

static void next_scan(struct literals_seen *s)
{
    if (++s->scan)
        return;
    memset(s->stamps, 0, s->count * sizeof *s->stamps); /* numbers come round */
    s->scan = 1;
}

void literals_scan(const struct literal_scanner *scanner, struct literals_seen *seen,
                   struct literals_view in, literals_found_fn *found, void *ctx)
{
    struct scan s = {
        .list = scanner->literals->list, .seen = seen, .in = in.bytes, .found = found, .ctx = ctx};
    if (in.bytes.len == 0)
        return;
    next_scan(seen);
    for (unsigned i = 0; i < scanner->pass_count; i++)
        run_pass(&s, &scanner->passes[i], &in);
    for (size_t i = 0; i < scanner->tiny_count && !in.start_only; i++)
        if (scanner->holds_tiny(in.bytes, &s.list[scanner->tiny[i]]))
            found(ctx, scanner->tiny[i]);
}
