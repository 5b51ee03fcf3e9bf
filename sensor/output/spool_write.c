/* sensor/output/spool_write.c - numbers records and appends them to segments; see spool.h. */
#include "sensor/output/spool_internal.h"
#include "common/clock.h"
#include "common/log.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define BUFFER_BYTES (256u << 10)
#define RETRY_US     1000000 /* between attempts on a full disk */

uint64_t spool_epoch(const struct spool *s)
{
    return s->ledger.epochs[s->current].epoch; /* does not change after open */
}

uint64_t spool_next_seq(struct spool *s)
{
    spool_lock(s);
    uint64_t seq = spool_current(s)->generated + s->pending.generated + 1;
    spool_unlock(s);
    return seq;
}

/* ---- segment files -----------------------------------------------------------------------------
 */

/* Takes disk space ahead, so that writing into it cannot fail for want of it. Where the file system
 * does not know how, writing tells. False only when there is no room. */
static bool take_space(int fd, uint64_t bytes)
{
    return fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) == 0 ||
           (errno != ENOSPC && errno != EDQUOT);
}

void spool_reserve_make(struct spool *s)
{
    int fd = openat(s->dir_fd, SPOOL_RESERVE, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return;
    if (!take_space(fd, s->segment_bytes))
        unlinkat(s->dir_fd, SPOOL_RESERVE, 0);
    close(fd);
}

static int write_all(int fd, struct bytes b)
{
    while (b.len) {
        ssize_t n = write(fd, b.p, b.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        b = bytes_slice(b, (size_t)n, b.len);
    }
    return 0;
}

/* The writer alone adds to the list and the reader never removes an open segment, so the last one
 * stays the last while s->fd is open. Its place in memory may only be kept under the mutex. */
static struct spool_segment *last_segment(struct spool *s)
{
    return &s->segments[s->segment_count - 1];
}

void spool_segment_end(struct spool *s)
{
    if (s->fd < 0)
        return;
    spool_lock(s);
    struct spool_segment *last = last_segment(s);
    (void)!ftruncate(s->fd, (off_t)last->bytes); /* gives back space taken ahead */
    last->closed = true;
    spool_unlock(s);
    close(s->fd);
    s->fd = -1;
}

/* Makes the next segment's file, from the spare one or new with room for `bytes`, and its header.
 * Its descriptor, or -1 and errno. */
static int segment_make(struct spool *s, bool from_reserve, uint64_t bytes)
{
    char name[SEGMENT_NAME_MAX];
    uint8_t header[SEGMENT_HEADER_BYTES];
    const struct segment_header h = {.number = s->next_number, .epoch = spool_epoch(s)};
    segment_name(h.number, name);
    segment_header_write(&h, header);
    if (from_reserve && renameat(s->dir_fd, SPOOL_RESERVE, s->dir_fd, name) != 0)
        return -1;
    int flags = O_WRONLY | O_APPEND | O_CLOEXEC | (from_reserve ? 0 : O_CREAT | O_EXCL);
    int fd = openat(s->dir_fd, name, flags, 0640);
    if (fd >= 0 && (from_reserve || take_space(fd, bytes)) &&
        write_all(fd, bytes_of(header, sizeof header)) == 0)
        return fd;
    int saved = errno;
    unlinkat(s->dir_fd, name, 0);
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

/* Ends the open segment, if any, and goes on in a new one; the buffer is empty. False, with errno
 * and the open segment as it was, when there is none to be had. */
static bool segment_begin(struct spool *s, bool from_reserve, uint64_t bytes)
{
    int fd = segment_make(s, from_reserve, bytes);
    if (fd < 0)
        return false;
    spool_segment_end(s);
    s->fd = fd;
    spool_lock(s);
    *spool_segment_add(s) = (struct spool_segment){
        .number = s->next_number, .epoch = spool_current(s)->epoch, .bytes = SEGMENT_HEADER_BYTES};
    s->disk_bytes += SEGMENT_HEADER_BYTES;
    spool_unlock(s);
    s->next_number++;
    return true;
}

/* ---- a full disk -------------------------------------------------------------------------------
 */

static uint64_t shed_for_errors(struct spool *s)
{
    spool_lock(s);
    uint64_t shed = spool_current(s)->shed_spool_error + s->pending.shed_error;
    spool_unlock(s);
    return shed;
}

static void disk_failed(struct spool *s)
{
    int why = errno;
    s->retry_us = clock_monotonic_us() + RETRY_US;
    if (s->disk_full)
        return;
    s->disk_full = true;
    s->shed_before = shed_for_errors(s);
    log_error("spool %s: cannot write: %s; severity 2 to 4 is shed and counted until it can, free "
              "space there",
              s->dir, strerror(why));
}

static void disk_recovered(struct spool *s)
{
    s->disk_full = false;
    log_warn("spool %s: is written again; %llu records were shed meanwhile", s->dir,
             (unsigned long long)(shed_for_errors(s) - s->shed_before));
    spool_reserve_make(s);
}

static bool fits_open_segment(struct spool *s, size_t size)
{
    if (s->fd < 0)
        return false;
    spool_lock(s);
    uint64_t used = last_segment(s)->bytes + s->len;
    spool_unlock(s);
    return used + size <= s->segment_bytes;
}

/* While the disk is full: only what matters most, in the space held back for it. */
static bool spare_ready(struct spool *s, unsigned severity, size_t size)
{
    if (severity > 1)
        return false;
    if (fits_open_segment(s, size))
        return true;
    spool_flush(s);
    return SEGMENT_HEADER_BYTES + size <= s->segment_bytes && segment_begin(s, true, 0);
}

/* Makes sure that the open segment may take `size` more bytes of this severity. */
static bool segment_ready(struct spool *s, unsigned severity, size_t size)
{
    if (!s->disk_full && fits_open_segment(s, size))
        return true;
    if (!s->disk_full)
        spool_flush(s); /* may find the disk full */
    if (s->disk_full && clock_monotonic_us() < s->retry_us)
        return spare_ready(s, severity, size);
    spool_flush(s);
    uint64_t room = SEGMENT_HEADER_BYTES + size;
    if (segment_begin(s, false, room > s->segment_bytes ? room : s->segment_bytes)) {
        if (s->disk_full)
            disk_recovered(s);
        return true;
    }
    disk_failed(s);
    return spare_ready(s, severity, size);
}

/* ---- append ------------------------------------------------------------------------------------
 */

static bool within_cap(struct spool *s, unsigned severity, size_t size)
{
    static const uint64_t percent[] = {100, 98, 90, 80, 70};
    spool_lock(s);
    uint64_t used = s->disk_bytes + s->len + size;
    spool_unlock(s);
    return used <= s->cap_bytes / 100 * percent[severity < 4 ? severity : 4];
}

static void encode(struct spool *s, const struct segment_record *r)
{
    size_t size = segment_record_size(r);
    if (s->cap - s->len < size) {
        size_t cap = s->cap ? s->cap : BUFFER_BYTES + (64u << 10);
        while (cap - s->len < size)
            cap *= 2;
        s->buffer = realloc(s->buffer, cap);
        ASSERT(s->buffer);
        s->cap = cap;
    }
    segment_record_write(r, s->next_number - 1, s->buffer + s->len);
    s->len += size;
}

bool spool_append(struct spool *s, struct segment_record *r)
{
    size_t size = segment_record_size(r);
    bool fits = within_cap(s, r->severity, size);
    bool kept =
        fits && r->payload.len <= SEGMENT_PAYLOAD_MAX && segment_ready(s, r->severity, size);
    spool_lock(s);
    s->pending.generated++;
    s->pending.kept += kept;
    s->pending.shed_full += !fits;
    s->pending.shed_error += fits && !kept;
    r->shed_full = spool_current(s)->shed_spool_full + s->pending.shed_full;
    r->shed_error = spool_current(s)->shed_spool_error + s->pending.shed_error;
    spool_unlock(s);
    if (!kept)
        return false;
    encode(s, r);
    if (s->len >= BUFFER_BYTES)
        spool_flush(s);
    return true;
}

/* ---- flush -------------------------------------------------------------------------------------
 */

/* Moves what was written (and numbered) from pending into the shared state. */
static void publish(struct spool *s)
{
    spool_lock(s);
    struct spool_pending p = s->pending;
    struct ledger_epoch *e = spool_current(s);
    e->generated += p.generated;
    e->spooled += p.kept;
    e->shed_spool_full += p.shed_full;
    e->shed_spool_error += p.shed_error;
    if (s->len) {
        struct spool_segment *last = last_segment(s);
        last->records += p.kept;
        last->bytes += s->len;
        s->disk_bytes += s->len;
    }
    s->pending = (struct spool_pending){0};
    if (p.shed_full || p.shed_error)
        spool_save(s);
    spool_unlock(s);
    s->len = 0;
}

/* The disk took the batch not at all or in part: takes the part back and saves what matters most
 * in the spare segment; the rest is shed. */
static void rescue(struct spool *s)
{
    uint8_t *batch = s->buffer;
    struct bytes left = bytes_of(batch, s->len);
    uint64_t number = s->next_number - 1, shed = 0;
    struct segment_record r;
    size_t size;
    s->buffer = NULL;
    s->len = s->cap = 0;
    disk_failed(s);
    spool_segment_end(s); /* cuts the part that was written */
    bool spare = segment_begin(s, true, 0);
    while (segment_record_read(left, number, &r, &size) == SEGMENT_OK) {
        r.shed_error += shed;
        if (spare && r.severity <= 1)
            encode(s, &r);
        else
            shed++;
        left = bytes_slice(left, size, left.len);
    }
    if (s->len && write_all(s->fd, bytes_of(s->buffer, s->len)) != 0) {
        spool_segment_end(s);
        s->len = 0;
        spool_lock(s);
        shed = s->pending.kept;
        spool_unlock(s);
    }
    spool_lock(s);
    s->pending.kept -= shed;
    s->pending.shed_error += shed;
    spool_unlock(s);
    free(batch);
}

void spool_flush(struct spool *s)
{
    if (s->len && write_all(s->fd, bytes_of(s->buffer, s->len)) != 0)
        rescue(s);
    spool_lock(s);
    bool any = s->pending.generated > 0;
    spool_unlock(s);
    if (any)
        publish(s);
}
