/* sensor/stream/synack_queue.c - what SYNs say, and handshakes with several different SYN/ACKs.
 *
 * Somebody may answer a SYN before the server does, to have us follow the wrong connection. Which
 * answer the client took shows in its ACK, so a few of them are kept until then. */
#include "sensor/stream/session.h"
#include "common/err.h"

enum { SYNACKS_MAX = 5 };

static uint8_t wscale_of(const struct packet *p)
{
    if (p->tcp.wscale < 0)
        return 0;
    return p->tcp.wscale > WSCALE_MAX ? WSCALE_MAX : (uint8_t)p->tcp.wscale;
}

/* What a SYN or SYN/ACK says of its sender. Its window is never scaled. */
void take_syn(struct segment *g)
{
    const struct packet *p = g->p;
    g->from->isn = p->tcp.seq;
    g->from->next_seq = p->tcp.seq + 1;
    g->from->last_ack = p->tcp.seq;
    g->to->window = p->tcp.window;
    g->to->wscale = wscale_of(p);
    if (p->tcp.has_ts) {
        g->from->flags |= STREAM_HAS_TS;
        g->from->last_ts = p->tcp.tsval;
        g->from->last_ts_s = (uint32_t)(p->ts_us / 1000000);
        if (p->tcp.tsval == 0)
            g->from->flags |= STREAM_ZERO_TS;
    }
}

/* The answering SYN: scaling and timestamps hold only when both ends offer them. */
void agree_options(struct segment *g)
{
    const struct packet *p = g->p;
    if (p->tcp.wscale < 0 || !(g->s->flags & SESSION_WSCALE))
        g->from->wscale = g->to->wscale = 0;
    if (p->tcp.has_ts && (g->to->flags & STREAM_HAS_TS))
        g->s->flags |= SESSION_TIMESTAMPS;
    if (p->tcp.sack_ok)
        g->s->flags |= SESSION_SACK;
}

struct synack_queue {
    unsigned count;
    struct packet packets[SYNACKS_MAX]; /* headers only: no view in them is valid */
};

bool synack_keep(struct segment *g)
{
    struct synack_queue *q = g->s->synacks;
    if (!q) {
        q = g->s->synacks = calloc(1, sizeof *q);
        ASSERT(q);
    }
    for (unsigned i = 0; i < q->count; i++)
        if (q->packets[i].tcp.seq == g->p->tcp.seq)
            return true;
    if (q->count == SYNACKS_MAX)
        return false;
    q->packets[q->count++] = *g->p;
    return true;
}

bool synack_adopt(struct segment *g)
{
    struct synack_queue *q = g->s->synacks;
    for (unsigned i = 0; q && i < q->count; i++) {
        struct packet *kept = &q->packets[i];
        if (kept->tcp.seq + 1 != g->p->tcp.ack)
            continue;
        struct segment server = *g;
        server.p = kept;
        segment_aim(&server, TO_CLIENT);
        take_syn(&server);
        agree_options(&server);
        server.from->next_win = server.from->next_seq + server.from->window;
        return true;
    }
    return false;
}

void synack_forget(struct tcp_session *s)
{
    free(s->synacks);
    s->synacks = NULL;
}
