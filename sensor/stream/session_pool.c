/* sensor/stream/session_pool.c - memory for sessions, and what can be had back from idle ones. */
#include "sensor/stream/session.h"
#include "common/err.h"

enum { SLAB_SESSIONS = 64, RECLAIM_SLABS_MAX = 16 };

struct session_slab {
    struct session_slab *next;
    struct tcp_session sessions[SLAB_SESSIONS];
};

static void pool_grow(struct session_pool *pool)
{
    struct session_slab *slab = calloc(1, sizeof *slab);
    ASSERT(slab);
    slab->next = pool->slabs;
    pool->slabs = slab;
    pool->bytes += sizeof *slab;
    for (int i = SLAB_SESSIONS; i-- > 0;)
        session_give(pool, &slab->sessions[i]);
}

struct tcp_session *session_take(struct session_pool *pool)
{
    if (!pool->free)
        pool_grow(pool);
    struct tcp_session *s = pool->free;
    pool->free = s->pool_next;
    memset(s, 0, sizeof *s);
    return s;
}

void session_give(struct session_pool *pool, struct tcp_session *s)
{
    s->e = NULL;
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
        for (int i = 0; i < SLAB_SESSIONS; i++)
            if (slab->sessions[i].e) {
                stream_let_go(e, &slab->sessions[i].stream[TO_SERVER]);
                stream_let_go(e, &slab->sessions[i].stream[TO_CLIENT]);
            }
        pool->sweep = slab->next;
    }
    return e->budget.used < before;
}
