/* sensor/stream/place.c - a segment's bytes to where they belong.
 *
 * Bytes that were handed on stay what they were. Of the others, in order or waiting, the receiving
 * host may have kept the newer copy: that is settled by one old segment after the other. */
#include "sensor/stream/session.h"

/* A hole this wide makes two regions of memory out of one: what records call max_regions. */
enum { REGION_GAP_BYTES = 262144 };

/* A segment on its way in: where it began, and which part is still to be placed. */
struct incoming {
    int64_t begin, at; /* stream offsets */
    struct bytes data; /* from `at` on */
};

enum host_policy receiver_policy(const struct segment *g, const struct stream *st)
{
    if (g->e->options.inline_mode)
        return HOST_FIRST;
    return host_policies_find(g->e->options.host_policies, &g->f->tuple.addr[OTHER(dir_of(g, st))]);
}

/* Bytes seen before and handed on: nothing changes them; if we still have them, say whether these
 * differ. */
static void compare_old(struct segment *g, struct stream *st, uint64_t at, struct bytes data)
{
    const struct reassembly *r = reassembly_of(st);
    uint64_t gaps = r->next - ready_end(&r->ready), head = raw_latest_break(st);
    if (r->ready.head > head)
        head = r->ready.head;
    if (r->extra && r->extra->urgent_at > head)
        head = r->extra->urgent_at;
    uint64_t first = head + gaps;
    if (at < first) {
        data = bytes_slice(data, first - at, data.len);
        at = first;
    }
    if (data.len == 0)
        return;
    struct bytes kept = ready_view(&r->ready, at - gaps, at - gaps + data.len);
    if (!bytes_eq(kept, data))
        segment_event(g, EVENT_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
}

/* How a segment of positions [begin, end) lies to the older one that has those of [from, to). */
static struct overlap overlap_with(const struct stream *st, int64_t begin, uint64_t end,
                                   uint64_t from, uint64_t to)
{
    const struct reassembly *r = reassembly_of(st);
    const struct starts *starts = r->extra ? r->extra->starts : NULL;
    bool from_before = from != r->sent && !starts_has(starts, from);
    bool over = to == ready_end(&r->ready) || starts_has(starts, to);
    return (struct overlap){.start = (int64_t)from > begin ? -1
                                     : from_before         ? 1
                                                           : 0,
                            .end = to < end ? 1
                                   : over   ? 0
                                            : -1};
}

/* Bytes in order that are not handed on yet: one old segment after the other stays or makes room.
 */
static void settle_unsent(struct segment *g, struct stream *st, const struct incoming *in,
                          uint64_t at, struct bytes data)
{
    struct reassembly *r = st->reassembly;
    uint64_t gaps = r->next - ready_end(&r->ready), from = at - gaps;
    uint64_t segment_end = (uint64_t)in->at + in->data.len - gaps;
    enum host_policy policy = receiver_policy(g, st);
    while (data.len > 0) {
        uint64_t to = starts_after(r->extra ? r->extra->starts : NULL, from);
        struct bytes part = bytes_slice(data, 0, to - from);
        data = bytes_slice(data, part.len, data.len);
        to = from + part.len;
        if (!bytes_eq(ready_view(&r->ready, from, to), part))
            segment_event(g, EVENT_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
        if (overlap_newer_wins(policy,
                               overlap_with(st, in->begin - (int64_t)gaps, segment_end, from, to)))
            ready_write(&r->ready, from, part);
        from = to;
    }
}

/* Stream offset up to which bytes were handed on. */
static uint64_t handed_on(const struct stream *st)
{
    const struct reassembly *r = reassembly_of(st);
    return r->sent + (r->next - ready_end(&r->ready));
}

static void settle_old(struct segment *g, struct stream *st, const struct incoming *in,
                       struct bytes old)
{
    uint64_t sent = handed_on(st);
    uint64_t before_start = in->at < 0 ? (uint64_t)-in->at : 0;
    if (before_start >= old.len)
        return;
    uint64_t at = (uint64_t)(in->at + (int64_t)before_start);
    old = bytes_slice(old, before_start, old.len);
    uint64_t n = at < sent ? sent - at : 0;
    if (n > 0)
        compare_old(g, st, at, bytes_slice(old, 0, n));
    if (n < old.len)
        settle_unsent(g, st, in, at + n, bytes_slice(old, n, old.len));
}

bool is_handed_on(const struct segment *g)
{
    uint32_t end = g->p->tcp.seq + (uint32_t)g->p->payload.len;
    return offset_of(g->from, end) <= (int64_t)handed_on(g->from);
}

void compare_handed_on(struct segment *g)
{
    int64_t at = offset_of(g->from, g->p->tcp.seq);
    settle_old(g, g->from, &(struct incoming){at, at, g->p->payload}, g->p->payload);
}

/* What lies before `next` is settled and cut off. */
static void cut_old(struct segment *g, struct stream *st, struct incoming *in)
{
    uint64_t old = (uint64_t)((int64_t)reassembly_of(st)->next - in->at);
    if (old > in->data.len)
        old = in->data.len;
    g->e->counters.overlaps++;
    settle_old(g, st, in, bytes_slice(in->data, 0, old));
    in->at += (int64_t)old;
    in->data = bytes_slice(in->data, old, in->data.len);
}

static unsigned add_waiting(struct segment *g, struct stream *st, const struct incoming *in)
{
    /* A beginning before the stream's own is before all others, and that is all that counts. */
    uint64_t begin = in->begin < 0 ? 0 : (uint64_t)in->begin;
    return waiting_add(&g->e->budget, st->reassembly->waiting, receiver_policy(g, st), begin,
                       (uint64_t)in->at, in->data);
}

static void wait_for_turn(struct segment *g, struct stream *st, const struct incoming *in)
{
    struct reassembly *r = reassembly_need(g->e, st);
    g->e->counters.out_of_order += (uint64_t)in->at > r->next;
    if ((uint64_t)in->at - r->next > REGION_GAP_BYTES)
        st->max_regions = 2;
    if (!r->waiting)
        r->waiting = waiting_new();
    unsigned result = add_waiting(g, st, in);
    if ((result & WAITING_REFUSED) && session_reclaim(g->e))
        result = (add_waiting(g, st, in) & ~(unsigned)WAITING_OVERLAP) | (result & WAITING_DIFFERS);
    g->e->counters.overlaps += (result & WAITING_OVERLAP) != 0;
    if (result & WAITING_DIFFERS)
        segment_event(g, EVENT_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
    note_refused(g, result);
    drain(g, st);
}

void place(struct segment *g, struct stream *st, int64_t at, struct bytes data)
{
    struct incoming in = {at, at, data};
    int64_t depth = (int64_t)depth_of(g, st);
    if (at >= depth)
        in.data.len = 0;
    else if (at + (int64_t)data.len > depth)
        in.data.len = (size_t)(depth - at);
    const struct reassembly *r = reassembly_of(st);
    if (in.data.len > 0 && at < (int64_t)r->next)
        cut_old(g, st, &in);
    if (in.data.len == 0)
        return;
    uint64_t end = (uint64_t)in.at + in.data.len;
    if ((uint64_t)in.at > r->next || waiting_first(r->waiting) < end || urgent_next(st) < end)
        wait_for_turn(g, st, &in);
    else if (extend(g, st, in.data, true))
        drain(g, st);
}
