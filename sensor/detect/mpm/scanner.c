/* mpm/scanner.c - which passes over a buffer find some literals of a rule set; see literals.h. */
#include "common/err.h"
#include "sensor/detect/mpm/passes.h"

enum {
    /* Sizes of the bitmap, by how many grams it is to hold: one place in a hundred or two looks
     * like one of ours. */
    FEW = 200,
    SOME = 1600,
    BUCKETS_LOG_MAX = 17,
    BEHIND_THREE = 128,          /* bytes that may stand behind three */
    NEAR = 128,                  /* bytes at the beginning in which many literals have to end */
    SHORT_MAX = 2 * GROUPED_MAX, /* literals too short to stride, beyond which nothing strides */
    BLOCK = 2048,                /* bytes of memory taken at once */
};

static bool bit(const uint64_t *bits, size_t n)
{
    return bits[n / 64] >> (n % 64) & 1;
}

static void *room(struct literal_scanner *s, size_t n)
{
    s->bytes += n;
    return arena_alloc(&s->arena, n);
}

/* Literals of one pass. */
struct chosen {
    uint32_t *v;
    size_t count;
};

/* Grams of a literal in a pass into out. */
static size_t grams_of(const struct literals *l, uint32_t literal, const struct pass *p,
                       struct known *out)
{
    const struct literal *text = &l->list[literal];
    if (text->bytes.len < GRAM) {
        uint8_t four[GRAM] = {0};
        size_t n = 0;
        memcpy(four, text->bytes.p, GRAM - 1);
        for (unsigned behind = 0; behind < 256; behind++) {
            four[GRAM - 1] = (uint8_t)behind;
            if ((behind | (FOLD & 0xff)) == behind)
                out[n++] =
                    (struct known){.gram = gram_at(four), .literal = literal, .span = GRAM - 1};
        }
        return n;
    }
    uint32_t at = p->until != SIZE_MAX ? 0
                  : p->stride == 1     ? l->grams[literal].one
                  : p->width == GRAM   ? l->grams[literal].row
                                       : l->grams[literal].wide;
    uint16_t span = text->bytes.len < UINT16_MAX ? (uint16_t)text->bytes.len : UINT16_MAX;
    for (uint32_t i = 0; i < p->stride; i++) {
        const uint8_t *gram = text->bytes.p + at + i;
        out[i] = (struct known){.gram = p->width == GRAM ? gram_at(gram) : wide_at(gram),
                                .ends = ends_of(text->bytes.p, span),
                                .literal = literal,
                                .offset = (uint16_t)(at + i),
                                .span = span};
    }
    return p->stride;
}

static unsigned log_for(size_t n, unsigned low, unsigned high)
{
    unsigned log = low;
    while (log < high && (size_t)1 << log < n)
        log++;
    return log;
}

static void fill(struct literal_scanner *s, struct pass *p, const struct known *known, size_t count)
{
    size_t buckets = (size_t)1 << p->buckets_log;
    p->first = room(s, (buckets + 1) * sizeof *p->first);
    p->known = room(s, count * sizeof *p->known);
    for (size_t i = 0; i < count; i++)
        p->first[gram_bucket(known[i].gram, p->buckets_log)]++;
    for (size_t i = 0, sum = 0; i <= buckets; i++) {
        sum += i < buckets ? p->first[i] : 0;
        p->first[i] = (uint32_t)sum;
    }
    for (size_t i = count; i-- > 0;) /* from the ends down: then each begins where it should */
        p->known[--p->first[gram_bucket(known[i].gram, p->buckets_log)]] = known[i];
}

static void mark(struct literal_scanner *s, struct pass *p, const struct known *known, size_t count)
{
    p->bits_log = count <= FEW ? BITS_LOG_FEW : count <= SOME ? BITS_LOG_SOME : BITS_LOG_MANY;
    p->bits = room(s, ((size_t)1 << p->bits_log) / 8);
    for (size_t i = 0; i < count; i++) {
        uint32_t h = gram_hash(known[i].gram);
        p->bits[gram_word(h, p->bits_log)] |= UINT32_C(1) << gram_first_bit(h, p->bits_log) |
                                              UINT32_C(1) << gram_second_bit(h, p->bits_log);
    }
}

static void add_pass(struct literal_scanner *s, const struct chosen *c, unsigned stride,
                     unsigned width, size_t until, walk_fn *walk)
{
    if (c->count == 0)
        return;
    struct pass *p = &s->passes[s->pass_count++];
    *p = (struct pass){.stride = stride, .width = width, .until = until, .walk = walk};
    size_t cap = 0, count = 0;
    for (size_t i = 0; i < c->count; i++)
        cap += s->literals->list[c->v[i]].bytes.len < GRAM ? BEHIND_THREE : stride;
    struct known *known = malloc(cap * sizeof *known);
    struct known *firsts = malloc(c->count * sizeof *firsts);
    ASSERT(known && firsts);
    for (size_t i = 0; i < c->count; i++) {
        size_t n = grams_of(s->literals, c->v[i], p, known + count);
        firsts[i] = known[count];
        count += n;
    }
    mark(s, p, known, count);
    p->buckets_log = log_for(count * 2, 1, BUCKETS_LOG_MAX);
    fill(s, p, known, count);
    if (walk && stride == 1)
        groups_make(&p->groups, firsts, c->count, s->literals->list);
    free(known);
    free(firsts);
}

static size_t places_of(const struct literal *l)
{
    return l->ends_by == LITERAL_ANYWHERE ? SIZE_MAX
           : l->ends_by < l->bytes.len    ? 1
                                          : l->ends_by - l->bytes.len + 1;
}

/* Which literals go into which pass. */
struct sorted {
    struct chosen start, near; /* near the beginning */
    struct chosen any, row, wide;
    size_t near_until;
};

static void sort(struct literal_scanner *s, const uint64_t *wanted, struct sorted *out)
{
    const struct literals *l = s->literals;
    for (uint32_t i = 0; i < l->count; i++) {
        if (!bit(wanted, i))
            continue;
        size_t places = places_of(&l->list[i]), len = l->list[i].bytes.len;
        struct chosen *c = places == 1      ? &out->start
                           : places <= NEAR ? &out->near
                           : len < ROW_MIN  ? &out->any
                           : len < WIDE_MIN ? &out->row
                                            : &out->wide;
        if (len <= TINY_MAX)
            s->tiny[s->tiny_count++] = i;
        else
            c->v[c->count++] = i;
        if (c == &out->near && places > out->near_until)
            out->near_until = places;
    }
}

static void move(struct chosen *to, struct chosen *from)
{
    memcpy(to->v + to->count, from->v, from->count * sizeof *to->v);
    to->count += from->count;
    from->count = 0;
}

/* Few are found in groups: all of them, or the short ones beside those that are long
 * enough to stride. Where that is not to be had, or the short ones are many, they want every place
 * looked at, and then the others come for nothing. */
static void plan(struct literal_scanner *s, struct sorted *c, enum simd simd)
{
    walk_fn *grouped = groups_walk(simd);
    bool few = grouped && c->any.count + c->row.count + c->wide.count <= GROUPED_MAX;
    add_pass(s, &c->start, 1, GRAM, 1, NULL);
    add_pass(s, &c->near, 1, GRAM, c->near_until,
             c->near.count <= GROUPED_MAX ? groups_walk(simd) : NULL);
    if (few || c->any.count > (grouped ? SHORT_MAX : 0)) {
        move(&c->any, &c->row);
        move(&c->any, &c->wide);
    }
    if (c->any.count > SHORT_MAX)
        grouped = NULL;
    struct chosen half = {c->any.v, c->any.count};
    if (grouped && c->any.count > GROUPED_MAX) {
        half.count /= 2;
        c->any.v += half.count;
        c->any.count -= half.count;
        add_pass(s, &half, 1, GRAM, SIZE_MAX, grouped);
    }
    add_pass(s, &c->any, 1, GRAM, SIZE_MAX, grouped);
    add_pass(s, &c->row, STRIDE, GRAM, SIZE_MAX, strides_walk(simd, GRAM));
    add_pass(s, &c->wide, STRIDE, WIDE, SIZE_MAX, strides_walk(simd, WIDE));
}

enum simd simd_here(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vbmi"))
        return SIMD_AVX512;
    if (__builtin_cpu_supports("avx2"))
        return SIMD_AVX2;
#endif
    return SIMD_NONE;
}

struct literal_scanner *literal_scanner_new(const struct literals *l, const uint64_t *wanted,
                                            enum simd simd)
{
    struct literal_scanner *s = calloc(1, sizeof *s);
    uint32_t *places = calloc(5 * l->count, sizeof *places);
    ASSERT(s && places);
    struct sorted c = {.start.v = places,
                       .near.v = places + l->count,
                       .any.v = places + 2 * l->count,
                       .row.v = places + 3 * l->count,
                       .wide.v = places + 4 * l->count};
    s->literals = l;
    s->arena.block_bytes = BLOCK;
    s->bytes = sizeof *s;
    s->tiny = room(s, l->count * sizeof *s->tiny);
    sort(s, wanted, &c);
    s->holds_tiny = tiny_search(simd);
    plan(s, &c, simd);
    free(places);
    return s;
}

void literal_scanner_free(struct literal_scanner *s)
{
    if (!s)
        return;
    arena_release(&s->arena);
    free(s);
}

size_t literal_scanner_bytes(const struct literal_scanner *s)
{
    return s->bytes;
}
