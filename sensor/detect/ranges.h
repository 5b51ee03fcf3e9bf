/* sensor/detect/ranges.h - sets of numbers as sorted ranges: ports, IPv4 and IPv6 addresses.
 *
 * A set is built by ranges_add() in any order, then ranges_normalise() makes it sorted and
 * disjoint; every other call wants it so. */
#ifndef DETECT_RANGES_H
#define DETECT_RANGES_H
#include "common/bytes.h"

typedef unsigned __int128 u128; /* an IPv6 address is one number */

struct range {
    u128 low, high; /* both belong to it */
};
struct ranges {
    struct range *r;
    size_t count, cap;
};

void ranges_add(struct ranges *s, u128 low, u128 high);
void ranges_add_all(struct ranges *s, const struct ranges *other);
void ranges_normalise(struct ranges *s);
/* Takes the numbers of b out of a. */
void ranges_subtract(struct ranges *a, const struct ranges *b);
bool ranges_hold(const struct ranges *s, u128 n);
bool ranges_equal(const struct ranges *a, const struct ranges *b);
void ranges_release(struct ranges *s);

#endif
