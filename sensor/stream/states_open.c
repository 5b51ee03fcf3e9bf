/* sensor/stream/states_open.c - from the first packet to the established session.
 *
 * RFC 9293 sections 3.5 and 3.10.7.3, simultaneous open included, and RFC 7413 (Fast Open). */
#include "sensor/stream/session.h"

static bool refuse(struct segment *g, enum packet_event event)
{
    segment_event(g, event);
    return false;
}

/* Turns flow, packet direction and (fresh) session so that the sender becomes `dir`'s sender. */
static void face(struct segment *g, enum direction dir)
{
    if (g->dir != dir) {
        flow_swap(g->f);
        g->dir = dir;
    }
}

static bool open_syn(struct segment *g)
{
    const struct packet *p = g->p;
    face(g, TO_SERVER);
    if (!g->s && !session_new(g))
        return true;
    segment_aim(g, g->dir);
    take_syn(g);
    g->f->tcp_isn = p->tcp.seq;
    g->from->next_win = g->from->next_seq;
    if (p->tcp.wscale >= 0)
        g->s->flags |= SESSION_WSCALE;
    if (p->tcp.flags & TCP_FIN)
        segment_event(g, EVENT_STREAM_FIN_SYN);
    session_state(g, STATE_SYN_SENT);
    if (p->tcp.has_fastopen) {
        g->s->flags |= SESSION_FASTOPEN;
        g->from->next_seq += (uint32_t)p->payload.len;
        reassemble(g, p->tcp.seq + 1);
    }
    return true;
}

/* Without a handshake the windows are unknown; what is seen is taken. */
static bool pick_up(struct segment *g, unsigned flags)
{
    const struct packet *p = g->p;
    if (!session_new(g))
        return false;
    g->s->flags |= (uint16_t)(SESSION_MIDSTREAM | flags);
    g->e->counters.midstream++;
    g->to->isn = p->tcp.ack - 1;
    g->to->next_seq = g->to->last_ack = p->tcp.ack;
    /* Scaling was agreed unseen: taking the widest refuses nothing that a host would take. */
    g->to->wscale = g->from->wscale = WSCALE_MAX;
    g->to->window = (uint32_t)p->tcp.window << WSCALE_MAX;
    g->to->next_win = p->tcp.ack + g->to->window;
    return true;
}

static bool open_synack(struct segment *g)
{
    const struct packet *p = g->p;
    if (!g->e->options.async_oneside)
        packet_exception(g->p, EXCEPTION_MIDSTREAM);
    if (!g->e->options.midstream && !g->e->options.async_oneside)
        return true;
    face(g, TO_CLIENT);
    if (!pick_up(g, SESSION_MIDSTREAM_SYNACK))
        return true;
    take_syn(g);
    g->to->next_win = p->tcp.ack + p->tcp.window;
    g->from->window = UINT16_MAX;
    g->from->next_win = p->tcp.seq + 1 + UINT16_MAX;
    g->f->tcp_isn = g->to->isn;
    if (g->e->options.async_oneside)
        g->s->flags |= SESSION_ASYNC;
    if (p->tcp.has_ts)
        g->s->flags |= SESSION_TIMESTAMPS;
    session_state(g, STATE_SYN_RECV);
    return true;
}

/* Who is the server cannot be seen from one packet, but well-known ports are rarely clients'. */
static bool comes_from_server(const struct packet *p)
{
    enum { WELL_KNOWN_PORT_MAX = 1023 };
    return p->sport <= WELL_KNOWN_PORT_MAX && p->dport > WELL_KNOWN_PORT_MAX;
}

static bool open_midstream(struct segment *g)
{
    const struct packet *p = g->p;
    packet_exception(g->p, EXCEPTION_MIDSTREAM);
    if (!g->e->options.midstream)
        return true;
    bool first_packet = g->f->packets[TO_SERVER] + g->f->packets[TO_CLIENT] <= 1;
    if (first_packet && comes_from_server(p))
        face(g, TO_CLIENT);
    if (!pick_up(g, 0))
        return true;
    g->from->isn = p->tcp.seq - 1;
    g->from->next_seq = p->tcp.seq + (uint32_t)p->payload.len;
    g->from->last_ack = p->tcp.seq;
    g->from->window = (uint32_t)UINT16_MAX << WSCALE_MAX;
    g->from->next_win = g->from->next_seq + g->from->window;
    g->f->tcp_isn = g->s->stream[TO_SERVER].isn;
    if (p->tcp.has_ts)
        g->s->flags |= SESSION_TIMESTAMPS;
    if (g->e->options.async_oneside)
        g->s->flags |= SESSION_ASYNC;
    session_state(g, STATE_ESTABLISHED);
    reassemble(g, p->tcp.seq);
    if (p->tcp.flags & TCP_FIN) {
        note_fin(g, p->tcp.seq + (uint32_t)p->payload.len);
        g->from->next_seq++;
        session_state(g, g->dir == TO_SERVER ? STATE_CLOSE_WAIT : STATE_FIN_WAIT1);
    }
    return true;
}

bool state_none(struct segment *g)
{
    const struct packet *p = g->p;
    uint8_t flags = p->tcp.flags;
    if (flags & TCP_RST)
        return refuse(g, EVENT_STREAM_RST_BUT_NO_SESSION);
    if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
        return open_synack(g);
    if (flags & TCP_SYN)
        return open_syn(g);
    if ((flags & TCP_FIN) && (!g->e->options.midstream || p->payload.len == 0))
        return refuse(g, EVENT_STREAM_FIN_BUT_NO_SESSION);
    if (flags & TCP_ACK)
        return open_midstream(g);
    return true;
}

/* ---- SYN seen ---- */
static bool answers_syn(struct segment *g)
{
    uint32_t ack = g->p->tcp.ack;
    return seq_after(ack, g->to->isn) && !seq_after(ack, g->to->next_seq);
}

/* Another SYN than the one taken first was answered. */
static bool answers_other_syn(struct segment *g)
{
    if (g->dir == TO_SERVER || !handshake_adopt(g))
        return false;
    forget_data(g->e, g->to);
    g->f->tcp_isn = g->to->isn;
    return true;
}

/* A client's RST at this point refuses some wrong answer; it does not give up (RFC 9293 section
 * 3.5.2). */
static bool syn_sent_rst(struct segment *g)
{
    bool acks = (g->p->tcp.flags & TCP_ACK) && g->p->tcp.ack != 0;
    bool answers = g->dir == TO_CLIENT && acks && (answers_syn(g) || answers_other_syn(g));
    if (acks && !answers) {
        segment_event(g, EVENT_STREAM_PKT_INVALID_ACK);
        return refuse(g, EVENT_STREAM_RST_INVALID_ACK);
    }
    if (g->dir == TO_SERVER)
        return true;
    if (!answers)
        return false;
    session_state(g, STATE_CLOSED);
    return true;
}

/* The server took the SYN but not the data that Fast Open put into it: the client sends it again.
 */
static void fastopen_refused(struct segment *g)
{
    segment_event(g, EVENT_STREAM_3WHS_SYNACK_TFO_DATA_IGNORED);
    g->to->next_seq = g->to->isn + 1;
    forget_data(g->e, g->to);
}

static void take_synack(struct segment *g)
{
    const struct packet *p = g->p;
    take_syn(g);
    agree_options(g);
    g->to->last_ack = p->tcp.ack;
    g->to->next_win = p->tcp.ack + g->to->window;
    g->from->next_win = g->from->next_seq + g->from->window;
    session_state(g, STATE_SYN_RECV);
    if (p->tcp.ack == g->to->isn + 1 && g->to->next_seq != p->tcp.ack)
        fastopen_refused(g);
    acknowledge(g, p->tcp.ack);
    /* A server that knows the client's cookie may answer at once. */
    if (p->payload.len > 0 && (g->s->flags & SESSION_FASTOPEN)) {
        g->from->next_seq += (uint32_t)p->payload.len;
        reassemble(g, p->tcp.seq + 1);
    }
}

static bool syn_sent_synack(struct segment *g)
{
    const struct packet *p = g->p;
    if (g->dir == TO_SERVER && !(g->s->flags & SESSION_4WHS))
        return refuse(g, EVENT_STREAM_3WHS_SYNACK_IN_WRONG_DIRECTION);
    if (g->s->flags & SESSION_4WHS) {
        if (p->tcp.ack != g->to->isn + 1)
            return refuse(g, EVENT_STREAM_4WHS_SYNACK_WITH_WRONG_ACK);
        if (p->tcp.seq != g->from->isn)
            return refuse(g, EVENT_STREAM_4WHS_SYNACK_WITH_WRONG_SYN);
    } else if (!answers_syn(g) && !answers_other_syn(g)) {
        return refuse(g, EVENT_STREAM_3WHS_SYNACK_WITH_WRONG_ACK);
    }
    handshake_forget(g->e, g->s);
    take_synack(g);
    return true;
}

static bool syn_sent_syn(struct segment *g)
{
    if (g->dir == TO_CLIENT) {
        g->s->flags |= SESSION_4WHS;
        take_syn(g);
        return true;
    }
    if (g->from->isn != g->p->tcp.seq)
        return handshake_keep(g) || refuse(g, EVENT_STREAM_3WHS_SYN_FLOOD);
    g->s->flags |= SESSION_SYN_AGAIN;
    if (g->p->tcp.has_ts)
        g->from->last_ts = g->p->tcp.tsval;
    return true;
}

static bool syn_sent_ack(struct segment *g)
{
    const struct packet *p = g->p;
    if (!g->e->options.async_oneside || g->dir == TO_CLIENT)
        return true;
    if (p->tcp.seq != g->from->next_seq)
        return refuse(g, EVENT_STREAM_3WHS_ASYNC_WRONG_SEQ);
    g->s->flags |= SESSION_ASYNC;
    g->to->isn = p->tcp.ack - 1;
    g->to->next_seq = g->to->last_ack = p->tcp.ack;
    g->from->last_ack = p->tcp.seq;
    g->to->window = (uint32_t)p->tcp.window << g->to->wscale;
    g->to->next_win = p->tcp.ack + g->to->window;
    session_state(g, STATE_ESTABLISHED);
    g->from->next_seq += (uint32_t)p->payload.len;
    reassemble(g, p->tcp.seq);
    return true;
}

bool state_syn_sent(struct segment *g)
{
    uint8_t flags = g->p->tcp.flags;
    if (!check_timestamp_echo(g))
        return false;
    if (flags & TCP_RST)
        return syn_sent_rst(g);
    if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
        return syn_sent_synack(g);
    if (flags & TCP_SYN)
        return syn_sent_syn(g);
    if ((flags & TCP_ACK) && !(flags & TCP_FIN))
        return syn_sent_ack(g);
    return true;
}

/* ---- SYN/ACK seen ---- */
static bool syn_recv_synack(struct segment *g)
{
    const struct packet *p = g->p;
    if (g->dir == TO_SERVER && !(g->s->flags & SESSION_4WHS))
        return refuse(g, EVENT_STREAM_3WHS_SYNACK_TOSERVER_ON_SYN_RECV);
    if (p->tcp.ack != g->to->last_ack)
        return refuse(g, EVENT_STREAM_3WHS_SYNACK_RESEND_WITH_DIFFERENT_ACK);
    if (p->tcp.seq == g->from->isn)
        return true;
    segment_event(g, EVENT_STREAM_3WHS_SYNACK_RESEND_WITH_DIFF_SEQ);
    return handshake_keep(g) || refuse(g, EVENT_STREAM_3WHS_SYNACK_FLOOD);
}

static bool syn_recv_syn(struct segment *g)
{
    if (g->dir == TO_CLIENT)
        return refuse(g, EVENT_STREAM_3WHS_SYN_TOCLIENT_ON_SYN_RECV);
    if (g->p->tcp.seq != g->from->isn)
        return refuse(g, EVENT_STREAM_3WHS_SYN_RESEND_DIFF_SEQ_ON_SYN_RECV);
    return true;
}

/* The handshake is over; the packet is one of the established session. */
static bool establish(struct segment *g)
{
    handshake_forget(g->e, g->s);
    session_state(g, STATE_ESTABLISHED);
    return state_synchronized(g);
}

static bool syn_recv_4whs_ack(struct segment *g)
{
    if (g->p->tcp.seq != g->from->next_seq)
        return refuse(g, EVENT_STREAM_4WHS_WRONG_SEQ);
    if (!check_ack(g))
        return refuse(g, EVENT_STREAM_4WHS_INVALID_ACK);
    return establish(g);
}

/* All of a short connection but its ends may have passed elsewhere: then its FIN is checked as any
 * other is. */
static bool syn_recv_unfit(struct segment *g)
{
    if (g->p->tcp.flags & TCP_FIN)
        return state_fin(g);
    return refuse(g, EVENT_STREAM_3WHS_WRONG_SEQ_WRONG_ACK);
}

/* The server speaks before we saw the client's ACK: it was lost on the way to us. Inline nothing is
 * lost on the way, so it is an attack. */
static bool syn_recv_ack_from_server(struct segment *g)
{
    const struct packet *p = g->p;
    bool excused = g->s->flags & (SESSION_MIDSTREAM_SYNACK | SESSION_FASTOPEN);
    if (!excused && g->e->options.inline_mode)
        return refuse(g, p->payload.len ? EVENT_STREAM_3WHS_ACK_DATA_INJECT
                                        : EVENT_STREAM_3WHS_ACK_IN_WRONG_DIR);
    bool fits = p->tcp.seq == g->from->next_seq && !seq_before(p->tcp.ack, g->to->last_ack);
    if (fits || (g->s->flags & SESSION_ASYNC))
        return establish(g);
    return syn_recv_unfit(g);
}

static bool syn_recv_ack(struct segment *g)
{
    const struct packet *p = g->p;
    const struct stream *from = g->from, *to = g->to;
    if ((g->s->flags & SESSION_4WHS) && g->dir == TO_CLIENT)
        return syn_recv_4whs_ack(g);
    if (g->dir == TO_CLIENT)
        return syn_recv_ack_from_server(g);
    bool right_ack = p->tcp.ack == to->next_seq || handshake_adopt(g) ||
                     ((g->s->flags & SESSION_FASTOPEN) && seq_after(p->tcp.ack, to->isn) &&
                      !seq_after(p->tcp.ack, to->next_seq));
    if (p->tcp.seq == from->next_seq)
        return right_ack ? establish(g) : refuse(g, EVENT_STREAM_3WHS_RIGHT_SEQ_WRONG_ACK_EVASION);
    bool ahead = seq_after(p->tcp.seq, from->next_seq) && !seq_after(p->tcp.seq, from->next_win);
    if (ahead && right_ack) /* the ACK itself was lost on the way to us */
        return establish(g);
    return syn_recv_unfit(g);
}

bool state_syn_recv(struct segment *g)
{
    uint8_t flags = g->p->tcp.flags;
    if (flags & TCP_RST)
        return state_synchronized(g);
    if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
        return syn_recv_synack(g);
    if (flags & TCP_SYN)
        return syn_recv_syn(g);
    if (!check_timestamp(g))
        return false;
    if (flags & TCP_ACK)
        return syn_recv_ack(g);
    return true;
}
