/* sensor/flow/slab.c - see slab.h. */
#include "sensor/flow/slab.h"
#include "common/err.h"
#include <string.h>
#include <sys/mman.h>

/* n: a multiple of SLAB_BYTES. */
static void *huge_pages(size_t n)
{
    void *p = aligned_alloc(SLAB_BYTES, n);
    ASSERT(p);
    (void)madvise(p, n, MADV_HUGEPAGE); /* a kernel without them does no harm */
    return p;
}

void *slab_new(void)
{
    return huge_pages(SLAB_BYTES);
}

void *slab_table(size_t n)
{
    if (n >= SLAB_BYTES)
        return memset(huge_pages((n + SLAB_BYTES - 1) / SLAB_BYTES * SLAB_BYTES), 0, n);
    void *p = calloc(1, n);
    ASSERT(p);
    return p;
}
