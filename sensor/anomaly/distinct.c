/* sensor/anomaly/distinct.c - see distinct.h. */
#include "sensor/anomaly/distinct.h"
#include "common/err.h"
#include <math.h>
#include <xxhash.h>

#define EXACT_MAX 32
#define MAP_BITS  4096
#define MAP_BYTES (MAP_BITS / 8)

static bool map_add(struct distinct *d, uint32_t hash)
{
    uint32_t bit = hash >> 20, *word = &d->items[bit / 32], mask = 1u << bit % 32;
    if (*word & mask)
        return false;
    *word |= mask;
    d->set_bits++;
    return true;
}

static void become_map(struct distinct *d)
{
    uint32_t kept[EXACT_MAX];
    uint16_t count = d->count;
    memcpy(kept, d->items, count * sizeof *kept);
    free(d->items);
    d->items = calloc(1, MAP_BYTES);
    ASSERT(d->items);
    d->cap = MAP_BYTES / sizeof *d->items;
    for (uint16_t i = 0; i < count; i++)
        map_add(d, kept[i]);
}

bool distinct_add(struct distinct *d, struct bytes thing)
{
    uint32_t hash = (uint32_t)(XXH3_64bits(thing.p, thing.len) >> 32);
    if (d->set_bits)
        return map_add(d, hash);
    uint16_t at = 0;
    while (at < d->count && d->items[at] < hash)
        at++;
    if (at < d->count && d->items[at] == hash)
        return false;
    if (d->count == EXACT_MAX) {
        become_map(d);
        return map_add(d, hash);
    }
    if (d->count == d->cap) {
        d->cap = d->cap ? (uint16_t)(d->cap * 2) : 4;
        d->items = realloc(d->items, d->cap * sizeof *d->items);
        ASSERT(d->items);
    }
    memmove(d->items + at + 1, d->items + at, (size_t)(d->count - at) * sizeof *d->items);
    d->items[at] = hash;
    d->count++;
    return true;
}

uint32_t distinct_count(const struct distinct *d)
{
    if (!d->set_bits)
        return d->count;
    double clear = d->set_bits < MAP_BITS ? MAP_BITS - d->set_bits : 1;
    return (uint32_t)lround(-MAP_BITS * log(clear / MAP_BITS));
}

size_t distinct_memory(const struct distinct *d)
{
    return d->cap * sizeof *d->items;
}

void distinct_release(struct distinct *d)
{
    free(d->items);
    *d = (struct distinct){0};
}
