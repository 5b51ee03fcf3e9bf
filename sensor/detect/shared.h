/* sensor/detect/shared.h - what rules remember beyond one flow, shared by all workers.
 *
 * Bits on hosts and pairs of hosts, sets that rules change, tagged hosts, and limits that decide
 * over more than an alert. Touched between shared_enter() and shared_leave() only: in replay in
 * packet order (turn.h), live as it comes, one worker at a time either way. Keys are names and
 * addresses, never numbers of a rule set, so a reload keeps what is known. */
#ifndef DETECT_SHARED_H
#define DETECT_SHARED_H
#include "sensor/detect/dataset.h"
#include "sensor/detect/host_bits.h"
#include "sensor/detect/tags.h"
#include "sensor/detect/turn.h"
#include <pthread.h>

struct shared {
    pthread_mutex_t lock;
    struct turns turns;
    struct host_bits bits;
    struct dataset *sets;          /* that rules change */
    struct thresholds *thresholds; /* of rules whose limits decide at once */
    struct tagged_hosts tagged;
};

/* Waits for the worker's turn and gives it what is shared, locked; NULL: it shares nothing. */
struct shared *shared_enter(struct detect *d);
void shared_leave(struct shared *s);

#endif
