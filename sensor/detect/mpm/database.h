/* mpm/database.h - literals to a Vectorscan database that finds them.
 *
 * Vectorscan 5.4.9 is blind in places: with some small sets it does not see literals that begin 64
 * bytes or more into a buffer of up to some 256, and a lone byte with HS_FLAG_SINGLEMATCH in any
 * buffer. So each database is tried on its own literals before it is used, and compiled anew with
 * a further literal that stands for nothing (which leads the library to another engine) until it
 * finds them all. */
#ifndef DETECT_MPM_DATABASE_H
#define DETECT_MPM_DATABASE_H
#include <hs.h>

#include "common/arena.h"
#include "common/err.h"

struct literal {
    struct bytes bytes; /* at least one */
    bool nocase;
};

/* In block mode; a match's id is the literal's index, ids from count on mean nothing. A literal of
 * several bytes is reported once a scan, a single byte as often as it is there. Read from and
 * written to cache_dir unless that is NULL. NULL on failure, then err is set. */
hs_database_t *database_build(const struct literal *literals, size_t count, const char *cache_dir,
                              struct err *err);

#endif
