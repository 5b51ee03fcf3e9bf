/* common/addr.h - IPv4 and IPv6 addresses, prefixes, and sets of prefixes. */
#ifndef COMMON_ADDR_H
#define COMMON_ADDR_H
#include "common/bytes.h"
#include "common/err.h"

/* b holds 4 or 16 bytes in network order; the rest is zero, so two equal addresses are equal bytes.
 */
struct addr {
    uint8_t b[16];
    uint8_t version; /* 4, 6, or 0: none */
};

static inline bool addr_eq(const struct addr *a, const struct addr *b)
{
    return a->version == b->version && memcmp(a->b, b->b, sizeof a->b) == 0;
}

/* Orders by version, then bytes; <0, 0, >0. */
int addr_cmp(const struct addr *a, const struct addr *b);

struct addr addr_v4(const uint8_t b[4]);
struct addr addr_v6(const uint8_t b[16]);
bool addr_parse(struct bytes text, struct addr *out);

/* Text as EVE writes it: dotted quad, or IPv6 in full ("2001:0db8:0000:..."), as Suricata does. */
#define ADDR_TEXT_MAX 48
size_t addr_text(const struct addr *a, char out[ADDR_TEXT_MAX]);

struct prefix {
    struct addr addr; /* host bits zero */
    uint8_t bits;
};

/* "10.0.0.0/8", "2001:db8::/32", or a lone address. */
bool prefix_parse(struct bytes text, struct prefix *out);
bool prefix_holds(const struct prefix *p, const struct addr *a);
size_t prefix_text(const struct prefix *p, char out[ADDR_TEXT_MAX + 4]);

/* Longest-prefix map from prefixes to a non-negative number. Built once, then read by any thread.
 */
struct prefix_map;
struct prefix_map *prefix_map_new(void);
void prefix_map_free(struct prefix_map *m);
/* Returns 0, or -1 when exactly this prefix is there already (its value is kept). */
int prefix_map_add(struct prefix_map *m, const struct prefix *p, int value);
/* The value of the longest prefix that holds a, or -1. Cost: one binary search per prefix length in
 * use. */
int prefix_map_find(const struct prefix_map *m, const struct addr *a);

#endif
