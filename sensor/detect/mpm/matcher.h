/* mpm/matcher.h - many literals at once: one Vectorscan database and what each literal stands for.
 *
 * Equal literals share an expression of the database. */
#ifndef DETECT_MPM_MATCHER_H
#define DETECT_MPM_MATCHER_H
#include <hs.h>

#include "common/err.h"
#include "sensor/detect/names.h"

struct matcher;
struct matcher_builder {
    struct arena arena;
    struct names patterns; /* flag byte, then the literal */
    struct matcher_pair {
        uint32_t pattern, rule;
    } * pairs;
    size_t count, cap;
};
void matcher_add(struct matcher_builder *b, struct bytes literal, bool nocase, uint32_t rule);
/* Compiles (or reads from cache_dir, NULL: no cache) and empties the builder. NULL without
 * patterns, or on failure, then err is set. */
struct matcher *matcher_build(struct matcher_builder *b, const char *cache_dir, struct err *err);
void matcher_free(struct matcher *m);

/* Makes *scratch large enough for m too. 0 or -1. */
int matcher_scratch(const struct matcher *m, hs_scratch_t **scratch);
/* Calls hit for each rule of each literal found, each literal once. */
typedef void matcher_hit_fn(void *ctx, uint32_t rule);
void matcher_scan(const struct matcher *m, hs_scratch_t *scratch, struct bytes in,
                  matcher_hit_fn *hit, void *ctx);
size_t matcher_longest(const struct matcher *m); /* bytes of its longest literal */

#endif
