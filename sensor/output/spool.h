/* sensor/output/spool.h - what Redis has not confirmed yet, on disk.
 *
 * The writer (the collector's thread) numbers records and appends them to segments; the reader (the
 * sender's thread) hands them out in order and moves the mark when Redis confirmed them. Segments
 * wholly before the mark are deleted. Both threads share what stands under the mutex, nothing else.
 *
 * What survives what:
 *   - the process dies: everything up to the last spool_flush(), because that is a write();
 *   - the machine dies: everything up to the last spool_sync(), which the sender calls every
 * second;
 *   - the spool reaches its cap: severity 4 is shed from 70 % of it on, 3 from 80 %, 2 from 90 %,
 *     1 from 98 %, and 0 (statistics) at 100 %;
 *   - the disk is full: segments take their space when they are made, and a spare one is held back
 *     for severity 1 and 0; the rest is shed until there is room again.
 * Everything shed is counted by reason in the ledger (common/ledger.h), with its sequence number.
 */
#ifndef OUTPUT_SPOOL_H
#define OUTPUT_SPOOL_H
#include "common/ledger.h"
#include "common/segment.h"

struct spool;
struct spool_options {
    const char *dir, *sensor;
    uint64_t cap_bytes; /* of segments on disk; at least 1 MiB */
};

/* Locks the directory, cuts torn tails, accounts for what a crash left and begins a new epoch. When
 * all epochs the ledger has room for are still unconfirmed, the newest one is continued instead. */
struct spool *spool_open(const struct spool_options *o, struct err *err);
/* Flushes, syncs, lets go. */
void spool_close(struct spool *s);

/* ---- the writer ---- */
uint64_t spool_epoch(const struct spool *s);
/* The number that the next record must carry. */
uint64_t spool_next_seq(struct spool *s);
/* Takes the next number and keeps the record, or sheds it and returns false. The record's shed
 * counts are filled in here. */
bool spool_append(struct spool *s, struct segment_record *r);
void spool_flush(struct spool *s);

/* ---- the reader ---- */
/* The next record flushed and not handed out yet; views valid until the next call. */
bool spool_next(struct spool *s, struct segment_record *out);
/* The first `count` records handed out are confirmed. */
void spool_confirm(struct spool *s, size_t count);
/* What was handed out and not confirmed will be handed out again. */
void spool_rewind(struct spool *s);
/* fdatasync of segments and ledger, where something changed. */
void spool_sync(struct spool *s);

/* ---- any thread ---- */
struct spool_state {
    struct ledger ledger; /* with what is not flushed yet */
    uint64_t epoch, disk_bytes;
};
void spool_state(struct spool *s, struct spool_state *out);
bool spool_is_empty(struct spool *s);

#endif
