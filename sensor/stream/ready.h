/* sensor/stream/ready.h - ordered bytes: those that wait to be handed on, and the newest of those
 * that were. Private to stream/.
 *
 * Positions count the bytes that ever came in; gaps have none. The bytes of [head, end) are kept in
 * one piece, so every view is contiguous. Bytes before `keep` may go when room is needed; that
 * moves at most as many bytes as came in since the last time, so a byte costs O(1). */
#ifndef STREAM_READY_H
#define STREAM_READY_H
#include "sensor/stream/budget.h"

struct ready {
    uint8_t *mem;
    uint32_t start, len; /* within mem */
    uint8_t order;       /* of mem */
    uint64_t head;       /* position of mem[start] */
};

static inline uint64_t ready_end(const struct ready *r)
{
    return r->head + r->len;
}

/* The kept bytes of [from, to), both within head and end. */
static inline struct bytes ready_view(const struct ready *r, uint64_t from, uint64_t to)
{
    return bytes_of(r->mem ? r->mem + r->start + (from - r->head) : NULL, to - from);
}

/* Adds data at the end, letting go what lies before `keep`. False when the budget is spent: nothing
 * was added. */
bool ready_append(struct budget *b, struct ready *r, struct bytes data, uint64_t keep);
/* Lets go all bytes, and the memory with them; positions go on. */
void ready_clear(struct budget *b, struct ready *r);
/* Replaces kept bytes from position `at` on. */
void ready_write(struct ready *r, uint64_t at, struct bytes data);
/* Takes back the bytes from position `to` on. */
void ready_cut(struct ready *r, uint64_t to);

#endif
