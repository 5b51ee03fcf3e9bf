/* mpm/matcher.c - many literals at once: a database, a table, and what each literal stands for. */
#include "sensor/detect/mpm/matcher.h"

#include "sensor/detect/mpm/database.h"

#define SINGLE_BYTES 512 /* each byte, with its case and without */

/* Rules by literal: those of literal i are rules[first[i]] up to rules[first[i + 1]]. */
struct rule_lists {
    uint32_t *first, *rules;
    const uint8_t **exact; /* by rule: how a whole literal has to be written; NULL: in any case */
    size_t literals;
};
struct matcher {
    hs_database_t *db; /* NULL: all are whole ones */
    struct rule_lists within, whole;
    uint16_t *bit; /* by literal: of a single byte, its place in scan.seen, counted from 1 */
    size_t longest, shortest;
    struct arena arena;
    struct names wholes; /* in lower case, in the arena */
    uint64_t lengths[4]; /* of wholes: a bit each */
};

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

void matcher_add(struct matcher_builder *b, struct bytes literal, bool nocase, bool whole,
                 uint32_t rule)
{
    struct literal_rules *l = whole ? &b->whole : &b->within;
    uint8_t *key = arena_alloc(&b->arena, literal.len + 1);
    key[0] = nocase || whole;
    for (size_t i = 0; i < literal.len; i++)
        key[1 + i] = whole ? lower(literal.p[i]) : literal.p[i];
    int number = names_add(&l->literals, &b->arena, bytes_of(key, literal.len + 1));
    if (l->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->pairs = realloc(l->pairs, l->cap * sizeof *l->pairs);
        ASSERT(l->pairs);
    }
    struct bytes exact = whole && !nocase ? arena_copy(&b->arena, literal) : (struct bytes){0};
    l->pairs[l->count++] = (struct literal_rule){(uint32_t)number, rule, exact};
}

/* Rules of each literal side by side: a counting sort, which keeps their order. What has to outlive
 * the builder goes into the arena. */
static struct rule_lists place_rules(const struct literal_rules *l, struct arena *arena)
{
    struct rule_lists out = {.literals = l->literals.count};
    out.first = calloc(out.literals + 2, sizeof *out.first);
    out.rules = calloc(l->count + 1, sizeof *out.rules);
    out.exact = calloc(l->count + 1, sizeof *out.exact);
    uint32_t *next = malloc((out.literals + 1) * sizeof *next);
    ASSERT(out.first && out.rules && out.exact && next);
    for (size_t i = 0; i < l->count; i++)
        out.first[l->pairs[i].literal + 1]++;
    for (size_t i = 0; i < out.literals; i++)
        out.first[i + 1] += out.first[i];
    memcpy(next, out.first, (out.literals + 1) * sizeof *next);
    for (size_t i = 0; i < l->count; i++) {
        const struct literal_rule *pair = &l->pairs[i];
        uint32_t at = next[pair->literal]++;
        out.rules[at] = pair->rule;
        if (pair->exact.p)
            out.exact[at] = arena_copy(arena, pair->exact).p;
    }
    free(next);
    return out;
}

static int build_database(struct matcher *m, struct matcher_builder *b, const char *cache_dir,
                          struct err *err)
{
    size_t count = m->within.literals;
    if (count == 0)
        return 0;
    struct literal *literals = arena_alloc(&b->arena, count * sizeof *literals);
    m->bit = calloc(count, sizeof *m->bit);
    ASSERT(m->bit);
    m->shortest = SIZE_MAX;
    unsigned bits = 0;
    for (size_t i = 0; i < count; i++) {
        struct bytes key = b->within.literals.list[i], bytes = bytes_slice(key, 1, key.len);
        literals[i] = (struct literal){bytes, key.p[0]};
        if (bytes.len == 1)
            m->bit[i] = (uint16_t)++bits;
        m->longest = bytes.len > m->longest ? bytes.len : m->longest;
        m->shortest = bytes.len < m->shortest ? bytes.len : m->shortest;
    }
    m->db = database_build(literals, count, cache_dir, err);
    return m->db ? 0 : -1;
}

static void keep_wholes(struct matcher *m, const struct literal_rules *l)
{
    for (size_t i = 0; i < l->literals.count; i++) {
        struct bytes text = bytes_slice(l->literals.list[i], 1, l->literals.list[i].len);
        names_add(&m->wholes, &m->arena, text);
        m->lengths[text.len / 64] |= 1ull << text.len % 64;
    }
}

static struct matcher *build(struct matcher_builder *b, const char *cache_dir, struct err *err)
{
    if (b->within.count + b->whole.count == 0)
        return NULL;
    struct matcher *m = calloc(1, sizeof *m);
    ASSERT(m);
    m->within = place_rules(&b->within, &m->arena);
    m->whole = place_rules(&b->whole, &m->arena);
    keep_wholes(m, &b->whole);
    if (build_database(m, b, cache_dir, err) == 0)
        return m;
    matcher_free(m);
    return NULL;
}

struct matcher *matcher_build(struct matcher_builder *b, const char *cache_dir, struct err *err)
{
    struct matcher *m = build(b, cache_dir, err);
    names_release(&b->within.literals);
    names_release(&b->whole.literals);
    free(b->within.pairs);
    free(b->whole.pairs);
    arena_release(&b->arena);
    *b = (struct matcher_builder){0};
    return m;
}

static void free_lists(struct rule_lists *l)
{
    free(l->first);
    free(l->rules);
    free(l->exact);
}

void matcher_free(struct matcher *m)
{
    if (!m)
        return;
    hs_free_database(m->db);
    free_lists(&m->within);
    free_lists(&m->whole);
    names_release(&m->wholes);
    arena_release(&m->arena);
    free(m->bit);
    free(m);
}

int matcher_scratch(const struct matcher *m, hs_scratch_t **scratch)
{
    return !m->db || hs_alloc_scratch(m->db, scratch) == HS_SUCCESS ? 0 : -1;
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

static void report(const struct rule_lists *l, unsigned literal, matcher_hit_fn *hit, void *ctx)
{
    for (uint32_t i = l->first[literal]; i < l->first[literal + 1]; i++)
        hit(ctx, l->rules[i]);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *ctx)
{
    (void)from;
    (void)to;
    (void)flags;
    struct scan *s = ctx;
    if (id < s->m->within.literals && !is_repeated(s, id))
        report(&s->m->within, id, s->hit, s->ctx);
    return 0;
}

/* The rules of a literal that the whole of it is. */
static void look_up(const struct matcher *m, struct bytes in, matcher_hit_fn *hit, void *ctx)
{
    uint8_t key[MATCHER_WHOLE_MAX];
    if (in.len > MATCHER_WHOLE_MAX || !(m->lengths[in.len / 64] >> in.len % 64 & 1))
        return;
    for (size_t i = 0; i < in.len; i++)
        key[i] = lower(in.p[i]);
    int literal = names_find(&m->wholes, bytes_of(key, in.len));
    const struct rule_lists *w = &m->whole;
    for (uint32_t i = literal < 0 ? 0 : w->first[literal];
         literal >= 0 && i < w->first[literal + 1]; i++)
        if (!w->exact[i] || memcmp(w->exact[i], in.p, in.len) == 0)
            hit(ctx, w->rules[i]);
}

void matcher_scan(const struct matcher *m, hs_scratch_t *scratch, struct bytes in,
                  matcher_hit_fn *hit, void *ctx)
{
    look_up(m, in, hit, ctx);
    if (!m->db || in.len < m->shortest || in.len > UINT32_MAX)
        return;
    struct scan s = {.m = m, .hit = hit, .ctx = ctx};
    hs_scan(m->db, (const char *)in.p, (unsigned)in.len, 0, scratch, on_match, &s);
}

size_t matcher_longest(const struct matcher *m)
{
    return m->longest;
}
