/* sensor/lane.h - a worker in replay, and the way of the reader's packets to it.
 *
 * One of several workers has a thread, and is handed batches. A worker by itself works in the
 * reader's thread, a few packets behind: what a packet is made of never leaves the core's cache,
 * and nothing of it is copied but struct packet. */
#ifndef SENSOR_LANE_H
#define SENSOR_LANE_H
#include "sensor/sources.h"

struct lane;
/* Worker number `number` of o->workers, and its batches into o->free_batches[number]. */
struct lane *lane_new(const struct source_options *o, unsigned number);
/* After a batch that is the last. */
void lane_free(struct lane *l);

/* A round: what its packets give goes into b. */
void lane_begin(struct lane *l, struct batch *b);
struct batch *lane_batch(const struct lane *l); /* that one, until the round is over */
/* The round's next packet. stays: its bytes do until lane_settle(); else they
 * are the caller's after the call. */
void lane_packet(struct lane *l, const struct packet *p, bool stays);
/* Lets go of the bytes of all packets before. */
void lane_settle(struct lane *l);
/* The round is over; its batch, with all fields set that the worker looks at, goes its way. */
void lane_end(struct lane *l);

#endif
