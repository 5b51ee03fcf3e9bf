/* mpm/matcher.c - many literals at once, whole names, and what each literal stands for. */
#include "sensor/detect/mpm/matcher.h"

#include "common/err.h"

/* Rules by literal: those of literal i are rules[first[i]] up to rules[first[i + 1]]. */
struct rule_lists {
    uint32_t *first, *rules;
    const uint8_t **exact; /* by rule: how a whole literal has to be written; NULL: in any case */
    size_t literals;
};
struct matcher {
    unsigned number;
    struct literals *literals; /* NULL: all are whole ones */
    struct rule_lists within, whole;
    size_t longest;
    struct arena arena;
    struct names wholes; /* in lower case, in the arena */
    uint64_t lengths[4]; /* of wholes: a bit each */
};

/* Of a literal that counts anywhere for one rule, and near the beginning for another. */
static void widen(struct matcher_builder *b, size_t literal, size_t ends_by)
{
    if (literal == b->ends_by_count) {
        if (b->ends_by_count == b->ends_by_cap) {
            b->ends_by_cap = b->ends_by_cap ? b->ends_by_cap * 2 : 64;
            b->ends_by = realloc(b->ends_by, b->ends_by_cap * sizeof *b->ends_by);
            ASSERT(b->ends_by);
        }
        b->ends_by[b->ends_by_count++] = ends_by;
    }
    if (ends_by > b->ends_by[literal])
        b->ends_by[literal] = ends_by;
}

void matcher_add(struct matcher_builder *b, struct bytes literal, bool nocase, bool whole,
                 size_t ends_by, uint32_t rule)
{
    struct literal_rules *l = whole ? &b->whole : &b->within;
    uint8_t *key = arena_alloc(&b->arena, literal.len + 1);
    key[0] = nocase || whole;
    for (size_t i = 0; i < literal.len; i++)
        key[1 + i] = whole ? byte_lower(literal.p[i]) : literal.p[i];
    int number = names_add(&l->literals, &b->arena, bytes_of(key, literal.len + 1));
    if (l->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->pairs = realloc(l->pairs, l->cap * sizeof *l->pairs);
        ASSERT(l->pairs);
    }
    if (!whole)
        widen(b, (size_t)number, ends_by);
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

static void build_literals(struct matcher *m, struct matcher_builder *b)
{
    size_t count = m->within.literals;
    if (count == 0)
        return;
    struct literal *list = arena_alloc(&b->arena, count * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        struct bytes key = b->within.literals.list[i], bytes = bytes_slice(key, 1, key.len);
        list[i] = (struct literal){bytes, key.p[0], b->ends_by[i]};
        m->longest = bytes.len > m->longest ? bytes.len : m->longest;
    }
    m->literals = literals_new(list, count);
}

static void keep_wholes(struct matcher *m, const struct literal_rules *l)
{
    for (size_t i = 0; i < l->literals.count; i++) {
        struct bytes text = bytes_slice(l->literals.list[i], 1, l->literals.list[i].len);
        names_add(&m->wholes, &m->arena, text);
        m->lengths[text.len / 64] |= 1ull << text.len % 64;
    }
}

static struct matcher *build(struct matcher_builder *b, unsigned number)
{
    if (b->within.count + b->whole.count == 0)
        return NULL;
    struct matcher *m = calloc(1, sizeof *m);
    ASSERT(m);
    m->number = number;
    m->within = place_rules(&b->within, &m->arena);
    m->whole = place_rules(&b->whole, &m->arena);
    keep_wholes(m, &b->whole);
    build_literals(m, b);
    return m;
}

struct matcher *matcher_build(struct matcher_builder *b, unsigned number)
{
    struct matcher *m = build(b, number);
    names_release(&b->within.literals);
    names_release(&b->whole.literals);
    free(b->within.pairs);
    free(b->whole.pairs);
    free(b->ends_by);
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
    literals_free(m->literals);
    free_lists(&m->within);
    free_lists(&m->whole);
    names_release(&m->wholes);
    arena_release(&m->arena);
    free(m);
}

void matcher_grow_seen(const struct matcher *m, struct literals_seen *s)
{
    if (m->literals)
        literals_seen_grow(s, m->literals);
}

unsigned matcher_number(const struct matcher *m)
{
    return m->number;
}

size_t matcher_longest(const struct matcher *m)
{
    return m->longest;
}

/* ---- parts ---- */
struct matcher_part {
    struct matcher_part *next;
    const struct matcher *matcher;
    bool whole;                      /* a rule with a whole literal is wanted */
    struct literal_scanner *scanner; /* NULL: none of the others */
    uint64_t wanted[];               /* literals within, a bit each */
};

static size_t words_of(const struct matcher *m)
{
    return (m->within.literals + 63) / 64;
}

static bool is_wanted(const struct rule_lists *l, size_t literal, matcher_wants_fn *wants,
                      const void *ctx)
{
    for (uint32_t i = l->first[literal]; i < l->first[literal + 1]; i++)
        if (wants(ctx, l->rules[i]))
            return true;
    return false;
}

/* Whether any literal is. */
static bool want(struct matcher_part *p, matcher_wants_fn *wants, const void *ctx)
{
    const struct matcher *m = p->matcher;
    bool any = false;
    for (size_t i = 0; i < m->within.literals; i++) {
        if (!is_wanted(&m->within, i, wants, ctx))
            continue;
        p->wanted[i / 64] |= 1ull << i % 64;
        any = true;
    }
    for (size_t i = 0; i < m->whole.literals && !p->whole; i++)
        p->whole = is_wanted(&m->whole, i, wants, ctx);
    return any;
}

struct matcher_part *matcher_part(const struct matcher *m, matcher_wants_fn *wants, const void *ctx,
                                  struct matcher_part **list)
{
    size_t bytes = words_of(m) * sizeof(uint64_t);
    struct matcher_part *p = calloc(1, sizeof *p + bytes), *same = *list;
    ASSERT(p);
    p->matcher = m;
    bool within = want(p, wants, ctx);
    while (same && (same->whole != p->whole || memcmp(same->wanted, p->wanted, bytes) != 0))
        same = same->next;
    if (same || (!within && !p->whole)) {
        free(p);
        return same;
    }
    if (within)
        p->scanner = literal_scanner_new(m->literals, p->wanted, simd_here());
    p->next = *list;
    *list = p;
    return p;
}

void matcher_parts_free(struct matcher_part *list)
{
    while (list) {
        struct matcher_part *p = list;
        list = p->next;
        literal_scanner_free(p->scanner);
        free(p);
    }
}

size_t matcher_part_bytes(const struct matcher_part *p)
{
    return sizeof *p + words_of(p->matcher) * sizeof(uint64_t) +
           (p->scanner ? literal_scanner_bytes(p->scanner) : 0);
}

/* ---- scanning ---- */
struct scan {
    const struct rule_lists *lists;
    matcher_hit_fn *hit;
    void *ctx;
};

static void on_literal(void *ctx, unsigned literal)
{
    const struct scan *s = ctx;
    for (uint32_t i = s->lists->first[literal]; i < s->lists->first[literal + 1]; i++)
        s->hit(s->ctx, s->lists->rules[i]);
}

/* The rules of a literal that the whole of it is. */
static void look_up(const struct matcher *m, struct bytes in, matcher_hit_fn *hit, void *ctx)
{
    uint8_t key[MATCHER_WHOLE_MAX];
    if (in.len > MATCHER_WHOLE_MAX || !(m->lengths[in.len / 64] >> in.len % 64 & 1))
        return;
    for (size_t i = 0; i < in.len; i++)
        key[i] = byte_lower(in.p[i]);
    int literal = names_find(&m->wholes, bytes_of(key, in.len));
    const struct rule_lists *w = &m->whole;
    for (uint32_t i = literal < 0 ? 0 : w->first[literal];
         literal >= 0 && i < w->first[literal + 1]; i++)
        if (!w->exact[i] || memcmp(w->exact[i], in.p, in.len) == 0)
            hit(ctx, w->rules[i]);
}

void matcher_scan(const struct matcher_part *p, struct literals_seen *seen, struct literals_view in,
                  matcher_hit_fn *hit, void *ctx)
{
    if (p->whole && !in.start_only)
        look_up(p->matcher, in.bytes, hit, ctx);
    if (!p->scanner)
        return;
    struct scan s = {.lists = &p->matcher->within, .hit = hit, .ctx = ctx};
    literals_scan(p->scanner, seen, in, on_literal, &s);
}
