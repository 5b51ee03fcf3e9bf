/* sensor/lane.h - a worker in replay, and the way of frames to it.
 *
 * A worker by itself works in the reader's thread; one of several has a thread and takes its rounds
 * from rounds.h. Each decodes for itself and works a few packets behind: what a packet is made of
 * never leaves the core's cache, and nothing of it is copied but struct packet. */
#ifndef SENSOR_LANE_H
#define SENSOR_LANE_H
#include "sensor/rounds.h"
#include "sensor/sources.h"

struct lane;
/* Worker number `number` of o->workers, and its batches into o->free_batches[number]. rounds: where
 * its thread takes them from until one says that it is the last; NULL: the caller runs it. flows:
 * the next round is never long in coming, so that the records of a few may go together. */
struct lane *lane_new(const struct source_options *o, unsigned number, struct rounds *rounds,
                      bool flows);
/* After the last round. */
void lane_free(struct lane *l);

/* A round of a lane without a thread: its beginning, each of its frames, its end. Of a frame the
 * bytes stay until lane_settle(). */
void lane_begin(struct lane *l, const struct round *round);
void lane_frame(struct lane *l, const struct frame *f);
void lane_end(struct lane *l, const struct round *round);
/* Lets go of the bytes of all frames before. */
void lane_settle(struct lane *l);

#endif
