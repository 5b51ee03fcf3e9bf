/* sensor/output/spool_read.c - hands records out and moves the mark; see spool.h. */
#include "sensor/output/spool_internal.h"
#include "common/log.h"
#include <fcntl.h>
#include <unistd.h>

/* A copy of the first segment numbered `from` or later. */
static bool segment_from(struct spool *s, uint64_t from, struct spool_segment *out)
{
    bool found = false;
    spool_lock(s);
    for (size_t i = 0; i < s->segment_count && !found; i++) {
        *out = s->segments[i];
        found = out->number >= from;
    }
    spool_unlock(s);
    return found;
}

/* The rest of this segment cannot be read: what it held is lost, counted and said. Everything
 * handed out before it has been confirmed. */
static void give_up(struct spool *s, uint64_t number)
{
    spool_lock(s);
    struct spool_segment *segment = spool_segment_find(s, number);
    struct ledger_epoch *e = ledger_epoch(&s->ledger, segment->epoch);
    uint64_t count = segment->records;
    e->spooled -= count;
    e->shed_spool_error += count;
    segment->records = 0;
    s->ledger.mark_segment = number;
    s->ledger.mark_offset = segment->bytes;
    spool_trim(s);
    spool_unlock(s);
    log_error(
        "spool %s: segment %016llx is damaged; %llu records of it are lost, counted as shed for "
        "spool_error",
        s->dir, (unsigned long long)number, (unsigned long long)count);
    spool_rewind(s);
}

static bool hand_out(struct spool *s)
{
    if (s->handed_count == s->handed_cap) {
        s->handed_cap = s->handed_cap ? s->handed_cap * 2 : 256;
        s->handed = realloc(s->handed, s->handed_cap * sizeof *s->handed);
        ASSERT(s->handed);
    }
    s->read_at.offset = s->reader.offset;
    s->handed[s->handed_count++] = s->read_at;
    return true;
}

/* Opens the segment where reading stands, if it is not open. False when it is damaged. */
static bool reader_at(struct spool *s, const struct spool_segment *segment)
{
    struct err err;
    if (s->reader.fd >= 0)
        return true;
    return segment_reader_open(&s->reader, s->dir, segment->number, s->read_at.offset, &err) == 0 &&
           s->reader.header.epoch == segment->epoch;
}

bool spool_next(struct spool *s, struct segment_record *out)
{
    struct spool_segment segment;
    while (segment_from(s, s->read_at.segment, &segment)) {
        if (segment.number > s->read_at.segment) {
            segment_reader_close(&s->reader);
            s->read_at = (struct spool_position){segment.number, SEGMENT_HEADER_BYTES};
        }
        if (s->read_at.offset >= segment.bytes) {
            if (!segment.closed)
                return false;
            segment_reader_close(&s->reader);
            s->read_at = (struct spool_position){segment.number + 1, SEGMENT_HEADER_BYTES};
            continue;
        }
        bool readable = reader_at(s, &segment);
        s->reader.limit = segment.bytes;
        if (readable && segment_reader_next(&s->reader, out) == SEGMENT_OK)
            return hand_out(s);
        if (s->handed_count)
            return false; /* first what came before it */
        give_up(s, segment.number);
    }
    return false;
}

void spool_confirm(struct spool *s, size_t count)
{
    ASSERT(count <= s->handed_count);
    if (count == 0)
        return;
    spool_lock(s);
    for (size_t i = 0; i < count; i++) {
        struct spool_segment *segment = spool_segment_find(s, s->handed[i].segment);
        struct ledger_epoch *e = ledger_epoch(&s->ledger, segment->epoch);
        segment->records--;
        e->sent++;
        e->spooled--;
    }
    s->ledger.mark_segment = s->handed[count - 1].segment;
    s->ledger.mark_offset = s->handed[count - 1].offset;
    spool_trim(s);
    spool_unlock(s);
    s->handed_count -= count;
    memmove(s->handed, s->handed + count, s->handed_count * sizeof *s->handed);
}

void spool_rewind(struct spool *s)
{
    segment_reader_close(&s->reader);
    s->handed_count = 0;
    spool_lock(s);
    s->read_at = (struct spool_position){s->ledger.mark_segment, s->ledger.mark_offset};
    spool_unlock(s);
}

/* The first segment numbered `from` or later with unsynced bytes. */
static bool unsynced(struct spool *s, uint64_t from, struct spool_segment *out)
{
    while (segment_from(s, from, out)) {
        if (out->bytes > out->synced)
            return true;
        from = out->number + 1;
    }
    return false;
}

void spool_sync(struct spool *s)
{
    struct spool_segment segment;
    char name[SEGMENT_NAME_MAX];
    bool any = false;
    for (uint64_t from = 0; unsynced(s, from, &segment); from = segment.number + 1) {
        segment_name(segment.number, name);
        int fd = openat(s->dir_fd, name, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            fdatasync(fd);
            close(fd);
        }
        spool_lock(s);
        struct spool_segment *still = spool_segment_find(s, segment.number);
        if (still)
            still->synced = segment.bytes;
        spool_unlock(s);
        any = true;
    }
    spool_lock(s);
    uint64_t generation = s->generation;
    spool_unlock(s);
    if (any)
        fsync(s->dir_fd);
    if (generation != s->ledger_synced)
        fdatasync(s->ledger_fd);
    s->ledger_synced = generation;
}
