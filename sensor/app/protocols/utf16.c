/* utf16.c - UTF-16LE, as Windows writes it, to UTF-8. RFC 2781, RFC 3629. */
#include "sensor/app/protocols/utf16.h"

static size_t put_utf8(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

/* The next character; half of a surrogate pair comes out as U+FFFD. */
static uint32_t next_character(struct cursor *c)
{
    uint32_t unit = cursor_le16(c);
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    struct cursor ahead = *c;
    uint32_t low = cursor_le16(&ahead);
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *c = ahead;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

void utf16_add(struct app *a, struct app_text *t, struct bytes value, uint32_t cap_bytes)
{
    struct cursor c = cursor_over(value);
    while (cursor_left(&c) >= 2 && !t->cut) {
        uint8_t utf8[4];
        uint32_t character = next_character(&c);
        if (character == 0)
            continue;
        size_t n = put_utf8(character, utf8);
        if (t->len + n > cap_bytes)
            t->cut = true;
        else
            app_text_add(a, t, bytes_of(utf8, n), cap_bytes);
    }
}
