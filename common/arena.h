/* common/arena.h - memory that is given back all at once.
 *
 * Blocks are kept on reset, so a warm arena never calls malloc. */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H
#include "common/bytes.h"

#define ARENA_HUGE ((size_t)2 << 20)

struct arena_block;
struct arena {
    struct arena_block *first, *current;
    size_t used;        /* in the current block */
    size_t block_bytes; /* of a new block, unless one request needs more; 0 means 64 KiB. Of
                           ARENA_HUGE on a block asks for huge pages, and what is taken of it in
                           whole cache lines lies in as many */
};

/* n bytes, zeroed, 16-aligned; valid until arena_reset. Never NULL. */
void *arena_alloc(struct arena *a, size_t n);
/* The same, not zeroed: for bytes that are written at once. */
void *arena_take(struct arena *a, size_t n);
/* A copy of b, followed by a NUL. */
struct bytes arena_copy(struct arena *a, struct bytes b);
void arena_reset(struct arena *a);
void arena_release(struct arena *a);

#endif
