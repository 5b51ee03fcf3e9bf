/* sensor/detect/names.c - texts to small numbers. */
#include "sensor/detect/names.h"

#include <xxhash.h>

#include "common/err.h"

static size_t slot_of(const struct names *n, struct bytes text)
{
    size_t mask = n->slot_count - 1;
    size_t at = XXH3_64bits(text.p, text.len) & mask;
    while (n->slots[at] && !bytes_eq(n->list[n->slots[at] - 1], text))
        at = (at + 1) & mask;
    return at;
}

int names_find(const struct names *n, struct bytes text)
{
    if (n->slot_count == 0)
        return -1;
    return (int)n->slots[slot_of(n, text)] - 1;
}

static void grow(struct names *n)
{
    n->cap = n->cap ? n->cap * 2 : 32;
    n->slot_count = n->cap * 2;
    n->list = realloc(n->list, n->cap * sizeof *n->list);
    free(n->slots);
    n->slots = calloc(n->slot_count, sizeof *n->slots);
    ASSERT(n->list && n->slots);
    for (size_t i = 0; i < n->count; i++)
        n->slots[slot_of(n, n->list[i])] = (uint32_t)i + 1;
}

int names_add(struct names *n, struct arena *arena, struct bytes text)
{
    int id = names_find(n, text);
    if (id >= 0)
        return id;
    if (n->count == n->cap)
        grow(n);
    n->list[n->count] = arena_copy(arena, text);
    n->slots[slot_of(n, n->list[n->count])] = (uint32_t)n->count + 1;
    return (int)n->count++;
}

void names_copy(struct names *n, struct arena *arena, const struct names *from)
{
    for (size_t i = 0; i < from->count; i++)
        names_add(n, arena, from->list[i]);
}

void names_release(struct names *n)
{
    free(n->list);
    free(n->slots);
    *n = (struct names){0};
}
