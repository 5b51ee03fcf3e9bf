/* mpm/literals.h - which of many literals occur in a buffer.
 *
 * Every literal is known by its rarest four bytes (its gram); a bitmap small enough for the
 * first-level cache says for each place of a buffer whether a gram may begin there, and only then a
 * literal is compared. After DFC (Choi et al., NSDI 2016), with four bytes where that has two and
 * the rarest where that has the first. A long literal is known by four grams that begin one byte
 * after the other, so that every fourth place of a buffer is enough to find it. Bitmaps of a few
 * KiB keep what a scan costs near one load a place, also for the short buffers that most are, where
 * the tables of an automaton would have to come from far away each time.
 *
 * The texts are chosen once for a rule set; a scanner looks for those of them that matter for a
 * kind of packet, and is made in microseconds. */
#ifndef DETECT_MPM_LITERALS_H
#define DETECT_MPM_LITERALS_H
#include "common/arena.h"

#define LITERAL_ANYWHERE SIZE_MAX

struct literal {
    struct bytes bytes; /* at least one */
    bool nocase;        /* then in lower case */
    size_t ends_by;     /* nobody asks where it ends behind so many first bytes of a buffer */
};

/* All literals of a kind of buffer and what each is known by; immutable, of all workers. */
struct literals;
/* Copies what it needs. */
struct literals *literals_new(const struct literal *list, size_t count);
void literals_free(struct literals *l);

/* Finds some of them. */
struct literal_scanner;
/* What the processor has for looking at many places at once. */
enum simd { SIMD_NONE, SIMD_AVX2, SIMD_AVX512 };
enum simd simd_here(void);
/* wanted: a bit for each literal, at least one of them set. Borrows l. simd: at most that of here.
 */
struct literal_scanner *literal_scanner_new(const struct literals *l, const uint64_t *wanted,
                                            enum simd simd);
void literal_scanner_free(struct literal_scanner *s);
size_t literal_scanner_bytes(const struct literal_scanner *s);

/* One worker's: which were found in the scan at hand. Zeroed is empty. */
struct literals_seen {
    uint32_t *stamps; /* by literal: the scan in which it was found last */
    size_t count;
    uint32_t scan;
};
/* Makes room for the literals of l too. */
void literals_seen_grow(struct literals_seen *s, const struct literals *l);
void literals_seen_release(struct literals_seen *s);

/* Which part of a buffer is looked at. */
struct literals_view {
    struct bytes bytes;
    size_t before;   /* bytes of the buffer that stand before them */
    bool start_only; /* what counts anywhere is not looked for */
};
/* Calls found once for each literal wanted that is there, with its index in the list; one that only
 * counts near the beginning may be left out elsewhere. */
typedef void literals_found_fn(void *ctx, unsigned literal);
void literals_scan(const struct literal_scanner *s, struct literals_seen *seen,
                   struct literals_view in, literals_found_fn *found, void *ctx);

#endif
