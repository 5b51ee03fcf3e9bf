/* sensor/stream/urgent.c - urgent data: the byte that an urgent pointer points at.
 *
 * The byte takes a sequence number, but most hosts keep it out of what a program reads (RFC 6093
 * section 3.1). A sender who knows what the receiver does can have a sensor that does not read
 * other bytes than the program. Such bytes are marked by offset; when the bytes before one were
 * handed on, the mark is stepped over, whichever copy of the byte came. */
#include "sensor/stream/session.h"

enum { MARK_OOB = 'o', MARK_GAP = 'g' };

uint64_t urgent_next(const struct stream *st)
{
    const struct stream_extra *x = reassembly_of(st)->extra;
    return x ? waiting_first(x->urgent) : UINT64_MAX;
}

/* Index of the urgent byte among those of the segment, or its length. The pointer leads behind the
 * byte (RFC 793 as hosts read it); zero is the first byte to Linux and nothing to others. */
static size_t index_of(const struct segment *g)
{
    uint16_t pointer = g->p->tcp.urgent;
    size_t len = g->p->payload.len;
    if (pointer > 0)
        return pointer <= len ? pointer - 1u : len;
    enum host_policy receiver = receiver_policy(g, g->from);
    return receiver == HOST_LINUX || receiver == HOST_OLD_LINUX ? 0 : len;
}

static enum urgent_policy policy_now(struct segment *g)
{
    const struct stream_options *o = &g->e->options;
    const struct stream_extra *x = reassembly_of(g->from)->extra;
    if (o->urgent != URGENT_OOB || !x || x->urgent_marked < UINT16_MAX)
        return o->urgent;
    segment_event(g, EVENT_STREAM_REASSEMBLY_URGENT_OOB_LIMIT_REACHED);
    return o->urgent_beyond;
}

static void mark(struct segment *g, uint64_t at, enum urgent_policy policy)
{
    struct stream_extra *x = stream_extra(g->e, g->from);
    uint8_t kind = policy == URGENT_GAP ? MARK_GAP : MARK_OOB;
    if (!x->urgent)
        x->urgent = waiting_new();
    unsigned result = waiting_add(&g->e->budget, x->urgent, HOST_FIRST, at, at, bytes_of(&kind, 1));
    note_refused(g, result);
    if (kind == MARK_OOB && result == WAITING_KEPT && x->urgent_marked < UINT16_MAX)
        x->urgent_marked++;
}

bool urgent_note(struct segment *g, uint32_t seq)
{
    size_t i = index_of(g);
    if (i >= g->p->payload.len)
        return true;
    enum urgent_policy policy = policy_now(g);
    if (policy == URGENT_DROP) {
        g->p->flags |= PACKET_URGENT_DROP;
        return false;
    }
    int64_t at = offset_of(g->from, seq + (uint32_t)i);
    if (policy != URGENT_INLINE && at >= (int64_t)reassembly_of(g->from)->next)
        mark(g, (uint64_t)at, policy);
    return true;
}

bool urgent_step(struct segment *g, struct stream *st)
{
    struct reassembly *r = st->reassembly;
    if (!r || urgent_next(st) != r->next || r->sent != ready_end(&r->ready) ||
        (st->flags & STREAM_DEPTH_DONE))
        return false;
    struct stream_extra *x = r->extra;
    bool begins;
    bool gap = waiting_at(x->urgent, r->next, &begins).p[0] == MARK_GAP;
    if (gap) {
        declare_gap(g, st, r->next + 1);
    } else {
        r->next++;
        x->urgent_stepped++;
        x->urgent_at = ready_end(&r->ready);
        g->e->counters.urgent_oob++;
        waiting_drop(&g->e->budget, x->urgent, r->next);
    }
    waiting_drop(&g->e->budget, r->waiting, r->next);
    drain(g, st);
    return true;
}
