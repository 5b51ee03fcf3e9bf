/* sensor/detect/vars_pool.c - see vars_pool.h. */
#include "sensor/detect/vars_pool.h"
#include "common/err.h"

static void release(struct vars_size *s)
{
    arena_release(&s->memory);
    free(s);
}

static struct vars_size **place_of(struct vars_pool *p, size_t bytes)
{
    struct vars_size **at = &p->sizes;
    while (*at && (*at)->bytes != bytes)
        at = &(*at)->next;
    return at;
}

/* A size that no flow has, and none will: it is not that of the rule set in force. */
static void drop_if_idle(struct vars_pool *p, struct vars_size **at)
{
    struct vars_size *s = *at;
    if (!s || s->live || s == p->sizes)
        return;
    *at = s->next;
    release(s);
}

void vars_pool_fit(struct vars_pool *p, const struct ruleset *rs)
{
    size_t bytes = flow_vars_bytes(rs);
    struct vars_size **at = place_of(p, bytes), *s = *at;
    if (s) {
        *at = s->next;
    } else {
        s = calloc(1, sizeof *s);
        ASSERT(s);
        *s = (struct vars_size){.bytes = bytes, .memory.block_bytes = ARENA_HUGE};
    }
    s->next = p->sizes;
    p->sizes = s;
    drop_if_idle(p, &s->next);
}

struct flow_vars *vars_pool_take(struct vars_pool *p)
{
    struct vars_size *s = p->sizes;
    struct flow_vars *v = s->free;
    s->live++;
    if (!v)
        return arena_take(&s->memory, s->bytes);
    s->free = v->next_free;
    return v;
}

void vars_pool_give(struct vars_pool *p, struct flow_vars *v)
{
    struct vars_size **at = place_of(p, flow_vars_size(v)), *s = *at;
    ASSERT(s);
    v->next_free = s->free;
    s->free = v;
    s->live--;
    drop_if_idle(p, at);
}

void vars_pool_release(struct vars_pool *p)
{
    while (p->sizes) {
        struct vars_size *s = p->sizes;
        p->sizes = s->next;
        release(s);
    }
}
