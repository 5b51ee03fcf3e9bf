/* sasl.c - the user's name in the mechanisms that send it in the clear. */
#include "sensor/app/protocols/sasl.h"
#include "common/text.h"

/* The name stands between two marks; an empty second one is the end. */
struct mechanism {
    const char *name; /* or how several of them begin */
    struct bytes before, after;
};

/* RFC 4616, the LOGIN of draft-murchison-sasl-login, RFC 2195, RFC 5802, RFC 7628, and Google's
 * XOAUTH2. */
static const struct mechanism *mechanism_of(struct bytes name)
{
    static const struct mechanism rows[] = {
        {"PLAIN", {(const uint8_t *)"\0", 1}, {(const uint8_t *)"\0", 1}},
        {"LOGIN", {NULL, 0}, {NULL, 0}},
        {"CRAM-MD5", {NULL, 0}, {(const uint8_t *)" ", 1}},
        {"SCRAM-", {(const uint8_t *)",n=", 3}, {(const uint8_t *)",", 1}},
        {"OAUTHBEARER", {(const uint8_t *)",a=", 3}, {(const uint8_t *)",", 1}},
        {"XOAUTH2", {(const uint8_t *)"user=", 5}, {(const uint8_t *)"\1", 1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (bytes_istarts(name, bytes_str(rows[i].name)))
            return &rows[i];
    return NULL;
}

static struct bytes decode(struct bytes text, uint8_t room[SASL_USER_MAX])
{
    uint32_t bits = 0;
    size_t len = 0, digits = 0;
    for (; digits < text.len && len < SASL_USER_MAX; digits++) {
        int value = text_base64_digit(text.p[digits]);
        if (value < 0)
            break;
        bits = bits << 6 | (uint32_t)value;
        if (digits % 4 > 0)
            room[len++] = (uint8_t)(bits >> (6 - 2 * (digits % 4)));
    }
    return bytes_of(room, len);
}

struct bytes sasl_user(struct bytes mechanism, struct bytes response, uint8_t room[SASL_USER_MAX])
{
    const struct mechanism *m = mechanism_of(mechanism);
    struct bytes text = decode(response, room);
    if (!m)
        return (struct bytes){0};
    ptrdiff_t at = bytes_find(text, m->before);
    if (at < 0)
        return (struct bytes){0};
    text = bytes_slice(text, (size_t)at + m->before.len, SIZE_MAX);
    if (m->after.len == 0)
        return text;
    at = bytes_find(text, m->after);
    return at >= 0 ? bytes_slice(text, 0, (size_t)at) : (struct bytes){0};
}
