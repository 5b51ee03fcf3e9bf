/* sensor/stream/session_pool.c - memory for sessions, and what can be had back from idle ones. */
#include "sensor/stream/session.h"
#include "sensor/flow/slab.h"
#include "common/err.h"

struct session_slab {
    struct session_slab *next;
    struct tcp_session sessions[];
};
enum {
    SLAB_SESSIONS = (SLAB_BYTES - sizeof(struct session_slab)) / sizeof(struct tcp_session),
    RECLAIM_SLABS_MAX = 2
};

static void pool_grow(struct session_pool *pool)
{
    struct session_slab *slab = slab_new();
    slab->next = pool->slabs;
    pool->slabs = slab;
    pool->bytes += SLAB_BYTES;
    pool->fresh = 0;
}

static bool is_over(const struct session_pool *pool, size_t n)
{
    return pool->used + n > pool->cap;
}

void *session_take_beside(struct session_pool *pool, size_t n, bool cap_holds)
{
    if (cap_holds && is_over(pool, n))
        return NULL;
    void *mem = calloc(1, n);
    ASSERT(mem);
    pool->beside += n;
    pool->used += n;
    return mem;
}

void session_give_beside(struct session_pool *pool, void *mem, size_t n)
{
    if (!mem)
        return;
    free(mem);
    pool->beside -= n;
    pool->used -= n;
}

struct tcp_session *session_take(struct session_pool *pool)
{
    struct tcp_session *s = pool->free;
    if (is_over(pool, sizeof *s))
        return NULL;
    pool->used += sizeof *s;
    if (s) {
        pool->free = s->pool_next;
    } else {
        if (!pool->slabs || pool->fresh == SLAB_SESSIONS)
            pool_grow(pool);
        s = &pool->slabs->sessions[pool->fresh++];
    }
    memset(s, 0, sizeof *s);
    return s;
}

void session_give(struct session_pool *pool, struct tcp_session *s)
{
    s->e = NULL;
    pool->used -= sizeof *s;
    s->pool_next = pool->free;
    pool->free = s;
}

void session_pool_release(struct session_pool *pool)
{
    for (struct session_slab *slab = pool->slabs, *next; slab; slab = next) {
        next = slab->next;
        free(slab);
    }
    *pool = (struct session_pool){0};
}

/* Bytes handed on and inspected are kept only so that a match may span; they go first. */
static void stream_let_go(struct stream_engine *e, struct stream *st)
{
    bool idle = st->sent == ready_end(&st->ready) && st->raw_done == st->sent;
    if (!idle || !st->ready.mem)
        return;
    ready_clear(&e->budget, &st->ready);
    st->raw_from = st->sent;
}

bool session_reclaim(struct stream_engine *e)
{
    size_t before = e->budget.used;
    struct session_pool *pool = &e->pool;
    for (int n = 0; n < RECLAIM_SLABS_MAX && e->budget.used == before; n++) {
        struct session_slab *slab = pool->sweep ? pool->sweep : pool->slabs;
        if (!slab)
            break;
        size_t count = slab == pool->slabs ? pool->fresh : SLAB_SESSIONS;
        for (size_t i = 0; i < count; i++)
            if (slab->sessions[i].e) {
                stream_let_go(e, &slab->sessions[i].stream[TO_SERVER]);
                stream_let_go(e, &slab->sessions[i].stream[TO_CLIENT]);
            }
        pool->sweep = slab->next;
    }
    return e->budget.used < before;
}
