/* sensor/stream/budget.c - see budget.h. */
#include "sensor/stream/budget.h"
#include "sensor/flow/slab.h"

struct block {
    struct block *next;
};

/* The first block of a slab holds the link to the next slab. */
struct block_slab {
    struct block_slab *next;
};
enum { SLAB_BLOCKS = SLAB_BYTES / BLOCK_MIN };

/* Blocks above this go back to the system: a few giant streams shall not pin memory for good. */
enum { KEEP_ORDER_MAX = 6 };

static size_t order_bytes(unsigned order)
{
    return (size_t)BLOCK_MIN << order;
}

/* Under AddressSanitizer every block stands alone instead, so that running over its end is seen. */
static void *slab_block(struct budget *b)
{
    if (!b->slabs || b->fresh == SLAB_BLOCKS) {
        struct block_slab *slab = slab_new();
        slab->next = b->slabs;
        b->slabs = slab;
        b->fresh = 1;
    }
    return (uint8_t *)b->slabs + b->fresh++ * BLOCK_MIN;
}

void *budget_take(struct budget *b, unsigned order)
{
    size_t n = order_bytes(order);
    if (order >= BLOCK_ORDERS || n > b->cap - b->used)
        return NULL;
    struct block *block = b->free[order];
    if (block) {
        b->free[order] = block->next;
        b->kept -= n;
    } else {
        block = order == 0 && !SLAB_SANITIZED ? slab_block(b) : malloc(n);
        if (!block)
            return NULL;
    }
    b->used += n;
    return block;
}

void budget_give(struct budget *b, void *mem, unsigned order)
{
    size_t n = order_bytes(order);
    b->used -= n;
    bool over = b->used + b->kept + n > b->cap;
    if (SLAB_SANITIZED || order > KEEP_ORDER_MAX || (order > 0 && over)) {
        free(mem);
        return;
    }
    struct block *block = mem;
    block->next = b->free[order];
    b->free[order] = block;
    b->kept += n;
}

void budget_release(struct budget *b)
{
    for (unsigned c = 1; c < BLOCK_ORDERS; c++)
        for (struct block *block = b->free[c], *next; block; block = next) {
            next = block->next;
            free(block);
        }
    for (struct block_slab *slab = b->slabs, *next; slab; slab = next) {
        next = slab->next;
        free(slab);
    }
    *b = (struct budget){0};
}
