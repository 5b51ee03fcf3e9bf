/* sensor/detect/host_bits.c - see host_bits.h. */
#include "sensor/detect/host_bits.h"

#include <stdlib.h>
#include <xxhash.h>

#define BUCKET 8

void host_bits_init(struct host_bits *b, size_t entries)
{
    b->buckets = 1;
    while (b->buckets * BUCKET < entries)
        b->buckets *= 2;
    b->entries = calloc(b->buckets * BUCKET, sizeof *b->entries);
    ASSERT(b->entries);
}

void host_bits_release(struct host_bits *b)
{
    free(b->entries);
    *b = (struct host_bits){0};
}

uint64_t host_bit_key(uint64_t name, const struct addr *a, const struct addr *b)
{
    struct {
        uint64_t name;
        struct addr low, high;
    } k;
    bool turned = b && addr_cmp(a, b) > 0;
    memset(&k, 0, sizeof k);
    k.name = name;
    k.low = turned ? *b : *a;
    if (b)
        k.high = turned ? *a : *b;
    uint64_t key = XXH3_64bits(&k, sizeof k);
    return key ? key : 1;
}

static struct host_bit *find(const struct host_bits *t, uint64_t key)
{
    struct host_bit *bucket = t->entries + (key & (t->buckets - 1)) * BUCKET;
    for (size_t i = 0; i < BUCKET; i++)
        if (bucket[i].key == key)
            return &bucket[i];
    return NULL;
}

bool host_bit_is_set(const struct host_bits *t, uint64_t key, uint64_t now_s)
{
    const struct host_bit *b = find(t, key);
    return b && now_s <= b->expire_s;
}

/* A free entry, or else the one that expires first. */
static struct host_bit *room_for(const struct host_bits *t, uint64_t key)
{
    struct host_bit *bucket = t->entries + (key & (t->buckets - 1)) * BUCKET, *first = bucket;
    for (size_t i = 0; i < BUCKET; i++) {
        if (bucket[i].key == 0)
            return &bucket[i];
        if (bucket[i].expire_s < first->expire_s)
            first = &bucket[i];
    }
    return first;
}

bool host_bit_set(struct host_bits *t, uint64_t key, uint64_t now_s, uint64_t expire_s)
{
    struct host_bit *b = find(t, key);
    bool evicts = false;
    if (b && now_s <= b->expire_s)
        return false;
    if (!b) {
        b = room_for(t, key);
        evicts = b->key && now_s <= b->expire_s;
    }
    *b = (struct host_bit){key, expire_s};
    return evicts;
}

void host_bit_unset(struct host_bits *t, uint64_t key)
{
    struct host_bit *b = find(t, key);
    if (b)
        *b = (struct host_bit){0};
}
