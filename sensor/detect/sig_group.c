/* sensor/detect/sig_group.c - see sig_group.h. */
#include "sensor/detect/sig_group.h"

#include <xxhash.h>

#include "common/err.h"

enum {
    SETS_LOG = 9,   /* a group has its place in one of so many sets ... */
    WAYS = 8,       /* ... of so many */
    KINDS_LOG = 14, /* of packets, of which it is kept which group is theirs */
    BLOCK = 2048,   /* bytes of memory a group takes at once */
};
/* Of scanners; beyond it literals that do not matter are looked for too. */
#define PARTS_BYTES_MAX ((size_t)64 << 20)

struct set {
    struct sig_group *ways[WAYS];
    unsigned next; /* to give up */
};
struct kind {
    struct header_key key;
    struct sig_group *group;
    uint32_t id; /* the group's; 0: none */
};
struct sig_groups {
    const struct ruleset *ruleset;
    struct kind kinds[1 << KINDS_LOG];
    struct set sets[1 << SETS_LOG];
    uint32_t last_id;
    uint64_t *fits;   /* of the packet at hand */
    uint64_t *by_app; /* a row for each protocol: the headers that take it */
    size_t words;
    struct matcher_part **parts; /* by matcher_number(): all that were made */
    size_t parts_bytes;
};

static uint64_t *rows_by_app(const struct rule_list *headers, size_t words)
{
    uint64_t *rows = calloc(APP_PROTO_COUNT * words, sizeof *rows);
    ASSERT(rows);
    for (size_t app = 0; app < APP_PROTO_COUNT; app++)
        for (size_t i = 0; i < rule_list_count(headers); i++)
            if (signature_wants_app(rule_list_rule(headers, i), (enum app_proto)app))
                rows[app * words + i / 64] |= 1ull << i % 64;
    return rows;
}

struct sig_groups *sig_groups_new(const struct ruleset *rs)
{
    struct sig_groups *g = calloc(1, sizeof *g);
    ASSERT(g);
    g->ruleset = rs;
    g->words = rule_list_count(rs->headers) / 64 + 1;
    g->parts = calloc(rs->prefilter->matcher_count + 1, sizeof *g->parts);
    g->fits = calloc(g->words, sizeof *g->fits);
    g->by_app = rows_by_app(rs->headers, g->words);
    ASSERT(g->parts && g->fits);
    return g;
}

void sig_groups_free(struct sig_groups *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < 1 << SETS_LOG; i++)
        for (unsigned way = 0; way < WAYS && g->sets[i].ways[way]; way++) {
            arena_release(&g->sets[i].ways[way]->arena);
            free(g->sets[i].ways[way]);
        }
    for (unsigned i = 0; i < g->ruleset->prefilter->matcher_count; i++)
        matcher_parts_free(g->parts[i]);
    free(g->parts);
    free(g->fits);
    free(g->by_app);
    free(g);
}

/* ---- making one ---- */
static void find_ip_only(const struct ruleset *rs, struct sig_group *g)
{
    const struct signature_list *all = &rs->ip_only;
    g->ip_only.rules = arena_take(&g->arena, (all->count + 1) * sizeof *g->ip_only.rules);
    g->ip_only.count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (sig_group_fits(g, all->rules[i]))
            g->ip_only.rules[g->ip_only.count++] = all->rules[i];
}

static void find_unpicked(const struct ruleset *rs, struct sig_group *g)
{
    const struct signature_list *all = &rs->unpicked;
    g->unpicked = arena_take(&g->arena, (all->count + 1) * sizeof *g->unpicked);
    g->unpicked_count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (sig_group_fits(g, all->rules[i]))
            g->unpicked[g->unpicked_count++] =
                (struct unpicked_rule){all->rules[i], opening_of(all->rules[i])};
}

static void find_plain(const struct ruleset *rs, struct sig_group *g)
{
    const struct prefilter *pf = rs->prefilter;
    size_t n = pf->plain_count[g->app][g->dir];
    const struct tx_rule *all = pf->plain[g->app][g->dir];
    g->plain = arena_take(&g->arena, (n + 1) * sizeof *g->plain);
    g->plain_count = 0;
    for (size_t i = 0; i < n; i++)
        if (sig_group_fits(g, all[i].signature))
            g->plain[g->plain_count++] = all[i];
}

/* So many, and no more. */
static uint64_t *bits_set(struct arena *arena, size_t count)
{
    uint64_t *bits = arena_alloc(arena, (count / 64 + 1) * sizeof *bits);
    for (size_t i = 0; i < count; i++)
        bits[i / 64] |= 1ull << i % 64;
    return bits;
}

static void make(struct sig_groups *all, struct sig_group *g, uint64_t hash, enum direction dir,
                 enum app_proto app)
{
    const struct ruleset *rs = all->ruleset;
    size_t matchers = rs->prefilter->matcher_count;
    arena_reset(&g->arena);
    g->dir = dir;
    g->app = app;
    g->hash = hash;
    g->id = ++all->last_id ? all->last_id : ++all->last_id;
    uint64_t *fits = arena_take(&g->arena, all->words * sizeof *fits);
    memcpy(fits, all->fits, all->words * sizeof *fits);
    g->fits = fits;
    find_ip_only(rs, g);
    find_unpicked(rs, g);
    find_plain(rs, g);
    g->tx_matchers = bits_set(&g->arena, rs->prefilter->tx_count[app][dir]);
    g->parts = arena_alloc(&g->arena, (matchers + 1) * sizeof *g->parts);
    g->settled = arena_alloc(&g->arena, (matchers / 64 + 1) * sizeof *g->settled);
}

/* The group of those headers that all->fits has. */
static struct sig_group *group_that_fits(struct sig_groups *all, enum direction dir,
                                         enum app_proto app)
{
    size_t bytes = all->words * sizeof *all->fits;
    uint64_t hash = XXH3_64bits_withSeed(all->fits, bytes, (uint64_t)app << 1 | (uint64_t)dir);
    struct set *set = &all->sets[hash >> (64 - SETS_LOG)];
    unsigned way = 0;
    for (; way < WAYS && set->ways[way]; way++) {
        struct sig_group *g = set->ways[way];
        if (g->hash == hash && g->dir == dir && g->app == app &&
            memcmp(g->fits, all->fits, bytes) == 0)
            return g;
    }
    if (way == WAYS) {
        way = set->next;
        set->next = (set->next + 1) % WAYS;
    } else {
        set->ways[way] = calloc(1, sizeof *set->ways[way]);
        ASSERT(set->ways[way]);
        set->ways[way]->arena.block_bytes = BLOCK;
    }
    make(all, set->ways[way], hash, dir, app);
    return set->ways[way];
}

/* ---- whose it is ---- */
static void find_headers(struct sig_groups *all, const struct header_key *k, enum app_proto app)
{
    const struct rule_list *headers = all->ruleset->headers;
    const uint64_t *by_app = all->by_app + (size_t)app * all->words;
    rule_list_fitting(headers, k, all->fits);
    for (size_t i = 0; i < all->words; i++)
        all->fits[i] &= by_app[i];
}

static bool is_for(const struct kind *kind, const struct header_key *k, enum app_proto app)
{
    return kind->id && kind->group->id == kind->id && kind->group->app == app &&
           kind->key.src == k->src && kind->key.dst == k->dst && kind->key.sport == k->sport &&
           kind->key.dport == k->dport && kind->key.proto == k->proto &&
           kind->key.version_bit == k->version_bit && kind->key.dir == k->dir;
}

static struct kind *kind_of(struct sig_groups *g, const struct header_key *k, enum app_proto app)
{
    uint64_t ends = (uint64_t)k->src << 32 | k->dst, ports = (uint64_t)k->sport << 32 | k->dport;
    uint64_t rest = (uint64_t)k->proto | (uint64_t)k->version_bit << 8 | (uint64_t)k->dir << 16 |
                    (uint64_t)app << 24;
    uint64_t mixed = (ends * UINT64_C(0x9E3779B97F4A7C15) ^ ports) * UINT64_C(0xC2B2AE3D27D4EB4F);
    return &g->kinds[(mixed ^ rest) * UINT64_C(0x165667B19E3779F9) >> (64 - KINDS_LOG)];
}

struct sig_group *sig_group_of(struct sig_groups *all, const struct header_key *k,
                               enum app_proto app)
{
    struct kind *kind = kind_of(all, k, app);
    if (is_for(kind, k, app))
        return kind->group;
    find_headers(all, k, app);
    struct sig_group *g = group_that_fits(all, k->dir, app);
    *kind = (struct kind){*k, g, g->id};
    return g;
}

/* ---- literals ---- */
struct wants {
    const struct ruleset *ruleset;
    const struct sig_group *group; /* NULL: all */
};

static bool wants(const void *ctx, uint32_t rule)
{
    const struct wants *w = ctx;
    return !w->group || sig_group_fits_header(w->group, w->ruleset->header_of[rule]);
}

const struct matcher_part *sig_group_part(struct sig_groups *all, struct sig_group *g,
                                          const struct matcher *m)
{
    unsigned n = matcher_number(m);
    if (g->settled[n / 64] >> n % 64 & 1)
        return g->parts[n];
    bool full = all->parts_bytes > PARTS_BYTES_MAX;
    struct wants w = {all->ruleset, full ? NULL : g};
    struct matcher_part *before = all->parts[n];
    g->parts[n] = matcher_part(m, wants, &w, &all->parts[n]);
    g->settled[n / 64] |= 1ull << n % 64;
    if (all->parts[n] != before)
        all->parts_bytes += matcher_part_bytes(all->parts[n]);
    return g->parts[n];
}
