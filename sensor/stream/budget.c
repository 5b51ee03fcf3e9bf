/* sensor/stream/budget.c - see budget.h. */
#include "sensor/stream/budget.h"

struct block {
    struct block *next;
};

/* Blocks above this go back to the system: a few giant streams shall not pin memory for good. */
enum { KEEP_ORDER_MAX = 6 };

static size_t order_bytes(unsigned order)
{
    return (size_t)BLOCK_MIN << order;
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
    } else if (!(block = malloc(n))) {
        return NULL;
    }
    b->used += n;
    return block;
}

void budget_give(struct budget *b, void *mem, unsigned order)
{
    size_t n = order_bytes(order);
    b->used -= n;
    if (order > KEEP_ORDER_MAX || b->used + b->kept + n > b->cap) {
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
    for (unsigned c = 0; c < BLOCK_ORDERS; c++)
        for (struct block *block = b->free[c], *next; block; block = next) {
            next = block->next;
            free(block);
        }
    *b = (struct budget){0};
}
