/* sensor/detect/ruleset_order.c - rule order, lists and matchers, once all rules are in. */
#include <xxhash.h>

#include "sensor/detect/group_index.h"
#include "sensor/detect/mpm/prefilter.h"
#include "sensor/detect/ruleset.h"

static int action_rank(enum rule_action a)
{
    static const int rank[] = {
        [ACTION_PASS] = 0, [ACTION_DROP] = 1, [ACTION_REJECT] = 2, [ACTION_ALERT] = 3};
    return rank[a];
}

static int host_bits_rank(const struct signature *s)
{
    bool reads = s->xbits_use & XBITS_READS_HOST;
    if (s->xbits_use & HOSTBITS_WRITES)
        return reads ? 1 : 0;
    return reads ? 2 : 3;
}

static int xbits_order(const struct signature *x, const struct signature *y)
{
    int by_host = host_bits_rank(x) - host_bits_rank(y);
    return by_host ? by_host
                   : (y->xbits_use & XBITS_READS_PAIR) - (x->xbits_use & XBITS_READS_PAIR);
}

static int in_rule_order(const void *a, const void *b)
{
    const struct signature *x = *(struct signature *const *)a;
    const struct signature *y = *(struct signature *const *)b;
    int by_action = action_rank(x->public.action) - action_rank(y->public.action);
    if (by_action)
        return by_action;
    if (x->flowbits_rank != y->flowbits_rank)
        return (int)x->flowbits_rank - (int)y->flowbits_rank;
    int by_xbits = xbits_order(x, y);
    if (by_xbits)
        return by_xbits;
    if (x->public.severity != y->public.severity)
        return (int)x->public.severity - (int)y->public.severity;
    if (x->public.sid != y->public.sid)
        return x->public.sid < y->public.sid ? -1 : 1;
    return x->load_order < y->load_order ? -1 : x->load_order > y->load_order;
}

static void order(struct ruleset *rs)
{
    size_t kept = 0;
    for (size_t i = 0; i < rs->count; i++)
        if (!(rs->signatures[i]->flags & SIG_REPLACED))
            rs->signatures[kept++] = rs->signatures[i];
    rs->count = kept;
    if (kept)
        qsort(rs->signatures, kept, sizeof *rs->signatures, in_rule_order);
    for (size_t i = 0; i < kept; i++)
        rs->signatures[i]->index = (uint32_t)i;
}

/* A limit is asked at the packet, not behind the workers, when more than an alert hangs on it: a
 * packet's or flow's fate, tags, other rules that a pass rule takes away. */
static void mark_deciding(struct ruleset *rs)
{
    for (size_t i = 0; i < rs->count; i++) {
        struct signature *s = rs->signatures[i];
        bool limited = s->threshold || s->suppressions;
        bool acts = s->public.action == ACTION_PASS ||
                    (rs->ips && s->public.action != ACTION_ALERT) || s->tags;
        if (limited && (acts || (s->threshold && s->threshold->type == LIMIT_RATE)))
            s->flags |= SIG_DECIDES;
    }
}

typedef bool rule_is_fn(const struct signature *s);

static bool sees_frames(const struct signature *s)
{
    return s->flags & SIG_EVENT_ONLY;
}

static bool is_ip_only(const struct signature *s)
{
    return s->flags & SIG_IP_ONLY;
}

static bool is_unpicked(const struct signature *s)
{
    if (sees_frames(s) || (s->flags & (SIG_IP_ONLY | SIG_TX_EVENT)))
        return false;
    return !s->fast && !(s->flags & (SIG_TX | SIG_APP_FRAME));
}

static struct signature_list those_that(const struct ruleset *rs, rule_is_fn *is)
{
    struct signature_list out = {.rules = calloc(rs->count + 1, sizeof *out.rules)};
    ASSERT(out.rules);
    for (size_t i = 0; i < rs->count; i++)
        if (is(rs->signatures[i]))
            out.rules[out.count++] = rs->signatures[i];
    out.rules = realloc(out.rules, (out.count + 1) * sizeof *out.rules);
    ASSERT(out.rules);
    return out;
}

/* What is asked of ends, ports and protocols, as bytes. */
static struct bytes header_bytes(const struct signature *s, uint8_t room[64])
{
    const uint16_t sets[] = {s->src_set, s->dst_set, s->sport_set, s->dport_set};
    const uint8_t rest[] = {s->dirs, s->ip_versions, (uint8_t)s->proto, s->any_http};
    memcpy(room, sets, sizeof sets);
    memcpy(room + sizeof sets, rest, sizeof rest);
    memcpy(room + sizeof sets + sizeof rest, s->protocols, sizeof s->protocols);
    return bytes_of(room, sizeof sets + sizeof rest + sizeof s->protocols);
}

static struct rule_list *list_headers(struct ruleset *rs)
{
    struct signature **firsts = calloc(rs->count + 1, sizeof *firsts);
    struct arena arena = {0};
    struct names headers = {0};
    rs->header_of = calloc(rs->count + 1, sizeof *rs->header_of);
    ASSERT(firsts && rs->header_of);
    for (size_t i = 0; i < rs->count; i++) {
        uint8_t room[64];
        struct signature *s = rs->signatures[i];
        rs->header_of[i] = s->header = (uint32_t)names_add(&headers, &arena, header_bytes(s, room));
        if (!firsts[s->header])
            firsts[s->header] = s;
    }
    struct rule_list *l = rule_list_new(rs->groups, firsts, headers.count);
    names_release(&headers);
    arena_release(&arena);
    free(firsts);
    return l;
}

static uint64_t group_hash(const struct group *g, uint64_t seed)
{
    const struct ranges *both[] = {&g->v4, &g->v6};
    for (size_t v = 0; v < 2; v++)
        seed = XXH3_64bits_withSeed(both[v]->r, both[v]->count * sizeof *both[v]->r, seed + 1);
    return seed;
}

static uint64_t *group_hashes(const struct group *groups, size_t count)
{
    uint64_t *hashes = calloc(count + 1, sizeof *hashes);
    ASSERT(hashes);
    for (size_t i = 0; i < count; i++)
        hashes[i] = group_hash(&groups[i], 0);
    return hashes;
}

/* Over the rules in order and what the variables of each stand for; what was in the files besides
 * loaded rules, and in which order, does not count. */
static void hash_version(struct ruleset *rs)
{
    XXH3_state_t *state = XXH3_createState();
    uint64_t *addresses = group_hashes(rs->addresses, rs->address_count);
    uint64_t *ports = group_hashes(rs->ports, rs->port_count);
    ASSERT(state);
    XXH3_64bits_reset(state);
    for (size_t i = 0; i < rs->count; i++) {
        const struct signature *s = rs->signatures[i];
        const uint64_t sets[] = {addresses[s->src_set], addresses[s->dst_set], ports[s->sport_set],
                                 ports[s->dport_set]};
        XXH3_64bits_update(state, s->public.text, strlen(s->public.text) + 1);
        XXH3_64bits_update(state, sets, sizeof sets);
    }
    free(addresses);
    free(ports);
    snprintf(rs->version, sizeof rs->version, "%016llx",
             (unsigned long long)XXH3_64bits_digest(state));
    XXH3_freeState(state);
}

void ruleset_finish(struct ruleset *rs)
{
    order(rs);
    ruleset_turn(rs);
    mark_deciding(rs);
    hash_version(rs);
    rs->groups = rule_groups_new(rs);
    rs->headers = list_headers(rs);
    rs->ip_only = those_that(rs, is_ip_only);
    rs->unpicked = those_that(rs, is_unpicked);
    rs->frame = those_that(rs, sees_frames);
    rs->prefilter = prefilter_new(rs);
}
