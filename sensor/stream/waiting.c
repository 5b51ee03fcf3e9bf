/* sensor/stream/waiting.c - see waiting.h. */
#include "sensor/stream/waiting.h"
#include "common/err.h"

enum { WORD_BITS = 64, PAGE_DATA = 3264, PAGE_WORDS = PAGE_DATA / WORD_BITS };

struct page {
    uint64_t number; /* offset / PAGE_DATA */
    uint64_t there[PAGE_WORDS];
    uint64_t begins[PAGE_WORDS]; /* a segment's first byte that is still its own */
    uint8_t data[PAGE_DATA];
};
_Static_assert(sizeof(struct page) <= BLOCK_MIN, "a page is one smallest block");
_Static_assert(PAGE_DATA % WORD_BITS == 0, "whole words of bits");

static bool has(const struct page *p, size_t i)
{
    return p->there[i / WORD_BITS] >> (i % WORD_BITS) & 1;
}

/* From i on, how many bytes in a row are there (or missing), up to the end of the page. */
static size_t run(const struct page *p, size_t i, bool there)
{
    size_t at = i;
    while (at < PAGE_DATA) {
        uint64_t word = p->there[at / WORD_BITS] >> (at % WORD_BITS);
        uint64_t other = there ? ~word : word;
        size_t left = WORD_BITS - at % WORD_BITS;
        size_t same = other ? (size_t)__builtin_ctzll(other) : WORD_BITS;
        if (same < left)
            return at + same - i;
        at += left;
    }
    return PAGE_DATA - i;
}

static bool begins(const struct page *p, size_t i)
{
    return p->begins[i / WORD_BITS] >> (i % WORD_BITS) & 1;
}

/* Sets or clears n bits from `from` on. */
static void paint(uint64_t *words, size_t from, size_t n, bool set)
{
    for (size_t at = from; at < from + n;) {
        size_t bit = at % WORD_BITS, some = WORD_BITS - bit;
        if (some > from + n - at)
            some = from + n - at;
        uint64_t mask = some == WORD_BITS ? UINT64_MAX : ((UINT64_C(1) << some) - 1) << bit;
        if (set)
            words[at / WORD_BITS] |= mask;
        else
            words[at / WORD_BITS] &= ~mask;
        at += some;
    }
}

/* Index of the first live page not below number. Late data mostly belongs to the last one. */
static uint32_t seek(const struct waiting *w, uint64_t number)
{
    uint32_t lo = w->first, hi = w->first + w->count;
    if (hi > lo && w->pages[hi - 1]->number < number)
        return hi;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (w->pages[mid]->number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Room for one more pointer behind the live ones. */
static void reserve(struct waiting *w)
{
    if (w->first + w->count < w->cap)
        return;
    if (w->first >= w->cap / 2 && w->first > 0) {
        memmove(w->pages, w->pages + w->first, w->count * sizeof *w->pages);
        w->first = 0;
        return;
    }
    w->cap = w->cap ? w->cap * 2 : 8;
    w->pages = realloc(w->pages, w->cap * sizeof *w->pages);
    ASSERT(w->pages);
}

/* The page of that number, made when missing; NULL when there is no memory for it. */
static struct page *page_of(struct budget *b, struct waiting *w, uint64_t number)
{
    uint32_t at = seek(w, number);
    if (at < w->first + w->count && w->pages[at]->number == number)
        return w->pages[at];
    if (w->count >= WAITING_PAGES_MAX)
        return NULL;
    struct page *p = budget_take(b, 0);
    if (!p)
        return NULL;
    uint32_t before = at - w->first;
    reserve(w);
    at = w->first + before;
    memmove(w->pages + at + 1, w->pages + at, (w->count - before) * sizeof *w->pages);
    w->pages[at] = p;
    w->count++;
    p->number = number;
    memset(p->there, 0, sizeof p->there);
    memset(p->begins, 0, sizeof p->begins);
    return p;
}

/* The page of that number if there is one. */
static struct page *page_find(const struct waiting *w, uint64_t number)
{
    uint32_t at = seek(w, number);
    return at < w->first + w->count && w->pages[at]->number == number ? w->pages[at] : NULL;
}

/* The byte at `at` is there and goes on with the segment of the one before it. */
static bool goes_on(const struct waiting *w, uint64_t at)
{
    const struct page *p = page_find(w, at / PAGE_DATA);
    return p && has(p, at % PAGE_DATA) && !begins(p, at % PAGE_DATA);
}

/* From a byte that is there: how many of the next n are of its segment, within the page. */
static size_t segment_run(const struct page *p, size_t i, size_t n)
{
    size_t there = run(p, i, true), len = 1;
    if (n > there)
        n = there;
    while (len < n) {
        size_t at = i + len, left = WORD_BITS - at % WORD_BITS;
        uint64_t word = p->begins[at / WORD_BITS] >> (at % WORD_BITS);
        if (word) {
            len += (size_t)__builtin_ctzll(word);
            break;
        }
        len += left;
    }
    return len < n ? len : n;
}

/* Where the old segment that has the byte at `at` ends, `end` at most. */
static uint64_t old_end(const struct waiting *w, uint64_t at, uint64_t end)
{
    const struct page *p;
    do {
        p = page_find(w, at / PAGE_DATA);
        at += segment_run(p, at % PAGE_DATA, end - at);
    } while (at < end && at % PAGE_DATA == 0 && goes_on(w, at));
    return at;
}

/* A newer segment, and what it meets. */
struct newer {
    uint64_t begin, end; /* of the segment */
    uint64_t at;         /* of data */
    struct bytes data;
    enum host_policy policy;
};

/* The old bytes from `at` to `to`, of one segment: they stay, or make room. */
static unsigned meet(struct waiting *w, const struct newer *n, uint64_t at, uint64_t to)
{
    bool from_before = at == n->at && goes_on(w, at);
    struct overlap o = {.start = from_before     ? 1
                                 : at > n->begin ? -1
                                                 : 0,
                        .end = to < n->end      ? 1
                               : goes_on(w, to) ? -1
                                                : 0};
    bool yields = overlap_newer_wins(n->policy, o);
    unsigned result = WAITING_OVERLAP;
    while (at < to) {
        struct page *p = page_find(w, at / PAGE_DATA);
        size_t i = at % PAGE_DATA, len = PAGE_DATA - i;
        if (len > to - at)
            len = (size_t)(to - at);
        if (memcmp(p->data + i, n->data.p + (at - n->at), len) != 0)
            result |= WAITING_DIFFERS;
        if (yields)
            paint(p->there, i, len, false);
        at += len;
    }
    return result;
}

/* Goes through the old bytes that the newer segment covers. */
static unsigned meet_all(struct waiting *w, const struct newer *n)
{
    unsigned result = WAITING_KEPT;
    uint64_t at = n->at;
    while (at < n->end) {
        const struct page *p = page_find(w, at / PAGE_DATA);
        size_t i = at % PAGE_DATA;
        if (!p) {
            at += PAGE_DATA - i;
        } else if (!has(p, i)) {
            at += run(p, i, false);
        } else {
            uint64_t to = old_end(w, at, n->end);
            result |= meet(w, n, at, to);
            at = to;
        }
    }
    return result;
}

/* Fills what is missing. *mine: the byte before is of the same segment; then of the last one. */
static void page_fill(struct page *p, size_t at, struct bytes data, bool *mine)
{
    for (size_t done = 0; done < data.len;) {
        size_t i = at + done;
        bool there = has(p, i);
        size_t n = run(p, i, there);
        if (n > data.len - done)
            n = data.len - done;
        if (!there) {
            memcpy(p->data + i, data.p + done, n);
            paint(p->there, i, n, true);
            paint(p->begins, i, n, false);
            paint(p->begins, i, 1, !*mine);
        } else if (*mine) { /* the rest of a segment whose beginning made room */
            paint(p->begins, i, 1, true);
        }
        *mine = !there;
        done += n;
    }
}

/* Behind a newer segment the rest of an older one stands alone. */
static void part(struct waiting *w, uint64_t at)
{
    struct page *p = page_find(w, at / PAGE_DATA);
    if (p && has(p, at % PAGE_DATA))
        paint(p->begins, at % PAGE_DATA, 1, true);
}

unsigned waiting_add(struct budget *b, struct waiting *w, enum host_policy policy, uint64_t begin,
                     uint64_t at, struct bytes data)
{
    struct newer newer = {begin, at + data.len, at, data, policy};
    unsigned result = meet_all(w, &newer);
    bool mine = false;
    while (data.len > 0) {
        size_t i = at % PAGE_DATA;
        size_t n = data.len < PAGE_DATA - i ? data.len : PAGE_DATA - i;
        struct page *p = page_of(b, w, at / PAGE_DATA);
        if (p)
            page_fill(p, i, bytes_slice(data, 0, n), &mine);
        else
            result |= w->count < WAITING_PAGES_MAX ? WAITING_REFUSED : WAITING_LIMIT;
        mine = mine && p;
        data = bytes_slice(data, n, data.len);
        at += n;
    }
    if (mine)
        part(w, at);
    return result;
}

uint64_t waiting_first(const struct waiting *w)
{
    if (!w || w->count == 0)
        return UINT64_MAX;
    const struct page *p = w->pages[w->first];
    return p->number * PAGE_DATA + (has(p, 0) ? 0 : run(p, 0, false));
}

struct bytes waiting_at(const struct waiting *w, uint64_t at, bool *begins_here)
{
    const struct page *p = w->count ? w->pages[w->first] : NULL;
    if (!p || p->number != at / PAGE_DATA || !has(p, at % PAGE_DATA))
        return (struct bytes){0};
    size_t i = at % PAGE_DATA;
    *begins_here = begins(p, i);
    return bytes_of(p->data + i, segment_run(p, i, PAGE_DATA - i));
}

void waiting_drop(struct budget *b, struct waiting *w, uint64_t to)
{
    if (!w)
        return;
    while (w->count > 0) {
        struct page *p = w->pages[w->first];
        uint64_t begin = p->number * PAGE_DATA;
        if (begin >= to)
            return;
        size_t gone = to - begin < PAGE_DATA ? (size_t)(to - begin) : PAGE_DATA;
        for (size_t i = 0; i < gone; i += WORD_BITS)
            p->there[i / WORD_BITS] &= gone - i >= WORD_BITS ? 0 : UINT64_MAX << (gone - i);
        if (gone < PAGE_DATA && (has(p, gone) || run(p, gone, false) < PAGE_DATA - gone))
            return;
        budget_give(b, p, 0);
        w->first++;
        w->count--;
    }
    w->first = 0;
}

struct waiting *waiting_new(void)
{
    struct waiting *w = calloc(1, sizeof *w);
    ASSERT(w);
    return w;
}

void waiting_free(struct budget *b, struct waiting *w)
{
    if (!w)
        return;
    for (uint32_t i = 0; i < w->count; i++)
        budget_give(b, w->pages[w->first + i], 0);
    free(w->pages);
    free(w);
}
