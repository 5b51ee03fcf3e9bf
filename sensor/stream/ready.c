/* sensor/stream/ready.c - see ready.h. */
#include "sensor/stream/ready.h"

static size_t ready_cap(const struct ready *r)
{
    return r->mem ? (size_t)BLOCK_MIN << r->order : 0;
}

static void ready_drop(struct ready *r, uint64_t keep)
{
    if (keep <= r->head)
        return;
    uint64_t n = keep - r->head;
    if (n > r->len)
        n = r->len;
    r->start += (uint32_t)n;
    r->len -= (uint32_t)n;
    r->head += n;
}

/* The smallest block that is at most half full with what stays and takes n more. */
static unsigned order_for(size_t stays, size_t n)
{
    unsigned order = 0;
    size_t want = stays + n > 2 * stays ? stays + n : 2 * stays;
    while (order < BLOCK_ORDERS && ((size_t)BLOCK_MIN << order) < want)
        order++;
    return order;
}

/* A bigger block, or a smaller one after a burst. */
static bool ready_move(struct budget *b, struct ready *r, unsigned order)
{
    uint8_t *mem = budget_take(b, order);
    if (!mem)
        return false;
    if (r->mem) {
        memcpy(mem, r->mem + r->start, r->len);
        budget_give(b, r->mem, r->order);
    }
    r->mem = mem;
    r->order = (uint8_t)order;
    r->start = 0;
    return true;
}

static bool ready_make_room(struct budget *b, struct ready *r, size_t n, uint64_t keep)
{
    enum { MUCH_TOO_BIG = 3 };
    ready_drop(r, keep);
    unsigned order = order_for(r->len, n);
    bool fits = r->mem && order <= r->order;
    if (!fits || order + MUCH_TOO_BIG <= r->order) {
        if (ready_move(b, r, order))
            return true;
        if (!r->mem || r->len + n > ready_cap(r))
            return false;
    }
    memmove(r->mem, r->mem + r->start, r->len);
    r->start = 0;
    return true;
}

bool ready_append(struct budget *b, struct ready *r, struct bytes data, uint64_t keep)
{
    if (data.len == 0)
        return true;
    if (r->start + r->len + data.len > ready_cap(r) && !ready_make_room(b, r, data.len, keep))
        return false;
    memcpy(r->mem + r->start + r->len, data.p, data.len);
    r->len += (uint32_t)data.len;
    return true;
}

void ready_clear(struct budget *b, struct ready *r)
{
    if (r->mem)
        budget_give(b, r->mem, r->order);
    r->mem = NULL;
    r->head += r->len;
    r->start = r->len = 0;
}

void ready_write(struct ready *r, uint64_t at, struct bytes data)
{
    memcpy(r->mem + r->start + (at - r->head), data.p, data.len);
}

void ready_cut(struct ready *r, uint64_t to)
{
    if (to < r->head)
        to = r->head;
    if (to < ready_end(r))
        r->len = (uint32_t)(to - r->head);
}
