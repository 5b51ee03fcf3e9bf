/* sensor/detect/sig_group.c - see sig_group.h. */
#include "sensor/detect/sig_group.h"

#include <xxhash.h>

#include "common/err.h"

enum {
    SETS_LOG = 10, /* a kind of packet has its place in one of so many sets ... */
    WAYS = 4,      /* ... of so many groups */
    BLOCK = 2048,  /* bytes of memory a group takes at once */
};
#define PARTS_BYTES_MAX                                                                            \
    ((size_t)64 << 20) /* then literals that do not matter are looked for too                      \
                        */

struct set {
    struct sig_group *ways[WAYS];
    unsigned next; /* to give up */
};
struct sig_groups {
    const struct ruleset *ruleset;
    struct set sets[1 << SETS_LOG];
    uint32_t last_id;
    struct matcher_part **parts; /* by matcher_number(): all that were made */
    size_t parts_bytes;
    const struct signature **fitting; /* room for the longest list */
};

struct sig_groups *sig_groups_new(const struct ruleset *rs)
{
    struct sig_groups *g = calloc(1, sizeof *g);
    ASSERT(g);
    g->ruleset = rs;
    g->parts = calloc(rs->prefilter->matcher_count + 1, sizeof *g->parts);
    g->fitting = calloc(rs->count + 1, sizeof *g->fitting);
    ASSERT(g->parts && g->fitting);
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
    free(g->fitting);
    free(g);
}

static bool is_for(const struct sig_group *g, const struct header_key *k, enum app_proto app)
{
    return g->key.src == k->src && g->key.dst == k->dst && g->key.sport == k->sport &&
           g->key.dport == k->dport && g->key.proto == k->proto &&
           g->key.version_bit == k->version_bit && g->key.dir == k->dir && g->app == app;
}

static struct set *set_of(struct sig_groups *g, const struct header_key *k, enum app_proto app)
{
    const uint32_t words[] = {k->src,
                              k->dst,
                              k->sport,
                              k->dport,
                              k->proto | (uint32_t)k->version_bit << 8 | (uint32_t)k->dir << 16,
                              (uint32_t)app};
    return &g->sets[XXH3_64bits(words, sizeof words) >> (64 - SETS_LOG)];
}

/* ---- making one ---- */
static void keep_fitting(struct sig_group *g, const struct signature **from, size_t n,
                         const struct signature ***out, size_t *count)
{
    *out = arena_take(&g->arena, (n + 1) * sizeof **out);
    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (sig_group_fits(g, from[i]))
            (*out)[(*count)++] = from[i];
}

static void find_headers(const struct ruleset *rs, struct sig_group *g)
{
    size_t n = rule_list_count(rs->headers);
    uint64_t *fits = arena_alloc(&g->arena, (n / 64 + 1) * sizeof *fits);
    rule_list_fitting_bits(rs->headers, &g->key, fits);
    for (size_t i = 0; i < n; i++)
        if (!signature_wants_app(rule_list_rule(rs->headers, i), g->app))
            fits[i / 64] &= ~(1ull << i % 64);
    g->fits = fits;
}

static void find_plain(const struct ruleset *rs, struct sig_group *g)
{
    const struct prefilter *pf = rs->prefilter;
    size_t n = pf->plain_count[g->app][g->key.dir];
    const struct tx_rule *all = pf->plain[g->app][g->key.dir];
    g->plain = arena_take(&g->arena, (n + 1) * sizeof *g->plain);
    g->plain_count = 0;
    for (size_t i = 0; i < n; i++)
        if (sig_group_fits(g, all[i].signature))
            g->plain[g->plain_count++] = all[i];
}

static void make(struct sig_groups *all, struct sig_group *g, const struct header_key *k,
                 enum app_proto app)
{
    const struct ruleset *rs = all->ruleset;
    size_t matchers = rs->prefilter->matcher_count;
    arena_reset(&g->arena);
    g->key = *k;
    g->app = app;
    g->id = ++all->last_id ? all->last_id : ++all->last_id;
    find_headers(rs, g);
    size_t n = rule_list_fitting(rs->ip_only, k, all->fitting);
    keep_fitting(g, all->fitting, n, &g->ip_only, &g->ip_only_count);
    n = rule_list_fitting(rs->unpicked, k, all->fitting);
    keep_fitting(g, all->fitting, n, &g->unpicked, &g->unpicked_count);
    find_plain(rs, g);
    g->parts = arena_alloc(&g->arena, (matchers + 1) * sizeof *g->parts);
    g->settled = arena_alloc(&g->arena, (matchers / 64 + 1) * sizeof *g->settled);
}

struct sig_group *sig_group_of(struct sig_groups *all, const struct header_key *k,
                               enum app_proto app)
{
    struct set *set = set_of(all, k, app);
    unsigned way = 0;
    for (; way < WAYS && set->ways[way]; way++)
        if (is_for(set->ways[way], k, app))
            return set->ways[way];
    if (way == WAYS) {
        way = set->next;
        set->next = (set->next + 1) % WAYS;
    } else {
        set->ways[way] = calloc(1, sizeof *set->ways[way]);
        ASSERT(set->ways[way]);
        set->ways[way]->arena.block_bytes = BLOCK;
    }
    make(all, set->ways[way], k, app);
    return set->ways[way];
}

/* ---- literals ---- */
struct wants {
    const struct ruleset *ruleset;
    const struct sig_group *group; /* NULL: all */
};

static bool wants(const void *ctx, uint32_t rule)
{
    const struct wants *w = ctx;
    return !w->group || sig_group_fits(w->group, w->ruleset->signatures[rule]);
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
