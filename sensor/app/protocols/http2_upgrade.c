/* http2_upgrade.c - a request of HTTP/1.1 that asked for h2c (RFC 7540 3.2) as stream 1.
 *
 * The context is what HTTP/1 left: texts, each behind two bytes of length: method, target, then
 * name and value of every header. */
#include <openssl/evp.h>
#include "sensor/app/protocols/http2_state.h"

#define SETTINGS_TEXT_MAX 512

/* base64url without padding (RFC 4648 5), as EVP_DecodeBlock wants it. Length of what it meant. */
static size_t decode_settings(struct bytes text, uint8_t out[SETTINGS_TEXT_MAX])
{
    uint8_t padded[SETTINGS_TEXT_MAX + 4];
    if (text.len > SETTINGS_TEXT_MAX)
        return 0;
    for (size_t i = 0; i < text.len; i++)
        padded[i] = text.p[i] == '-' ? '+' : text.p[i] == '_' ? '/' : text.p[i];
    while (text.len > 0 && padded[text.len - 1] == '=')
        text.len--;
    size_t len = text.len;
    while (len % 4)
        padded[len++] = '=';
    int n = EVP_DecodeBlock(out, padded, (int)len);
    size_t pads = len - text.len;
    return n > 0 && (size_t)n > pads ? (size_t)n - pads : 0;
}

static void take_settings(struct http2_flow *s, struct bytes text)
{
    uint8_t settings[SETTINGS_TEXT_MAX];
    size_t len = decode_settings(text, settings);
    struct http2_tx *t = http2_new_tx(s, 0);
    if (len % 6 || (len == 0 && text.len > 0))
        http2_event(t, HTTP2_INVALID_HTTP1_SETTINGS);
    http2_take_settings(s, t, TO_SERVER, bytes_of(settings, len - len % 6));
}

static struct bytes take_text(struct cursor *c)
{
    return cursor_take(c, cursor_u16(c));
}

/* Names stay as they were sent, but for Host, which has a name of its own in HTTP/2. */
static void take_header(struct http2_flow *s, struct bytes name, struct bytes value)
{
    struct http2_tx *t = http2_find(s, 1);
    if (bytes_ieq(name, BYTES_LIT("HTTP2-Settings")))
        take_settings(s, value);
    else if (!t)
        return; /* the flow's budget took it away */
    else if (bytes_ieq(name, BYTES_LIT("Host")))
        http2_add_field(t, TO_SERVER, BYTES_LIT(":authority"), value);
    else
        http2_add_field(t, TO_SERVER, name, value);
}

void http2_take_upgrade(struct http2_flow *s, struct bytes context)
{
    struct cursor c = cursor_over(context);
    struct http2_tx *t = http2_new_tx(s, 1);
    http2_add_field(t, TO_SERVER, BYTES_LIT(":method"), take_text(&c));
    http2_add_field(t, TO_SERVER, BYTES_LIT(":path"), take_text(&c));
    while (cursor_left(&c) > 0) {
        struct bytes name = take_text(&c), value = take_text(&c);
        if (cursor_ok(&c))
            take_header(s, name, value);
    }
    t = http2_find(s, 1);
    if (!t)
        return;
    http2_advance(t, TO_SERVER, HTTP2_HEADERS);
    http2_advance(t, TO_SERVER, HTTP2_DONE);
}
