/* sensor/detect/ranges.c - set algebra over sorted, disjoint ranges. */
#include "sensor/detect/ranges.h"

#include "common/err.h"

void ranges_add(struct ranges *s, u128 low, u128 high)
{
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 4;
        s->r = realloc(s->r, s->cap * sizeof *s->r);
        ASSERT(s->r);
    }
    s->r[s->count++] = (struct range){low, high};
}

void ranges_add_all(struct ranges *s, const struct ranges *other)
{
    for (size_t i = 0; i < other->count; i++)
        ranges_add(s, other->r[i].low, other->r[i].high);
}

static int by_low(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

void ranges_normalise(struct ranges *s)
{
    if (s->count < 2)
        return;
    qsort(s->r, s->count, sizeof *s->r, by_low);
    size_t kept = 0;
    for (size_t i = 1; i < s->count; i++) {
        struct range *last = &s->r[kept];
        /* Neighbours join too; the first test keeps high + 1 from wrapping. */
        if (s->r[i].low <= last->high || s->r[i].low == last->high + 1) {
            if (s->r[i].high > last->high)
                last->high = s->r[i].high;
        } else {
            s->r[++kept] = s->r[i];
        }
    }
    s->count = kept + 1;
}

/* Appends to out what is left of one range once b's ranges from *at on are cut away. */
static void cut_range(struct ranges *out, struct range left, const struct ranges *b, size_t *at)
{
    while (*at < b->count && b->r[*at].high < left.low)
        (*at)++;
    for (size_t i = *at; i < b->count && b->r[i].low <= left.high; i++) {
        if (b->r[i].low > left.low)
            ranges_add(out, left.low, b->r[i].low - 1);
        if (b->r[i].high >= left.high)
            return;
        left.low = b->r[i].high + 1;
    }
    ranges_add(out, left.low, left.high);
}

void ranges_subtract(struct ranges *a, const struct ranges *b)
{
    struct ranges out = {0};
    size_t at = 0;
    for (size_t i = 0; i < a->count; i++)
        cut_range(&out, a->r[i], b, &at);
    ranges_release(a);
    *a = out;
}

bool ranges_hold(const struct ranges *s, u128 n)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->r[middle].high < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->count && s->r[low].low <= n;
}

bool ranges_equal(const struct ranges *a, const struct ranges *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->r[i].low != b->r[i].low || a->r[i].high != b->r[i].high)
            return false;
    return true;
}

void ranges_release(struct ranges *s)
{
    free(s->r);
    *s = (struct ranges){0};
}
