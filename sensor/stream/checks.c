/* sensor/stream/checks.c - is this segment one that the receiving host would take? */
#include "sensor/stream/session.h"

enum { US_PER_S = 1000000, PAWS_IDLE_S = 24 * 24 * 3600 };

/* RFC 7323 section 5.3, PAWS: a timestamp older than the newest one means an old duplicate, unless
 * the connection was idle for so long that the clock may have wrapped. The newest is that of a
 * segment which the receiver had acknowledged all bytes before (section 4.3): one that overtook
 * another does not make that an old one. */
bool check_timestamp(struct segment *g)
{
    struct stream *st = g->from;
    const struct packet *p = g->p;
    if (!(g->s->flags & SESSION_TIMESTAMPS) || !p->tcp.has_ts)
        return true;
    if (p->tcp.tsval == 0)
        st->flags |= STREAM_ZERO_TS;
    if (st->flags & STREAM_ZERO_TS)
        return true;
    uint32_t now_s = (uint32_t)(p->ts_us / US_PER_S);
    bool older = seq_before(p->tcp.tsval, st->last_ts);
    if ((st->flags & STREAM_HAS_TS) && older && now_s - st->last_ts_s < PAWS_IDLE_S) {
        segment_event(g, EVENT_STREAM_PKT_INVALID_TIMESTAMP);
        return false;
    }
    if (!seq_after(p->tcp.seq, st->last_ack) || !(st->flags & STREAM_HAS_TS)) {
        st->flags |= STREAM_HAS_TS;
        st->last_ts = p->tcp.tsval;
        st->last_ts_s = now_s;
    }
    return true;
}

/* RFC 7323 section 3.2: the answer to a SYN echoes its timestamp. Who answers in the server's name
 * without having seen the SYN cannot know it. */
bool check_timestamp_echo(struct segment *g)
{
    enum { SYN_RETRY_TICKS = 1 << 17 };
    const struct packet *p = g->p;
    const struct stream *to = g->to;
    if (g->dir == TO_SERVER || !p->tcp.has_ts || p->tcp.tsecr == 0)
        return true;
    bool offered = to->flags & STREAM_HAS_TS;
    bool echoes = p->tcp.tsecr == to->last_ts;
    if (g->s->flags & SESSION_SYN_AGAIN)
        echoes = to->last_ts - p->tcp.tsecr < SYN_RETRY_TICKS;
    if (offered && (echoes || to->last_ts == 0))
        return true;
    segment_event(g, EVENT_STREAM_PKT_INVALID_TIMESTAMP);
    return false;
}

/* RFC 9293 section 3.10.7.4: an acknowledgement of what cannot have been sent is refused; so is one
 * that is older than a whole window (RFC 5961 section 5.2). */
bool check_ack(struct segment *g)
{
    const struct stream *st = g->to;
    const struct packet *p = g->p;
    if (!(p->tcp.flags & TCP_ACK))
        return true;
    uint32_t ack = p->tcp.ack;
    if (!seq_before(ack, st->last_ack)) {
        if (ack == st->last_ack || !seq_after(ack, st->next_win) || !seq_after(ack, st->next_seq) ||
            (g->s->flags & SESSION_ASYNC) || doubt_explains(st, ack))
            return true;
    } else if (st->window == 0 || !seq_before(ack, st->last_ack - st->window)) {
        return true;
    }
    segment_event(g, EVENT_STREAM_PKT_INVALID_ACK);
    return false;
}

/* An RST ends the connection only when its number is exactly the next one, or what the receiver
 * acknowledged last (RFC 5961 section 3.2), and its acknowledgement is possible. */
bool check_rst(struct segment *g)
{
    const struct packet *p = g->p;
    if (!check_timestamp(g))
        return false;
    if (p->payload.len > 0)
        segment_event(g, EVENT_STREAM_RST_WITH_DATA);
    if ((p->tcp.flags & TCP_ACK) && p->tcp.ack != 0 && !check_ack(g)) {
        segment_event(g, EVENT_STREAM_RST_INVALID_ACK);
        return false;
    }
    return p->tcp.seq == g->from->next_seq || p->tcp.seq == g->from->last_ack ||
           (g->s->flags & (SESSION_ASYNC | SESSION_MIDSTREAM));
}

static bool is_plain_ack(const struct segment *g)
{
    return (g->p->tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK;
}

/* RFC 9293 section 3.8.4: one byte or none, just before what comes next, to draw an answer. */
bool is_keepalive(struct segment *g)
{
    const struct packet *p = g->p;
    struct stream *st = g->from;
    bool before = p->payload.len <= 1 && p->tcp.seq == st->next_seq - 1;
    bool nothing_new = p->tcp.ack == g->to->last_ack && st->last_ack == st->next_seq;
    return is_plain_ack(g) && before && nothing_new && g->s->state < STATE_LAST_ACK;
}

/* Some boxes on the way send acknowledgements of bytes never sent, with a shrunken window. Taking
 * them would ruin the window of a healthy connection. A window that shrinks by no more than what is
 * acknowledged is an ordinary one, of bytes that passed elsewhere or were lost on the way to us. */
bool is_bad_window_update(const struct segment *g)
{
    enum { SMALL_WINDOW = 1024, SLACK = 32 };
    const struct packet *p = g->p;
    const struct stream *st = g->to;
    if (g->s->state < STATE_ESTABLISHED || g->s->state == STATE_CLOSED || !is_plain_ack(g))
        return false;
    uint32_t window = (uint32_t)p->tcp.window << st->wscale;
    uint32_t accounted = p->tcp.ack - st->last_ack + (window > SMALL_WINDOW ? SLACK : 0);
    return window < st->window && st->window - window > p->payload.len &&
           st->window - window > accounted && seq_after(p->tcp.ack, st->next_seq) &&
           seq_after(p->tcp.seq, g->from->next_seq);
}

/* A later acknowledgement overtook this one: it says nothing any more. */
bool is_outdated_ack(const struct segment *g)
{
    const struct packet *p = g->p;
    return g->s->state >= STATE_ESTABLISHED && p->payload.len == 0 && is_plain_ack(g) &&
           p->tcp.seq == g->from->next_seq && seq_before(p->tcp.ack, g->to->last_ack);
}

/* Every byte was acknowledged before: the sender did not know yet. */
bool is_spurious_retransmission(const struct segment *g)
{
    const struct packet *p = g->p;
    return p->payload.len > 0 &&
           !seq_after(p->tcp.seq + (uint32_t)p->payload.len, g->from->last_ack);
}

bool is_retransmission(const struct segment *g)
{
    const struct packet *p = g->p;
    const struct stream *st = g->from;
    uint32_t end = p->tcp.seq + (uint32_t)p->payload.len;
    bool partly_acked = seq_before(p->tcp.seq, st->last_ack) && seq_after(end, st->last_ack);
    return p->payload.len > 0 && (partly_acked || !seq_after(end, st->next_seq));
}
