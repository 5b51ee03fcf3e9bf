/* http_chunk.c - extensions of chunks (RFC 9112 section 7.1.1), which libhtp 0.5.42 passes over.
 *
 * Servers and proxies differ on where such a line ends, which hides one request within another. So
 * the framing is followed beside libhtp, for nothing but these. */
#include "sensor/app/protocols/http_state.h"

enum { SIZE, EXTENSION, DATA, AFTER_DATA, OVER };

#define SIZE_DIGITS_MAX 15

void http_chunks_begin(struct http_state *s, enum direction dir, size_t from)
{
    s->chunks[dir] = (struct http_chunks){.active = true, .from = from};
}

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void read_size(struct http_chunks *c, uint8_t byte)
{
    int d = digit(byte);
    if (byte == ';') {
        c->state = EXTENSION;
        c->found = true;
    } else if (byte == '\n') {
        c->state = c->digits == 0 || c->left == 0 ? OVER : DATA;
    } else if (d >= 0 && ++c->digits <= SIZE_DIGITS_MAX) {
        c->left = c->left << 4 | (unsigned)d;
    } else if (byte != '\r' && byte != ' ' && byte != '\t') {
        c->state = OVER; /* nothing we could follow */
    }
}

static void read_byte(struct http_chunks *c, uint8_t byte)
{
    switch (c->state) {
    case SIZE:
        read_size(c, byte);
        break;
    case EXTENSION:
        if (byte == '\n')
            c->state = c->left == 0 ? OVER : DATA;
        break;
    case AFTER_DATA:
        if (byte == '\n') {
            c->state = SIZE;
            c->digits = 0;
            c->left = 0;
        }
        break;
    }
}

void http_chunks_read(struct http_state *s, enum direction dir, size_t to, struct http_tx *t)
{
    struct http_chunks *c = &s->chunks[dir];
    if (!c->active)
        return;
    struct bytes rest = bytes_slice(bytes_slice(s->piece, 0, to), c->from, SIZE_MAX);
    while (rest.len > 0 && c->state != OVER) {
        size_t n = 1;
        if (c->state == DATA) {
            n = c->left < rest.len ? (size_t)c->left : rest.len;
            c->left -= n;
            if (c->left == 0)
                c->state = AFTER_DATA;
        } else {
            read_byte(c, rest.p[0]);
        }
        rest = bytes_slice(rest, n, SIZE_MAX);
    }
    c->from = to;
    c->active = c->state != OVER;
    if (c->found && t)
        app_tx_event(&t->tx, dir == TO_SERVER ? HTTP_REQUEST_CHUNK_EXTENSION
                                              : HTTP_RESPONSE_CHUNK_EXTENSION);
}
