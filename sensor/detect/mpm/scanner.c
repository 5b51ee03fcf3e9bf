/* mpm/scanner.c - looking for some literals of a rule set; see literals.h. */
#include "common/err.h"
#include "sensor/detect/mpm/grams.h"

enum {
    UNROLLED = 4, /* places looked at together */
    /* Sizes of the first bitmap, by what they are to hold: one place in thirty to fifty looks like
     * one of ours. */
    FEW = 160,
    FEW_LOG = 12,
    SOME = 1024,
    SOME_LOG = 15,
    MANY_LOG = 17,
    AGAIN_LOG = 16,
    BEHIND_THREE = 128,          /* bytes that may stand behind three */
    NEAR = 128,                  /* bytes at the beginning in which many literals have to end */
    SHORT_MAX = 2 * NIBBLES_MAX, /* literals too short to stride, beyond which nothing strides */
    PASSES_MAX = 6,
    BLOCK = 2048, /* bytes of memory taken at once */
};
#define HASH       UINT64_C(0x9E3779B97F4A7C15)
#define HASH_AGAIN UINT64_C(0xC2B2AE3D27D4EB4F)

/* A walk over a buffer: at which places, for which literals. */
struct pass {
    unsigned stride; /* 1 or STRIDE */
    unsigned width;  /* GRAM or, where it strides, WIDE */
    size_t until;    /* of the first so many places */
    unsigned bits_log;
    uint64_t *bits, *again; /* by two hashes of a gram, the second where bits_log is MANY_LOG */
    uint32_t *first;        /* by bucket, one more than there are */
    struct known *known;
    unsigned buckets_log;
    struct nibbles *nibbles; /* NULL: place by place */
};
struct literal_scanner {
    const struct literals *literals;
    struct pass passes[PASSES_MAX];
    unsigned pass_count;
    uint32_t *tiny; /* literals of TINY_MAX bytes at most */
    size_t tiny_count;
    struct arena arena;
    size_t bytes;
};

static size_t hash(uint64_t gram, unsigned log)
{
    return gram * HASH >> (64 - log);
}

static size_t hash_again(uint64_t gram)
{
    return gram * HASH_AGAIN >> (64 - AGAIN_LOG);
}

static bool bit(const uint64_t *bits, size_t n)
{
    return bits[n / 64] >> (n % 64) & 1;
}

static void set_bit(uint64_t *bits, size_t n)
{
    bits[n / 64] |= UINT64_C(1) << (n % 64);
}

/* ---- building ---- */

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
                out[n++] = (struct known){gram_at(four), literal, 0};
        }
        return n;
    }
    uint32_t at = p->until != SIZE_MAX ? 0
                  : p->stride == 1     ? l->grams[literal].one
                  : p->width == GRAM   ? l->grams[literal].row
                                       : l->grams[literal].wide;
    for (uint32_t i = 0; i < p->stride; i++) {
        const uint8_t *gram = text->bytes.p + at + i;
        out[i] = (struct known){p->width == GRAM ? gram_at(gram) : wide_at(gram), literal, at + i};
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
        p->first[hash(known[i].gram, p->buckets_log)]++;
    for (size_t i = 0, sum = 0; i <= buckets; i++) {
        sum += i < buckets ? p->first[i] : 0;
        p->first[i] = (uint32_t)sum;
    }
    for (size_t i = count; i-- > 0;) /* from the ends down: then each begins where it should */
        p->known[--p->first[hash(known[i].gram, p->buckets_log)]] = known[i];
}

static void add_pass(struct literal_scanner *s, const struct chosen *c, unsigned stride,
                     unsigned width, size_t until, bool nibbles)
{
    if (c->count == 0)
        return;
    struct pass *p = &s->passes[s->pass_count++];
    *p = (struct pass){.stride = stride, .width = width, .until = until};
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
    p->bits_log = count <= FEW ? FEW_LOG : count <= SOME ? SOME_LOG : MANY_LOG;
    p->bits = room(s, ((size_t)1 << p->bits_log) / 8);
    p->again = p->bits_log == MANY_LOG ? room(s, (1 << AGAIN_LOG) / 8) : NULL;
    for (size_t i = 0; i < count; i++) {
        set_bit(p->bits, hash(known[i].gram, p->bits_log));
        if (p->again)
            set_bit(p->again, hash_again(known[i].gram));
    }
    p->buckets_log = log_for(count * 2, 1, MANY_LOG);
    fill(s, p, known, count);
    if (nibbles) {
        p->nibbles = room(s, sizeof *p->nibbles);
        nibbles_make(p->nibbles, firsts, c->count, s->literals->list);
    }
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

/* Few are found by halves of bytes: all of them, or the short ones beside those that are long
 * enough to stride. Where that is not to be had, or the short ones are many, they want every place
 * looked at, and then the others come for nothing. */
static void plan(struct literal_scanner *s, struct sorted *c)
{
    bool nibbles = nibbles_work_here();
    bool few = nibbles && c->any.count + c->row.count + c->wide.count <= NIBBLES_MAX;
    add_pass(s, &c->start, 1, GRAM, 1, false);
    add_pass(s, &c->near, 1, GRAM, c->near_until, false);
    if (few || c->any.count > (nibbles ? SHORT_MAX : 0)) {
        move(&c->any, &c->row);
        move(&c->any, &c->wide);
    }
    nibbles &= c->any.count <= SHORT_MAX;
    struct chosen half = {c->any.v, c->any.count};
    if (nibbles && c->any.count > NIBBLES_MAX) {
        half.count /= 2;
        c->any.v += half.count;
        c->any.count -= half.count;
        add_pass(s, &half, 1, GRAM, SIZE_MAX, true);
    }
    add_pass(s, &c->any, 1, GRAM, SIZE_MAX, nibbles);
    add_pass(s, &c->row, STRIDE, GRAM, SIZE_MAX, false);
    add_pass(s, &c->wide, STRIDE, WIDE, SIZE_MAX, false);
}

struct literal_scanner *literal_scanner_new(const struct literals *l, const uint64_t *wanted)
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
    plan(s, &c);
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

/* ---- scanning ---- */

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

/* A gram that may be one of ours is at `at`. */
static void compare(const struct scan *s, const struct pass *p, uint64_t gram, size_t at)
{
    size_t bucket = hash(gram, p->buckets_log);
    for (uint32_t i = p->first[bucket]; i < p->first[bucket + 1]; i++) {
        const struct known *k = &p->known[i];
        if (k->gram != gram || k->offset > at || s->seen->stamps[k->literal] == s->seen->scan)
            continue;
        const struct literal *l = &s->list[k->literal];
        if (s->in.len - (at - k->offset) >= l->bytes.len && is_at(l, s->in.p + at - k->offset)) {
            s->seen->stamps[k->literal] = s->seen->scan;
            s->found(s->ctx, k->literal);
        }
    }
}

static inline __attribute__((always_inline)) void
look_at(const struct scan *s, const struct pass *p, uint64_t gram, size_t at, unsigned log)
{
    if (__builtin_expect(bit(p->bits, hash(gram, log)), 0) &&
        (log != MANY_LOG || bit(p->again, hash_again(gram))))
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

/* Every fourth place; width is a constant too. */
static inline __attribute__((always_inline)) void
each_fourth(const struct scan *s, const struct pass *p, size_t width, unsigned log)
{
    const size_t step = (size_t)UNROLLED * STRIDE;
    const uint8_t *in = s->in.p;
    size_t i = 0;
    for (; i + step - STRIDE + width <= s->in.len; i += step)
#pragma GCC unroll 4
        for (size_t k = i; k < i + step; k += STRIDE)
            look_at(s, p, width == GRAM ? gram_at(in + k) : wide_at(in + k), k, log);
    for (; i + width <= s->in.len; i += STRIDE)
        look_at(s, p, width == GRAM ? gram_at(in + i) : wide_at(in + i), i, log);
}

static inline __attribute__((always_inline)) void
by_bits(const struct scan *s, const struct pass *p, size_t from, size_t end, unsigned log)
{
    if (p->stride == 1)
        each_place(s, p, from, end, log);
    else if (p->width == GRAM)
        each_fourth(s, p, GRAM, log);
    else
        each_fourth(s, p, WIDE, log);
}

/* Where halves of bytes say that one may be. Returns how far they looked. */
static size_t where_nibbles_say(const struct scan *s, const struct pass *p)
{
    uint32_t places;
    size_t at = 0;
    while (at = nibbles_next(p->nibbles, s->in, at, &places), places) {
        for (; places; places &= places - 1) {
            size_t place = at + (size_t)__builtin_ctz(places);
            uint32_t gram = gram_at(s->in.p + place);
            if (bit(p->bits, hash(gram, p->bits_log)))
                compare(s, p, gram, place);
        }
        at += 32;
    }
    return at;
}

static void run_pass(const struct scan *s, const struct pass *p, const struct literals_view *in)
{
    if (p->until <= in->before || (in->start_only && p->until == SIZE_MAX))
        return;
    size_t from = p->nibbles ? where_nibbles_say(s, p) : 0;
    size_t end = p->until == SIZE_MAX ? s->in.len : p->until - in->before;
    switch (p->bits_log) {
    case FEW_LOG:
        return by_bits(s, p, from, end, FEW_LOG);
    case SOME_LOG:
        return by_bits(s, p, from, end, SOME_LOG);
    default:
        return by_bits(s, p, from, end, MANY_LOG);
    }
}

/* 16 places at once, in what the compiler has for it. */
typedef uint8_t places __attribute__((vector_size(16)));

static bool any(places p)
{
    uint64_t w[2];
    memcpy(w, &p, sizeof w);
    return (w[0] | w[1]) != 0;
}

static places places_at(const uint8_t *p)
{
    places v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Whether a literal of one or two bytes is somewhere in `in`. */
static bool holds_tiny(struct bytes in, const struct literal *l)
{
    size_t len = l->bytes.len, i = 0;
    uint8_t first = l->bytes.p[0], last = l->bytes.p[len - 1];
    uint8_t fold_first = l->nocase && first >= 'a' && first <= 'z' ? 0x20 : 0;
    uint8_t fold_last = l->nocase && last >= 'a' && last <= 'z' ? 0x20 : 0;
    for (; i + sizeof(places) + len - 1 <= in.len; i += sizeof(places))
        if (any((places)((places_at(in.p + i) | fold_first) == first) &
                (places)((places_at(in.p + i + len - 1) | fold_last) == last)))
            return true;
    for (; i + len <= in.len; i++)
        if ((in.p[i] | fold_first) == first && (in.p[i + len - 1] | fold_last) == last)
            return true;
    return false;
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
        if (holds_tiny(in.bytes, &s.list[scanner->tiny[i]]))
            found(ctx, scanner->tiny[i]);
}
