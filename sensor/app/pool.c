/* pool.c - the worker's memory for parsers: recycled in size classes, counted. */
#include "sensor/app/state.h"

#define POOL_STEP  64u
#define POOL_STEPS 16u /* classes of multiples of it */

/* With AddressSanitizer nothing is rounded up or recycled, so that it sees every access behind an
 * end or after a release. */
#if !defined(__has_feature) /* clang's way to ask; gcc has a macro */
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
static const bool watched = true;
#else
static const bool watched = false;
#endif

/* The class that holds n bytes, or POOL_CLASSES when it is too large to keep. */
static unsigned pool_class(size_t n)
{
    if (n <= POOL_STEPS * POOL_STEP)
        return n ? (unsigned)((n - 1) / POOL_STEP) : 0;
    unsigned c = POOL_STEPS;
    for (size_t size = 2 * POOL_STEPS * POOL_STEP; size < n && c < POOL_CLASSES; size <<= 1)
        c++;
    return c;
}

static size_t pool_size(unsigned c, size_t n)
{
    if (c < POOL_STEPS)
        return (c + 1) * (size_t)POOL_STEP;
    return c < POOL_CLASSES ? (size_t)POOL_STEPS * POOL_STEP << (c - POOL_STEPS + 1) : n;
}

void *app_take(struct app *a, size_t n)
{
    unsigned c = pool_class(n);
    void *p;
    if (watched || c == POOL_CLASSES) {
        p = malloc(n ? n : 1);
        ASSERT(p);
    } else if (a->pool[c]) {
        p = a->pool[c];
        a->pool[c] = a->pool[c]->next;
    } else {
        p = arena_take(&a->memory, pool_size(c, n));
    }
    a->counters.memory_bytes += pool_size(c, n);
    if (a->current)
        a->current->memory_bytes += pool_size(c, n);
    return p;
}

void *app_alloc(struct app *a, size_t n)
{
    return memset(app_take(a, n), 0, n);
}

void app_dealloc(struct app *a, void *p, size_t n)
{
    if (!p)
        return;
    unsigned c = pool_class(n);
    a->counters.memory_bytes -= pool_size(c, n);
    if (a->current)
        a->current->memory_bytes -= pool_size(c, n);
    if (watched || c == POOL_CLASSES) {
        free(p);
        return;
    }
    struct pool_item *item = p;
    item->next = a->pool[c];
    a->pool[c] = item;
}

void *app_realloc(struct app *a, void *p, size_t old, size_t n)
{
    void *grown = app_alloc(a, n);
    if (p)
        memcpy(grown, p, old < n ? old : n);
    app_dealloc(a, p, old);
    return grown;
}

struct app_flow *app_charge(struct app *a, struct app_flow *f)
{
    struct app_flow *before = a->current;
    a->current = f;
    return before;
}

struct app_flow *app_shared_begin(struct app *a)
{
    return app_charge(a, NULL);
}

void app_shared_end(struct app *a, struct app_flow *current)
{
    app_charge(a, current);
}

void app_text_add(struct app *a, struct app_text *t, struct bytes b, uint32_t cap_bytes)
{
    size_t room = cap_bytes > t->len ? cap_bytes - t->len : 0;
    if (b.len > room) {
        b.len = room;
        t->cut = true;
    }
    if (b.len == 0)
        return;
    size_t want = t->len + b.len;
    if (want > t->cap) {
        size_t cap = t->cap ? t->cap : POOL_STEP;
        while (cap < want)
            cap *= 2;
        uint8_t *grown = app_take(a, cap);
        if (t->len)
            memcpy(grown, t->p, t->len);
        app_dealloc(a, t->p, t->cap);
        t->p = grown;
        t->cap = (uint32_t)cap;
    }
    memcpy(t->p + t->len, b.p, b.len);
    t->len = (uint32_t)want;
}

void app_text_free(struct app *a, struct app_text *t)
{
    app_dealloc(a, t->p, t->cap);
    *t = (struct app_text){0};
}
