/* sensor/output/spool_internal.h - the spool's state, shared by its three files only. */
#ifndef OUTPUT_SPOOL_INTERNAL_H
#define OUTPUT_SPOOL_INTERNAL_H
#include "sensor/output/spool.h"
#include <pthread.h>

#define SPOOL_RESERVE "reserve" /* the spare segment's name while nothing is in it */

struct spool_segment {
    uint64_t number, epoch;
    uint64_t records; /* flushed and not confirmed */
    uint64_t bytes;   /* flushed */
    uint64_t synced;
    bool closed;
};

/* Numbered since the last flush; not yet in the ledger. */
struct spool_pending {
    uint64_t generated, kept, shed_full, shed_error;
};

/* Where a record that was handed out ends. */
struct spool_position {
    uint64_t segment, offset;
};

struct spool {
    char *dir;
    int dir_fd, lock_fd, ledger_fd;
    uint64_t cap_bytes, segment_bytes;

    pthread_mutex_t mutex; /* over the next block */
    struct ledger ledger;  /* what the files say */
    uint64_t generation;
    unsigned current; /* index of this process's epoch */
    bool ledger_failing;
    struct spool_segment *segments; /* oldest first */
    size_t segment_count, segment_cap;
    uint64_t disk_bytes;
    struct spool_pending pending;

    /* the writer's */
    int fd; /* of the last segment, -1 when there is none open */
    uint64_t next_number;
    uint8_t *buffer;
    size_t len, cap;
    bool disk_full;
    uint64_t retry_us;    /* monotonic: when to try the disk again */
    uint64_t shed_before; /* shed for errors when the disk became full */

    /* the reader's */
    struct segment_reader reader;
    struct spool_position read_at;
    struct spool_position *handed;
    size_t handed_count, handed_cap;
    uint64_t ledger_synced; /* generation */
};

/* With the mutex held: writes the next slot of the ledger. False when that failed (said once). */
bool spool_save(struct spool *s);
/* With the mutex held: moves the mark over closed segments that are done, saves, deletes them. */
void spool_trim(struct spool *s);
struct spool_segment *spool_segment_find(struct spool *s, uint64_t number);
struct spool_segment *spool_segment_add(struct spool *s);
static inline struct ledger_epoch *spool_current(struct spool *s)
{
    return &s->ledger.epochs[s->current];
}
static inline void spool_lock(struct spool *s)
{
    pthread_mutex_lock(&s->mutex);
}
static inline void spool_unlock(struct spool *s)
{
    pthread_mutex_unlock(&s->mutex);
}

/* spool_write.c: ends the segment being written, if there is one; takes the spare segment's space.
 */
void spool_segment_end(struct spool *s);
void spool_reserve_make(struct spool *s);

#endif
