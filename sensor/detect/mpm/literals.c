/* mpm/literals.c - see literals.h. */
#include "sensor/detect/mpm/literals.h"

#include "common/err.h"

enum {
    GRAM = 4,        /* bytes that a long literal is known by */
    TINY_MAX = 2,    /* bytes of a literal that is looked for by itself */
    GRAM_TRIED = 64, /* offsets of a literal */
    STEP = 4,        /* grams looked at together */
    /* Of the bitmap's size: half a KiB for few literals, 16 for many: one in fifty other grams
     * looks like one of ours. */
    FEW = 160,
    FEW_LOG = 12,
    MANY_LOG = 17,
    AGAIN_LOG = 15,
    GRAMS_OF_THREE = 128, /* by which a literal of three bytes is known */
    RARE = 14,
    CROWDED = 3, /* what a gram is worth less for each literal that is known by it already */
};
#define FOLD       UINT32_C(0x20202020) /* any case, and some more that are told apart later */
#define HASH       UINT32_C(0x9E3779B1)
#define HASH_AGAIN UINT32_C(0x85EBCA6B)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "grams are shifted out of a word");

/* A literal in the bucket of its gram. */
struct known {
    uint32_t gram; /* folded */
    uint32_t literal, offset;
};
struct buckets {
    uint32_t *first; /* by bucket, one more than there are */
    struct known *known;
    size_t count;
    unsigned log; /* of the number of buckets */
};
struct literals {
    struct literal *list;
    size_t count;
    uint64_t *bits, *again; /* by two hashes of a gram: both are set for those that are known */
    unsigned bits_log;
    struct buckets grams;
    uint32_t *tiny; /* literals of TINY_MAX bytes at most */
    size_t tiny_count;
    struct arena arena;
};

static uint32_t load(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v | FOLD;
}

static uint32_t hash(uint32_t gram, unsigned log)
{
    return gram * HASH >> (32 - log);
}

static uint32_t hash_again(uint32_t gram)
{
    return (gram ^ gram >> 15) * HASH_AGAIN >> (32 - AGAIN_LOG);
}

static bool bit(const uint64_t *bits, uint32_t n)
{
    return bits[n / 64] >> (n % 64) & 1;
}

static void set_bit(uint64_t *bits, uint32_t n)
{
    bits[n / 64] |= UINT64_C(1) << (n % 64);
}

/* ---- building ---- */

/* How much a byte says where its case does not count. */
static int rarity_of_byte(uint8_t byte)
{
    static const char by_rarity[] = " etaonrisldchmpuf/.-:=\"0123456789gwybvk_;,&";
    uint8_t folded = (uint8_t)(byte | (FOLD & 0xff));
    const char *at = memchr(by_rarity, folded, sizeof by_rarity - 1);
    return byte == 0xff ? 0 : at ? (int)(at - by_rarity) / 4 : RARE;
}

/* Words that traffic is full of say nothing, nor does a byte again and again. */
static int rarity_of_gram(const uint8_t *p)
{
    static const char words[][GRAM + 1] = {"http", "ttp:", "ttp/", "tp:/", "tps:", "p://", "://w",
                                           "//ww", "/www", "www.", ".com", "user", "-age", "agen",
                                           "gent", "cont", "onte", "nten", "tent", "-typ", "type",
                                           "ion:", "host", "loca", "acce", "text", "imag", "html"};
    int sum = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (load(p) == load((const uint8_t *)words[i]))
            return 0;
    for (size_t i = 0; i < GRAM; i++)
        sum += i && p[i] == p[i - 1] ? 0 : rarity_of_byte(p[i]);
    return sum;
}

static unsigned crowd(const struct known *known, size_t count, uint32_t gram)
{
    unsigned n = 0;
    for (size_t i = 0; i < count; i++)
        n += known[i].gram == gram;
    return n;
}

/* The offset of the bytes to know a literal by: rare ones that not many others are known by. */
static struct known rarest(const struct literals *l, uint32_t literal, const struct known *known,
                           size_t count)
{
    struct bytes b = l->list[literal].bytes;
    struct known best = {.literal = literal};
    int best_worth = INT32_MIN;
    for (size_t at = 0; at + GRAM <= b.len && at < GRAM_TRIED; at++) {
        uint32_t gram = load(b.p + at);
        int worth = rarity_of_gram(b.p + at);
        if (worth > best_worth)
            worth -= CROWDED * (int)crowd(known, count, gram);
        if (worth <= best_worth)
            continue;
        best_worth = worth;
        best.gram = gram;
        best.offset = (uint32_t)at;
    }
    return best;
}

/* Three bytes are known by themselves and any byte behind. */
static void add_three(const struct literals *l, uint32_t literal, struct known *room, size_t *count)
{
    uint8_t four[GRAM] = {0};
    memcpy(four, l->list[literal].bytes.p, GRAM - 1);
    for (unsigned behind = 0; behind < 256; behind++) {
        four[GRAM - 1] = (uint8_t)behind;
        if ((behind | (FOLD & 0xff)) == behind)
            room[(*count)++] = (struct known){.gram = load(four), .literal = literal};
    }
}

static unsigned log_for(size_t n, unsigned low, unsigned high)
{
    unsigned log = low;
    while (log < high && (size_t)1 << log < n)
        log++;
    return log;
}

static void fill(struct buckets *b, struct known *known, size_t count)
{
    size_t buckets = (size_t)1 << b->log;
    b->first = calloc(buckets + 1, sizeof *b->first);
    b->known = calloc(count + 1, sizeof *b->known);
    uint32_t *next = calloc(buckets + 1, sizeof *next);
    ASSERT(b->first && b->known && next);
    b->count = count;
    for (size_t i = 0; i < count; i++)
        b->first[hash(known[i].gram, b->log) + 1]++;
    for (size_t i = 0; i < buckets; i++)
        b->first[i + 1] += b->first[i];
    memcpy(next, b->first, (buckets + 1) * sizeof *next);
    for (size_t i = 0; i < count; i++)
        b->known[next[hash(known[i].gram, b->log)]++] = known[i];
    free(next);
}

static void build_grams(struct literals *l, struct known *room)
{
    size_t count = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        size_t len = l->list[i].bytes.len;
        if (len <= TINY_MAX)
            l->tiny[l->tiny_count++] = i;
        else if (len < GRAM)
            add_three(l, i, room, &count);
        else {
            room[count] = rarest(l, i, room, count);
            count++;
        }
    }
    l->bits_log = count <= FEW ? FEW_LOG : MANY_LOG;
    l->bits = calloc(((size_t)1 << l->bits_log) / 64, sizeof *l->bits);
    l->again = calloc((1 << AGAIN_LOG) / 64, sizeof *l->again);
    ASSERT(l->bits && l->again);
    for (size_t i = 0; i < count; i++) {
        set_bit(l->bits, hash(room[i].gram, l->bits_log));
        set_bit(l->again, hash_again(room[i].gram));
    }
    l->grams.log = log_for(count * 2, 1, l->bits_log);
    fill(&l->grams, room, count);
}

struct literals *literals_new(const struct literal *list, size_t count)
{
    struct literals *l = calloc(1, sizeof *l);
    size_t grams = 0;
    for (size_t i = 0; i < count; i++)
        grams += list[i].bytes.len < GRAM ? GRAMS_OF_THREE : 1;
    struct known *room = calloc(grams + 1, sizeof *room);
    ASSERT(l && room);
    l->count = count;
    l->list = calloc(count + 1, sizeof *l->list);
    l->tiny = calloc(count + 1, sizeof *l->tiny);
    ASSERT(l->list && l->tiny);
    for (size_t i = 0; i < count; i++)
        l->list[i] = (struct literal){arena_copy(&l->arena, list[i].bytes), list[i].nocase};
    build_grams(l, room);
    free(room);
    return l;
}

void literals_free(struct literals *l)
{
    if (!l)
        return;
    free(l->list);
    free(l->bits);
    free(l->again);
    free(l->grams.first);
    free(l->grams.known);
    free(l->tiny);
    arena_release(&l->arena);
    free(l);
}

/* ---- what was found ---- */

void literals_seen_grow(struct literals_seen *s, const struct literals *l)
{
    if (l->count <= s->count)
        return;
    free(s->stamps);
    s->stamps = calloc(l->count, sizeof *s->stamps);
    ASSERT(s->stamps);
    s->count = l->count;
    s->scan = 0;
}

void literals_seen_release(struct literals_seen *s)
{
    free(s->stamps);
    *s = (struct literals_seen){0};
}

static void next_scan(struct literals_seen *s)
{
    if (++s->scan)
        return;
    memset(s->stamps, 0, s->count * sizeof *s->stamps); /* numbers come round */
    s->scan = 1;
}

/* ---- scanning ---- */

struct scan {
    const struct literals *l;
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
static void compare(const struct scan *s, uint32_t gram, size_t at)
{
    const struct buckets *b = &s->l->grams;
    uint32_t bucket = hash(gram, b->log);
    for (uint32_t i = b->first[bucket]; i < b->first[bucket + 1]; i++) {
        const struct known *k = &b->known[i];
        const struct literal *l = &s->l->list[k->literal];
        if (k->gram != gram || k->offset > at || s->in.len - (at - k->offset) < l->bytes.len)
            continue;
        bool is_new = s->seen->stamps[k->literal] != s->seen->scan;
        if (is_new && is_at(l, s->in.p + at - k->offset)) {
            s->seen->stamps[k->literal] = s->seen->scan;
            s->found(s->ctx, k->literal);
        }
    }
}

/* log is a constant where this is inlined, which is worth a third of the time. */
static inline __attribute__((always_inline)) void look_for_grams(const struct scan *s, unsigned log)
{
    const uint64_t *bits = s->l->bits, *again = s->l->again;
    size_t i = 0;
    for (; i + sizeof(uint64_t) <= s->in.len; i += STEP) {
        uint64_t v;
        memcpy(&v, s->in.p + i, sizeof v);
        v |= (uint64_t)FOLD << 32 | FOLD;
#pragma GCC unroll 4
        for (unsigned k = 0; k < STEP; k++) {
            uint32_t gram = (uint32_t)(v >> 8 * k);
            if (__builtin_expect(bit(bits, hash(gram, log)), 0) && bit(again, hash_again(gram)))
                compare(s, gram, i + k);
        }
    }
    for (; i + GRAM - 1 <= s->in.len; i++) { /* three bytes may end it */
        uint8_t rest[GRAM] = {0};
        memcpy(rest, s->in.p + i, i + GRAM <= s->in.len ? GRAM : GRAM - 1);
        if (bit(bits, hash(load(rest), log)))
            compare(s, load(rest), i);
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

void literals_scan(const struct literals *l, struct literals_seen *seen, struct bytes in,
                   literals_found_fn *report, void *ctx)
{
    struct scan s = {.l = l, .seen = seen, .in = in, .found = report, .ctx = ctx};
    if (in.len == 0)
        return;
    next_scan(seen);
    if (l->grams.count && l->bits_log == FEW_LOG)
        look_for_grams(&s, FEW_LOG);
    else if (l->grams.count)
        look_for_grams(&s, MANY_LOG);
    for (size_t i = 0; i < l->tiny_count; i++)
        if (holds_tiny(in, &l->list[l->tiny[i]]))
            report(ctx, l->tiny[i]);
}
