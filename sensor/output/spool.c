/* sensor/output/spool.c - opens and repairs a spool, keeps its ledger; see spool.h. */
#include "sensor/output/spool_internal.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_BYTES_MAX (8u << 20)
#define CAP_BYTES_MIN     (1u << 20)

/* ---- the ledger ------------------------------------------------------------------------------ */

/* On failure errno says why: a regular file takes less than asked for only when the disk is full.
 */
static bool slot_put(const struct spool *s, const char *slot, size_t len, off_t at)
{
    ssize_t n = pwrite(s->ledger_fd, slot, len, at);
    if (n >= 0 && n != (ssize_t)len)
        errno = ENOSPC;
    return n == (ssize_t)len;
}

bool spool_save(struct spool *s)
{
    char slot[LEDGER_SLOT_BYTES];
    size_t len = ledger_slot_write(&s->ledger, s->generation + 1, slot);
    off_t at = (s->generation + 1) % 2 ? LEDGER_SLOT_BYTES : 0;
    bool failed = !slot_put(s, slot, len, at);
    if (failed && !s->ledger_failing)
        log_error("spool %s: cannot write the ledger: %s; confirmed segments are kept until it can",
                  s->dir, strerror(errno));
    s->ledger_failing = failed;
    s->generation += !failed;
    return !failed;
}

/* Makes DIR/ledger with the space of both slots taken, so that a full disk cannot stop it later. */
static int ledger_make(struct spool *s, struct err *err)
{
    static const char blank[LEDGER_SLOT_BYTES];
    s->ledger_fd = openat(s->dir_fd, LEDGER_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (s->ledger_fd < 0)
        return err_set(err, "%s/%s: cannot open: %s", s->dir, LEDGER_FILE, strerror(errno));
    if (lseek(s->ledger_fd, 0, SEEK_END) >= (off_t)2 * LEDGER_SLOT_BYTES)
        return 0;
    for (off_t slot = 0; slot < 2; slot++)
        if (!slot_put(s, blank, sizeof blank, slot * LEDGER_SLOT_BYTES))
            return err_set(err, "%s/%s: cannot write: %s; free space there", s->dir, LEDGER_FILE,
                           strerror(errno));
    return 0;
}

static void epoch_drop(struct ledger *l, unsigned i)
{
    memmove(&l->epochs[i], &l->epochs[i + 1], (l->count - i - 1) * sizeof l->epochs[0]);
    l->count--;
}

/* Adds this process's epoch. Finished epochs stay for the accounts while there is room. */
static void epoch_begin(struct spool *s)
{
    struct ledger *l = &s->ledger;
    uint64_t epoch = clock_wall_us();
    for (unsigned i = l->count; i-- > 0;)
        if (l->epochs[i].generated == 0)
            epoch_drop(l, i);
    for (unsigned i = 0; i < l->count && l->count == LEDGER_EPOCHS_MAX; i++)
        if (l->epochs[i].spooled == 0)
            epoch_drop(l, i);
    if (l->count == LEDGER_EPOCHS_MAX) {
        s->current = l->count - 1; /* none is done: go on numbering the newest */
        return;
    }
    if (l->count && epoch <= l->epochs[l->count - 1].epoch)
        epoch = l->epochs[l->count - 1].epoch + 1;
    ledger_epoch(l, epoch);
    s->current = l->count - 1;
}

/* What an epoch numbered and no file holds any more (damaged disk, power failure) was lost here. */
static void account_for_missing(struct spool *s)
{
    for (unsigned i = 0; i < s->ledger.count; i++) {
        struct ledger_epoch *e = &s->ledger.epochs[i];
        uint64_t known = e->sent + e->spooled + e->shed_spool_full + e->shed_spool_error;
        if (e->generated <= known)
            continue;
        log_error(
            "spool %s: %llu records of epoch %llu are missing; counted as shed for spool_error",
            s->dir, (unsigned long long)(e->generated - known), (unsigned long long)e->epoch);
        e->shed_spool_error += e->generated - known;
    }
}

/* ---- segments found at open --------------------------------------------------------------------
 */

struct spool_segment *spool_segment_find(struct spool *s, uint64_t number)
{
    for (size_t i = 0; i < s->segment_count; i++)
        if (s->segments[i].number == number)
            return &s->segments[i];
    return NULL;
}

struct spool_segment *spool_segment_add(struct spool *s)
{
    if (s->segment_count == s->segment_cap) {
        s->segment_cap = s->segment_cap ? s->segment_cap * 2 : 64;
        s->segments = realloc(s->segments, s->segment_cap * sizeof *s->segments);
        ASSERT(s->segments);
    }
    s->segments[s->segment_count] = (struct spool_segment){0};
    return &s->segments[s->segment_count++];
}

/* Cuts off what a crash left behind the last whole record. */
static void cut_tail(struct spool *s, const char *name, uint64_t bytes)
{
    struct stat st;
    int fd = openat(s->dir_fd, name, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && (uint64_t)st.st_size > bytes) {
        log_warn("spool %s/%s: %llu bytes of a torn record cut off", s->dir, name,
                 (unsigned long long)st.st_size - (unsigned long long)bytes);
        (void)!ftruncate(fd, (off_t)bytes);
    } else {
        (void)!ftruncate(fd, st.st_size); /* gives back space taken ahead */
    }
    close(fd);
}

static void adopt_segment(void *ctx, const struct ledger_segment *found)
{
    struct spool *s = ctx;
    char name[SEGMENT_NAME_MAX], aside[SEGMENT_NAME_MAX + 8];
    struct stat st;
    segment_name(found->number, name);
    s->next_number = found->number + 1;
    if (found->epoch == 0) { /* died before its header was written, or damaged */
        snprintf(aside, sizeof aside, "%s.bad", name);
        if (fstatat(s->dir_fd, name, &st, 0) == 0 && st.st_size >= SEGMENT_HEADER_BYTES) {
            log_error("spool %s/%s: damaged; kept as %s", s->dir, name, aside);
            renameat(s->dir_fd, name, s->dir_fd, aside);
        } else {
            unlinkat(s->dir_fd, name, 0);
        }
        return;
    }
    cut_tail(s, name, found->bytes);
    struct spool_segment *segment = spool_segment_add(s);
    *segment =
        (struct spool_segment){.number = found->number, .epoch = found->epoch, .closed = true};
    segment->records = found->records;
    segment->bytes = found->bytes;
    s->disk_bytes += found->bytes;
}

/* Confirmed segments that a crash kept from being deleted. */
static int delete_done(struct spool *s, struct err *err)
{
    uint64_t *numbers;
    char name[SEGMENT_NAME_MAX];
    ptrdiff_t count = segment_list(s->dir, &numbers, err);
    for (ptrdiff_t i = 0; i < count && numbers[i] < s->ledger.mark_segment; i++) {
        segment_name(numbers[i], name);
        unlinkat(s->dir_fd, name, 0);
    }
    free(numbers);
    return count < 0 ? -1 : 0;
}

void spool_trim(struct spool *s)
{
    size_t done = 0;
    char name[SEGMENT_NAME_MAX];
    for (; done < s->segment_count; done++) {
        const struct spool_segment *segment = &s->segments[done];
        if (!segment->closed || segment->records)
            break;
        if (segment->number < s->ledger.mark_segment)
            continue;
        s->ledger.mark_segment = segment->number + 1;
        s->ledger.mark_offset = 0;
    }
    if (!spool_save(s) || done == 0)
        return;
    for (size_t i = 0; i < done; i++) {
        segment_name(s->segments[i].number, name);
        unlinkat(s->dir_fd, name, 0);
        s->disk_bytes -= s->segments[i].bytes;
    }
    s->segment_count -= done;
    memmove(s->segments, s->segments + done, s->segment_count * sizeof *s->segments);
}

/* ---- open and close ----------------------------------------------------------------------------
 */

static int lock_directory(struct spool *s, struct err *err)
{
    char pid[32] = "";
    s->lock_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (s->lock_fd < 0)
        return err_set(err, "spool %s: cannot write there: %s", s->dir, strerror(errno));
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = pread(s->lock_fd, pid, sizeof pid - 1, 0);
        pid[n > 0 ? strcspn(pid, "\n") : 0] = 0;
        return err_set(err,
                       "spool %s: in use by another sensor (process %s); give each its own "
                       "--spool",
                       s->dir, *pid ? pid : "unknown");
    }
    int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(s->lock_fd, 0) == 0)
        (void)!pwrite(s->lock_fd, pid, (size_t)n, 0);
    return 0;
}

static int load(struct spool *s, const char *sensor, struct err *err)
{
    int rc = ledger_file_read(s->dir, &s->ledger, &s->generation, err);
    if (rc < 0)
        return -1;
    if (rc == 1)
        snprintf(s->ledger.sensor, sizeof s->ledger.sensor, "%s", sensor);
    else if (strcmp(s->ledger.sensor, sensor) != 0)
        return err_set(err,
                       "spool %s: belongs to sensor %s, not %s; give each sensor its own --spool",
                       s->dir, s->ledger.sensor, sensor);
    if (delete_done(s, err) != 0 || ledger_scan(s->dir, &s->ledger, adopt_segment, s, err) != 0)
        return -1;
    if (s->next_number < s->ledger.mark_segment)
        s->next_number = s->ledger.mark_segment;
    account_for_missing(s);
    epoch_begin(s);
    if (ledger_make(s, err) != 0)
        return -1;
    spool_trim(s);
    if (s->ledger_failing)
        return err_set(err, "spool %s: cannot write there; free space or mend the permissions",
                       s->dir);
    return 0;
}

struct spool *spool_open(const struct spool_options *o, struct err *err)
{
    struct spool *s = calloc(1, sizeof *s);
    ASSERT(s && (s->dir = strdup(o->dir)));
    s->fd = s->dir_fd = s->lock_fd = s->ledger_fd = -1;
    s->reader = SEGMENT_READER_CLOSED;
    s->next_number = 1;
    s->cap_bytes = o->cap_bytes > CAP_BYTES_MIN ? o->cap_bytes : CAP_BYTES_MIN;
    s->segment_bytes =
        s->cap_bytes / 16 < SEGMENT_BYTES_MAX ? s->cap_bytes / 16 : SEGMENT_BYTES_MAX;
    pthread_mutex_init(&s->mutex, NULL);
    if (file_mkdirs(s->dir, err) != 0)
        goto failed;
    s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir_fd < 0) {
        err_set(err, "spool %s: cannot open: %s", s->dir, strerror(errno));
        goto failed;
    }
    if (lock_directory(s, err) != 0 || load(s, o->sensor, err) != 0)
        goto failed;
    spool_rewind(s);
    spool_reserve_make(s);
    return s;
failed:
    spool_close(s);
    return NULL;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void spool_close(struct spool *s)
{
    if (!s)
        return;
    if (s->ledger_fd >= 0) {
        spool_flush(s);
        spool_segment_end(s);
        spool_sync(s);
        spool_lock(s);
        spool_trim(s);
        spool_unlock(s);
    }
    segment_reader_release(&s->reader);
    close_fd(s->ledger_fd);
    close_fd(s->lock_fd);
    close_fd(s->dir_fd);
    pthread_mutex_destroy(&s->mutex);
    free(s->handed);
    free(s->segments);
    free(s->buffer);
    free(s->dir);
    free(s);
}

/* ---- for everyone ------------------------------------------------------------------------------
 */

void spool_state(struct spool *s, struct spool_state *out)
{
    spool_lock(s);
    out->ledger = s->ledger;
    out->disk_bytes = s->disk_bytes;
    struct ledger_epoch *e = &out->ledger.epochs[s->current];
    e->generated += s->pending.generated;
    e->spooled += s->pending.kept;
    e->shed_spool_full += s->pending.shed_full;
    e->shed_spool_error += s->pending.shed_error;
    out->epoch = e->epoch;
    spool_unlock(s);
}

bool spool_is_empty(struct spool *s)
{
    spool_lock(s);
    uint64_t left = s->pending.kept;
    for (unsigned i = 0; i < s->ledger.count; i++)
        left += s->ledger.epochs[i].spooled;
    spool_unlock(s);
    return left == 0;
}
