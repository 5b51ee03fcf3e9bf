/* mpm/fast_pattern.c - the literal that selects a signature. */
#include "sensor/detect/mpm/fast_pattern.h"

#include "sensor/detect/keywords/sizes.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/mpm/matcher.h"

#define LENGTH_USEFUL 24 /* longer ones select no better */

struct bytes fast_pattern_bytes(const struct content *c)
{
    if (c->fast_len)
        return bytes_slice(c->pattern, c->fast_from, c->fast_len);
    return c->pattern;
}

size_t fast_pattern_ends_by(const struct content *c)
{
    const uint32_t elsewhere =
        CONTENT_RELATIVE | CONTENT_MOVED | CONTENT_OFFSET_VAR | CONTENT_DEPTH_VAR | CONTENT_NEGATED;
    if (!(c->flags & CONTENT_DEPTH) || (c->flags & elsewhere) || c->offset < 0 || c->depth < 0)
        return LITERAL_ANYWHERE;
    return (size_t)c->offset + (size_t)c->depth;
}

/* How much a byte says: zeros, spaces and the commonest letters say little. */
static unsigned byte_worth(uint8_t byte)
{
    if (byte == 0 || byte == ' ' || byte == 0xff)
        return 1;
    if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))
        return memchr("etaoinsr", byte, 8) ? 2 : 3;
    return byte >= 'A' && byte <= 'Z' ? 4 : 5;
}

static bool protocol_word(struct bytes pattern)
{
    static const char *const common[] = {"http",     "get",    "post",     "get ",
                                         "post ",    "host",   "http/1.",  "user-agent",
                                         "content-", "cookie", "mozilla/", ".php"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (bytes_ieq(pattern, bytes_str(common[i])))
            return true;
    return false;
}

static unsigned worth(const struct content *c, bool app)
{
    struct bytes p = fast_pattern_bytes(c);
    unsigned sum = 0, repeats = 0;
    for (size_t i = 0; i < p.len && i < LENGTH_USEFUL; i++) {
        repeats = i && p.p[i] == p.p[i - 1] ? repeats + 1 : 0;
        sum += repeats > 1 ? 1 : byte_worth(p.p[i]);
    }
    if (protocol_word(p))
        sum /= 2;
    /* A buffer of a transaction is small and scanned once; below four bytes that no longer pays. */
    return sum + (app && p.len >= 4 ? 1000 : 0);
}

struct choice {
    const struct content *content;
    const struct inspection *inspection;
    unsigned worth;
};

static void consider(struct choice *best, const struct inspection *in, bool app)
{
    for (size_t i = 0; i < in->item_count; i++) {
        const struct content *c = in->items[i].arg;
        if (in->items[i].kind != &item_content || (c->flags & CONTENT_NEGATED))
            continue;
        unsigned w = worth(c, app) + (c->flags & CONTENT_FAST ? 100000 : 0);
        if (!best->content || w > best->worth)
            *best = (struct choice){c, in, w};
    }
}

/* Two bytes are found in most payloads: who wants them is asked by header alone. */
static bool says_little(const struct choice *c, const struct inspection *payload)
{
    return c->inspection == payload && !(c->content->flags & CONTENT_FAST) &&
           fast_pattern_bytes(c->content).len <= 2;
}

void fast_pattern_choose(struct signature *s)
{
    struct choice best = {0};
    for (size_t i = 0; i < s->app_count; i++)
        consider(&best, &s->apps[i], true);
    if (s->payload)
        consider(&best, s->payload, false);
    if (!best.content || says_little(&best, s->payload))
        return;
    s->fast = best.content;
    s->fast_buffer = best.inspection->buffer;
    s->fast_app =
        s->app_count && best.inspection != s->payload ? (uint8_t)(best.inspection - s->apps) : 0;
    s->flags |= SIG_PREFILTERED;
}

static bool grows(const struct buffer *b)
{
    for (int p = 0; p < APP_PROTO_COUNT; p++)
        for (int dir = 0; dir < 2; dir++)
            if (b->rows[p][dir] && (b->rows[p][dir]->flags & APP_BUFFER_GROWS))
                return true;
    return false;
}

/* bsize: this many bytes and no other. */
static bool has_size(const struct inspection *in, size_t bytes)
{
    for (size_t i = 0; i < in->item_count; i++) {
        const struct number_range *r = in->items[i].arg;
        if (in->items[i].kind == &item_size && r->low == bytes && r->high == bytes && !r->negated)
            return true;
    }
    return false;
}

bool fast_pattern_is_whole(const struct signature *s)
{
    const struct content *c = s->fast;
    if (s->fast_buffer->kind != BUFFER_APP || grows(s->fast_buffer) || c->fast_len ||
        c->pattern.len > MATCHER_WHOLE_MAX)
        return false;
    return ((c->flags & CONTENT_STARTS) && (c->flags & CONTENT_ENDS)) ||
           has_size(&s->apps[s->fast_app], c->pattern.len);
}
