/* sensor/detect/opening.c - see opening.h. */
#include "sensor/detect/opening.h"

#include "sensor/detect/mpm/fast_pattern.h"

static bool has_case(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z';
}

/* What a content that can stand in one place only says of the first four bytes. */
static void fix(const struct content *c, uint8_t mask[4], uint8_t bytes[4])
{
    for (size_t i = 0, at = (size_t)c->offset; i < c->pattern.len && at < 4; i++, at++) {
        if ((c->flags & CONTENT_NOCASE) && has_case(c->pattern.p[i]))
            continue;
        mask[at] = 0xff;
        bytes[at] = c->pattern.p[i];
    }
}

static bool has_one_place(const struct content *c)
{
    size_t ends_by = fast_pattern_ends_by(c);
    return ends_by != LITERAL_ANYWHERE && ends_by == (size_t)c->offset + c->pattern.len;
}

struct opening opening_of(const struct signature *s)
{
    struct opening o = {0};
    uint8_t mask[4] = {0}, bytes[4] = {0};
    const struct inspection *in = s->payload;
    for (size_t i = 0; in && i < in->item_count && !in->items[i].kind->acts; i++) {
        const struct content *c = in->items[i].arg;
        if (in->items[i].kind != &item_content || (c->flags & CONTENT_NEGATED))
            continue;
        o.some = true;
        if (has_one_place(c))
            fix(c, mask, bytes);
    }
    memcpy(&o.mask, mask, sizeof mask);
    memcpy(&o.bytes, bytes, sizeof bytes);
    return o;
}

void beginnings_add(struct beginnings *b, struct bytes bytes)
{
    uint8_t first[4] = {0};
    if (bytes.len == 0)
        return;
    memcpy(first, bytes.p, bytes.len < sizeof first ? bytes.len : sizeof first);
    if (b->count < BEGINNINGS_MAX)
        memcpy(&b->first[b->count], first, sizeof first);
    b->count++;
}
