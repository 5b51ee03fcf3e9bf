/* sensor/stream/summary.c - a session as records and keywords see it. */
#include "sensor/stream/session.h"

static const char *state_name(enum tcp_state s)
{
    static const char *const names[STATE_COUNT] = {
        [STATE_NONE] = "none",
        [STATE_SYN_SENT] = "syn_sent",
        [STATE_SYN_RECV] = "syn_recv",
        [STATE_ESTABLISHED] = "established",
        [STATE_FIN_WAIT1] = "fin_wait1",
        [STATE_FIN_WAIT2] = "fin_wait2",
        [STATE_CLOSE_WAIT] = "close_wait",
        [STATE_CLOSING] = "closing",
        [STATE_LAST_ACK] = "last_ack",
        [STATE_TIME_WAIT] = "time_wait",
        [STATE_CLOSED] = "closed",
    };
    return names[s];
}

bool stream_is_established(const struct flow *f)
{
    return f->tcp && f->tcp->state >= STATE_ESTABLISHED;
}

bool stream_is_open(const struct flow *f)
{
    return stream_is_established(f) && f->tcp->state != STATE_CLOSED;
}

const struct stream_summary *stream_summary(const struct flow *f)
{
    struct tcp_session *s = f->tcp;
    if (!s)
        return NULL;
    struct stream_summary *sum = &s->e->summary;
    for (int d = TO_SERVER; d <= TO_CLIENT; d++) {
        const struct stream *st = &s->stream[d];
        sum->flags[d] = st->tcp_flags;
        sum->bytes[d] = st->next_seq - st->isn;
        sum->gap_bytes[d] = stream_gap_bytes(st);
        sum->urgent_bytes[d] =
            reassembly_of(st)->extra ? reassembly_of(st)->extra->urgent_stepped : 0;
        sum->max_regions[d] = st->max_regions;
    }
    sum->all_flags = sum->flags[0] | sum->flags[1];
    sum->state = state_name(s->state);
    sum->established = s->state >= STATE_ESTABLISHED;
    sum->midstream = s->flags & SESSION_MIDSTREAM;
    sum->async = s->flags & SESSION_ASYNC;
    return sum;
}
