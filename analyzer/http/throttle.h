/* analyzer/http/throttle.h - how often something may be tried.
 *
 * Leaky counters in a fixed table: memory does not grow with the number of guessers. Two keys may
 * share a place; then the newer takes it over only once the older has run out, else both count
 * together, which errs on the side of refusing. */
#ifndef HTTP_THROTTLE_H
#define HTTP_THROTTLE_H
#include <stdbool.h>
#include <stdint.h>

enum { THROTTLE_SLOTS = 8192 };
struct throttle_slot {
    uint64_t key;
    double level; /* attempts not yet forgotten */
    uint64_t at_us;
};
/* The caller locks. */
struct throttle {
    uint64_t salt; /* random, so that nobody can choose colliding keys */
    struct throttle_slot slots[THROTTLE_SLOTS];
};

void throttle_init(struct throttle *t);

/* Counts one attempt of `who` within `kind`; at most `limit` are open at a time and one is
 * forgotten every `forget_us`. Returns 0 when it may go on, or the microseconds to wait (nothing
 * counted). */
uint64_t throttle_try(struct throttle *t, const char *kind, const char *who, unsigned limit,
                      uint64_t forget_us, uint64_t now_us);
/* Takes the attempt back (it succeeded). */
void throttle_forgive(struct throttle *t, const char *kind, const char *who);

#endif
