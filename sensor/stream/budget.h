/* sensor/stream/budget.h - the engine's memory for bytes, in pooled blocks. Private to stream/.
 *
 * Blocks come in sizes of 4 KiB times a power of two; freed ones are kept for reuse. The smallest,
 * which nearly all are, lie on slabs. What streams hold at one moment never exceeds the budget. */
#ifndef STREAM_BUDGET_H
#define STREAM_BUDGET_H
#include "common/bytes.h"

enum { BLOCK_MIN = 4096, BLOCK_ORDERS = 20 };

struct block; /* a free one, linked through its own first bytes */
struct budget {
    struct block *free[BLOCK_ORDERS];
    size_t cap, used;         /* bytes in the hands of streams */
    size_t kept;              /* bytes on the free lists */
    struct block_slab *slabs; /* newest first */
    size_t fresh;             /* blocks of the first slab that were ever taken */
};

/* BLOCK_MIN << order bytes, or NULL when the budget is spent. */
void *budget_take(struct budget *b, unsigned order);
void budget_give(struct budget *b, void *mem, unsigned order);
void budget_release(struct budget *b);

#endif
