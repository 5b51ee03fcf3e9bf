/* sensor/flow/leaving.c - see leaving.h. */
#include "sensor/flow/leaving.h"
#include "common/err.h"
#include <stdlib.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, FEW = 256 };

void leaving_reserve(struct leaving *l, size_t cap)
{
    if (cap <= l->cap)
        return;
    l->cap = cap;
    l->flows = realloc(l->flows, cap * sizeof *l->flows);
    ASSERT(l->flows);
}

void leaving_add(struct leaving *l, struct flow *f)
{
    if (l->count == l->cap)
        leaving_reserve(l, l->cap ? l->cap * 2 : 1024);
    l->flows[l->count++] = (struct leaver){f->first_packet, f};
}

void leaving_release(struct leaving *l)
{
    free(l->flows);
    *l = (struct leaving){0};
}

static bool is_before(const struct leaver *l, const struct leaver *r)
{
    if (l->first_packet != r->first_packet)
        return l->first_packet < r->first_packet;
    const struct flow *x = l->flow, *y = r->flow;
    if (x->tuple.recursion != y->tuple.recursion)
        return x->tuple.recursion < y->tuple.recursion;
    return x->id < y->id;
}

/* Stable: those of one digit stay in the order they are in. */
static void by_digit(const struct leaver *from, struct leaver *to, size_t n, unsigned shift)
{
    size_t at[DIGITS] = {0}, before = 0;
    for (size_t i = 0; i < n; i++)
        at[from[i].first_packet >> shift & (DIGITS - 1)]++;
    for (size_t d = 0; d < DIGITS; d++) {
        size_t of_digit = at[d];
        at[d] = before;
        before += of_digit;
    }
    for (size_t i = 0; i < n; i++)
        to[at[from[i].first_packet >> shift & (DIGITS - 1)]++] = from[i];
}

/* Digit by digit, the lowest first: a million flows cost a fraction of comparing them. */
static void sort_many(struct leaving *l)
{
    struct leaving spare = {0};
    uint64_t highest = 0;
    leaving_reserve(&spare, l->count);
    for (size_t i = 0; i < l->count; i++)
        highest |= l->flows[i].first_packet;
    for (unsigned shift = 0; shift < 64 && highest >> shift; shift += DIGIT_BITS) {
        struct leaving sorted = spare;
        by_digit(l->flows, sorted.flows, l->count, shift);
        sorted.count = l->count;
        spare = *l;
        *l = sorted;
    }
    leaving_release(&spare);
}

void leaving_sort(struct leaving *l)
{
    size_t i = 1;
    while (i < l->count && is_before(&l->flows[i - 1], &l->flows[i]))
        i++;
    if (i < l->count && l->count > FEW)
        sort_many(l);
    for (i = 1; i < l->count; i++) { /* a few, or those of one packet */
        struct leaver moved = l->flows[i];
        size_t at = i;
        for (; at > 0 && is_before(&moved, &l->flows[at - 1]); at--)
            l->flows[at] = l->flows[at - 1];
        l->flows[at] = moved;
    }
}
