/* sensor/stream/waiting.h - bytes that came before their turn. Private to stream/.
 *
 * Kept in pages of 4 KiB blocks by stream offset, with one bit a byte for what is there and one for
 * where a segment begins, which tells who keeps what when copies overlap. So a
 * segment costs its length and a search among the pages, however small, overlapping or shuffled the
 * segments are, and a sender of tiny segments gains nothing. */
#ifndef STREAM_WAITING_H
#define STREAM_WAITING_H
#include "sensor/stream/budget.h"
#include "sensor/stream/overlap.h"

struct page;
struct waiting {
    struct page **pages; /* sorted by offset; the live ones are [first, first + count) */
    uint32_t first, count, cap;
};

/* Bytes beyond this many pages ahead are refused, so that a search and an insertion stay cheap. */
enum { WAITING_PAGES_MAX = 8192 };

enum waiting_result {
    WAITING_KEPT = 0,
    WAITING_OVERLAP = 1 << 0, /* some bytes were there already */
    WAITING_DIFFERS = 1 << 1, /* ... and had other values */
    WAITING_REFUSED = 1 << 2, /* the budget is spent: bytes were dropped */
    WAITING_LIMIT = 1 << 3,   /* WAITING_PAGES_MAX are there: bytes were dropped */
};
struct waiting *waiting_new(void); /* never NULL */
void waiting_free(struct budget *b, struct waiting *w);

/* Adds the bytes of a segment that begins at stream offset `begin`, from offset `at` on. Where some
 * are there already, the policy says which stay. Returns enum waiting_result flags. */
unsigned waiting_add(struct budget *b, struct waiting *w, enum host_policy policy, uint64_t begin,
                     uint64_t at, struct bytes data);

/* Offset of the first waiting byte, UINT64_MAX when there is none. w may be NULL. */
uint64_t waiting_first(const struct waiting *w);
/* The bytes at offset `at` that are of one segment, within a page; empty when there are none.
 * *begins tells whether the segment begins there. */
struct bytes waiting_at(const struct waiting *w, uint64_t at, bool *begins);
/* Lets go all bytes before offset `to`. w may be NULL. */
void waiting_drop(struct budget *b, struct waiting *w, uint64_t to);

#endif
