/* sensor/flow/tuple.h - from packets to tuples, and tuples compared. Private to flow/. */
#ifndef FLOW_TUPLE_H
#define FLOW_TUPLE_H
#include "sensor/flow/flow.h"

/* Symmetric over both ends. Never 0. */
uint64_t tuple_hash(const struct tuple *t, uint64_t seed);

/* Whether t, a packet's tuple from its sender's view, belongs to the flow of tuple `flow`; *dir is
 * set when it does. */
bool tuple_matches(const struct tuple *flow, const struct tuple *t, enum direction *dir);

/* An IPv4 ICMP error's quoted datagram as its sender would have sent it; false when p is none. */
bool tuple_quoted(const struct packet *p, struct tuple *out);

#endif
