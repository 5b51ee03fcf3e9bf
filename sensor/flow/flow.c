/* sensor/flow/flow.c - the flow table: finds, makes and ends flows. */
#include "sensor/flow/flow.h"
#include "sensor/flow/flow_index.h"
#include "sensor/flow/flow_pool.h"
#include "sensor/flow/leaving.h"
#include "sensor/flow/links.h"
#include "sensor/flow/timeout.h"
#include "sensor/flow/tuple.h"
#include "common/err.h"

#define CAP_DEFAULT      ((size_t)256 << 20)
#define RECOVERY_DEFAULT 30                        /* percent */
#define ID_MASK          ((UINT64_C(1) << 53) - 1) /* what a JSON reader keeps exactly */

struct flow_table {
    struct flow_index index;
    struct flow_pool pool;
    struct links links;
    struct timeout_list lists[TIMEOUT_CLASSES];
    const struct flow_timeouts *timeouts;
    struct flow *last; /* of the last packet: stream may have changed its state since */
    uint64_t seed, flows_max, flows_recovered; /* so many or fewer end an emergency */
    bool emergency;
    struct leaving expired, rest; /* rest: at the end of the run, what has not been ended yet */
    size_t rest_at;
    bool flushing;
    bool begins_none;
    flow_end_fn *on_end;
    void *ctx;
    struct flow_counters counters;
};

struct flow_table *flow_table_new(const struct flow_options *o, flow_end_fn *on_end, void *ctx)
{
    struct flow_table *t = calloc(1, sizeof *t);
    ASSERT(t);
    flow_index_init(&t->index, &t->pool, o->buckets);
    t->flows_max = (o->cap_bytes ? o->cap_bytes : CAP_DEFAULT) / sizeof(struct flow_room);
    uint32_t recovery = o->emergency_recovery ? o->emergency_recovery : RECOVERY_DEFAULT;
    t->flows_recovered = t->flows_max - t->flows_max * recovery / 100;
    t->timeouts = o->timeouts ? o->timeouts : &flow_timeout_defaults;
    links_init(&t->links);
    t->seed = o->seed;
    t->on_end = on_end;
    t->ctx = ctx;
    return t;
}

void flow_table_free(struct flow_table *t)
{
    if (!t)
        return;
    flow_index_release(&t->index);
    flow_pool_release(&t->pool);
    links_release(&t->links);
    leaving_release(&t->expired);
    leaving_release(&t->rest);
    free(t);
}

void flow_table_begin(struct flow_table *t, bool begin)
{
    t->begins_none = !begin;
}

void flow_table_expect(const struct flow_table *t, struct packet *p)
{
    struct tuple tuple;
    __builtin_prefetch(p->payload.p);
    if (!flow_tuple(p, &tuple))
        return;
    p->flow_hash = tuple_hash(&tuple, t->seed);
    __builtin_prefetch(flow_index_slot(&t->index, p->flow_hash));
}

static void fetch_flow(const struct flow *f)
{
    __builtin_prefetch(f);
    __builtin_prefetch(&f->last_us, 1);
    __builtin_prefetch(&f->app);
}

/* The beginnings of what hangs on it. */
static void fetch_rest(const struct flow *f)
{
    enum { LINE = 64, LINES = 2 };
    for (size_t at = 0; at < LINES * LINE; at += LINE) {
        __builtin_prefetch((const uint8_t *)f->tcp + at);
        __builtin_prefetch((const uint8_t *)f->app + at);
        __builtin_prefetch((const uint8_t *)f->vars + at);
    }
}

void flow_table_approach(const struct flow_table *t, const struct packet *p)
{
    const struct flow *f = flow_index_guess(&t->index, p->flow_hash);
    if (f)
        fetch_flow(f);
}

void flow_table_reach(const struct flow_table *t, const struct packet *p)
{
    const struct flow *f = flow_index_guess(&t->index, p->flow_hash);
    if (f)
        fetch_rest(f);
}

static void flow_touch(struct flow_table *t, struct flow *f)
{
    timeout_list_remove(&t->lists[f->timeout_class], f);
    f->timeout_class = (uint8_t)timeout_class(f);
    timeout_list_add(&t->lists[f->timeout_class], f);
}

/* The state that stream gave the last flow may move it to another list; it is still the newest. */
static void settle_last(struct flow_table *t)
{
    if (t->last && t->last->timeout_class != timeout_class(t->last))
        flow_touch(t, t->last);
    t->last = NULL;
}

/* What is in neither index nor list any more. */
static void flow_release(struct flow_table *t, struct flow *f, enum flow_end why)
{
    f->end = (uint8_t)why;
    if (t->on_end)
        t->on_end(t->ctx, f);
    flow_pool_give(&t->pool, f);
    t->counters.active--;
    t->counters.ended++;
    t->counters.timeout += why == FLOW_END_TIMEOUT;
    t->counters.evicted += why == FLOW_END_FORCED;
    t->counters.tcp_reuse += why == FLOW_END_TCP_REUSE;
}

static void flow_finish(struct flow_table *t, struct flow *f, enum flow_end why)
{
    if (t->last == f)
        t->last = NULL;
    timeout_list_remove(&t->lists[f->timeout_class], f);
    flow_index_remove(&t->index, f);
    flow_release(t, f, why);
}

/* The flow longest without a packet, by the table's clock, or NULL. */
static struct flow *oldest_flow(struct flow_table *t)
{
    struct flow *oldest = NULL;
    for (unsigned c = 0; c < TIMEOUT_CLASSES; c++) {
        struct flow *f = t->lists[c].oldest;
        if (f && (!oldest || f->seen_s < oldest->seen_s))
            oldest = f;
    }
    return oldest;
}

/* Same for any number of workers: nothing in it depends on what other flows did. */
static uint64_t flow_make_id(uint64_t hash, const struct packet *p)
{
    uint64_t x = hash ^ (p->number * UINT64_C(0x9E3779B97F4A7C15)) ^ (p->ts_us << 11);
    x ^= x >> 32;
    x *= UINT64_C(0xD6E8FEB86659FD93);
    x ^= x >> 32;
    x &= ID_MASK;
    return x ? x : 1;
}

/* What leads to a flow that goes soon, and what hangs on it. */
static void fetch_leaver(const struct flow_table *t, const struct flow *f)
{
    __builtin_prefetch(flow_index_slot(&t->index, f->hash), 1);
    fetch_rest(f);
}

/* The flows that go next were not touched for long. */
static void fetch_older(const struct flow_table *t, const struct flow *oldest)
{
    const struct flow *next = oldest->newer;
    if (!next)
        return;
    fetch_leaver(t, next);
    if (next->newer)
        fetch_flow(next->newer);
}

static void make_room(struct flow_table *t)
{
    struct flow *f = oldest_flow(t);
    fetch_older(t, f);
    t->counters.emergencies += !t->emergency;
    t->emergency = f->emergency = true;
    flow_finish(t, f, FLOW_END_FORCED);
}

static struct flow *flow_make(struct flow_table *t, const struct packet *p, uint64_t hash,
                              const struct tuple *tuple)
{
    if (t->counters.active >= t->flows_max && t->counters.active > 0)
        make_room(t);
    struct flow *f = flow_pool_take(&t->pool);
    f->hash = hash;
    f->tuple = *tuple;
    f->id = flow_make_id(hash, p);
    f->first_packet = p->number;
    f->first_us = f->last_us = p->ts_us;
    f->seen_s = (uint32_t)(p->ts_us / 1000000);
    f->timeout_class = (uint8_t)timeout_class_of_new(f);
    timeout_list_add(&t->lists[f->timeout_class], f);
    flow_index_add(&t->index, f);
    t->counters.memory_bytes = flow_pool_bytes(&t->pool) + flow_index_bytes(&t->index);
    t->counters.created++;
    t->counters.active++;
    return f;
}

static bool reuses_tuple(const struct flow *f, const struct packet *p)
{
    return f->tcp_done && p->proto == IPP_TCP && f->tcp_isn != p->tcp.seq &&
           (p->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

static void keep_links(struct flow_table *t, struct flow *f, const struct packet *p,
                       enum direction dir)
{
    const struct flow_links *links = links_add(&t->links, f->links, dir, p->src_mac, p->dst_mac);
    if (links)
        f->links = links;
    else
        t->counters.macs_unkept++;
}

static void flow_count(struct flow_table *t, struct flow *f, const struct packet *p,
                       enum direction dir)
{
    if (f->packets[dir] == 0 || p->ttl < f->ttl_min[dir])
        f->ttl_min[dir] = p->ttl;
    if (f->packets[dir] == 0 || p->ttl > f->ttl_max[dir])
        f->ttl_max[dir] = p->ttl;
    if (dir == TO_CLIENT && f->packets[dir] == 0) {
        f->icmp_answer[0] = p->icmp.type;
        f->icmp_answer[1] = p->icmp.code;
    }
    f->packets[dir]++;
    f->bytes[dir] += p->raw.len;
    if (p->ts_us > f->last_us)
        f->last_us = p->ts_us;
    if (p->has_mac)
        keep_links(t, f, p, dir);
}

static void hear(struct flow *f, enum direction dir)
{
    f->heard[dir] = true;
    if (f->tuple.proto != IPP_TCP && f->heard[OTHER(dir)] && f->state == FLOW_NEW)
        f->state = FLOW_ESTABLISHED;
}

static struct flow *quoted_flow(struct flow_table *t, const struct packet *p, enum direction *dir)
{
    enum { UNREACHABLE = 3 };
    struct tuple tuple;
    if (p->icmp.type != UNREACHABLE || !tuple_quoted(p, &tuple))
        return NULL;
    enum direction quoted;
    struct flow *f = flow_index_find(&t->index, tuple_hash(&tuple, t->seed), &tuple, &quoted);
    if (f && timeout_is_over(t->timeouts, f, p->ts_us)) {
        flow_finish(t, f, FLOW_END_TIMEOUT);
        f = NULL;
    }
    *dir = f ? OTHER(quoted) : TO_SERVER;
    return f;
}

static struct flow *own_flow(struct flow_table *t, const struct packet *p,
                             const struct tuple *tuple, enum direction *dir)
{
    uint64_t hash = p->flow_hash ? p->flow_hash : tuple_hash(tuple, t->seed);
    struct flow *f = flow_index_find(&t->index, hash, tuple, dir);
    if (f && timeout_is_over(t->timeouts, f, p->ts_us)) {
        flow_finish(t, f, FLOW_END_TIMEOUT);
        f = NULL;
    } else if (f && reuses_tuple(f, p)) {
        flow_finish(t, f, FLOW_END_TCP_REUSE);
        f = NULL;
    }
    t->counters.not_begun += !f && t->begins_none;
    if (f || t->begins_none)
        return f;
    *dir = TO_SERVER;
    return flow_make(t, p, hash, tuple);
}

struct flow *flow_table_packet(struct flow_table *t, const struct packet *p, enum direction *dir)
{
    struct tuple tuple;
    settle_last(t);
    *dir = TO_SERVER;
    bool own = flow_tuple(p, &tuple);
    struct flow *f = own ? own_flow(t, p, &tuple, dir) : quoted_flow(t, p, dir);
    if (!f)
        return NULL;
    flow_count(t, f, p, *dir);
    if (own) /* an ICMP error is no sign of life of the other end: it counts, and that is all */
        hear(f, *dir);
    uint32_t now_s = (uint32_t)(p->ts_us / 1000000);
    if (f->seen_s != now_s) { /* within a second the order in a list does not matter */
        f->seen_s = now_s;
        flow_touch(t, f);
    }
    t->last = f;
    return f;
}

/* Flows that end soon are fetched while one does: first the flow, then what leads to it and what
 * hangs on it. */
static void fetch_leavers(const struct flow_table *t, const struct leaving *l, size_t at)
{
    enum { HEADS = 8, REST = 4 };
    if (at + HEADS < l->count)
        fetch_flow(l->flows[at + HEADS].flow);
    if (at + REST < l->count)
        fetch_leaver(t, l->flows[at + REST].flow);
}

void flow_table_expire(struct flow_table *t, uint64_t now_us)
{
    settle_last(t);
    const uint32_t(*seconds)[TIMEOUT_STATES] =
        t->emergency ? t->timeouts->emergency_s : t->timeouts->normal_s;
    uint64_t now_s = now_us / 1000000;
    for (unsigned c = 0; c < TIMEOUT_CLASSES; c++) {
        struct flow *f = t->lists[c].oldest, *newer;
        for (; f && now_s > f->seen_s + (uint64_t)timeout_seconds(seconds, c); f = newer) {
            newer = f->newer;
            if (timeout_class(f) != c) /* its state changed outside a packet */
                flow_touch(t, f);
            else
                leaving_add(&t->expired, f);
        }
    }
    leaving_sort(&t->expired);
    for (size_t i = 0; i < t->expired.count; i++) {
        fetch_leavers(t, &t->expired, i);
        t->expired.flows[i].flow->emergency = t->emergency;
        flow_finish(t, t->expired.flows[i].flow, FLOW_END_TIMEOUT);
    }
    t->expired.count = 0;
    if (t->emergency && t->counters.active <= t->flows_recovered) {
        t->emergency = false;
        t->counters.emergencies_over++;
    }
}

/* All of them at once, so that none has to be looked up to be taken out of index and lists. */
static void take_rest(struct flow_table *t)
{
    t->last = NULL;
    t->rest.count = t->rest_at = 0;
    leaving_reserve(&t->rest, t->counters.active);
    for (struct flow *f = flow_pool_first(&t->pool); f; f = flow_pool_next(&t->pool, f))
        leaving_add(&t->rest, f);
    leaving_sort(&t->rest);
    memset(t->lists, 0, sizeof t->lists);
    flow_index_release(&t->index);
    flow_index_init(&t->index, &t->pool, 0);
}

void flow_table_flush(struct flow_table *t, uint64_t before)
{
    if (!t->flushing)
        take_rest(t);
    t->flushing = before != UINT64_MAX;
    while (t->rest_at < t->rest.count && t->rest.flows[t->rest_at].first_packet < before) {
        fetch_leavers(t, &t->rest, t->rest_at);
        flow_release(t, t->rest.flows[t->rest_at++].flow, FLOW_END_SHUTDOWN);
    }
}

#define SWAP(type, pair)                                                                           \
    do {                                                                                           \
        type first_ = (pair)[0];                                                                   \
        (pair)[0] = (pair)[1];                                                                     \
        (pair)[1] = first_;                                                                        \
    } while (0)

void flow_swap(struct flow *f)
{
    SWAP(struct addr, f->tuple.addr);
    SWAP(uint16_t, f->tuple.port);
    SWAP(uint64_t, f->packets);
    SWAP(uint64_t, f->bytes);
    SWAP(uint8_t, f->ttl_min);
    SWAP(uint8_t, f->ttl_max);
    SWAP(bool, f->heard);
    f->links = f->links ? f->links->turned : NULL;
    f->turned = !f->turned;
}

const struct flow_counters *flow_counters(const struct flow_table *t)
{
    return &t->counters;
}

const char *flow_state_name(const struct flow *f)
{
    static const char *const names[] = {"new", "established", "closed"};
    return f->action == FLOW_ACTION_BYPASS ? "bypassed" : names[f->state];
}

const char *flow_end_name(const struct flow *f)
{
    static const char *const names[] = {"", "timeout", "forced", "shutdown", "tcp_reuse"};
    return names[f->end];
}
