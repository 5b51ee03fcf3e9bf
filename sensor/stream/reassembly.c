/* sensor/stream/reassembly.c - segments into ordered bytes, ordered bytes to the sink.
 *
 * A byte waits in `waiting` until those before it have come, then in `ready` until the receiver has
 * acknowledged it. Bytes that were acknowledged but never seen are a gap: this is known for sure
 * once bytes from behind the hole are here too, since a sender's segments pass us in order even
 * where its receiver's acknowledgements overtake them. */
#include "sensor/stream/session.h"

/* With one direction only there are no acknowledgements: so many pages behind a hole are proof. */
enum { ASYNC_PAGES_MAX = 8 };

uint64_t depth_of(const struct segment *g, const struct stream *st)
{
    uint32_t depth = g->e->options.depth_bytes;
    return (st->flags & STREAM_NO_DEPTH) || depth == UINT32_MAX ? INT64_MAX : depth;
}

int64_t offset_of(const struct stream *st, uint32_t seq)
{
    uint64_t next = reassembly_of(st)->next;
    uint32_t next_seq = st->isn + 1 + (uint32_t)next;
    return (int64_t)next + (int32_t)(seq - next_seq);
}

enum direction dir_of(const struct segment *g, const struct stream *st)
{
    return st == &g->s->stream[TO_SERVER] ? TO_SERVER : TO_CLIENT;
}

static void hand_on(struct segment *g, struct stream *st, struct bytes data, unsigned notes,
                    uint64_t gap_bytes)
{
    const struct stream_sink *sink = &g->e->sink;
    if (sink->data)
        sink->data(sink->ctx, g->f, dir_of(g, st), data, notes, gap_bytes);
}

static void hand_on_until(struct segment *g, struct stream *st, uint64_t to)
{
    struct reassembly *r = st->reassembly;
    if (!r || to <= r->sent)
        return;
    uint64_t from = r->sent;
    r->sent = to;
    hand_on(g, st, ready_view(&r->ready, from, to), STREAM_DATA, 0);
    if (r->extra && to == ready_end(&r->ready))
        starts_free(&g->e->budget, &r->extra->starts);
}

static void hand_on_eof(struct segment *g, struct stream *st)
{
    if (st->flags & STREAM_EOF_SENT)
        return;
    st->flags |= STREAM_EOF_SENT;
    hand_on(g, st, (struct bytes){0}, STREAM_EOF, 0);
}

static void depth_reached(struct segment *g, struct stream *st)
{
    if (reassembly_of(st)->next < depth_of(g, st) || (st->flags & STREAM_DEPTH_DONE))
        return;
    st->flags |= STREAM_DEPTH_DONE;
    waiting_free(&g->e->budget, st->reassembly->waiting);
    st->reassembly->waiting = NULL;
    g->e->counters.depth_reached++;
    segment_event(g, EVENT_STREAM_REASSEMBLY_DEPTH_REACHED);
}

void note_refused(struct segment *g, unsigned result)
{
    if (result & WAITING_LIMIT)
        segment_event(g, EVENT_STREAM_REASSEMBLY_INSERT_LIMIT);
    if (!(result & WAITING_REFUSED))
        return;
    g->e->counters.memcap++;
    segment_event(g, EVENT_STREAM_REASSEMBLY_NO_SEGMENT);
    segment_event(g, EVENT_STREAM_REASSEMBLY_INSERT_MEMCAP);
    if (g->p)
        packet_exception(g->p, EXCEPTION_REASSEMBLY_MEMCAP);
}

bool extend(struct segment *g, struct stream *st, struct bytes data, bool begins)
{
    struct budget *b = &g->e->budget;
    struct reassembly *r = reassembly_need(g->e, st);
    uint64_t at = ready_end(&r->ready);
    if (!ready_append(b, &r->ready, data, raw_keep(st)) &&
        !(session_reclaim(g->e) && ready_append(b, &r->ready, data, raw_keep(st)))) {
        note_refused(g, WAITING_REFUSED);
        return false;
    }
    r->next += data.len;
    if (begins && r->sent < at)
        starts_add(b, &stream_extra(g->e, st)->starts, at, r->sent);
    depth_reached(g, st);
    return true;
}

void drain(struct segment *g, struct stream *st)
{
    struct reassembly *r = st->reassembly;
    while (r && r->waiting && r->waiting->count > 0) {
        bool begins = false;
        struct bytes data = waiting_at(r->waiting, r->next, &begins);
        data = bytes_slice(data, 0, urgent_next(st) - r->next);
        if (data.len == 0 || !extend(g, st, data, begins))
            return;
        waiting_drop(&g->e->budget, r->waiting, r->next);
    }
}

/* Such a gap is counted and nothing to tell of, as Suricata has it. */
static bool only_fin_behind(const struct stream *st, uint64_t gap_end)
{
    const struct reassembly *r = reassembly_of(st);
    return (st->flags & STREAM_FIN_SEEN) && r->fin_at == gap_end &&
           waiting_first(r->waiting) == UINT64_MAX;
}

void declare_gap(struct segment *g, struct stream *st, uint64_t to)
{
    struct reassembly *r = reassembly_need(g->e, st);
    uint64_t gap_bytes = to - r->next;
    raw_gap(g->e, st, gap_bytes);
    r->next = to;
    waiting_drop(&g->e->budget, r->extra->urgent, to);
    g->e->counters.gaps++;
    g->e->counters.gap_bytes += gap_bytes;
    if (!only_fin_behind(st, to))
        segment_event(g, EVENT_STREAM_REASSEMBLY_SEQ_GAP);
    hand_on(g, st, (struct bytes){0}, STREAM_GAP, gap_bytes);
    depth_reached(g, st);
}

/* Where the bytes go on behind the hole at `next`: at waiting bytes or at the FIN. next: no hole.
 */
static uint64_t hole_end(const struct stream *st)
{
    const struct reassembly *r = reassembly_of(st);
    uint64_t to = waiting_first(r->waiting);
    if (to == UINT64_MAX)
        to = (st->flags & STREAM_FIN_SEEN) && r->fin_at > r->next ? r->fin_at : r->next;
    return to;
}

static bool hole_is_gap(const struct segment *g, const struct stream *st, uint64_t to)
{
    const struct reassembly *r = reassembly_of(st);
    if (to == r->next || (st->flags & STREAM_DEPTH_DONE))
        return false;
    return r->acked >= to ||
           ((g->s->flags & SESSION_ASYNC) && r->waiting && r->waiting->count > ASYNC_PAGES_MAX);
}

static bool waits_for_ack(const struct segment *g)
{
    return !g->e->options.inline_mode && !(g->s->flags & SESSION_ASYNC);
}

/* The position up to which bytes may be handed on. */
static uint64_t deliverable(const struct segment *g, const struct stream *st)
{
    const struct reassembly *r = reassembly_of(st);
    uint64_t end = ready_end(&r->ready), gaps = r->next - end;
    if (!waits_for_ack(g))
        return end;
    if (g->s->state <= STATE_SYN_SENT)
        return r->sent;
    uint64_t acked = r->acked > gaps ? r->acked - gaps : 0;
    return acked < end ? acked : end;
}

static bool is_all_sent(const struct stream *st)
{
    const struct reassembly *r = reassembly_of(st);
    return r->sent == ready_end(&r->ready);
}

static bool is_acked_beyond(const struct stream *st)
{
    const struct reassembly *r = reassembly_of(st);
    return r->acked > r->next;
}

static void deliver(struct segment *g, struct stream *st)
{
    for (;;) {
        hand_on_until(g, st, deliverable(g, st));
        if ((is_acked_beyond(st) || !waits_for_ack(g)) && urgent_step(g, st))
            continue;
        uint64_t to = hole_end(st);
        if (!is_all_sent(st) || !hole_is_gap(g, st, to))
            break;
        declare_gap(g, st, to);
        drain(g, st);
    }
    const struct reassembly *r = reassembly_of(st);
    bool fin_reached = (st->flags & STREAM_FIN_SEEN) && r->next == r->fin_at &&
                       (r->acked >= r->fin_at || !waits_for_ack(g));
    if (fin_reached && is_all_sent(st))
        hand_on_eof(g, st);
}

void reassemble(struct segment *g, uint32_t seq)
{
    struct stream *st = g->from;
    struct bytes data = g->p->payload;
    if (data.len == 0 || (st->flags & STREAM_DEPTH_DONE))
        return;
    if ((g->p->tcp.flags & TCP_URG) && !urgent_note(g, seq))
        return;
    g->p->flags |= PACKET_STREAM_ADDED;
    place(g, st, offset_of(st, seq), data);
    deliver(g, st);
}

void acknowledge(struct segment *g, uint32_t ack)
{
    struct stream *st = g->to;
    if ((st->flags & STREAM_DEPTH_DONE) && is_all_sent(st))
        return;
    const struct reassembly *r = reassembly_of(st);
    int64_t at = offset_of(st, ack);
    if (at <= (int64_t)r->acked)
        return;
    bool is_of_fin = (st->flags & STREAM_FIN_SEEN) && (uint64_t)at == r->fin_at + 1;
    uint64_t acked = is_of_fin ? r->fin_at : (uint64_t)at;
    if (acked != r->acked) /* that of a FIN behind no byte needs no memory */
        reassembly_need(g->e, st)->acked = acked;
    doubt_settle(g, st);
    deliver(g, st);
}

void note_fin(struct segment *g, uint32_t seq)
{
    struct stream *st = g->from;
    int64_t at = offset_of(st, seq);
    if (at < 0 || (st->flags & STREAM_FIN_SEEN))
        return;
    st->flags |= STREAM_FIN_SEEN;
    if (at > 0)
        reassembly_need(g->e, st)->fin_at = (uint64_t)at;
    deliver(g, st);
}

void deliver_unacked(struct segment *g, struct stream *st)
{
    do
        hand_on_until(g, st, stream_end(st));
    while (urgent_step(g, st));
    hand_on_eof(g, st);
}

void deliver_all(struct segment *g, struct stream *st)
{
    for (;;) {
        hand_on_until(g, st, stream_end(st));
        if (urgent_step(g, st))
            continue;
        const struct reassembly *r = reassembly_of(st);
        uint64_t to = waiting_first(r->waiting);
        if (to == UINT64_MAX)
            break;
        uint64_t before = r->next;
        if (to > r->next)
            declare_gap(g, st, to);
        drain(g, st);
        if (r->next == before) /* no memory to go on with */
            break;
    }
    hand_on_eof(g, st);
}

void forget_data(struct stream_engine *e, struct stream *st)
{
    struct reassembly *r = st->reassembly;
    if (!r)
        return;
    waiting_free(&e->budget, r->waiting);
    r->waiting = NULL;
    if (r->extra) {
        starts_free(&e->budget, &r->extra->starts);
        waiting_free(&e->budget, r->extra->urgent);
        r->extra->urgent = NULL;
    }
    ready_cut(&r->ready, r->sent);
    r->next = r->sent;
}

void stream_release(struct stream_engine *e, struct stream *st)
{
    struct reassembly *r = st->reassembly;
    if (!r)
        return;
    ready_clear(&e->budget, &r->ready);
    waiting_free(&e->budget, r->waiting);
    if (r->extra) {
        starts_free(&e->budget, &r->extra->starts);
        waiting_free(&e->budget, r->extra->doubtful);
        waiting_free(&e->budget, r->extra->urgent);
        session_give_beside(&e->pool, r->extra, sizeof *r->extra);
    }
    reassembly_give(&e->pool, r);
    st->reassembly = NULL;
}

const struct reassembly reassembly_none;

struct reassembly *reassembly_need(struct stream_engine *e, struct stream *st)
{
    if (!st->reassembly)
        st->reassembly = reassembly_take(&e->pool);
    return st->reassembly;
}

struct stream_extra *stream_extra(struct stream_engine *e, struct stream *st)
{
    struct reassembly *r = reassembly_need(e, st);
    if (!r->extra)
        r->extra = session_take_beside(&e->pool, sizeof *r->extra, false);
    return r->extra;
}
