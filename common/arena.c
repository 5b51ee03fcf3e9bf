/* common/arena.c - see arena.h. */
#include "common/arena.h"
#include "common/err.h"
#include <sys/mman.h>

enum { CACHE_LINE = 64 };

struct arena_block {
    struct arena_block *next;
    size_t cap; /* of what follows the header's cache line */
};

static uint8_t *block_data(struct arena_block *b)
{
    return (uint8_t *)b + CACHE_LINE;
}

/* n: a multiple of ARENA_HUGE. */
static struct arena_block *huge_block(size_t n)
{
    struct arena_block *b = aligned_alloc(ARENA_HUGE, n);
    if (b)
        (void)madvise(b, n, MADV_HUGEPAGE); /* a kernel without them does no harm */
    return b;
}

static struct arena_block *block_new(const struct arena *a, size_t n)
{
    size_t cap = (a->block_bytes ? a->block_bytes : 64 << 10) - CACHE_LINE;
    if (cap < n)
        cap = n;
    size_t whole = cap + CACHE_LINE, huge = (whole + ARENA_HUGE - 1) / ARENA_HUGE * ARENA_HUGE;
    struct arena_block *b = whole >= ARENA_HUGE ? huge_block(huge) : malloc(whole);
    ASSERT(b);
    b->next = NULL;
    b->cap = cap;
    return b;
}

void *arena_take(struct arena *a, size_t n)
{
    n = (n + 15) & ~(size_t)15;
    if (!a->current) {
        a->first = a->current = block_new(a, n);
        a->used = 0;
    }
    while (a->current->cap - a->used < n) {
        struct arena_block *next = a->current->next;
        if (!next || next->cap < n) {
            next = block_new(a, n);
            next->next = a->current->next;
            a->current->next = next;
        }
        a->current = next;
        a->used = 0;
    }
    void *p = block_data(a->current) + a->used;
    a->used += n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    return memset(arena_take(a, n), 0, n);
}

struct bytes arena_copy(struct arena *a, struct bytes b)
{
    uint8_t *p = arena_take(a, b.len + 1);
    if (b.len)
        memcpy(p, b.p, b.len);
    p[b.len] = 0;
    return bytes_of(p, b.len);
}

void arena_reset(struct arena *a)
{
    a->current = a->first;
    a->used = 0;
}

void arena_release(struct arena *a)
{
    while (a->first) {
        struct arena_block *next = a->first->next;
        free(a->first);
        a->first = next;
    }
    *a = (struct arena){.block_bytes = a->block_bytes};
}
