/* mpm/matcher.c - many literals at once: one Vectorscan database and what each literal stands for.
 */
#include "sensor/detect/mpm/matcher.h"

#include "sensor/detect/mpm/database.h"

#define SINGLE_BYTES 512 /* each byte, with its case and without */

struct matcher {
    hs_database_t *db;
    uint32_t *first; /* of a pattern's rules in rules[]; one more than there are patterns */
    uint32_t *rules;
    uint16_t *bit; /* by pattern: of a single byte, its place in scan.seen, counted from 1 */
    size_t patterns, longest, shortest;
};

void matcher_add(struct matcher_builder *b, struct bytes literal, bool nocase, uint32_t rule)
{
    uint8_t *key = arena_alloc(&b->arena, literal.len + 1);
    key[0] = nocase;
    memcpy(key + 1, literal.p, literal.len);
    int pattern = names_add(&b->patterns, &b->arena, bytes_of(key, literal.len + 1));
    if (b->count == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 64;
        b->pairs = realloc(b->pairs, b->cap * sizeof *b->pairs);
        ASSERT(b->pairs);
    }
    b->pairs[b->count++] = (struct matcher_pair){(uint32_t)pattern, rule};
}

/* Rules of each pattern side by side: a counting sort, which keeps their order. */
static void place_rules(struct matcher *m, const struct matcher_builder *b)
{
    m->first = calloc(b->patterns.count + 2, sizeof *m->first);
    m->rules = calloc(b->count + 1, sizeof *m->rules);
    ASSERT(m->first && m->rules);
    for (size_t i = 0; i < b->count; i++)
        m->first[b->pairs[i].pattern + 1]++;
    for (size_t i = 0; i < b->patterns.count; i++)
        m->first[i + 1] += m->first[i];
    uint32_t *next = malloc((b->patterns.count + 1) * sizeof *next);
    ASSERT(next);
    memcpy(next, m->first, (b->patterns.count + 1) * sizeof *next);
    for (size_t i = 0; i < b->count; i++)
        m->rules[next[b->pairs[i].pattern]++] = b->pairs[i].rule;
    free(next);
}

static hs_database_t *build_database(struct matcher_builder *b, struct matcher *m,
                                     const char *cache_dir, struct err *err)
{
    size_t count = b->patterns.count;
    struct literal *literals = arena_alloc(&b->arena, count * sizeof *literals);
    m->bit = calloc(count, sizeof *m->bit);
    ASSERT(m->bit);
    m->shortest = SIZE_MAX;
    unsigned bits = 0;
    for (size_t i = 0; i < count; i++) {
        struct bytes key = b->patterns.list[i], bytes = bytes_slice(key, 1, key.len);
        literals[i] = (struct literal){bytes, key.p[0]};
        if (bytes.len == 1)
            m->bit[i] = (uint16_t)++bits;
        m->longest = bytes.len > m->longest ? bytes.len : m->longest;
        m->shortest = bytes.len < m->shortest ? bytes.len : m->shortest;
    }
    return database_build(literals, count, cache_dir, err);
}

struct matcher *matcher_build(struct matcher_builder *b, const char *cache_dir, struct err *err)
{
    struct matcher *m = NULL;
    if (b->count) {
        m = calloc(1, sizeof *m);
        ASSERT(m);
        place_rules(m, b);
        m->patterns = b->patterns.count;
        m->db = build_database(b, m, cache_dir, err);
        if (!m->db) {
            matcher_free(m);
            m = NULL;
        }
    }
    names_release(&b->patterns);
    arena_release(&b->arena);
    free(b->pairs);
    *b = (struct matcher_builder){0};
    return m;
}

void matcher_free(struct matcher *m)
{
    if (!m)
        return;
    hs_free_database(m->db);
    free(m->first);
    free(m->rules);
    free(m->bit);
    free(m);
}

int matcher_scratch(const struct matcher *m, hs_scratch_t **scratch)
{
    return hs_alloc_scratch(m->db, scratch) == HS_SUCCESS ? 0 : -1;
}

struct scan {
    const struct matcher *m;
    matcher_hit_fn *hit;
    void *ctx;
    uint64_t seen[SINGLE_BYTES / 64];
};

/* The library reports a lone byte as often as it is there. */
static bool is_repeated(struct scan *s, unsigned pattern)
{
    if (!s->m->bit[pattern])
        return false;
    unsigned bit = s->m->bit[pattern] - 1u;
    bool seen = s->seen[bit / 64] >> bit % 64 & 1;
    s->seen[bit / 64] |= 1ull << bit % 64;
    return seen;
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *ctx)
{
    (void)from;
    (void)to;
    (void)flags;
    struct scan *s = ctx;
    if (id >= s->m->patterns || is_repeated(s, id))
        return 0;
    for (uint32_t i = s->m->first[id]; i < s->m->first[id + 1]; i++)
        s->hit(s->ctx, s->m->rules[i]);
    return 0;
}

void matcher_scan(const struct matcher *m, hs_scratch_t *scratch, struct bytes in,
                  matcher_hit_fn *hit, void *ctx)
{
    if (in.len < m->shortest || in.len > UINT32_MAX)
        return;
    struct scan s = {.m = m, .hit = hit, .ctx = ctx};
    hs_scan(m->db, (const char *)in.p, (unsigned)in.len, 0, scratch, on_match, &s);
}

size_t matcher_longest(const struct matcher *m)
{
    return m->longest;
}
