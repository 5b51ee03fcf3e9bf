/* mpm/cache.h - compiled databases kept on disk, so that a restart takes a second.
 *
 * A file's name is a hash of library version, CPU features and every expression; a database of
 * another library or machine is never found. Reading or writing may fail without harm. */
#ifndef DETECT_MPM_CACHE_H
#define DETECT_MPM_CACHE_H
#include <hs.h>
#include <stddef.h>

/* NULL: not there, or dir is NULL. */
hs_database_t *cache_get(const char *dir, const char *const *texts, const unsigned *flags,
                         size_t count);
void cache_put(const char *dir, const char *const *texts, const unsigned *flags, size_t count,
               const hs_database_t *db);

#endif
