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
    uint32_t next_seq = st->isn + 1 + (uint32_t)st->next;
    return (int64_t)st->next + (int32_t)(seq - next_seq);
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
    if (to <= st->sent)
        return;
    uint64_t from = st->sent;
    st->sent = to;
    hand_on(g, st, ready_view(&st->ready, from, to), STREAM_DATA, 0);
    if (st->extra && to == ready_end(&st->ready))
        starts_free(&g->e->budget, &st->extra->starts);
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
    if (st->next < depth_of(g, st) || (st->flags & STREAM_DEPTH_DONE))
        return;
    st->flags |= STREAM_DEPTH_DONE;
    waiting_free(&g->e->budget, st->waiting);
    st->waiting = NULL;
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
    uint64_t at = ready_end(&st->ready);
    if (!ready_append(b, &st->ready, data, raw_keep(st)) &&
        !(session_reclaim(g->e) && ready_append(b, &st->ready, data, raw_keep(st)))) {
        note_refused(g, WAITING_REFUSED);
        return false;
    }
    st->next += data.len;
    if (begins && st->sent < at)
        starts_add(b, &stream_extra(g->e, st)->starts, at, st->sent);
    depth_reached(g, st);
    return true;
}

void drain(struct segment *g, struct stream *st)
{
    while (st->waiting && st->waiting->count > 0) {
        bool begins = false;
        struct bytes data = waiting_at(st->waiting, st->next, &begins);
        data = bytes_slice(data, 0, urgent_next(st) - st->next);
        if (data.len == 0 || !extend(g, st, data, begins))
            return;
        waiting_drop(&g->e->budget, st->waiting, st->next);
    }
}

/* Such a gap is counted and nothing to tell of, as Suricata has it. */
static bool only_fin_behind(const struct stream *st, uint64_t gap_end)
{
    return (st->flags & STREAM_FIN_SEEN) && st->fin_at == gap_end &&
           waiting_first(st->waiting) == UINT64_MAX;
}

void declare_gap(struct segment *g, struct stream *st, uint64_t to)
{
    uint64_t gap_bytes = to - st->next;
    raw_gap(g->e, st, gap_bytes);
    st->next = to;
    if (st->extra)
        waiting_drop(&g->e->budget, st->extra->urgent, to);
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
    uint64_t to = waiting_first(st->waiting);
    if (to == UINT64_MAX)
        to = (st->flags & STREAM_FIN_SEEN) && st->fin_at > st->next ? st->fin_at : st->next;
    return to;
}

static bool hole_is_gap(const struct segment *g, const struct stream *st, uint64_t to)
{
    if (to == st->next || (st->flags & STREAM_DEPTH_DONE))
        return false;
    return st->acked >= to ||
           ((g->s->flags & SESSION_ASYNC) && st->waiting && st->waiting->count > ASYNC_PAGES_MAX);
}

static bool waits_for_ack(const struct segment *g)
{
    return !g->e->options.inline_mode && !(g->s->flags & SESSION_ASYNC);
}

/* The position up to which bytes may be handed on. */
static uint64_t deliverable(const struct segment *g, const struct stream *st)
{
    uint64_t end = ready_end(&st->ready), gaps = st->next - end;
    if (!waits_for_ack(g))
        return end;
    if (g->s->state <= STATE_SYN_SENT)
        return st->sent;
    uint64_t acked = st->acked > gaps ? st->acked - gaps : 0;
    return acked < end ? acked : end;
}

static void deliver(struct segment *g, struct stream *st)
{
    for (;;) {
        hand_on_until(g, st, deliverable(g, st));
        if ((st->acked > st->next || !waits_for_ack(g)) && urgent_step(g, st))
            continue;
        uint64_t to = hole_end(st);
        if (st->sent < ready_end(&st->ready) || !hole_is_gap(g, st, to))
            break;
        declare_gap(g, st, to);
        drain(g, st);
    }
    bool fin_reached = (st->flags & STREAM_FIN_SEEN) && st->next == st->fin_at &&
                       (st->acked >= st->fin_at || !waits_for_ack(g));
    if (fin_reached && st->sent == ready_end(&st->ready))
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
    if ((st->flags & STREAM_DEPTH_DONE) && st->sent == ready_end(&st->ready))
        return;
    int64_t at = offset_of(st, ack);
    if (at <= (int64_t)st->acked)
        return;
    st->acked = (uint64_t)at;
    if ((st->flags & STREAM_FIN_SEEN) && st->acked == st->fin_at + 1)
        st->acked = st->fin_at;
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
    st->fin_at = (uint64_t)at;
    deliver(g, st);
}

void deliver_unacked(struct segment *g, struct stream *st)
{
    do
        hand_on_until(g, st, ready_end(&st->ready));
    while (urgent_step(g, st));
    hand_on_eof(g, st);
}

void deliver_all(struct segment *g, struct stream *st)
{
    for (;;) {
        hand_on_until(g, st, ready_end(&st->ready));
        if (urgent_step(g, st))
            continue;
        uint64_t to = waiting_first(st->waiting);
        if (to == UINT64_MAX)
            break;
        uint64_t before = st->next;
        if (to > st->next)
            declare_gap(g, st, to);
        drain(g, st);
        if (st->next == before) /* no memory to go on with */
            break;
    }
    hand_on_eof(g, st);
}

void forget_data(struct stream_engine *e, struct stream *st)
{
    waiting_free(&e->budget, st->waiting);
    st->waiting = NULL;
    if (st->extra) {
        starts_free(&e->budget, &st->extra->starts);
        waiting_free(&e->budget, st->extra->urgent);
        st->extra->urgent = NULL;
    }
    ready_cut(&st->ready, st->sent);
    st->next = st->sent;
}

void stream_release(struct stream_engine *e, struct stream *st)
{
    ready_clear(&e->budget, &st->ready);
    waiting_free(&e->budget, st->waiting);
    st->waiting = NULL;
    if (st->extra) {
        starts_free(&e->budget, &st->extra->starts);
        waiting_free(&e->budget, st->extra->doubtful);
        waiting_free(&e->budget, st->extra->urgent);
    }
    session_give_beside(&e->pool, st->extra, sizeof *st->extra);
    st->extra = NULL;
}

struct stream_extra *stream_extra(struct stream_engine *e, struct stream *st)
{
    if (!st->extra)
        st->extra = session_take_beside(&e->pool, sizeof *st->extra, false);
    return st->extra;
}
