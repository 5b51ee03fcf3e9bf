/* sensor/stream/raw.c - the window of ordered bytes that rules on plain TCP look at. */
#include "sensor/stream/session.h"

/* RAW_OVERLAP: bytes already seen that stay, so that a match may span two windows. RAW_UNSEEN_MAX:
 * what nobody asked for by the next packet is let go beyond this; one acknowledgement may bring a
 * whole receive window. RAW_DUE: so many bytes are worth a look. */
enum { RAW_OVERLAP = 1024, RAW_UNSEEN_MAX = 1 << 18, RAW_DUE = 2560 };

uint64_t raw_keep(const struct stream *st)
{
    const struct reassembly *r = reassembly_of(st);
    uint64_t overlap = r->raw_done > RAW_OVERLAP ? r->raw_done - RAW_OVERLAP : 0;
    return overlap > r->raw_from ? overlap : r->raw_from;
}

static unsigned break_count(const struct stream *st)
{
    return reassembly_of(st)->extra ? reassembly_of(st)->extra->break_count : 0;
}

uint64_t raw_latest_break(const struct stream *st)
{
    unsigned count = break_count(st);
    return count ? reassembly_of(st)->extra->breaks[count - 1].at : reassembly_of(st)->raw_from;
}

void raw_limit(struct stream *st)
{
    struct reassembly *r = st->reassembly;
    if (!r || r->sent - r->raw_done <= RAW_UNSEEN_MAX)
        return;
    r->raw_from = raw_latest_break(st);
    if (r->extra) {
        r->extra->break_count = 0;
        r->extra->passed_gap_bytes = 0;
    }
    r->raw_done = r->sent;
}

/* Drops the oldest break, and with it the unseen bytes before it. */
static void forget_break(struct reassembly *r)
{
    struct stream_extra *x = r->extra;
    x->passed_from = r->raw_from;
    x->passed_gap_bytes = x->breaks[0].gap_bytes;
    r->raw_from = r->raw_done = x->breaks[0].at;
    memmove(x->breaks, x->breaks + 1, --x->break_count * sizeof x->breaks[0]);
}

void raw_gap(struct stream_engine *e, struct stream *st, uint64_t gap_bytes)
{
    struct stream_extra *x = stream_extra(e, st);
    struct reassembly *r = st->reassembly;
    uint64_t end = ready_end(&r->ready);
    if (r->raw_done == end) {
        ready_clear(&e->budget, &r->ready);
        x->passed_from = r->raw_from = end;
        x->passed_gap_bytes = gap_bytes;
        return;
    }
    if (x->break_count && x->breaks[x->break_count - 1].at == end) {
        x->breaks[x->break_count - 1].gap_bytes += gap_bytes;
        return;
    }
    if (x->break_count == RAW_BREAKS_MAX)
        forget_break(r);
    x->breaks[x->break_count].at = end;
    x->breaks[x->break_count++].gap_bytes = gap_bytes;
}

/* What is missing before break number n, the oldest being 0; of all so far when there is none. */
static uint64_t gaps_before(const struct stream *st, unsigned n)
{
    uint64_t gaps = stream_gap_bytes(st);
    for (unsigned i = n; i < break_count(st); i++)
        gaps -= reassembly_of(st)->extra->breaks[i].gap_bytes;
    return gaps;
}

struct stream_raw stream_raw(const struct flow *f, enum direction dir)
{
    if (!f->tcp)
        return (struct stream_raw){0};
    const struct stream *st = &f->tcp->stream[dir];
    const struct reassembly *r = reassembly_of(st);
    uint64_t from = raw_keep(st), to = r->sent;
    if (from < r->ready.head)
        from = r->ready.head;
    if (break_count(st))
        to = r->extra->breaks[0].at;
    size_t fresh = (size_t)(r->raw_done - from);
    return (struct stream_raw){
        .bytes = ready_view(&r->ready, from, to),
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
    const struct reassembly *r = reassembly_of(st);
    uint64_t from = r->extra->breaks[n - 1].at;
    *out = (struct stream_raw){
        .bytes = ready_view(&r->ready, from, n < breaks ? r->extra->breaks[n].at : r->sent),
        .offset = from + gaps_before(st, n),
    };
    return true;
}

uint64_t raw_seen(const struct stream *st)
{
    return reassembly_of(st)->raw_done + gaps_before(st, 0);
}

/* Handed on, or acknowledged, and not looked at yet; what is missing counts. */
static bool has_much(const struct stream *st)
{
    const struct reassembly *r = st->reassembly;
    if (!r)
        return false;
    if (r->sent - r->raw_done >= RAW_DUE)
        return true;
    uint64_t seen = raw_seen(st);
    return r->acked > seen && r->acked - seen >= RAW_DUE;
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
           has_much(st);
}

bool stream_raw_waits(const struct flow *f, enum direction dir)
{
    if (!f->tcp)
        return false;
    const struct reassembly *r = f->tcp->stream[dir].reassembly;
    return r && (ready_end(&r->ready) > r->raw_done || waiting_first(r->waiting) != UINT64_MAX);
}

void stream_raw_done(struct flow *f, enum direction dir)
{
    struct stream *st = f->tcp ? &f->tcp->stream[dir] : NULL;
    struct reassembly *r = st ? st->reassembly : NULL;
    if (!r)
        return;
    if (break_count(st)) {
        forget_break(r);
        return;
    }
    r->raw_done = r->sent;
    if ((st->flags & STREAM_EOF_SENT) && r->sent == ready_end(&r->ready))
        ready_clear(&f->tcp->e->budget, &r->ready);
}
