/* sensor/output/eve_file.c - the lines of eve.json; see output.h.
 *
 * Lines are gathered and written together. A write that fails costs the gathered lines; the part of
 * a line that was written is cut off again, so that readers never meet half a line. */
#include "sensor/output/output.h"
#include "common/file.h"
#include "common/log.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define BUFFER_BYTES (256u << 10)

struct eve_file {
    char path[4096];
    int fd;
    bool torn;    /* the file may end within a line */
    bool failing; /* said; every line is tried at once until one gets through */
    uint64_t lost, lost_before;
    char *text;
    size_t len, cap;
};

/* Opens the file to append. A line that a crash left half is ended with the first new one. */
static int open_file(struct eve_file *e, struct err *err)
{
    char last = '\n';
    int fd = open(e->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_set(err, "%s: cannot open: %s", e->path, strerror(errno));
    off_t end = lseek(fd, 0, SEEK_END);
    if (end > 0 && pread(fd, &last, 1, end - 1) != 1)
        last = '\n';
    if (e->fd >= 0)
        close(e->fd);
    e->fd = fd;
    e->torn = last != '\n';
    return 0;
}

struct eve_file *eve_file_open(const char *dir, struct err *err)
{
    struct eve_file *e = calloc(1, sizeof *e);
    ASSERT(e);
    e->fd = -1;
    e->cap = BUFFER_BYTES + 4096;
    e->text = malloc(e->cap);
    ASSERT(e->text);
    bool fits = (size_t)snprintf(e->path, sizeof e->path, "%s/eve.json", dir) < sizeof e->path;
    if (!fits)
        err_set(err, "%s: path too long", dir);
    if (fits && file_mkdirs(dir, err) == 0 && open_file(e, err) == 0)
        return e;
    eve_file_close(e);
    return NULL;
}

static uint64_t count_lines(const char *text, size_t len)
{
    uint64_t n = 0;
    for (const char *at = text, *end = text + len; (at = memchr(at, '\n', (size_t)(end - at)));
         at++)
        n++;
    return n;
}

/* `written` bytes of the buffer reached the file before the failure. */
static void write_failed(struct eve_file *e, size_t written)
{
    int why = errno;
    const char *line_end = written ? memrchr(e->text, '\n', written) : NULL;
    size_t whole = line_end ? (size_t)(line_end - e->text) + 1 : 0;
    off_t end = lseek(e->fd, 0, SEEK_END);
    if (written > whole)
        e->torn = end < 0 || ftruncate(e->fd, end - (off_t)(written - whole)) != 0;
    if (!e->failing) {
        log_error("%s: cannot write: %s; lines are lost until it can, free space there", e->path,
                  strerror(why));
        e->lost_before = e->lost;
    }
    e->lost += count_lines(e->text + whole, e->len - whole);
    e->failing = true;
    e->len = 0;
}

void eve_file_flush(struct eve_file *e)
{
    if (e->len == 0)
        return;
    if (e->torn && write(e->fd, "\n", 1) == 1)
        e->torn = false;
    for (size_t at = 0; at < e->len;) {
        ssize_t n = write(e->fd, e->text + at, e->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            write_failed(e, at);
            return;
        }
        at += (size_t)n;
    }
    if (e->failing)
        log_warn("%s: is written again; %llu lines were lost", e->path,
                 (unsigned long long)(e->lost - e->lost_before));
    e->failing = false;
    e->len = 0;
}

void eve_file_write(struct eve_file *e, struct bytes line)
{
    if (e->cap - e->len < line.len + 1) {
        e->cap = e->len + line.len + 1 + BUFFER_BYTES;
        e->text = realloc(e->text, e->cap);
        ASSERT(e->text);
    }
    if (line.len)
        memcpy(e->text + e->len, line.p, line.len);
    e->len += line.len;
    e->text[e->len++] = '\n';
    if (e->len >= BUFFER_BYTES || e->failing)
        eve_file_flush(e);
}

void eve_file_reopen(struct eve_file *e)
{
    struct err err;
    eve_file_flush(e);
    if (open_file(e, &err) != 0)
        log_error("%s; going on in the file open now", err.text);
}

uint64_t eve_file_lost(const struct eve_file *e)
{
    return e->lost;
}

int eve_file_close(struct eve_file *e)
{
    if (!e)
        return 0;
    if (e->fd >= 0) {
        eve_file_flush(e);
        close(e->fd);
    }
    int rc = e->lost ? -1 : 0;
    free(e->text);
    free(e);
    return rc;
}
