/* sensor/anomaly/keyed.c - see keyed.h. Open addressing with linear probing over entry numbers and
 * part of their keys, so that a probe seldom goes to memory for an entry in vain; the entries stand
 * in one growing block and are chained by use. */
#include "sensor/anomaly/keyed.h"
#include "common/err.h"
#include <sys/random.h>
#include <xxhash.h>

#define NONE UINT32_MAX

struct entry {
    struct keyed_key key;
    uint32_t older, newer; /* by use; older also chains free entries */
};

struct slot {
    uint32_t entry; /* or NONE */
    uint32_t mark;  /* of the key: what its slot follows from */
};

struct keyed {
    size_t cap, stride, state_bytes;
    keyed_gone_fn *gone;
    void *ctx;
    uint64_t secret, evicted;
    uint8_t *entries; /* `made` of them, room for `room` */
    uint32_t made, room, count;
    uint32_t oldest, newest, free_entry;
    struct slot *slots; /* a power of two of them */
    uint32_t slot_mask;
};

static struct entry *entry_at(const struct keyed *t, uint32_t n)
{
    return (struct entry *)(void *)(t->entries + n * t->stride);
}

static void *state_of(struct entry *e)
{
    return e + 1;
}

static uint32_t mark_of(struct keyed_key key)
{
    return (uint32_t)key.low;
}

static struct slot *slots_new(uint32_t count)
{
    struct slot *slots = malloc(count * sizeof *slots);
    ASSERT(slots);
    memset(slots, 0xff, count * sizeof *slots);
    return slots;
}

struct keyed *keyed_new(size_t cap, size_t state_bytes, keyed_gone_fn *gone, void *ctx)
{
    struct keyed *t = calloc(1, sizeof *t);
    ASSERT(t && cap > 0 && cap < NONE / 4);
    t->cap = cap;
    t->state_bytes = state_bytes;
    t->stride = (sizeof(struct entry) + state_bytes + 15) & ~(size_t)15;
    t->gone = gone;
    t->ctx = ctx;
    t->oldest = t->newest = t->free_entry = NONE;
    t->slot_mask = 63;
    t->slots = slots_new(t->slot_mask + 1);
    ASSERT(getrandom(&t->secret, sizeof t->secret, 0) == sizeof t->secret);
    return t;
}

void keyed_free(struct keyed *t)
{
    if (!t)
        return;
    while (t->count)
        keyed_remove_oldest(t);
    free(t->entries);
    free(t->slots);
    free(t);
}

struct keyed_key keyed_digest(const struct keyed *t, struct bytes key)
{
    XXH128_hash_t h = XXH3_128bits_withSeed(key.p, key.len, t->secret);
    return (struct keyed_key){h.low64, h.high64};
}

/* The first free slot for a mark. */
static uint32_t free_slot(const struct keyed *t, uint32_t mark)
{
    uint32_t at = mark & t->slot_mask;
    while (t->slots[at].entry != NONE)
        at = (at + 1) & t->slot_mask;
    return at;
}

/* The slot where the key is, or where it would go. */
static uint32_t slot_of(const struct keyed *t, struct keyed_key key)
{
    uint32_t at = mark_of(key) & t->slot_mask;
    for (; t->slots[at].entry != NONE; at = (at + 1) & t->slot_mask) {
        if (t->slots[at].mark != mark_of(key))
            continue;
        const struct entry *e = entry_at(t, t->slots[at].entry);
        if (e->key.low == key.low && e->key.high == key.high)
            break;
    }
    return at;
}

void *keyed_find(const struct keyed *t, struct keyed_key key)
{
    uint32_t n = t->slots[slot_of(t, key)].entry;
    return n == NONE ? NULL : state_of(entry_at(t, n));
}

/* ---- order of use -----------------------------------------------------------------------------
 */

static void chain_remove(struct keyed *t, uint32_t n)
{
    struct entry *e = entry_at(t, n);
    if (e->older != NONE)
        entry_at(t, e->older)->newer = e->newer;
    else
        t->oldest = e->newer;
    if (e->newer != NONE)
        entry_at(t, e->newer)->older = e->older;
    else
        t->newest = e->older;
}

static void chain_append(struct keyed *t, uint32_t n)
{
    struct entry *e = entry_at(t, n);
    e->older = t->newest;
    e->newer = NONE;
    if (t->newest != NONE)
        entry_at(t, t->newest)->newer = n;
    else
        t->oldest = n;
    t->newest = n;
}

void *keyed_oldest(const struct keyed *t)
{
    return t->oldest == NONE ? NULL : state_of(entry_at(t, t->oldest));
}

/* ---- making and removing -----------------------------------------------------------------------
 */

static void slots_grow(struct keyed *t)
{
    struct slot *before = t->slots;
    uint32_t count = t->slot_mask + 1;
    t->slots = slots_new(count * 2);
    t->slot_mask = count * 2 - 1;
    for (uint32_t i = 0; i < count; i++)
        if (before[i].entry != NONE)
            t->slots[free_slot(t, before[i].mark)] = before[i];
    free(before);
}

/* Empties a slot and moves back what probed past it, so that no search ends early. */
static void slot_clear(struct keyed *t, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & t->slot_mask; t->slots[at].entry != NONE;
         at = (at + 1) & t->slot_mask) {
        uint32_t home = t->slots[at].mark & t->slot_mask;
        if (((at - home) & t->slot_mask) < ((at - hole) & t->slot_mask))
            continue;
        t->slots[hole] = t->slots[at];
        hole = at;
    }
    t->slots[hole].entry = NONE;
}

static void remove_entry(struct keyed *t, uint32_t n)
{
    struct entry *e = entry_at(t, n);
    slot_clear(t, slot_of(t, e->key));
    chain_remove(t, n);
    t->count--;
    if (t->gone)
        t->gone(t->ctx, state_of(e));
    e->older = t->free_entry;
    t->free_entry = n;
}

void keyed_remove_oldest(struct keyed *t)
{
    if (t->oldest != NONE)
        remove_entry(t, t->oldest);
}

void keyed_remove(struct keyed *t, struct keyed_key key)
{
    uint32_t n = t->slots[slot_of(t, key)].entry;
    if (n != NONE)
        remove_entry(t, n);
}

static uint32_t entry_take(struct keyed *t)
{
    if (t->free_entry != NONE) {
        uint32_t n = t->free_entry;
        t->free_entry = entry_at(t, n)->older;
        return n;
    }
    if (t->made == t->room) {
        t->room = t->room ? t->room * 2 : 64;
        t->entries = realloc(t->entries, t->room * t->stride);
        ASSERT(t->entries);
    }
    return t->made++;
}

void *keyed_use(struct keyed *t, struct keyed_key key)
{
    uint32_t n = t->slots[slot_of(t, key)].entry;
    if (n != NONE) {
        chain_remove(t, n);
        chain_append(t, n);
        return state_of(entry_at(t, n));
    }
    if (t->count == t->cap) {
        t->evicted++;
        keyed_remove_oldest(t);
    }
    if ((t->count + 1) * 2 > t->slot_mask)
        slots_grow(t);
    n = entry_take(t);
    struct entry *e = entry_at(t, n);
    e->key = key;
    memset(state_of(e), 0, t->state_bytes);
    t->slots[free_slot(t, mark_of(key))] = (struct slot){.entry = n, .mark = mark_of(key)};
    chain_append(t, n);
    t->count++;
    return state_of(e);
}

uint64_t keyed_evicted(const struct keyed *t)
{
    return t->evicted;
}

size_t keyed_memory(const struct keyed *t)
{
    return sizeof *t + t->room * t->stride + (t->slot_mask + 1) * sizeof *t->slots;
}
