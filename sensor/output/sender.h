/* sensor/output/sender.h - the thread that carries the spool to Redis.
 *
 * It keeps a batch of XADDs in flight, moves the spool's mark when they are answered, and backs off
 * (0.1 s doubling to 5 s) while Redis is away or refuses; nothing is given up. The cause of an
 * outage is said once, and once more when it is over. Every second it syncs the spool to disk. */
#ifndef OUTPUT_SENDER_H
#define OUTPUT_SENDER_H
#include "sensor/output/spool.h"

struct sender;
struct sender_options {
    struct spool *spool;                        /* outlives the sender */
    const char *address, *user, *password_file; /* address NULL: sync only */
    uint32_t batch;
};
struct sender *sender_new(const struct sender_options *o);
/* Ends the thread at once; what was in flight stays in the spool. */
void sender_free(struct sender *s);

/* There is something new in the spool. */
void sender_wake(struct sender *s);
/* Waits until the spool is empty; false when timeout_ms passed before. */
bool sender_drain(struct sender *s, unsigned timeout_ms);

struct sender_state {
    bool connected;
    uint64_t reconnects;
    char last_error[256];
};
void sender_state(struct sender *s, struct sender_state *out);

#endif
