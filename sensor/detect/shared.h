/* sensor/detect/shared.h - what rules remember beyond one flow, shared by all workers.
 *
 * Bits on hosts and pairs of hosts so far. Touched between shared_enter() and shared_leave() only:
 * in replay in packet order (turn.h), live as it comes, one worker at a time either way. Keys are
 * names and addresses, never numbers of a rule set, so a reload keeps what is known. */
#ifndef DETECT_SHARED_H
#define DETECT_SHARED_H
#include "sensor/detect/host_bits.h"
#include "sensor/detect/turn.h"
#include "sensor/detect/worker_state.h"
#include <pthread.h>

struct shared {
    pthread_mutex_t lock;
    struct turns turns;
    struct host_bits bits;
};

/* Waits for the worker's turn and gives it what is shared, locked; NULL: it shares nothing. */
struct shared *shared_enter(struct detect *d);
void shared_leave(struct shared *s);

/* Source and destination of what is inspected: at a flow's end one packet stands for both ways. */
static inline const struct addr *inspect_src(const struct inspect *in)
{
    bool made_up = in->flow && (in->packet->flags & PACKET_REPLAYED);
    return made_up ? &in->flow->tuple.addr[in->dir] : &in->packet->src;
}
static inline const struct addr *inspect_dst(const struct inspect *in)
{
    bool made_up = in->flow && (in->packet->flags & PACKET_REPLAYED);
    return made_up ? &in->flow->tuple.addr[OTHER(in->dir)] : &in->packet->dst;
}

#endif
