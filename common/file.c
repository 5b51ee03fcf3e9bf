/* common/file.c - see file.h. */
#include "common/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

char *file_read(const char *path, size_t cap_bytes, size_t *len, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        err_set(err, "%s: cannot open: %s", path, strerror(errno));
        return NULL;
    }
    size_t cap = 1 << 14, used = 0;
    char *text = malloc(cap);
    for (;;) {
        ASSERT(text);
        ssize_t n = read(fd, text + used, cap - used - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || used + (size_t)n > cap_bytes) {
            err_set(err, n < 0 ? "%s: cannot read: %s" : "%s: larger than allowed%.0s", path,
                    strerror(errno));
            free(text);
            close(fd);
            return NULL;
        }
        used += (size_t)n;
        if (n == 0)
            break;
        if (cap - used < 4096) {
            char *more = realloc(text, cap *= 2);
            ASSERT(more);
            text = more;
        }
    }
    close(fd);
    text[used] = 0;
    if (len)
        *len = used;
    return text;
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

int file_replace(const char *path, struct bytes content, struct err *err)
{
    char beside[4096];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return err_set(err, "%s: path too long", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_set(err, "%s: cannot create: %s", beside, strerror(errno));
    bool written = write_all(fd, content) == 0 && fsync(fd) == 0;
    int saved = errno;
    close(fd);
    if (written && rename(beside, path) == 0)
        return 0;
    saved = written ? errno : saved;
    unlink(beside);
    return err_set(err, "%s: cannot write: %s", path, strerror(saved));
}

int file_mkdirs(const char *path, struct err *err)
{
    char part[4096];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part)
        return err_set(err, "%s: not a usable path", path);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != 0)
            continue;
        char kept = part[i];
        part[i] = 0;
        if (mkdir(part, 0750) != 0 && errno != EEXIST)
            return err_set(err, "%s: cannot create: %s", part, strerror(errno));
        part[i] = kept;
    }
    return 0;
}
