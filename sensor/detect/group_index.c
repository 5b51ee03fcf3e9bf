/* sensor/detect/group_index.c - which rule headers fit a packet, by bit tests. */
#include "sensor/detect/group_index.h"

#include <arpa/inet.h>
#include <xxhash.h>

struct interval {
    u128 low;
    uint32_t class; /* of addresses from low to the next interval */
};
struct intervals {
    struct interval *v;
    size_t count;
};
/* Those of IPv4 for every packet: close together, and found from the upper half of the address on.
 */
struct short_intervals {
    uint32_t *low, *class; /* as in struct interval */
    uint32_t from[65537];  /* by upper half: the interval its first address lies in */
};
/* Distinct sets of groups, each a row of bits; row number = class. */
struct classes {
    uint64_t *bits;
    size_t words, count, cap;
    uint32_t *slots; /* class + 1 by hash of its row */
    size_t slot_count;
};
struct rule_groups {
    struct intervals v6;
    struct short_intervals v4;
    struct classes addresses, ports;
    uint32_t port_class[65536];
    uint32_t portless_class; /* only in groups written as "any" */
};

static const uint64_t *class_row(const struct classes *c, uint32_t class)
{
    return c->bits + (size_t) class * c->words;
}

static bool class_has(const struct classes *c, uint32_t class, uint32_t group)
{
    return class_row(c, class)[group / 64] >> (group % 64) & 1;
}

static size_t class_slot(const struct classes *c, const uint64_t *row)
{
    size_t at = XXH3_64bits(row, c->words * sizeof *row) & (c->slot_count - 1);
    while (c->slots[at] && memcmp(class_row(c, c->slots[at] - 1), row, c->words * sizeof *row) != 0)
        at = (at + 1) & (c->slot_count - 1);
    return at;
}

static void grow_classes(struct classes *c)
{
    c->cap = c->cap ? c->cap * 2 : 64;
    c->slot_count = c->cap * 2;
    c->bits = realloc(c->bits, c->cap * c->words * sizeof *c->bits);
    free(c->slots);
    c->slots = calloc(c->slot_count, sizeof *c->slots);
    ASSERT(c->bits && c->slots);
    for (size_t i = 0; i < c->count; i++)
        c->slots[class_slot(c, class_row(c, (uint32_t)i))] = (uint32_t)i + 1;
}

static uint32_t class_of_row(struct classes *c, const uint64_t *row)
{
    if (c->count == c->cap)
        grow_classes(c);
    size_t at = class_slot(c, row);
    if (c->slots[at])
        return c->slots[at] - 1;
    memcpy(c->bits + c->count * c->words, row, c->words * sizeof *row);
    c->slots[at] = (uint32_t)++c->count;
    return c->slots[at] - 1;
}

/* ---- sweep over the ends of all ranges ---- */
struct edge {
    u128 at;
    uint32_t group;
    bool opens;
};

static int by_place(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

static size_t edges_of(const struct group *groups, size_t count, bool v6, u128 last,
                       struct edge *out)
{
    size_t n = 0;
    for (size_t g = 0; g < count; g++) {
        const struct ranges *r = v6 ? &groups[g].v6 : &groups[g].v4;
        for (size_t i = 0; i < r->count; i++) {
            if (out)
                out[n] = (struct edge){r->r[i].low, (uint32_t)g, true};
            n++;
            if (r->r[i].high == last)
                continue;
            if (out)
                out[n] = (struct edge){r->r[i].high + 1, (uint32_t)g, false};
            n++;
        }
    }
    return n;
}

static void sweep(const struct group *groups, size_t count, bool v6, u128 last,
                  struct classes *classes, struct intervals *out)
{
    size_t n = edges_of(groups, count, v6, last, NULL);
    struct edge *edges = malloc((n + 1) * sizeof *edges);
    uint64_t *row = calloc(classes->words, sizeof *row);
    out->v = malloc((n + 1) * sizeof *out->v);
    ASSERT(edges && row && out->v);
    edges_of(groups, count, v6, last, edges);
    qsort(edges, n, sizeof *edges, by_place);
    out->count = 0;
    if (n == 0 || edges[0].at > 0)
        out->v[out->count++] = (struct interval){0, class_of_row(classes, row)};
    for (size_t i = 0; i < n;) {
        u128 at = edges[i].at;
        for (; i < n && edges[i].at == at; i++)
            row[edges[i].group / 64] ^= 1ull << (edges[i].group % 64);
        out->v[out->count++] = (struct interval){at, class_of_row(classes, row)};
    }
    free(edges);
    free(row);
}

static void spread_ports(struct rule_groups *g, const struct intervals *iv)
{
    for (size_t i = 0; i < iv->count; i++) {
        u128 end = i + 1 < iv->count ? iv->v[i + 1].low : 65536;
        for (u128 port = iv->v[i].low; port < end; port++)
            g->port_class[port] = iv->v[i].class;
    }
}

static void shorten(struct short_intervals *out, const struct intervals *iv)
{
    size_t at = 0;
    out->low = malloc(iv->count * sizeof *out->low);
    out->class = malloc(iv->count * sizeof *out->class);
    ASSERT(out->low && out->class);
    for (size_t i = 0; i < iv->count; i++) {
        out->low[i] = (uint32_t)iv->v[i].low;
        out->class[i] = iv->v[i].class;
    }
    for (uint32_t upper = 0; upper < 65536; upper++) {
        while (at + 1 < iv->count && out->low[at + 1] <= upper << 16)
            at++;
        out->from[upper] = (uint32_t)at;
    }
    out->from[65536] = (uint32_t)iv->count - 1;
}

static uint32_t portless(struct classes *classes, const struct group *ports, size_t count)
{
    uint64_t *row = calloc(classes->words, sizeof *row);
    ASSERT(row);
    for (size_t i = 0; i < count; i++)
        if (ports[i].any)
            row[i / 64] |= 1ull << (i % 64);
    uint32_t class = class_of_row(classes, row);
    free(row);
    return class;
}

struct rule_groups *rule_groups_new(const struct ruleset *rs)
{
    struct rule_groups *g = calloc(1, sizeof *g);
    ASSERT(g);
    struct intervals ports = {0}, v4 = {0};
    g->addresses.words = rs->address_count / 64 + 1;
    g->ports.words = rs->port_count / 64 + 1;
    sweep(rs->addresses, rs->address_count, false, UINT32_MAX, &g->addresses, &v4);
    sweep(rs->addresses, rs->address_count, true, ~(u128)0, &g->addresses, &g->v6);
    sweep(rs->ports, rs->port_count, false, 65535, &g->ports, &ports);
    spread_ports(g, &ports);
    g->portless_class = portless(&g->ports, rs->ports, rs->port_count);
    shorten(&g->v4, &v4);
    free(ports.v);
    free(v4.v);
    return g;
}

void rule_groups_free(struct rule_groups *g)
{
    if (!g)
        return;
    free(g->v4.low);
    free(g->v4.class);
    free(g->v6.v);
    free(g->addresses.bits);
    free(g->addresses.slots);
    free(g->ports.bits);
    free(g->ports.slots);
    free(g);
}

static uint32_t class_of_v4(const struct short_intervals *iv, uint32_t n)
{
    uint32_t low = iv->from[n >> 16], high = iv->from[(n >> 16) + 1] + 1;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (iv->low[middle] <= n)
            low = middle;
        else
            high = middle;
    }
    return iv->class[low];
}

static uint32_t address_class(const struct rule_groups *g, const struct addr *a)
{
    uint32_t v4;
    memcpy(&v4, a->b, sizeof v4);
    if (a->version != 6)
        return class_of_v4(&g->v4, ntohl(v4));
    u128 n = addr_number(a);
    const struct intervals *iv = &g->v6;
    size_t low = 0, high = iv->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (iv->v[middle].low <= n)
            low = middle;
        else
            high = middle;
    }
    return iv->v[low].class;
}

void header_key_make(const struct rule_groups *g, const struct addr *src, const struct addr *dst,
                     uint16_t sport, uint16_t dport, uint8_t proto, enum direction dir,
                     struct header_key *out)
{
    *out = (struct header_key){
        .src = address_class(g, src),
        .dst = address_class(g, dst),
        .sport = g->port_class[sport],
        .dport = g->port_class[dport],
        .proto = proto,
        .version_bit = src->version == 6 ? 2 : 1,
        .dir = dir,
    };
}

struct header_key header_key_back(const struct header_key *key)
{
    struct header_key back = *key;
    back.src = key->dst;
    back.dst = key->src;
    back.sport = key->dport;
    back.dport = key->sport;
    back.dir = OTHER(key->dir);
    return back;
}

void header_key_portless(const struct rule_groups *g, struct header_key *key)
{
    key->sport = key->dport = g->portless_class;
}

bool header_fits_no_ip(const struct rule_groups *g, const struct signature *s)
{
    return signature_wants_proto(s, 0) && s->ip_versions == 3 &&
           class_has(&g->ports, g->portless_class, s->sport_set) &&
           class_has(&g->ports, g->portless_class, s->dport_set);
}

bool header_fits(const struct rule_groups *g, const struct signature *s, const struct header_key *k)
{
    return (s->dirs & DIR_BIT(k->dir)) && (s->ip_versions & k->version_bit) &&
           signature_wants_proto(s, k->proto) && class_has(&g->ports, k->dport, s->dport_set) &&
           class_has(&g->ports, k->sport, s->sport_set) &&
           class_has(&g->addresses, k->src, s->src_set) &&
           class_has(&g->addresses, k->dst, s->dst_set);
}

/* ---- rule lists ---- */
struct rule_list {
    const struct signature **rules;
    size_t count, words;
    uint64_t *src, *dst, *sport, *dport; /* a row for each class */
    uint64_t *proto;                     /* a row for each of 256 */
    uint64_t *side;                      /* rows: direction * 2 + (IPv6) */
};

static uint64_t *matrix(size_t rows, size_t words)
{
    uint64_t *m = calloc(rows * words + 1, sizeof *m);
    ASSERT(m);
    return m;
}

static void mark(uint64_t *m, size_t words, size_t row, size_t rule)
{
    m[row * words + rule / 64] |= 1ull << (rule % 64);
}

static void mark_rule(struct rule_list *l, const struct rule_groups *g, size_t i)
{
    const struct signature *s = l->rules[i];
    for (uint32_t c = 0; c < g->addresses.count; c++) {
        if (class_has(&g->addresses, c, s->src_set))
            mark(l->src, l->words, c, i);
        if (class_has(&g->addresses, c, s->dst_set))
            mark(l->dst, l->words, c, i);
    }
    for (uint32_t c = 0; c < g->ports.count; c++) {
        if (class_has(&g->ports, c, s->sport_set))
            mark(l->sport, l->words, c, i);
        if (class_has(&g->ports, c, s->dport_set))
            mark(l->dport, l->words, c, i);
    }
    for (unsigned p = 0; p < 256; p++)
        if (signature_wants_proto(s, (uint8_t)p))
            mark(l->proto, l->words, p, i);
    for (unsigned dir = 0; dir < 2; dir++)
        for (unsigned v = 0; v < 2; v++)
            if ((s->dirs & DIR_BIT(dir)) && (s->ip_versions & 1u << v))
                mark(l->side, l->words, dir * 2 + v, i);
}

struct rule_list *rule_list_new(const struct rule_groups *g, struct signature *const *rules,
                                size_t count)
{
    struct rule_list *l = calloc(1, sizeof *l);
    ASSERT(l);
    l->count = count;
    l->words = count / 64 + 1;
    l->rules = calloc(count + 1, sizeof *l->rules);
    ASSERT(l->rules);
    l->src = matrix(g->addresses.count, l->words);
    l->dst = matrix(g->addresses.count, l->words);
    l->sport = matrix(g->ports.count, l->words);
    l->dport = matrix(g->ports.count, l->words);
    l->proto = matrix(256, l->words);
    l->side = matrix(4, l->words);
    for (size_t i = 0; i < count; i++) {
        l->rules[i] = rules[i];
        mark_rule(l, g, i);
    }
    return l;
}

void rule_list_free(struct rule_list *l)
{
    if (!l)
        return;
    free(l->rules);
    free(l->src);
    free(l->dst);
    free(l->sport);
    free(l->dport);
    free(l->proto);
    free(l->side);
    free(l);
}

size_t rule_list_count(const struct rule_list *l)
{
    return l->count;
}

const struct signature *rule_list_rule(const struct rule_list *l, size_t i)
{
    return l->rules[i];
}

static uint64_t fitting_word(const struct rule_list *l, const struct header_key *k, size_t i)
{
    size_t w = l->words, side = (size_t)k->dir * 2 + (k->version_bit == 2);
    return l->src[k->src * w + i] & l->dst[k->dst * w + i] & l->sport[k->sport * w + i] &
           l->dport[k->dport * w + i] & l->proto[k->proto * w + i] & l->side[side * w + i];
}

void rule_list_fitting(const struct rule_list *l, const struct header_key *k, uint64_t *out)
{
    for (size_t i = 0; i < l->words; i++)
        out[i] = fitting_word(l, k, i);
}
