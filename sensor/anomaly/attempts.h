/* sensor/anomaly/attempts.h - what became of connection attempts.
 *
 * An attempt succeeds when the server answers, and fails when it refuses or stays silent for
 * ATTEMPT_PATIENCE_US of packet time. Each gets exactly one outcome. Bounded: with more than
 * ATTEMPTS_MAX open, the oldest counts as silent at once. */
#ifndef ANOMALY_ATTEMPTS_H
#define ANOMALY_ATTEMPTS_H
#include "sensor/anomaly/detector.h"

#define ATTEMPT_PATIENCE_US 5000000
#define ATTEMPTS_MAX        65536

struct attempt {
    uint64_t flow_id, ts_us, packet;
    struct addr client, server;
    uint16_t server_port;
    uint8_t transport;
    bool client_inside;
    bool first; /* contact with this address and port, as the opener knows it */
};
typedef void attempt_outcome_fn(void *ctx, const struct attempt *a, bool answered);

struct attempts;
struct attempts *attempts_new(attempt_outcome_fn *on_outcome, void *ctx);
void attempts_free(struct attempts *t); /* what is open gets no outcome */
/* Opens an attempt; o is an OBS_ATTEMPT. */
void attempts_open(struct attempts *t, const struct observation *o, bool first);
/* Settles the attempt o is about, if it is open. */
void attempts_settle(struct attempts *t, const struct observation *o);
/* Settles what has waited long enough at now_us, oldest first. */
void attempts_expire(struct attempts *t, uint64_t now_us);
size_t attempts_memory(const struct attempts *t);

#endif
