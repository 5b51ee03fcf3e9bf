/* common/segment.c - see segment.h. */
#include "common/segment.h"
#include "common/cursor.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#define MAGIC        "SKSPOOL1"
#define BUFFER_BYTES (256u << 10)

static uint8_t *put_le(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *to++ = (uint8_t)(value >> 8 * i);
    return to;
}

static uint64_t get_le64(struct cursor *c)
{
    uint64_t low = cursor_le32(c);
    return low | (uint64_t)cursor_le32(c) << 32;
}

void segment_name(uint64_t number, char out[SEGMENT_NAME_MAX])
{
    snprintf(out, SEGMENT_NAME_MAX, "%016llx.seg", (unsigned long long)number);
}

bool segment_number(const char *name, uint64_t *number)
{
    char again[SEGMENT_NAME_MAX];
    *number = strtoull(name, NULL, 16);
    segment_name(*number, again);
    return strcmp(name, again) == 0;
}

void segment_header_write(const struct segment_header *h, uint8_t out[SEGMENT_HEADER_BYTES])
{
    memcpy(out, MAGIC, 8);
    uint8_t *to = put_le(put_le(out + 8, h->number, 8), h->epoch, 8);
    put_le(to, XXH64(out, 24, 0), 8);
}

bool segment_header_read(struct bytes b, struct segment_header *out)
{
    struct cursor c = cursor_over(b);
    struct bytes magic = cursor_take(&c, 8);
    out->number = get_le64(&c);
    out->epoch = get_le64(&c);
    uint64_t sum = get_le64(&c);
    return cursor_ok(&c) && bytes_eq(magic, BYTES_LIT(MAGIC)) && sum == XXH64(b.p, 24, 0);
}

size_t segment_record_size(const struct segment_record *r)
{
    return SEGMENT_RECORD_BYTES + r->key.len + r->payload.len;
}

/* Over header, key and payload, except the eight bytes where the sum itself stands. */
static uint64_t record_sum(const uint8_t *record, size_t body, uint64_t number)
{
    return XXH64(record, SEGMENT_RECORD_BYTES - 8,
                 XXH64(record + SEGMENT_RECORD_BYTES, body, number));
}

void segment_record_write(const struct segment_record *r, uint64_t number, uint8_t *out)
{
    ASSERT(r->key.len <= 255 && r->payload.len <= SEGMENT_PAYLOAD_MAX);
    uint8_t *to = put_le(out, r->payload.len, 4);
    to = put_le(to, r->key.len, 1);
    to = put_le(to, r->severity, 1);
    to = put_le(to, 0, 2);
    to = put_le(to, r->seq, 8);
    to = put_le(to, r->shed_full, 8);
    to = put_le(to, r->shed_error, 8);
    uint8_t *body = to + 8;
    if (r->key.len)
        memcpy(body, r->key.p, r->key.len);
    if (r->payload.len)
        memcpy(body + r->key.len, r->payload.p, r->payload.len);
    put_le(to, record_sum(out, r->key.len + r->payload.len, number), 8);
}

enum segment_result segment_record_read(struct bytes b, uint64_t number, struct segment_record *out,
                                        size_t *size)
{
    struct cursor c = cursor_over(b);
    *size = SEGMENT_RECORD_BYTES;
    if (b.len < SEGMENT_RECORD_BYTES)
        return SEGMENT_SHORT;
    size_t payload_len = cursor_le32(&c), key_len = cursor_u8(&c);
    out->severity = cursor_u8(&c);
    cursor_skip(&c, 2);
    out->seq = get_le64(&c);
    out->shed_full = get_le64(&c);
    out->shed_error = get_le64(&c);
    uint64_t sum = get_le64(&c);
    if (payload_len > SEGMENT_PAYLOAD_MAX || key_len == 0)
        return SEGMENT_BAD;
    *size += key_len + payload_len;
    out->key = cursor_take(&c, key_len);
    out->payload = cursor_take(&c, payload_len);
    if (!cursor_ok(&c))
        return SEGMENT_SHORT;
    return sum == record_sum(b.p, key_len + payload_len, number) ? SEGMENT_OK : SEGMENT_BAD;
}

/* ---- reading a file ----------------------------------------------------------------------------
 */

/* Makes at least `wanted` bytes available unless the file or the limit ends before; false on a read
 * error. */
static bool fill(struct segment_reader *r, size_t wanted)
{
    if (r->cap < wanted) {
        r->cap = wanted > BUFFER_BYTES ? wanted : BUFFER_BYTES;
        r->buffer = realloc(r->buffer, r->cap);
        ASSERT(r->buffer);
    }
    if (r->from && (r->from == r->to || r->cap - r->from < wanted)) {
        memmove(r->buffer, r->buffer + r->from, r->to - r->from);
        r->to -= r->from;
        r->from = 0;
    }
    while (r->to - r->from < wanted) {
        uint64_t at = r->offset + (r->to - r->from);
        size_t room = r->cap - r->to;
        if (at >= r->limit)
            break;
        if (room > r->limit - at)
            room = (size_t)(r->limit - at);
        ssize_t n = pread(r->fd, r->buffer + r->to, room, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        r->to += (size_t)n;
    }
    return true;
}

int segment_reader_open(struct segment_reader *r, const char *dir, uint64_t number, uint64_t offset,
                        struct err *err)
{
    char name[SEGMENT_NAME_MAX], path[4096];
    segment_name(number, name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    segment_reader_close(r);
    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 && errno == ENOENT)
        return 1;
    if (r->fd < 0)
        return err_set(err, "%s: cannot open: %s", path, strerror(errno));
    bool known = fill(r, SEGMENT_HEADER_BYTES) &&
                 segment_header_read(bytes_of(r->buffer, r->to), &r->header) &&
                 r->header.number == number;
    r->from = r->to = 0;
    r->offset = offset > SEGMENT_HEADER_BYTES ? offset : SEGMENT_HEADER_BYTES;
    if (!known) {
        r->header = (struct segment_header){.number = number};
        r->limit = r->offset = 0;
    }
    return 0;
}

enum segment_result segment_reader_next(struct segment_reader *r, struct segment_record *out)
{
    size_t wanted = SEGMENT_RECORD_BYTES, needed;
    for (;;) {
        if (!fill(r, wanted))
            return SEGMENT_BAD;
        struct bytes have = bytes_of(r->buffer + r->from, r->to - r->from);
        enum segment_result result = segment_record_read(have, r->header.number, out, &needed);
        if (result == SEGMENT_OK) {
            r->from += needed;
            r->offset += needed;
        }
        if (result != SEGMENT_SHORT || have.len < wanted)
            return result;
        wanted = needed; /* the header was read and tells how much the record takes */
    }
}

void segment_reader_close(struct segment_reader *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    r->from = r->to = 0;
    r->offset = 0;
    r->limit = UINT64_MAX;
}

void segment_reader_release(struct segment_reader *r)
{
    segment_reader_close(r);
    free(r->buffer);
    r->buffer = NULL;
    r->cap = 0;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

ptrdiff_t segment_list(const char *dir, uint64_t **numbers, struct err *err)
{
    DIR *d = opendir(dir);
    size_t count = 0, cap = 0;
    uint64_t number;
    *numbers = NULL;
    if (!d)
        return err_set(err, "%s: cannot list: %s", dir, strerror(errno));
    for (struct dirent *e; (e = readdir(d));) {
        if (!segment_number(e->d_name, &number))
            continue;
        if (count == cap) {
            cap = cap ? cap * 2 : 64;
            *numbers = realloc(*numbers, cap * sizeof **numbers);
            ASSERT(*numbers);
        }
        (*numbers)[count++] = number;
    }
    closedir(d);
    if (count)
        qsort(*numbers, count, sizeof **numbers, compare_numbers);
    return (ptrdiff_t)count;
}
