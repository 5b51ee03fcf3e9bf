/* sensor/capture/source.c - buffered reading and gzip; see source.h. */
#include "sensor/capture/source.h"
#include "sensor/capture/capture.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER_BYTES (256u << 10) /* to begin with; a larger frame makes it grow */

struct source {
    char *path;
    int fd;
    bool packed, at_end;
    struct piece {
        uint8_t *p;
        size_t cap;
    } now, before;        /* in turn: frames lie in either */
    bool turned;          /* they changed places since source_turned() */
    size_t from, to;      /* of now: [from, to) is unread */
    uint64_t offset;      /* of now.p[from] */
    uint8_t *packed_data; /* as much, gzip only */
    z_stream inflate;
    char failure[128]; /* empty: none */
};

static void fail(struct source *s, const char *what)
{
    snprintf(s->failure, sizeof s->failure, "%s", what);
    s->at_end = true;
}

/* Bytes read, 0 at the end or after a failure. */
static size_t read_some(struct source *s, uint8_t *to, size_t cap)
{
    for (;;) {
        ssize_t n = read(s->fd, to, cap);
        if (n >= 0)
            return (size_t)n;
        if (errno != EINTR) {
            fail(s, strerror(errno));
            return 0;
        }
    }
}

/* Makes the inflater's input non-empty; false at the end of the file. */
static bool refill_packed(struct source *s)
{
    if (s->inflate.avail_in)
        return true;
    s->inflate.next_in = s->packed_data;
    s->inflate.avail_in = (uInt)read_some(s, s->packed_data, BUFFER_BYTES);
    return s->inflate.avail_in > 0;
}

/* gzip files may be several members one after the other (RFC 1952 section 2.2); what follows the
 * last and is no member is padding. */
static bool next_member(struct source *s)
{
    return refill_packed(s) && s->inflate.next_in[0] == 0x1f && inflateReset(&s->inflate) == Z_OK;
}

static size_t inflate_some(struct source *s, uint8_t *to, size_t cap)
{
    s->inflate.next_out = to;
    s->inflate.avail_out = (uInt)cap;
    while (s->inflate.avail_out == cap) {
        if (!refill_packed(s)) {
            if (!s->failure[0])
                fail(s, "the gzip data is cut off");
            return 0;
        }
        int rc = inflate(&s->inflate, Z_NO_FLUSH);
        if (rc == Z_STREAM_END && !next_member(s)) {
            s->at_end = true;
            break;
        }
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
            fail(s, "the gzip data is corrupt");
            break;
        }
    }
    return cap - s->inflate.avail_out;
}

/* Moves what is unread to the front of the other piece, if it is its turn. */
static void turn(struct source *s)
{
    struct piece from = s->now;
    if (!s->turned) {
        s->now = s->before;
        s->before = from;
        s->turned = true;
    }
    if (s->now.cap < from.cap) {
        s->now = (struct piece){realloc(s->now.p, from.cap), from.cap};
        ASSERT(s->now.p);
    }
    memmove(s->now.p, from.p + s->from, s->to - s->from);
    s->to -= s->from;
    s->from = 0;
}

static void refill(struct source *s, size_t want)
{
    turn(s);
    if (want > s->now.cap) {
        s->now = (struct piece){realloc(s->now.p, SOURCE_PEEK_MAX), SOURCE_PEEK_MAX};
        ASSERT(s->now.p);
    }
    while (!s->at_end && s->to < want) {
        uint8_t *at = s->now.p + s->to;
        size_t room = s->now.cap - s->to;
        size_t n = s->packed ? inflate_some(s, at, room) : read_some(s, at, room);
        s->to += n;
        if (n == 0)
            s->at_end = true;
    }
}

struct bytes source_peek(struct source *s, size_t want)
{
    ASSERT(want <= SOURCE_PEEK_MAX);
    if (s->to - s->from < want)
        refill(s, want);
    return bytes_of(s->now.p + s->from, s->to - s->from);
}

bool source_turned(struct source *s)
{
    bool turned = s->turned;
    s->turned = false;
    return turned;
}

bool source_skip(struct source *s, uint64_t n)
{
    for (;;) {
        uint64_t here = s->to - s->from < n ? s->to - s->from : n;
        s->from += (size_t)here;
        s->offset += here;
        n -= here;
        if (n == 0)
            return true;
        if (source_peek(s, 1).len == 0)
            return false;
    }
}

uint64_t source_offset(const struct source *s)
{
    return s->offset;
}

bool source_has_failed(const struct source *s)
{
    return s->failure[0] != 0;
}

int source_fail(const struct source *s, struct err *err, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(err, "%s: byte %llu%s: %s", s->path, (unsigned long long)s->offset,
                   s->packed ? " of the unpacked data" : "", text);
}

int source_explain(const struct source *s, const char *what, struct err *err)
{
    if (s->failure[0])
        return source_fail(s, err, "cannot read on: %s", s->failure);
    source_fail(s, err, "the file is cut off within %s; the frames before it were read", what);
    return CAPTURE_CUT;
}

/* Opens without hanging on a device and tells gzip by its magic. */
static int open_fd(struct source *s, struct err *err)
{
    struct stat st;
    s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (s->fd < 0 || fstat(s->fd, &st) != 0)
        return err_set(err, "%s: cannot open: %s", s->path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return err_set(err, "%s: is a directory, not a capture file", s->path);
    struct bytes head = source_peek(s, 2);
    if (s->failure[0])
        return err_set(err, "%s: cannot read: %s", s->path, s->failure);
    if (head.len < 2 || head.p[0] != 0x1f || head.p[1] != 0x8b)
        return 0;
    s->packed_data = malloc(BUFFER_BYTES);
    ASSERT(s->packed_data);
    if (inflateInit2(&s->inflate, 15 + 16) != Z_OK)
        return err_set(err, "%s: cannot start to unpack", s->path);
    memcpy(s->packed_data, s->now.p, s->to);
    s->inflate.next_in = s->packed_data;
    s->inflate.avail_in = (uInt)s->to;
    s->from = s->to = 0;
    s->at_end = false;
    s->packed = true;
    return 0;
}

struct source *source_open(const char *path, struct err *err)
{
    struct source *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->fd = -1;
    s->path = strdup(path);
    s->now = (struct piece){malloc(BUFFER_BYTES), BUFFER_BYTES};
    ASSERT(s->path && s->now.p);
    if (open_fd(s, err) == 0)
        return s;
    source_close(s);
    return NULL;
}

void source_close(struct source *s)
{
    if (!s)
        return;
    if (s->packed)
        inflateEnd(&s->inflate);
    if (s->fd >= 0)
        close(s->fd);
    free(s->packed_data);
    free(s->now.p);
    free(s->before.p);
    free(s->path);
    free(s);
}
