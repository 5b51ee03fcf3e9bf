/* sensor/output/file_store.c - see file_store.h.
 *
 * Nothing is kept open between two calls, so that any number of files may be under way. */
#include "sensor/output/file_store.h"
#include "common/file.h"
#include "common/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_HEX 64
#define NAME_CAP 96

struct file_store {
    int dir;
    uint64_t quota_bytes;
    bool failing; /* said */
    struct file_store_counters counters;
};

static void name_unfinished(uint64_t id, char name[NAME_CAP])
{
    snprintf(name, NAME_CAP, "tmp/%016" PRIx64, id);
}

/* ---- what is there ---- */

/* Calls each for every regular file in the folder called name. */
static void each_file(struct file_store *s, const char *name,
                      void (*each)(struct file_store *s, int dir, const struct dirent *d))
{
    int fd = openat(s->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (const struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.')
            each(s, fd, e);
    closedir(d);
}

static void count_file(struct file_store *s, int dir, const struct dirent *d)
{
    struct stat st;
    if (fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        s->counters.bytes += (uint64_t)st.st_size;
}

static void remove_file(struct file_store *s, int dir, const struct dirent *d)
{
    (void)s;
    unlinkat(dir, d->d_name, 0);
}

static int make_folders(struct file_store *s, const char *path, struct err *err)
{
    char name[NAME_CAP] = "tmp";
    for (unsigned i = 0; i <= 256; i++) {
        if (mkdirat(s->dir, name, 0750) != 0 && errno != EEXIST)
            return err_set(err, "%s/%s: cannot make the folder: %s", path, name, strerror(errno));
        if (i > 0)
            each_file(s, name, count_file);
        snprintf(name, sizeof name, "%02x", i & 0xff);
    }
    each_file(s, "tmp", remove_file);
    return 0;
}

struct file_store *file_store_open(const struct file_store_options *o, struct err *err)
{
    if (file_mkdirs(o->dir, err) != 0)
        return NULL;
    struct file_store *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->quota_bytes = o->quota_bytes;
    s->dir = open(o->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir < 0)
        err_set(err, "%s: cannot open: %s", o->dir, strerror(errno));
    if (s->dir >= 0 && make_folders(s, o->dir, err) == 0)
        return s;
    file_store_close(s);
    return NULL;
}

void file_store_close(struct file_store *s)
{
    if (!s)
        return;
    if (s->dir >= 0) {
        each_file(s, "tmp", remove_file);
        close(s->dir);
    }
    free(s);
}

/* ---- one file ---- */

static void give_up(struct file_store *s, const char *name, uint64_t *counter)
{
    struct stat st;
    if (fstatat(s->dir, name, &st, 0) == 0)
        s->counters.bytes -= (uint64_t)st.st_size;
    unlinkat(s->dir, name, 0);
    ++*counter;
}

static void say_failure(struct file_store *s, const char *name)
{
    if (!s->failing)
        log_warn("file store: %s: %s; said once until it works again", name, strerror(errno));
    s->failing = true;
}

/* Bytes that were written: less than all of them after an error. */
static size_t write_all(int fd, struct bytes data)
{
    size_t at = 0;
    while (at < data.len) {
        ssize_t n = write(fd, data.p + at, data.len - at);
        if (n < 0 && errno != EINTR)
            break;
        at += n > 0 ? (size_t)n : 0;
    }
    return at;
}

/* A file that was given up is not there, so its later bytes find nothing to be added to. */
static void add(struct file_store *s, uint64_t id, struct bytes data, int flags)
{
    char name[NAME_CAP];
    name_unfinished(id, name);
    int fd = openat(s->dir, name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0640);
    if (fd < 0) {
        if (flags) {
            say_failure(s, name);
            s->counters.failed++;
        }
        return;
    }
    bool fits = s->counters.bytes + data.len <= s->quota_bytes;
    size_t written = fits ? write_all(fd, data) : 0;
    s->counters.bytes += written;
    if (!fits) {
        give_up(s, name, &s->counters.over_quota);
    } else if (written < data.len) {
        say_failure(s, name);
        give_up(s, name, &s->counters.failed);
    } else {
        s->failing = false;
    }
    close(fd);
}

void file_store_begin(struct file_store *s, uint64_t id, struct bytes data)
{
    add(s, id, data, O_CREAT | O_EXCL);
}

void file_store_data(struct file_store *s, uint64_t id, struct bytes data)
{
    add(s, id, data, 0);
}

void file_store_end(struct file_store *s, uint64_t id, struct bytes sha256)
{
    char name[NAME_CAP], kept[NAME_CAP];
    name_unfinished(id, name);
    if (faccessat(s->dir, name, F_OK, 0) != 0)
        return;
    if (sha256.len != HASH_HEX) {
        give_up(s, name, &s->counters.discarded);
        return;
    }
    snprintf(kept, sizeof kept, "%.2s/%.64s", (const char *)sha256.p, (const char *)sha256.p);
    if (faccessat(s->dir, kept, F_OK, 0) == 0) {
        give_up(s, name, &s->counters.duplicates);
    } else if (renameat(s->dir, name, s->dir, kept) == 0) {
        s->counters.stored++;
    } else {
        say_failure(s, kept);
        give_up(s, name, &s->counters.failed);
    }
}

const struct file_store_counters *file_store_counters(const struct file_store *s)
{
    return &s->counters;
}
