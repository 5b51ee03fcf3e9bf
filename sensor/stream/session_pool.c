/* sensor/stream/session_pool.c - memory for sessions, and what can be had back from idle ones. */
#include "sensor/stream/session.h"
#include "sensor/flow/slab.h"
#include "common/err.h"

struct item_slab {
    struct item_slab *next;
    _Alignas(64) uint8_t items[];
};
enum {
    ROOM = SLAB_BYTES - sizeof(struct item_slab),
    SLAB_REASSEMBLIES = ROOM / sizeof(struct reassembly),
    RECLAIM_SLABS_MAX = 2
};

/* n bytes, zeroed; of the same items always the same n. */
static void *item_take(struct session_pool *pool, struct items *items, size_t n)
{
    void *item = items->free;
    pool->used += n;
    if (item) {
        memcpy(&items->free, item, sizeof items->free);
        return memset(item, 0, n);
    }
    if (!items->slabs || items->fresh == ROOM / n) {
        struct item_slab *slab = slab_new();
        slab->next = items->slabs;
        items->slabs = slab;
        items->fresh = 0;
        pool->bytes += SLAB_BYTES;
    }
    return memset(items->slabs->items + n * items->fresh++, 0, n);
}

static void item_give(struct session_pool *pool, struct items *items, void *item, size_t n)
{
    pool->used -= n;
    memcpy(item, &items->free, sizeof items->free);
    items->free = item;
}

static void items_release(struct items *items)
{
    for (struct item_slab *slab = items->slabs, *next; slab; slab = next) {
        next = slab->next;
        free(slab);
    }
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
    /* What a session may come to take later is never refused, so it counts from here on. */
    size_t later = pool->live * 2 * sizeof(struct reassembly) - pool->reassembled;
    if (is_over(pool, later + sizeof(struct tcp_session) + 2 * sizeof(struct reassembly)))
        return NULL;
    pool->live++;
    return item_take(pool, &pool->sessions, sizeof(struct tcp_session));
}

void session_give(struct session_pool *pool, struct tcp_session *s)
{
    pool->live--;
    item_give(pool, &pool->sessions, s, sizeof *s);
}

struct reassembly *reassembly_take(struct session_pool *pool)
{
    pool->reassembled += sizeof(struct reassembly);
    return item_take(pool, &pool->reassemblies, sizeof(struct reassembly));
}

void reassembly_give(struct session_pool *pool, struct reassembly *r)
{
    pool->reassembled -= sizeof(struct reassembly);
    item_give(pool, &pool->reassemblies, r, sizeof *r);
}

void session_pool_release(struct session_pool *pool)
{
    items_release(&pool->sessions);
    items_release(&pool->reassemblies);
    *pool = (struct session_pool){0};
}

/* Bytes handed on and inspected are kept only so that a match may span; they go first. One that was
 * given back has none. */
static void let_go(struct stream_engine *e, struct reassembly *r)
{
    bool idle = r->sent == ready_end(&r->ready) && r->raw_done == r->sent;
    if (!r->ready.mem || !idle)
        return;
    ready_clear(&e->budget, &r->ready);
    r->raw_from = r->sent;
}

bool session_reclaim(struct stream_engine *e)
{
    size_t before = e->budget.used;
    struct session_pool *pool = &e->pool;
    struct item_slab *newest = pool->reassemblies.slabs;
    for (int n = 0; n < RECLAIM_SLABS_MAX && e->budget.used == before; n++) {
        struct item_slab *slab = pool->sweep ? pool->sweep : newest;
        if (!slab)
            break;
        struct reassembly *all = (void *)slab->items;
        size_t count = slab == newest ? pool->reassemblies.fresh : SLAB_REASSEMBLIES;
        for (size_t i = 0; i < count; i++)
            let_go(e, &all[i]);
        pool->sweep = slab->next;
    }
    return e->budget.used < before;
}
