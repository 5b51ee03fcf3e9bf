/* sensor/overload.h - what a worker gives up, live, when frames come faster than it takes them.
 *
 * Without a decision the kernel makes one: it drops whatever comes while the ring is full, of every
 * flow alike, and a connection with a hole in it is of no use to rules. So what is given up is
 * chosen by flow, as soon as the ring fills, in two steps:
 *
 *   BULK   half full. Long flows that no rule has found anything in are let go for good: what rules
 *          look for stands at the beginning of streams, most bytes of a link in the rest of few.
 *   FLOOD  three quarters full, or frames were dropped. No flow is begun but by TCP payload: a
 *          flood is handshakes that nobody finishes, and datagrams. Their packets are still judged,
 *          each alone, by rules that need no flow. A connection that does carry something is picked
 *          up there, and followed as any other.
 *
 * Both end when three quarters of the ring are free again. Flows that are followed stay so: the
 * attack inside the flood is seen. Nothing here is used in replay. */
#ifndef SENSOR_OVERLOAD_H
#define SENSOR_OVERLOAD_H
#include "sensor/flow/flow.h"

enum overload { OVERLOAD_NONE, OVERLOAD_BULK, OVERLOAD_FLOOD };

/* The step that follows `now`, with so much of the ring waiting; dropped: frames were, since. */
enum overload overload_next(enum overload now, unsigned fill_percent, bool dropped);

/* Whether f goes at BULK. */
bool overload_is_bulk(const struct flow *f);

/* Whether p begins a flow at FLOOD. */
bool overload_begins(const struct packet *p);

struct overload_counters {
    uint64_t times;      /* it was entered */
    uint64_t bulk_flows; /* let go */
};

/* For so long after it, connections whose handshake was not followed are picked up at their
 * payload. */
#define OVERLOAD_PICKS_UP_US UINT64_C(60000000)

#endif
