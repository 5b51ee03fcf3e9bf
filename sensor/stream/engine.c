/* sensor/stream/engine.c - one packet through state machine and reassembly; sessions' lives. */
#include "sensor/stream/session.h"
#include "common/err.h"

#define CAP_DEFAULT         ((size_t)256 << 20)
#define SESSION_CAP_DEFAULT ((size_t)512 << 20) /* for more flows than flow/ keeps by default */
#define DEPTH_DEFAULT       ((uint32_t)1 << 20)

struct stream_engine *stream_engine_new(const struct stream_options *o,
                                        const struct stream_sink *sink)
{
    struct stream_engine *e = calloc(1, sizeof *e);
    ASSERT(e);
    e->options = *o;
    if (e->options.depth_bytes == 0)
        e->options.depth_bytes = DEPTH_DEFAULT;
    e->budget.cap = o->cap_bytes ? o->cap_bytes : CAP_DEFAULT;
    e->pool.cap = o->session_cap_bytes ? o->session_cap_bytes : SESSION_CAP_DEFAULT;
    if (sink)
        e->sink = *sink;
    return e;
}

void stream_pick_up(struct stream_engine *e, bool midstream)
{
    e->options.midstream = midstream;
}

void stream_engine_free(struct stream_engine *e)
{
    if (!e)
        return;
    session_pool_release(&e->pool);
    budget_release(&e->budget);
    free(e);
}

const struct stream_counters *stream_counters(const struct stream_engine *e)
{
    return &e->counters;
}

void segment_aim(struct segment *g, enum direction dir)
{
    g->dir = dir;
    g->from = &g->s->stream[dir];
    g->to = &g->s->stream[OTHER(dir)];
}

void note_session_memcap(struct segment *g)
{
    g->e->counters.session_memcap++;
    packet_exception(g->p, EXCEPTION_SESSION_MEMCAP);
}

bool session_new(struct segment *g)
{
    struct tcp_session *s = session_take(&g->e->pool);
    if (!s) {
        note_session_memcap(g);
        return false;
    }
    s->e = g->e;
    s->stream[TO_SERVER].max_regions = s->stream[TO_CLIENT].max_regions = 1;
    g->s = g->f->tcp = s;
    segment_aim(g, g->dir);
    g->from->tcp_flags = g->p->tcp.flags;
    g->e->counters.sessions++;
    g->e->counters.active++;
    return true;
}

void session_state(struct segment *g, enum tcp_state state)
{
    struct flow *f = g->f;
    g->s->state = (uint8_t)state;
    if (state >= STATE_ESTABLISHED)
        f->state = state >= STATE_LAST_ACK ? FLOW_CLOSED : FLOW_ESTABLISHED;
    f->tcp_done = state >= STATE_CLOSE_WAIT;
}

static void count_memory(struct stream_engine *e)
{
    e->counters.memory_bytes = e->pool.bytes + e->pool.beside;
    e->counters.reassembly_bytes = e->budget.used;
}

/* Whoever sent an RST has nothing new to say afterwards. What was on its way, or passed us twice,
 * is nothing new. */
static bool says_something_new(const struct segment *g)
{
    const struct packet *p = g->p;
    uint32_t end = p->tcp.seq + (uint32_t)p->payload.len + ((p->tcp.flags & TCP_FIN) != 0);
    return seq_after(end, g->from->next_seq) ||
           ((p->tcp.flags & TCP_ACK) && seq_after(p->tcp.ack, g->to->last_ack));
}

/* After an RST that its alleged sender does not stand by, the session goes on as before. */
static bool state_closed(struct segment *g)
{
    struct tcp_session *s = g->s;
    if (s->state_before_rst == STATE_NONE || (g->p->tcp.flags & TCP_RST))
        return true;
    bool disowned = (g->from->flags & STREAM_RST_SEEN) && says_something_new(g);
    if (disowned) {
        segment_event(g, EVENT_STREAM_SUSPECTED_RST_INJECT);
        g->from->flags &= (uint8_t)~STREAM_RST_SEEN;
    }
    /* What the other end had on its way is kept, but proves nothing about the RST. */
    enum tcp_state closed_from = s->state_before_rst;
    session_state(g, closed_from);
    bool taken = closed_from < STATE_ESTABLISHED ? true : state_synchronized(g);
    if (!disowned && s->state == closed_from) {
        session_state(g, STATE_CLOSED);
        /* Its bytes may never be handed on, so rules see them as the packet's as well. */
        g->p->flags &= (uint32_t)~PACKET_STREAM_ADDED;
    } else {
        s->state_before_rst = STATE_NONE;
    }
    return taken;
}

static bool dispatch(struct segment *g)
{
    switch (g->s->state) {
    case STATE_NONE:
        return state_none(g);
    case STATE_SYN_SENT:
        return state_syn_sent(g);
    case STATE_SYN_RECV:
        return state_syn_recv(g);
    case STATE_CLOSED:
        return state_closed(g);
    default:
        return state_synchronized(g);
    }
}

/* Before it changes anything. */
static bool drops_urgent(const struct segment *g)
{
    if (!(g->p->tcp.flags & TCP_URG) || g->e->options.urgent != URGENT_DROP)
        return false;
    g->p->flags |= PACKET_URGENT_DROP;
    return true;
}

static void note_keepalive(struct segment *g)
{
    g->from->flags |= STREAM_KEEPALIVE;
}

/* The latest that was acknowledged, once more: rules see its bytes when they look at the stream,
 * unless they did before. Anything older is no part of it for Suricata. */
static bool is_latest_again(const struct segment *g)
{
    uint32_t end = g->p->tcp.seq + (uint32_t)g->p->payload.len;
    return end == g->from->last_ack && offset_of(g->from, end) > (int64_t)raw_seen(g->from);
}

/* Tells of a retransmission of what was acknowledged. True: it ends here, since none of its bytes
 * and nothing else it says is new. A stream that is not followed any more leaves it to its state.
 */
static bool drop_spurious(struct segment *g)
{
    if (!is_spurious_retransmission(g))
        return false;
    segment_event(g, EVENT_STREAM_PKT_SPURIOUS_RETRANSMISSION);
    bool new_fin = (g->p->tcp.flags & TCP_FIN) && !(g->from->flags & STREAM_FIN_SEEN);
    if (new_fin || (g->from->flags & STREAM_DEPTH_DONE) || !is_handed_on(g))
        return false;
    compare_handed_on(g);
    if (is_latest_again(g))
        g->p->flags |= PACKET_STREAM_ADDED;
    return true;
}

static bool session_packet(struct segment *g)
{
    raw_limit(&g->s->stream[TO_SERVER]);
    raw_limit(&g->s->stream[TO_CLIENT]);
    g->from->tcp_flags |= g->p->tcp.flags;
    if (g->s->state >= STATE_ESTABLISHED && is_keepalive(g)) {
        note_keepalive(g);
        return true;
    }
    if (is_bad_window_update(g)) {
        segment_event(g, EVENT_STREAM_PKT_BAD_WINDOW_UPDATE);
        return false;
    }
    return is_outdated_ack(g) || drop_spurious(g) || dispatch(g);
}

/* What the session leads to; it is in the cache by now itself, as its flow is. */
static void fetch_reassembly(const struct tcp_session *s)
{
    for (unsigned dir = 0; s && dir < 2; dir++) {
        const struct reassembly *r = s->stream[dir].reassembly;
        __builtin_prefetch(r, 1);
        __builtin_prefetch((const uint8_t *)r + sizeof *r - 1, 1);
    }
}

static void count_packet(struct stream_engine *e, const struct packet *p)
{
    e->counters.segments++;
    e->counters.rst += (p->tcp.flags & TCP_RST) != 0;
    e->counters.urgent += (p->tcp.flags & TCP_URG) != 0;
    e->counters.syn += (p->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    e->counters.synack += (p->tcp.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

void stream_packet(struct stream_engine *e, struct flow *f, struct packet *p, enum direction *dir)
{
    struct segment g = {.e = e, .f = f, .p = p, .s = f->tcp, .dir = *dir};
    fetch_reassembly(g.s);
    count_packet(e, p);
    if (f->state == FLOW_ESTABLISHED || (g.s && g.s->state >= STATE_ESTABLISHED))
        p->flags |= PACKET_ESTABLISHED;
    if ((p->flags & PACKET_BAD_L4_CSUM) && !e->options.ignore_checksums) {
        e->counters.bad_checksum++;
        return;
    }
    if (!(p->tcp.flags & TCP_ACK) && p->tcp.ack != 0)
        segment_event(&g, EVENT_STREAM_PKT_BROKEN_ACK);
    bool taken;
    if (drops_urgent(&g))
        return;
    if (g.s) {
        segment_aim(&g, *dir);
        taken = session_packet(&g);
    } else {
        taken = state_none(&g);
    }
    if (!taken)
        p->flags |= PACKET_STREAM_BAD;
    *dir = g.dir;
    count_memory(e);
}

void stream_swap(struct flow *f)
{
    flow_swap(f);
    if (!f->tcp)
        return;
    struct stream first = f->tcp->stream[TO_SERVER];
    f->tcp->stream[TO_SERVER] = f->tcp->stream[TO_CLIENT];
    f->tcp->stream[TO_CLIENT] = first;
    f->tcp_isn = f->tcp->stream[TO_SERVER].isn;
}

void stream_no_depth(struct flow *f)
{
    for (unsigned dir = 0; f->tcp && dir < 2; dir++)
        if (!(f->tcp->stream[dir].flags & STREAM_DEPTH_DONE))
            f->tcp->stream[dir].flags |= STREAM_NO_DEPTH;
}

void stream_flush(struct stream_engine *e, struct flow *f, enum direction dir)
{
    if (!f->tcp)
        return;
    struct segment g = {.e = e, .f = f, .s = f->tcp};
    struct stream *st = &g.s->stream[dir];
    if (g.s->state_before_rst != STATE_NONE) /* nobody acknowledged what came after the RST */
        forget_data(e, st);
    deliver_all(&g, st);
}

void stream_session_free(struct stream_engine *e, struct flow *f)
{
    if (!f->tcp)
        return;
    stream_release(e, &f->tcp->stream[TO_SERVER]);
    stream_release(e, &f->tcp->stream[TO_CLIENT]);
    handshake_forget(e, f->tcp);
    session_give(&e->pool, f->tcp);
    f->tcp = NULL;
    e->counters.active--;
    count_memory(e);
}
