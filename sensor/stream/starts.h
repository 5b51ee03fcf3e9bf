/* sensor/stream/starts.h - where segments begin among the bytes in order that are not handed on
 * yet. Private to stream/.
 *
 * One block of the budget, held only while a second segment waits for its acknowledgement. When it
 * is full, or there is none to be had, the segments that follow count as one. */
#ifndef STREAM_STARTS_H
#define STREAM_STARTS_H
#include "sensor/stream/budget.h"

enum { STARTS_MAX = BLOCK_MIN / sizeof(uint64_t) - 1 };
struct starts {
    uint64_t count;
    uint64_t at[STARTS_MAX]; /* positions as in ready.h, rising */
};

/* Notes that a segment begins at `at`, behind all others; those up to `sent` are done with. *s is
 * made when missing. */
void starts_add(struct budget *b, struct starts **s, uint64_t at, uint64_t sent);
void starts_free(struct budget *b, struct starts **s);
/* s may be NULL: no start is known. */
bool starts_has(const struct starts *s, uint64_t at);
uint64_t starts_after(const struct starts *s, uint64_t at); /* UINT64_MAX: none */

#endif
