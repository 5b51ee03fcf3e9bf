/* mpm/matcher.h - many literals at once, a hash table for those that must be all of what is looked
 * at (names, hashes), and the rules that each literal stands for.
 *
 * Equal literals are one. */
#ifndef DETECT_MPM_MATCHER_H
#define DETECT_MPM_MATCHER_H
#include "sensor/detect/mpm/literals.h"
#include "sensor/detect/names.h"

#define MATCHER_WHOLE_MAX 255 /* bytes of a literal that can be a whole one */

struct matcher;
/* Literals and the rules that wait for them. */
struct literal_rules {
    struct names literals; /* a byte: any case or not; then the literal */
    struct literal_rule {
        uint32_t literal, rule;
        struct bytes exact; /* of a whole one: as it has to be written; empty: in any case */
    } * pairs;
    size_t count, cap;
};
struct matcher_builder {
    struct arena arena;
    struct literal_rules within, whole;
    size_t *ends_by; /* of the literals within */
    size_t ends_by_count, ends_by_cap;
};
/* whole: it is all of what is looked at, of at most MATCHER_WHOLE_MAX bytes. In lower case when
 * nocase. ends_by: as in struct literal. */
void matcher_add(struct matcher_builder *b, struct bytes literal, bool nocase, bool whole,
                 size_t ends_by, uint32_t rule);
/* Empties the builder. NULL when nothing was added. number: to tell it from others by. */
struct matcher *matcher_build(struct matcher_builder *b, unsigned number);
void matcher_free(struct matcher *m);
unsigned matcher_number(const struct matcher *m);
/* Bytes of its longest literal that is not a whole one; 0: all are. */
size_t matcher_longest(const struct matcher *m);
/* Makes room in s for what m finds. */
void matcher_grow_seen(const struct matcher *m, struct literals_seen *s);

/* Of a matcher, the literals of those rules that are wanted. */
struct matcher_part;
typedef bool matcher_wants_fn(const void *ctx, uint32_t rule);
/* One of those in list that has the same literals, or a new one at its head; NULL: no rule of m is
 * wanted. Borrows m. */
struct matcher_part *matcher_part(const struct matcher *m, matcher_wants_fn *wants, const void *ctx,
                                  struct matcher_part **list);
void matcher_parts_free(struct matcher_part *list);
size_t matcher_part_bytes(const struct matcher_part *p);

/* Calls hit for each rule of each literal found, each literal once; of a literal that a wanted rule
 * and others share, for all of them. */
typedef void matcher_hit_fn(void *ctx, uint32_t rule);
void matcher_scan(const struct matcher_part *p, struct literals_seen *seen, struct literals_view in,
                  matcher_hit_fn *hit, void *ctx);

#endif
