/* sensor/stream/raw.c - the window of ordered bytes that rules on plain TCP look at. */
#include "sensor/stream/session.h"

/* RAW_OVERLAP: bytes already seen that stay, so that a match may span two windows. RAW_UNSEEN_MAX:
 * what nobody asked for by the next packet is let go beyond this; one acknowledgement may bring a
 * whole receive window. RAW_DUE: so many bytes are worth a look. */
enum { RAW_OVERLAP = 1024, RAW_UNSEEN_MAX = 1 << 18, RAW_DUE = 2560 };

uint64_t raw_keep(const struct stream *st)
{
    uint64_t overlap = st->raw_done > RAW_OVERLAP ? st->raw_done - RAW_OVERLAP : 0;
    return overlap > st->raw_from ? overlap : st->raw_from;
}

static unsigned break_count(const struct stream *st)
{
    return st->extra ? st->extra->break_count : 0;
}

uint64_t raw_latest_break(const struct stream *st)
{
    unsigned count = break_count(st);
    return count ? st->extra->breaks[count - 1].at : st->raw_from;
}

void raw_limit(struct stream *st)
{
    if (st->sent - st->raw_done <= RAW_UNSEEN_MAX)
        return;
    st->raw_from = raw_latest_break(st);
    if (st->extra) {
        st->extra->break_count = 0;
        st->extra->passed_gap_bytes = 0;
    }
    st->raw_done = st->sent;
}

/* Drops the oldest break, and with it the unseen bytes before it. */
static void forget_break(struct stream *st)
{
    struct stream_extra *x = st->extra;
    x->passed_from = st->raw_from;
    x->passed_gap_bytes = x->breaks[0].gap_bytes;
    st->raw_from = st->raw_done = x->breaks[0].at;
    memmove(x->breaks, x->breaks + 1, --x->break_count * sizeof x->breaks[0]);
}

void raw_gap(struct stream_engine *e, struct stream *st, uint64_t gap_bytes)
{
    uint64_t end = ready_end(&st->ready);
    struct stream_extra *x = stream_extra(e, st);
    if (st->raw_done == end) {
        ready_clear(&e->budget, &st->ready);
        x->passed_from = st->raw_from = end;
        x->passed_gap_bytes = gap_bytes;
        return;
    }
    if (x->break_count && x->breaks[x->break_count - 1].at == end) {
        x->breaks[x->break_count - 1].gap_bytes += gap_bytes;
        return;
    }
    if (x->break_count == RAW_BREAKS_MAX)
        forget_break(st);
    x->breaks[x->break_count].at = end;
    x->breaks[x->break_count++].gap_bytes = gap_bytes;
}

/* What is missing before break number n, the oldest being 0; of all so far when there is none. */
static uint64_t gaps_before(const struct stream *st, unsigned n)
{
    uint64_t gaps = stream_gap_bytes(st);
    for (unsigned i = n; i < break_count(st); i++)
        gaps -= st->extra->breaks[i].gap_bytes;
    return gaps;
}

struct stream_raw stream_raw(const struct flow *f, enum direction dir)
{
    if (!f->tcp)
        return (struct stream_raw){0};
    const struct stream *st = &f->tcp->stream[dir];
    uint64_t from = raw_keep(st), to = st->sent;
    if (from < st->ready.head)
        from = st->ready.head;
    if (break_count(st))
        to = st->extra->breaks[0].at;
    size_t fresh = (size_t)(st->raw_done - from);
    return (struct stream_raw){
        .bytes = ready_view(&st->ready, from, to),
        .offset = from + gaps_before(st, 0),
        .fresh = fresh,
        .from = f->tcp->e->options.inline_mode ? 0 : fresh,
    };
}

bool stream_raw_piece(const struct flow *f, enum direction dir, unsigned n, struct stream_raw *out)
{
    const struct stream *st = f->tcp ? &f->tcp->stream[dir] : NULL;
    unsigned breaks = st ? break_count(st) : 0;
    if (!st || n > breaks)
        return false;
    if (n == 0) {
        *out = stream_raw(f, dir);
        return true;
    }
    uint64_t from = st->extra->breaks[n - 1].at;
    *out = (struct stream_raw){
        .bytes = ready_view(&st->ready, from, n < breaks ? st->extra->breaks[n].at : st->sent),
        .offset = from + gaps_before(st, n),
    };
    return true;
}

uint64_t raw_seen(const struct stream *st)
{
    return st->raw_done + gaps_before(st, 0);
}

/* Acknowledged and not looked at yet; what is missing counts. */
static bool is_much(const struct stream *st)
{
    return st->acked > raw_seen(st) && st->acked - raw_seen(st) >= RAW_DUE;
}

bool stream_raw_is_due(const struct flow *f, enum direction dir)
{
    if (!f->tcp)
        return false;
    const struct stream *st = &f->tcp->stream[dir];
    enum tcp_state state = f->tcp->state;
    bool closing = state == STATE_CLOSE_WAIT || state == STATE_CLOSING || state == STATE_LAST_ACK ||
                   state == STATE_CLOSED;
    return closing || (st->flags & STREAM_DEPTH_DONE) || f->tcp->e->options.inline_mode ||
           st->sent - st->raw_done >= RAW_DUE || is_much(st);
}

bool stream_raw_waits(const struct flow *f, enum direction dir)
{
    if (!f->tcp)
        return false;
    const struct stream *st = &f->tcp->stream[dir];
    return ready_end(&st->ready) > st->raw_done || waiting_first(st->waiting) != UINT64_MAX;
}

void stream_raw_done(struct flow *f, enum direction dir)
{
    if (!f->tcp)
        return;
    struct stream *st = &f->tcp->stream[dir];
    if (break_count(st)) {
        forget_break(st);
        return;
    }
    st->raw_done = st->sent;
    if ((st->flags & STREAM_EOF_SENT) && st->sent == ready_end(&st->ready))
        ready_clear(&f->tcp->e->budget, &st->ready);
}
