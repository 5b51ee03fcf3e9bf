/* lib_memory.c - see lib_memory.h. */
#include "sensor/app/protocols/lib_memory.h"

#define PREFIX (2 * sizeof(size_t)) /* of which half is used: what follows stays aligned */

void *lib_alloc(void *app, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    size_t *p = app_alloc(app, n + PREFIX);
    p[0] = n;
    return p + 2;
}

void lib_free(void *app, void *p)
{
    size_t *start = p;
    if (p)
        app_dealloc(app, start - 2, start[-2] + PREFIX);
}

void *lib_realloc(void *app, void *p, size_t n)
{
    void *grown = lib_alloc(app, n);
    if (grown && p) {
        size_t old = ((size_t *)p)[-2];
        memcpy(grown, p, old < n ? old : n);
        lib_free(app, p);
    }
    return grown;
}

void *lib_zlib_alloc(void *app, unsigned count, unsigned n)
{
    return lib_alloc(app, (size_t)count * n);
}
