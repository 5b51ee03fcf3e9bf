/* sensor/stream/handshake.c - what SYNs say, and handshakes with several different ones.
 *
 * Somebody may send a second SYN that the server never sees, or answer a SYN before the server
 * does, to have us follow a connection that is none. Which one was taken shows in the other end's
 * answer, so a few of them are kept until then. */
#include "sensor/stream/session.h"

enum { KEPT_MAX = 5 };

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

struct handshake {
    unsigned count;
    struct packet kept[KEPT_MAX]; /* headers only: no view in them is valid */
};

bool handshake_keep(struct segment *g)
{
    struct handshake *h = g->s->handshake;
    if (!h) {
        h = g->s->handshake = session_take_beside(&g->e->pool, sizeof *h, true);
        if (!h) {
            note_session_memcap(g);
            return false;
        }
    }
    for (unsigned i = 0; i < h->count; i++)
        if (h->kept[i].tcp.seq == g->p->tcp.seq)
            return true;
    if (h->count == KEPT_MAX)
        return false;
    h->kept[h->count++] = *g->p;
    return true;
}

bool handshake_adopt(struct segment *g)
{
    struct handshake *h = g->s->handshake;
    for (unsigned i = 0; h && i < h->count; i++) {
        struct packet *kept = &h->kept[i];
        if (kept->tcp.seq + 1 != g->p->tcp.ack)
            continue;
        struct segment other = *g;
        other.p = kept;
        segment_aim(&other, OTHER(g->dir));
        take_syn(&other);
        if (kept->tcp.flags & TCP_ACK)
            agree_options(&other);
        other.from->next_win = other.from->next_seq + other.from->window;
        return true;
    }
    return false;
}

void handshake_forget(struct stream_engine *e, struct tcp_session *s)
{
    session_give_beside(&e->pool, s->handshake, sizeof *s->handshake);
    s->handshake = NULL;
}
