/* sensor/stream/raw.c - the window of ordered bytes that rules on plain TCP look at. */
#include "sensor/stream/session.h"
#include "common/err.h"

/* RAW_OVERLAP: bytes already seen that stay, so that a match may span two windows. RAW_UNSEEN_MAX:
 * what nobody asked for by the next packet is let go beyond this. */
enum { RAW_OVERLAP = 1024, RAW_UNSEEN_MAX = 16384 };

uint64_t raw_keep(const struct stream *st)
{
    uint64_t overlap = st->raw_done > RAW_OVERLAP ? st->raw_done - RAW_OVERLAP : 0;
    return overlap > st->raw_from ? overlap : st->raw_from;
}

void raw_limit(struct stream *st)
{
    if (st->sent - st->raw_done <= RAW_UNSEEN_MAX)
        return;
    if (st->breaks && st->breaks->count) {
        st->raw_from = st->breaks->list[st->breaks->count - 1].at;
        st->breaks->count = 0;
    }
    st->raw_done = st->sent;
}

/* Drops the oldest break, and with it the unseen bytes before it. */
static void forget_break(struct raw_breaks *b, struct stream *st)
{
    st->raw_from = st->raw_done = b->list[0].at;
    memmove(b->list, b->list + 1, --b->count * sizeof b->list[0]);
}

void raw_gap(struct stream_engine *e, struct stream *st, uint64_t gap_bytes)
{
    uint64_t end = ready_end(&st->ready);
    if (st->raw_done == end) {
        ready_clear(&e->budget, &st->ready);
        st->raw_from = end;
        return;
    }
    if (!st->breaks) {
        st->breaks = calloc(1, sizeof *st->breaks);
        ASSERT(st->breaks);
    }
    struct raw_breaks *b = st->breaks;
    if (b->count && b->list[b->count - 1].at == end) {
        b->list[b->count - 1].gap_bytes += gap_bytes;
        return;
    }
    if (b->count == RAW_BREAKS_MAX)
        forget_break(b, st);
    b->list[b->count].at = end;
    b->list[b->count++].gap_bytes = gap_bytes;
}

struct stream_raw stream_raw(const struct flow *f, enum direction dir)
{
    if (!f->tcp)
        return (struct stream_raw){0};
    const struct stream *st = &f->tcp->stream[dir];
    uint64_t from = raw_keep(st), to = st->sent, gaps = st->next - ready_end(&st->ready);
    if (from < st->ready.head)
        from = st->ready.head;
    if (st->breaks && st->breaks->count) {
        to = st->breaks->list[0].at;
        for (unsigned i = 0; i < st->breaks->count; i++)
            gaps -= st->breaks->list[i].gap_bytes;
    }
    return (struct stream_raw){
        .bytes = ready_view(&st->ready, from, to),
        .offset = from + gaps,
        .fresh = (size_t)(st->raw_done - from),
        .eof = (st->flags & STREAM_EOF_SENT) && to == st->sent,
    };
}

void stream_raw_done(struct flow *f, enum direction dir)
{
    if (!f->tcp)
        return;
    struct stream *st = &f->tcp->stream[dir];
    if (st->breaks && st->breaks->count) {
        forget_break(st->breaks, st);
        return;
    }
    st->raw_done = st->sent;
    if ((st->flags & STREAM_EOF_SENT) && st->sent == ready_end(&st->ready))
        ready_clear(&f->tcp->e->budget, &st->ready);
}
