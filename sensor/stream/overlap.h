/* sensor/stream/overlap.h - which of two copies of a byte a host keeps. Private to stream/.
 *
 * Systems differ in this, and a sender who knows may show a sensor other bytes than the host took.
 * The habits are those of Novak and Sturges, "Target-Based TCP Stream Reassembly" (2007), by
 * Suricata's names: what counts is how the newer segment lies to the older one. */
#ifndef STREAM_OVERLAP_H
#define STREAM_OVERLAP_H
#include "sensor/decode/host_policy.h"

/* How the edges of the newer segment lie: -1 before those of the older one, 0 equal, 1 behind. */
struct overlap {
    int start, end;
};

bool overlap_newer_wins(enum host_policy policy, struct overlap o);

#endif
