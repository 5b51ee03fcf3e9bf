/* mpm/literals.h - which of many literals occur in a buffer.
 *
 * Every literal is known by its rarest four bytes (its gram) at some offset; a bitmap small enough
 * for the first-level cache says for each place of a buffer whether a gram may begin there, and
 * only then a literal is compared. After DFC (Choi et al., NSDI 2016), with four bytes where that
 * has two and the rarest where that has the first. Bitmaps of a few KiB keep what a scan costs near
 * one load a byte, also for the short buffers that most are, where the tables of an automaton would
 * have to come from far away each time. Literals of two or three bytes are known by two of them, in
 * a bitmap of their own; those of one are looked for one by one. */
#ifndef DETECT_MPM_LITERALS_H
#define DETECT_MPM_LITERALS_H
#include "common/arena.h"

struct literal {
    struct bytes bytes; /* at least one */
    bool nocase;        /* then in lower case */
};

struct literals;
/* Copies what it needs. */
struct literals *literals_new(const struct literal *list, size_t count);
void literals_free(struct literals *l);

/* One worker's: which were found in the scan at hand. Zeroed is empty. */
struct literals_seen {
    uint32_t *stamps; /* by literal: the scan in which it was found last */
    size_t count;
    uint32_t scan;
};
/* Makes room for the literals of l too. */
void literals_seen_grow(struct literals_seen *s, const struct literals *l);
void literals_seen_release(struct literals_seen *s);

/* Calls found once for each literal that occurs in `in`, with its index in the list. */
typedef void literals_found_fn(void *ctx, unsigned literal);
void literals_scan(const struct literals *l, struct literals_seen *s, struct bytes in,
                   literals_found_fn *found, void *ctx);

#endif
