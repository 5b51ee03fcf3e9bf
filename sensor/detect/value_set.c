/* sensor/detect/value_set.c - see value_set.h. */
#include "sensor/detect/value_set.h"

#include <stdlib.h>
#include <sys/random.h>
#include <xxhash.h>

#include "common/err.h"

#define ROOM_LEAST 64

void value_set_init(struct value_set *s, size_t width, size_t cap_bytes)
{
    *s = (struct value_set){.width = width, .cap_bytes = cap_bytes};
    ASSERT(getrandom(&s->seed, sizeof s->seed, 0) == (ssize_t)sizeof s->seed);
}

void value_set_release(struct value_set *s)
{
    free(s->values);
    free(s->reputation);
    free(s->slots);
    free(s->texts);
    *s = (struct value_set){.width = s->width, .cap_bytes = s->cap_bytes};
}

static size_t stride(const struct value_set *s)
{
    return s->width ? s->width : sizeof(struct value_text);
}

static struct value_text *text_of(const struct value_set *s, size_t i)
{
    return (struct value_text *)(void *)s->values + i;
}

struct bytes value_at(const struct value_set *s, size_t i)
{
    if (s->width)
        return bytes_of(s->values + i * s->width, s->width);
    return bytes_of(s->texts + text_of(s, i)->at, text_of(s, i)->len);
}

size_t value_set_bytes(const struct value_set *s)
{
    return s->room * (stride(s) + (s->reputation ? sizeof *s->reputation : 0)) +
           s->slot_count * sizeof *s->slots + s->texts_room;
}

/* ---- index ---- */
static size_t home_of(const struct value_set *s, struct bytes value)
{
    return XXH3_64bits_withSeed(value.p, value.len, s->seed) & (s->slot_count - 1);
}

/* The slot that holds value, or the free one where it would go. */
static size_t slot_of(const struct value_set *s, struct bytes value)
{
    size_t at = home_of(s, value);
    while (s->slots[at] && !bytes_eq(value_at(s, s->slots[at] - 1), value))
        at = (at + 1) & (s->slot_count - 1);
    return at;
}

ptrdiff_t value_find(const struct value_set *s, struct bytes value)
{
    if (s->count == 0 || (s->width && value.len != s->width))
        return -1;
    return (ptrdiff_t)s->slots[slot_of(s, value)] - 1;
}

static void index_all(struct value_set *s, size_t slot_count)
{
    free(s->slots);
    s->slot_count = slot_count;
    s->slots = calloc(slot_count, sizeof *s->slots);
    ASSERT(s->slots);
    for (size_t i = 0; i < s->count; i++)
        s->slots[slot_of(s, value_at(s, i))] = (uint32_t)(i + 1);
}

/* Closes the gap a removed slot leaves, so that no search ends too early. */
static void free_slot(struct value_set *s, size_t at)
{
    size_t mask = s->slot_count - 1;
    for (size_t next = (at + 1) & mask; s->slots[next]; next = (next + 1) & mask) {
        size_t home = home_of(s, value_at(s, s->slots[next] - 1));
        if (((next - home) & mask) >= ((next - at) & mask)) {
            s->slots[at] = s->slots[next];
            at = next;
        }
    }
    s->slots[at] = 0;
}

/* ---- room ---- */
static void *resized(void *p, size_t bytes)
{
    p = realloc(p, bytes);
    ASSERT(p);
    return p;
}

static bool fits(const struct value_set *s, size_t more)
{
    return value_set_bytes(s) + more <= s->cap_bytes;
}

static bool make_room(struct value_set *s)
{
    if (s->count < s->room)
        return true;
    size_t room = s->room ? s->room + s->room / 2 : ROOM_LEAST;
    size_t each = stride(s) + (s->reputation ? sizeof *s->reputation : 0);
    size_t slots = s->slot_count;
    while (slots * 3 < room * 4)
        slots = slots ? slots * 2 : 2 * ROOM_LEAST;
    if (room >= UINT32_MAX ||
        !fits(s, (room - s->room) * each + (slots - s->slot_count) * sizeof *s->slots))
        return false;
    s->values = resized(s->values, room * stride(s));
    if (s->reputation)
        s->reputation = resized(s->reputation, room * sizeof *s->reputation);
    s->room = room;
    if (slots != s->slot_count)
        index_all(s, slots);
    return true;
}

/* Texts of removed values go when they are half of all. */
static void drop_dead_texts(struct value_set *s)
{
    uint8_t *fresh = malloc(s->texts_room ? s->texts_room : 1);
    size_t used = 0;
    ASSERT(fresh);
    for (size_t i = 0; i < s->count; i++) {
        struct value_text *t = text_of(s, i);
        memcpy(fresh + used, s->texts + t->at, t->len);
        t->at = used;
        used += t->len;
    }
    free(s->texts);
    s->texts = fresh;
    s->texts_used = used;
    s->texts_dead = 0;
}

static bool make_text_room(struct value_set *s, size_t len)
{
    if (s->texts_dead * 2 > s->texts_used)
        drop_dead_texts(s);
    if (s->texts_room - s->texts_used >= len)
        return true;
    size_t room = s->texts_room + s->texts_room / 2 + len + 4096;
    if (!fits(s, room - s->texts_room))
        return false;
    s->texts = resized(s->texts, room);
    s->texts_room = room;
    return true;
}

static bool make_reputation_room(struct value_set *s, uint16_t reputation)
{
    if (s->reputation || reputation == 0)
        return true;
    if (!fits(s, s->room * sizeof *s->reputation))
        return false;
    s->reputation = calloc(s->room, sizeof *s->reputation);
    ASSERT(s->reputation);
    return true;
}

/* ---- change ---- */
enum value_result value_add(struct value_set *s, struct bytes value, uint16_t reputation)
{
    if (value_find(s, value) >= 0)
        return VALUE_KNOWN;
    if ((s->width ? value.len != s->width : value.len > UINT32_MAX) || !make_room(s) ||
        !make_reputation_room(s, reputation) || (!s->width && !make_text_room(s, value.len)))
        return VALUE_FULL;
    size_t i = s->count;
    if (s->width) {
        memcpy(s->values + i * s->width, value.p, s->width);
    } else {
        *text_of(s, i) = (struct value_text){s->texts_used, (uint32_t)value.len};
        if (value.len)
            memcpy(s->texts + s->texts_used, value.p, value.len);
        s->texts_used += value.len;
    }
    if (s->reputation)
        s->reputation[i] = reputation;
    s->slots[slot_of(s, value)] = (uint32_t)(i + 1);
    s->count++;
    return VALUE_ADDED;
}

bool value_remove(struct value_set *s, struct bytes value)
{
    ptrdiff_t found = value_find(s, value);
    if (found < 0)
        return false;
    size_t i = (size_t)found, last = s->count - 1;
    free_slot(s, slot_of(s, value_at(s, i)));
    if (!s->width)
        s->texts_dead += text_of(s, i)->len;
    if (i != last) { /* the last one takes its place */
        s->slots[slot_of(s, value_at(s, last))] = (uint32_t)(i + 1);
        memcpy(s->values + i * stride(s), s->values + last * stride(s), stride(s));
        if (s->reputation)
            s->reputation[i] = s->reputation[last];
    }
    s->count = last;
    return true;
}
