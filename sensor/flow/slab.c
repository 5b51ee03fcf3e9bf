/* sensor/flow/slab.c - see slab.h. */
#include "sensor/flow/slab.h"
#include "common/err.h"
#include <sys/mman.h>

void *slab_new(void)
{
    void *slab = aligned_alloc(SLAB_BYTES, SLAB_BYTES);
    ASSERT(slab);
    (void)madvise(slab, SLAB_BYTES, MADV_HUGEPAGE); /* a kernel without them does no harm */
    return slab;
}
