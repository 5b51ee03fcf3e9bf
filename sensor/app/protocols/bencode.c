/* bencode.c - one pass over a value finds its end; what is inside is read when asked for. */
#include "sensor/app/protocols/bencode.h"
#include "common/text.h"

/* What comes before `end`, which is passed over too. */
static struct bytes take_until(struct cursor *c, uint8_t end)
{
    struct bytes left = bytes_of(c->at, cursor_left(c));
    const uint8_t *at = left.len ? memchr(left.p, end, left.len < 24 ? left.len : 24) : NULL;
    if (!at) {
        c->failed = true;
        return (struct bytes){0};
    }
    struct bytes b = cursor_take(c, (size_t)(at - left.p));
    cursor_skip(c, 1);
    return b;
}

static struct bytes take_text(struct cursor *c)
{
    uint64_t n;
    if (!text_u64(take_until(c, ':'), 0, UINT32_MAX, &n))
        c->failed = true;
    return cursor_ok(c) ? cursor_take(c, (size_t)n) : (struct bytes){0};
}

static int64_t take_number(struct cursor *c)
{
    uint64_t n;
    struct bytes digits = take_until(c, 'e');
    bool negative = bytes_starts(digits, BYTES_LIT("-"));
    if (!text_u64(bytes_slice(digits, negative, SIZE_MAX), 0, INT64_MAX, &n)) {
        c->failed = true;
        return 0;
    }
    return negative ? -(int64_t)n : (int64_t)n;
}

/* From behind an opening letter to behind the end that belongs to it. */
static struct bytes take_nested(struct cursor *c, unsigned depth)
{
    const uint8_t *start = c->at;
    for (unsigned open = 1; open > 0 && cursor_ok(c);) {
        uint8_t letter = cursor_left(c) ? *c->at : 0;
        if (letter >= '0' && letter <= '9') {
            (void)take_text(c);
            continue;
        }
        cursor_skip(c, 1);
        if (letter == 'i')
            (void)take_number(c);
        else if (letter == 'e')
            open--;
        else if ((letter != 'l' && letter != 'd') || ++open > depth)
            c->failed = true;
    }
    return cursor_ok(c) ? bytes_of(start, (size_t)(c->at - start) - 1) : (struct bytes){0};
}

bool bencode_next(struct cursor *c, unsigned depth, struct bencode *out)
{
    *out = (struct bencode){.kind = BENCODE_TEXT};
    if (cursor_left(c) == 0)
        return false;
    uint8_t letter = *c->at;
    if (letter >= '0' && letter <= '9') {
        out->body = take_text(c);
        return cursor_ok(c);
    }
    cursor_skip(c, 1);
    if (letter == 'i') {
        out->kind = BENCODE_NUMBER;
        out->number = take_number(c);
    } else if ((letter == 'l' || letter == 'd') && depth > 0) {
        out->kind = letter == 'l' ? BENCODE_LIST : BENCODE_DICTIONARY;
        out->body = take_nested(c, depth);
    } else {
        c->failed = true;
    }
    return cursor_ok(c);
}

bool bencode_pair(struct cursor *c, unsigned depth, struct bytes *key, struct bencode *value)
{
    struct bencode name;
    if (cursor_left(c) == 0)
        return false;
    if (!bencode_next(c, 0, &name) || name.kind != BENCODE_TEXT || !bencode_next(c, depth, value)) {
        c->failed = true;
        return false;
    }
    *key = name.body;
    return true;
}
