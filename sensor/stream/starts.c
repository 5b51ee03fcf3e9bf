/* sensor/stream/starts.c - see starts.h. */
#include "sensor/stream/starts.h"

_Static_assert(sizeof(struct starts) <= BLOCK_MIN, "one smallest block");

/* Index of the first start behind `at`. */
static uint64_t seek(const struct starts *s, uint64_t at)
{
    uint64_t lo = 0, hi = s ? s->count : 0;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        if (s->at[mid] <= at)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void forget_until(struct starts *s, uint64_t sent)
{
    uint64_t gone = seek(s, sent);
    s->count -= gone;
    memmove(s->at, s->at + gone, s->count * sizeof s->at[0]);
}

void starts_add(struct budget *b, struct starts **s, uint64_t at, uint64_t sent)
{
    if (!*s) {
        *s = budget_take(b, 0);
        if (!*s)
            return;
        (*s)->count = 0;
    }
    if ((*s)->count == STARTS_MAX)
        forget_until(*s, sent);
    if ((*s)->count < STARTS_MAX)
        (*s)->at[(*s)->count++] = at;
}

void starts_free(struct budget *b, struct starts **s)
{
    if (*s)
        budget_give(b, *s, 0);
    *s = NULL;
}

bool starts_has(const struct starts *s, uint64_t at)
{
    uint64_t i = seek(s, at);
    return i > 0 && s->at[i - 1] == at;
}

uint64_t starts_after(const struct starts *s, uint64_t at)
{
    uint64_t i = seek(s, at);
    return s && i < s->count ? s->at[i] : UINT64_MAX;
}
