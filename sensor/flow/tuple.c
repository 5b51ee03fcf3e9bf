/* sensor/flow/tuple.c - see tuple.h. */
#include "sensor/flow/tuple.h"
#include "sensor/flow/icmp_pair.h"
#define XXH_INLINE_ALL /* what is hashed has a known length: a call costs more than the hash */
#include <xxhash.h>

enum { ICMP4_UNREACHABLE = 3, ICMP4_QUENCH = 4, ICMP4_REDIRECT = 5, ICMP4_EXCEEDED = 11 };
enum { ICMP4_PARAMETER = 12, ESP_SPI_BYTES = 4 };

static bool is_icmp4_error(const struct packet *p)
{
    if (p->proto != IPP_ICMP || p->ip_version != 4)
        return false;
    uint8_t t = p->icmp.type;
    return t == ICMP4_UNREACHABLE || t == ICMP4_QUENCH || t == ICMP4_REDIRECT ||
           t == ICMP4_EXCEEDED || t == ICMP4_PARAMETER;
}

/* What the quoted datagram shares with the packet that quotes it. */
static void tuple_layers(const struct packet *p, struct tuple *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out->vlan, p->vlan, sizeof out->vlan); /* zero beyond vlan_count */
    out->ip_version = p->ip_version;
    out->recursion = p->recursion;
}

static bool tuple_ports(const struct packet *p, uint16_t port[2])
{
    switch (p->proto) {
    case IPP_TCP:
    case IPP_UDP:
    case IPP_SCTP:
        port[0] = p->sport;
        port[1] = p->dport;
        return p->l4.len > 0;
    case IPP_ICMP:
    case IPP_ICMPV6:
        port[0] = p->icmp.type;
        port[1] = p->icmp.code;
        return p->l4.len > 0 && !is_icmp4_error(p);
    case IPP_ESP:
        if (p->l4.len < ESP_SPI_BYTES)
            return false;
        port[0] = (uint16_t)(p->l4.p[0] << 8 | p->l4.p[1]);
        port[1] = (uint16_t)(p->l4.p[2] << 8 | p->l4.p[3]);
        return true;
    case IPP_IPV6: /* a tunnel over IPv4 */
        return p->ip_version == 4;
    default:
        return false;
    }
}

bool flow_tuple(const struct packet *p, struct tuple *out)
{
    if (p->ip_version == 0 || (p->flags & (PACKET_INVALID | PACKET_FRAGMENT)))
        return false;
    tuple_layers(p, out);
    out->proto = p->proto;
    out->addr[0] = p->src;
    out->addr[1] = p->dst;
    return tuple_ports(p, out->port);
}

bool tuple_quoted(const struct packet *p, struct tuple *out)
{
    if (!(p->flags & PACKET_ICMP_EMBEDDED) || (p->flags & PACKET_INVALID) || !is_icmp4_error(p))
        return false;
    if (p->inner_proto != IPP_TCP && p->inner_proto != IPP_UDP && p->inner_proto != IPP_SCTP)
        return false;
    tuple_layers(p, out);
    out->proto = p->inner_proto;
    out->addr[0] = p->inner_src;
    out->addr[1] = p->inner_dst;
    out->port[0] = p->inner_sport;
    out->port[1] = p->inner_dport;
    return true;
}

/* As two numbers: any order serves, as long as it is one. */
static int addr_order(const struct addr *a, const struct addr *b)
{
    uint64_t x[2], y[2];
    memcpy(x, a->b, sizeof x);
    memcpy(y, b->b, sizeof y);
    int i = x[0] == y[0];
    return x[i] < y[i] ? -1 : x[i] > y[i];
}

static bool addr_same(const struct addr *a, const struct addr *b)
{
    uint64_t x[2], y[2];
    memcpy(x, a->b, sizeof x);
    memcpy(y, b->b, sizeof y);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static bool is_icmp(uint8_t proto)
{
    return proto == IPP_ICMP || proto == IPP_ICMPV6;
}

/* What each end is known by: its port; for ICMP the type it sends. */
static void end_marks(const struct tuple *t, uint16_t mark[2])
{
    mark[0] = t->port[0];
    mark[1] = t->port[1];
    if (is_icmp(t->proto)) {
        int answer = icmp_pair(t->proto, (uint8_t)t->port[0]);
        mark[1] = answer < 0 ? 0 : (uint16_t)answer;
    }
}

/* Hashed as bytes: no padding that could hold chance. */
struct hash_key {
    uint8_t low[16], high[16];
    uint16_t low_mark, high_mark;
    uint16_t vlan[PACKET_VLAN_MAX];
    uint8_t proto, ip_version, recursion, zero;
};
_Static_assert(sizeof(struct hash_key) == 46, "padding in what is hashed");

uint64_t tuple_hash(const struct tuple *t, uint64_t seed)
{
    uint16_t mark[2];
    end_marks(t, mark);
    int order = addr_order(&t->addr[0], &t->addr[1]);
    /* The halves of an SPI belong together, not to an end. */
    bool swap = order > 0 || (order == 0 && t->proto != IPP_ESP && mark[0] > mark[1]);
    bool swap_marks = swap && t->proto != IPP_ESP;
    struct hash_key k = {.low_mark = mark[swap_marks], .high_mark = mark[!swap_marks]};
    memcpy(k.low, t->addr[swap].b, sizeof k.low);
    memcpy(k.high, t->addr[!swap].b, sizeof k.high);
    memcpy(k.vlan, t->vlan, sizeof k.vlan);
    k.proto = t->proto;
    k.ip_version = t->ip_version;
    k.recursion = t->recursion;
    uint64_t h = XXH3_64bits_withSeed(&k, sizeof k, seed);
    return h ? h : 1;
}

static bool addrs_equal(const struct tuple *a, const struct tuple *b, int cross)
{
    return addr_same(&a->addr[0], &b->addr[cross]) && addr_same(&a->addr[1], &b->addr[!cross]);
}

bool tuple_matches(const struct tuple *flow, const struct tuple *t, enum direction *dir)
{
    if (flow->proto != t->proto || flow->ip_version != t->ip_version ||
        flow->recursion != t->recursion || memcmp(flow->vlan, t->vlan, sizeof t->vlan) != 0)
        return false;
    uint16_t ours[2], its[2];
    end_marks(flow, ours);
    end_marks(t, its);
    bool esp = t->proto == IPP_ESP;
    if (ours[0] == its[0] && ours[1] == its[1] && addrs_equal(flow, t, 0)) {
        *dir = TO_SERVER;
        return true;
    }
    if (ours[0] == its[!esp] && ours[1] == its[esp] && addrs_equal(flow, t, 1)) {
        *dir = TO_CLIENT;
        return true;
    }
    return false;
}

/* Of the two addresses alone, in either order. */
static uint64_t pair_hash(const struct tuple *t, uint64_t seed)
{
    uint8_t key[32];
    bool swap = addr_order(&t->addr[0], &t->addr[1]) > 0;
    memcpy(key, t->addr[swap].b, 16);
    memcpy(key + 16, t->addr[!swap].b, 16);
    return XXH3_64bits_withSeed(key, sizeof key, seed);
}

uint64_t flow_hash(const struct packet *p, uint64_t seed)
{
    struct tuple t;
    if (flow_tuple(p, &t) || tuple_quoted(p, &t))
        return pair_hash(&t, seed);
    return 0;
}
