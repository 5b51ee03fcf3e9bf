/* sensor/stream/doubt.c - bytes from beyond the window.
 *
 * The receiver may refuse them, and then it takes what comes later in their place: so they must not
 * be first copies. But it may also have opened its window in an acknowledgement that we never saw.
 * Its next acknowledgement tells, so they are kept apart until then. */
#include "sensor/stream/session.h"

enum { DOUBT_BYTES_MAX = 1 << 20 }; /* ahead of what is in order */

size_t within_window(const struct segment *g)
{
    uint32_t seq = g->p->tcp.seq, edge = g->from->next_win;
    if (g->s->state >= STATE_CLOSING || !seq_before(seq, edge))
        return 0;
    return edge - seq < g->p->payload.len ? edge - seq : g->p->payload.len;
}

void doubt_keep(struct segment *g)
{
    struct stream *st = g->from;
    const struct packet *p = g->p;
    struct bytes data = bytes_slice(p->payload, within_window(g), p->payload.len);
    uint32_t end = p->tcp.seq + (uint32_t)p->payload.len;
    int64_t at = offset_of(st, end - (uint32_t)data.len);
    int64_t ahead = at - (int64_t)reassembly_of(st)->next;
    if (data.len == 0 || (st->flags & STREAM_DEPTH_DONE) || ahead < 0 || ahead > DOUBT_BYTES_MAX)
        return;
    if ((p->tcp.flags & TCP_URG) && !urgent_note(g, p->tcp.seq))
        return;
    struct stream_extra *x = stream_extra(g->e, st);
    if (!x->doubtful || x->doubtful->count == 0 || seq_after(end, x->doubt_end))
        x->doubt_end = end;
    if (!x->doubtful)
        x->doubtful = waiting_new();
    note_refused(
        g, waiting_add(&g->e->budget, x->doubtful, HOST_FIRST, (uint64_t)at, (uint64_t)at, data));
}

bool doubt_explains(const struct stream *st, uint32_t ack)
{
    const struct stream_extra *x = reassembly_of(st)->extra;
    return x && x->doubtful && x->doubtful->count > 0 && !seq_after(ack, x->doubt_end);
}

void doubt_settle(struct segment *g, struct stream *st)
{
    struct reassembly *r = st->reassembly;
    struct waiting *w = r && r->extra ? r->extra->doubtful : NULL;
    for (uint64_t at; w && (at = waiting_first(w)) < r->acked;) {
        bool begins;
        struct bytes data = waiting_at(w, at, &begins);
        data = bytes_slice(data, 0, r->acked - at);
        if (!(st->flags & STREAM_DEPTH_DONE))
            place(g, st, (int64_t)at, data);
        waiting_drop(&g->e->budget, w, at + data.len);
    }
}
