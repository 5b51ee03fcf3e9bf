/* http1_number.c - lengths, ports and versions, as forgiving as servers are. */
#include "sensor/app/protocols/http1.h"

static int digit(uint8_t c, int base)
{
    int d = c >= '0' && c <= '9'                           ? c - '0'
            : byte_lower(c) >= 'a' && byte_lower(c) <= 'z' ? byte_lower(c) - 'a' + 10
                                                           : base;
    return d < base ? d : -1;
}

/* The digits b begins with; -1 without one, -2 when they are too many. */
static int64_t digits(struct bytes b, int base, size_t *used)
{
    int64_t n = 0;
    size_t i = 0;
    for (int d; i < b.len && (d = digit(b.p[i], base)) >= 0; i++) {
        if ((INT64_MAX - d) / base < n)
            return -2;
        n = n * base + d;
    }
    *used = i;
    return i > 0 ? n : -1;
}

static struct bytes without_blanks(struct bytes b)
{
    while (b.len > 0 && http1_is_blank(b.p[0]))
        b = bytes_slice(b, 1, SIZE_MAX);
    while (b.len > 0 && http1_is_blank(b.p[b.len - 1]))
        b.len--;
    return b;
}

int64_t http1_number(struct bytes b, int base)
{
    size_t used = 0;
    b = without_blanks(b);
    int64_t n = digits(b, base, &used);
    return n >= 0 && used < b.len ? -1 : n;
}

int64_t http1_length(struct bytes b, unsigned *odd)
{
    size_t at = 0, used = 0;
    bool strange = false;
    for (; at < b.len && digit(b.p[at], 10) < 0; at++)
        strange |= !http1_is_blank(b.p[at]);
    int64_t n = digits(bytes_slice(b, at, SIZE_MAX), 10, &used);
    *odd += strange;
    *odd += at < b.len && used < b.len;
    return n;
}

int64_t http1_chunk_length(struct bytes line)
{
    size_t used = 0;
    while (line.len > 0 && http1_is_space(line.p[0]))
        line = bytes_slice(line, 1, SIZE_MAX);
    if (line.len == 0)
        return HTTP1_NO_CHUNK;
    int64_t n = digits(line, 16, &used);
    return n > INT32_MAX ? -1 : n;
}

int http1_version_of(struct bytes protocol)
{
    if (protocol.len != 8 || memcmp(protocol.p, "HTTP/", 5) != 0 || protocol.p[6] != '.')
        return HTTP1_INVALID;
    if (protocol.p[5] == '0')
        return protocol.p[7] == '9' ? HTTP1_0_9 : HTTP1_INVALID;
    if (protocol.p[5] != '1' || (protocol.p[7] != '0' && protocol.p[7] != '1'))
        return HTTP1_INVALID;
    return protocol.p[7] == '0' ? HTTP1_1_0 : HTTP1_1_1;
}

int http1_port(struct bytes b)
{
    int64_t n = http1_number(b, 10);
    return n > 0 && n <= UINT16_MAX ? (int)n : -1;
}
