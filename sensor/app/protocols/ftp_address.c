/* ftp_address.c - where a data connection goes: RFC 959 (PORT, PASV), RFC 2428 (EPRT, EPSV). */
#include "sensor/app/protocols/ftp_state.h"
#include <ctype.h>

static bool take_number(struct cursor *c, unsigned max, unsigned *out)
{
    *out = 0;
    if (cursor_left(c) == 0 || !isdigit(*c->at))
        return false;
    while (cursor_left(c) > 0 && isdigit(*c->at)) {
        *out = *out * 10 + cursor_u8(c) - '0';
        if (*out > max)
            return false;
    }
    return true;
}

/* h1,h2,h3,h4,p1,p2 */
static uint16_t port_of_six(struct bytes text)
{
    struct cursor c = cursor_over(text);
    unsigned n[6];
    for (unsigned i = 0; i < 6; i++) {
        if (i > 0 && cursor_u8(&c) != ',')
            return 0;
        while (cursor_left(&c) > 0 && *c.at == ' ')
            cursor_skip(&c, 1);
        if (!take_number(&c, 255, &n[i]))
            return 0;
    }
    return (uint16_t)(n[4] << 8 | n[5]);
}

/* |protocol|address|port|, with any delimiter. */
static uint16_t port_of_fields(struct bytes text)
{
    struct cursor c = cursor_over(text);
    uint8_t delimiter = cursor_u8(&c);
    unsigned port;
    for (unsigned seen = 1; seen < 3;) {
        if (cursor_left(&c) == 0)
            return 0;
        seen += cursor_u8(&c) == delimiter;
    }
    return take_number(&c, UINT16_MAX, &port) && cursor_u8(&c) == delimiter ? (uint16_t)port : 0;
}

/* From the first byte behind an opening bracket on; without one, from the first digit. */
static struct bytes address_in(struct bytes reply)
{
    const uint8_t *bracket = reply.len ? memchr(reply.p, '(', reply.len) : NULL;
    size_t at = bracket ? (size_t)(bracket - reply.p) + 1 : 0;
    while (!bracket && at < reply.len && !isdigit(reply.p[at]))
        at++;
    return bytes_slice(reply, at, SIZE_MAX);
}

uint16_t ftp_port_of(enum ftp_kind kind, struct bytes text)
{
    switch (kind) {
    case FTP_PORT:
        return port_of_six(text);
    case FTP_EPRT:
        return port_of_fields(text);
    case FTP_PASV:
        return port_of_six(address_in(text));
    case FTP_EPSV:
        return port_of_fields(address_in(text));
    default:
        return 0;
    }
}

bool ftp_port_address(struct bytes line, uint8_t address[4])
{
    struct cursor c = cursor_over(line);
    while (cursor_left(&c) > 0 && !isdigit(*c.at))
        cursor_skip(&c, 1);
    for (unsigned i = 0; i < 4; i++) {
        unsigned n;
        if (!take_number(&c, 255, &n))
            return false;
        while (cursor_left(&c) > 0 && isspace(*c.at))
            cursor_skip(&c, 1);
        if (cursor_u8(&c) != ',')
            return false;
        address[i] = (uint8_t)n;
    }
    return true;
}
