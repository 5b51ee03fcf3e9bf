/* sensor/stream/states_sync.c - the established session and its end.
 *
 * RFC 9293 section 3.10.7.4. The states after the first FIN differ in little but in the events they
 * raise, so those are rows of a table. */
#include "sensor/stream/session.h"

/* Events of a state: a segment out of its window, an impossible ACK, a FIN out of its window. */
struct state_events {
    enum packet_event bad_seq, bad_ack, bad_fin;
};
static const struct state_events events_of[STATE_COUNT] = {
    [STATE_SYN_RECV] = {.bad_fin = EVENT_STREAM_FIN_OUT_OF_WINDOW}, /* and else it has no FIN */
    [STATE_ESTABLISHED] = {EVENT_STREAM_EST_PACKET_OUT_OF_WINDOW, EVENT_STREAM_EST_INVALID_ACK,
                           EVENT_STREAM_FIN_OUT_OF_WINDOW},
    [STATE_FIN_WAIT1] = {EVENT_STREAM_FIN1_ACK_WRONG_SEQ, EVENT_STREAM_FIN1_INVALID_ACK,
                         EVENT_STREAM_FIN1_FIN_WRONG_SEQ},
    [STATE_FIN_WAIT2] = {EVENT_STREAM_FIN2_ACK_WRONG_SEQ, EVENT_STREAM_FIN2_INVALID_ACK,
                         EVENT_STREAM_FIN2_FIN_WRONG_SEQ},
    [STATE_CLOSE_WAIT] = {EVENT_STREAM_CLOSEWAIT_ACK_OUT_OF_WINDOW,
                          EVENT_STREAM_CLOSEWAIT_INVALID_ACK,
                          EVENT_STREAM_CLOSEWAIT_FIN_OUT_OF_WINDOW},
    [STATE_CLOSING] = {EVENT_STREAM_CLOSING_ACK_WRONG_SEQ, EVENT_STREAM_CLOSING_INVALID_ACK,
                       EVENT_STREAM_CLOSING_ACK_WRONG_SEQ},
    [STATE_LAST_ACK] = {EVENT_STREAM_LASTACK_ACK_WRONG_SEQ, EVENT_STREAM_LASTACK_INVALID_ACK,
                        EVENT_STREAM_LASTACK_ACK_WRONG_SEQ},
    [STATE_TIME_WAIT] = {EVENT_STREAM_TIMEWAIT_ACK_WRONG_SEQ, EVENT_STREAM_TIMEWAIT_INVALID_ACK,
                         EVENT_STREAM_TIMEWAIT_ACK_WRONG_SEQ},
};

static bool refuse(struct segment *g, enum packet_event event)
{
    segment_event(g, event);
    return false;
}

static bool is_lenient(const struct segment *g)
{
    return g->s->flags & (SESSION_MIDSTREAM | SESSION_ASYNC);
}

static uint32_t data_end(const struct segment *g)
{
    return g->p->tcp.seq + (uint32_t)g->p->payload.len;
}

/* The window that the sender gives its peer, and how far the peer may go with it. */
static void update_window(struct segment *g)
{
    const struct packet *p = g->p;
    struct stream *to = g->to;
    if (!(p->tcp.flags & TCP_ACK))
        return;
    if (seq_after(p->tcp.ack, to->last_ack))
        to->last_ack = p->tcp.ack;
    to->window = (uint32_t)p->tcp.window << to->wscale;
    if (seq_after(to->last_ack + to->window, to->next_win))
        to->next_win = to->last_ack + to->window;
}

/* While one end has closed, an empty segment from beyond what came may have overtaken the other
 * end's FIN on the way to us: the FIN must still find its number free. */
static bool tells_next(const struct segment *g)
{
    return g->p->payload.len > 0 || (g->p->tcp.flags & TCP_FIN) || g->s->state <= STATE_ESTABLISHED;
}

/* Sequence numbers, acknowledgement and data of a segment that passed the checks. */
static void take(struct segment *g)
{
    const struct packet *p = g->p;
    bool fin = p->tcp.flags & TCP_FIN;
    if (tells_next(g) && seq_after(data_end(g) + fin, g->from->next_seq))
        g->from->next_seq = data_end(g) + fin;
    update_window(g);
    if (p->tcp.flags & TCP_ACK)
        acknowledge(g, p->tcp.ack);
    reassemble(g, p->tcp.seq);
    if (fin)
        note_fin(g, data_end(g));
}

static bool on_rst(struct segment *g)
{
    if (!check_rst(g))
        return false;
    uint8_t before = g->s->state;
    g->from->flags |= STREAM_RST_SEEN;
    session_state(g, STATE_CLOSED);
    g->s->state_before_rst = before;
    if ((g->p->tcp.flags & TCP_ACK) && seq_after(g->p->tcp.ack, g->to->last_ack))
        acknowledge(g, g->p->tcp.ack);
    deliver_unacked(g, g->from);
    deliver_unacked(g, g->to);
    return true;
}

static bool on_established_synack(struct segment *g)
{
    const struct packet *p = g->p;
    if (g->dir == TO_SERVER && !(g->s->flags & SESSION_4WHS))
        return refuse(g, EVENT_STREAM_EST_SYNACK_TOSERVER);
    if (p->tcp.ack != g->to->last_ack)
        return refuse(g, EVENT_STREAM_EST_SYNACK_RESEND_WITH_DIFFERENT_ACK);
    if (p->tcp.seq != g->from->isn)
        return refuse(g, EVENT_STREAM_EST_SYNACK_RESEND_WITH_DIFF_SEQ);
    if (g->s->flags & SESSION_CONFIRMED)
        return refuse(g, EVENT_STREAM_EST_SYNACK_RESEND);
    return true; /* the client's ACK was lost on its way to the server */
}

static bool on_late_syn(struct segment *g)
{
    const struct packet *p = g->p;
    if (g->s->state != STATE_ESTABLISHED)
        return refuse(g, EVENT_STREAM_SHUTDOWN_SYN_RESEND);
    if (p->tcp.flags & TCP_ACK)
        return on_established_synack(g);
    if (g->dir == TO_CLIENT)
        return refuse(g, EVENT_STREAM_EST_SYN_TOCLIENT);
    if (p->tcp.seq != g->from->isn)
        return refuse(g, EVENT_STREAM_EST_SYN_RESEND_DIFF_SEQ);
    return refuse(g, EVENT_STREAM_EST_SYN_RESEND);
}

static bool fin_in_window(const struct segment *g)
{
    const struct stream *from = g->from;
    if (is_lenient(g))
        return true;
    return !seq_before(data_end(g), from->next_seq) &&
           !seq_after(g->p->tcp.seq, from->last_ack + from->window);
}

static enum tcp_state state_after_fin(const struct segment *g)
{
    bool mine_acked = (g->p->tcp.flags & TCP_ACK) && !seq_before(g->p->tcp.ack, g->to->next_seq);
    bool from_client = g->dir == TO_SERVER;
    switch (g->s->state) {
    case STATE_FIN_WAIT1: /* the server's FIN is out */
        if (!from_client)
            return STATE_FIN_WAIT1;
        return mine_acked ? STATE_TIME_WAIT : STATE_CLOSING;
    case STATE_FIN_WAIT2:
        return from_client ? STATE_TIME_WAIT : STATE_FIN_WAIT2;
    case STATE_CLOSE_WAIT: /* the client's FIN is out */
        return from_client ? STATE_CLOSE_WAIT : STATE_LAST_ACK;
    case STATE_CLOSING:
    case STATE_LAST_ACK:
    case STATE_TIME_WAIT:
        return g->s->state;
    default:
        return from_client ? STATE_CLOSE_WAIT : STATE_FIN_WAIT1;
    }
}

/* While the connection lives retransmissions are nothing to tell of. */
static void note_retransmission(struct segment *g)
{
    bool said = (g->p->tcp.flags & TCP_FIN) && g->s->state >= STATE_CLOSING; /* all of it was */
    if (g->s->state > STATE_ESTABLISHED && !said && is_retransmission(g))
        segment_event(g, EVENT_STREAM_PKT_RETRANSMISSION);
}

bool state_fin(struct segment *g)
{
    note_retransmission(g);
    bool again = (g->from->flags & STREAM_FIN_SEEN) && data_end(g) + 1 == g->from->next_seq;
    if (!check_ack(g))
        return refuse(g, EVENT_STREAM_FIN_INVALID_ACK);
    if (again) {
        update_window(g);
        acknowledge(g, g->p->tcp.ack);
        reassemble(g, g->p->tcp.seq); /* a copy of bytes that the stream has */
        return true;
    }
    if (!fin_in_window(g))
        return refuse(g, events_of[g->s->state].bad_fin);
    enum tcp_state next = state_after_fin(g);
    session_state(g, next);
    take(g);
    return true;
}

/* True when every byte was acknowledged before and none of them fills a hole. After the first FIN
 * acknowledgements from before it are nothing to tell of. */
static bool is_before_last_ack(const struct segment *g)
{
    const struct stream *from = g->from;
    uint32_t in_order = from->isn + 1 + (uint32_t)reassembly_of(from)->next;
    bool no_hole = (from->flags & STREAM_DEPTH_DONE) || !seq_after(data_end(g), in_order);
    switch (g->s->state) {
    case STATE_ESTABLISHED:
        return seq_before(data_end(g), from->last_ack) && (g->p->payload.len == 0 || no_hole);
    case STATE_CLOSE_WAIT:
        return g->p->payload.len > 0 && !seq_after(data_end(g), from->last_ack) && no_hole;
    default:
        return false;
    }
}

static bool refuse_old(struct segment *g)
{
    if (g->s->state == STATE_CLOSE_WAIT)
        return refuse(g, EVENT_STREAM_CLOSEWAIT_PKT_BEFORE_LAST_ACK);
    return refuse(g, EVENT_STREAM_EST_PKT_BEFORE_LAST_ACK);
}

static bool in_window(const struct segment *g)
{
    const struct stream *from = g->from;
    uint32_t seq = g->p->tcp.seq;
    if (is_lenient(g))
        return true;
    if (g->s->state == STATE_TIME_WAIT)
        return seq - (from->next_seq - 1) <= 2 || is_retransmission(g);
    if (g->s->state >= STATE_CLOSING) /* both FINs are out: nothing new may come */
        return seq == from->next_seq || seq == from->next_seq + 1 ||
               !seq_after(data_end(g), from->next_seq);
    bool probe = g->p->payload.len == 1 && seq == from->next_seq && from->window == 0;
    return probe || !seq_after(data_end(g), from->next_win);
}

/* A host takes what lies within its window and cuts off the rest. */
static void take_within_window(struct segment *g)
{
    struct bytes whole = g->p->payload;
    size_t n = within_window(g);
    if (n == 0)
        return;
    g->p->payload = bytes_slice(whole, 0, n);
    reassemble(g, g->p->tcp.seq);
    g->p->payload = whole;
    if (seq_after(g->from->next_win, g->from->next_seq))
        g->from->next_seq = g->from->next_win;
}

/* The peer's FIN is acknowledged: on to the next state. */
static void on_fin_acked(struct segment *g)
{
    bool acked = !seq_before(g->p->tcp.ack, g->to->next_seq) && (g->to->flags & STREAM_FIN_SEEN);
    if (!acked)
        return;
    switch (g->s->state) {
    case STATE_FIN_WAIT1:
        session_state(g, STATE_FIN_WAIT2);
        break;
    case STATE_CLOSING:
        session_state(g, STATE_TIME_WAIT);
        break;
    case STATE_LAST_ACK: /* the server's FIN came last */
        if (g->dir == TO_SERVER)
            session_state(g, STATE_CLOSED);
        break;
    case STATE_TIME_WAIT:
        session_state(g, STATE_CLOSED);
        break;
    default:
        break;
    }
}

static bool on_ack(struct segment *g)
{
    const struct state_events *ev = &events_of[g->s->state];
    note_retransmission(g);
    if (g->dir == TO_CLIENT)
        g->s->flags |= SESSION_CONFIRMED;
    if (g->s->state == STATE_TIME_WAIT && !in_window(g)) /* whatever it acknowledges */
        return refuse(g, ev->bad_seq);
    if (!check_ack(g))
        return refuse(g, ev->bad_ack);
    if (is_before_last_ack(g) && !(g->s->flags & SESSION_ASYNC))
        return refuse_old(g);
    if (!in_window(g)) {
        take_within_window(g);
        doubt_keep(g);
        return refuse(g, ev->bad_seq);
    }
    take(g);
    on_fin_acked(g);
    return true;
}

bool state_synchronized(struct segment *g)
{
    uint8_t flags = g->p->tcp.flags;
    if (flags & TCP_RST)
        return on_rst(g);
    if (flags & TCP_SYN) /* refused anyway: by its own name rather than its timestamp's */
        return on_late_syn(g);
    if (!check_timestamp(g))
        return false;
    if (flags & TCP_FIN)
        return state_fin(g);
    if (flags & TCP_ACK)
        return on_ack(g);
    return true;
}
