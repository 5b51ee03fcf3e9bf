/* sensor/detect/content.c - literals: notation, and matching within a walk. */
#include "sensor/detect/content.h"

#include "common/text.h"
#include "sensor/detect/inspect.h"
#include "sensor/detect/words.h"

#define CONTENT_MAX 8192

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes within |...|; *i stands behind the first bar and ends behind the second. */
static int parse_hex(struct bytes t, size_t *i, uint8_t *out, size_t *len, struct err *err)
{
    int high = -1;
    for (; *i < t.len && t.p[*i] != '|'; (*i)++) {
        if (word_is_space(t.p[*i]))
            continue;
        int d = hex_digit(t.p[*i]);
        if (d < 0)
            return err_set(err, "'%c' between bars is no hexadecimal digit", t.p[*i]);
        if (high < 0) {
            high = d;
        } else {
            out[(*len)++] = (uint8_t)(high << 4 | d);
            high = -1;
        }
    }
    if (high >= 0 || *i == t.len)
        return err_set(err, high >= 0 ? "odd number of hexadecimal digits" : "'|' is not closed");
    (*i)++;
    return 0;
}

static int parse_pattern(struct bytes t, uint8_t *out, size_t *len, struct err *err)
{
    for (size_t i = 0; i < t.len;) {
        uint8_t c = t.p[i++];
        if (c == '|') {
            if (parse_hex(t, &i, out, len, err))
                return -1;
        } else if (c == '\\') {
            if (i == t.len || !memchr("\\\":;", t.p[i], 4))
                return err_set(err, "'\\' stands before none of \\ \" : ;");
            out[(*len)++] = t.p[i++];
        } else if (c == '"') {
            return err_set(err, "'\"' within the pattern needs a '\\' before it");
        } else {
            out[(*len)++] = c;
        }
    }
    return 0;
}

int content_parse(struct bytes text, struct arena *arena, struct bytes *pattern, bool *negated,
                  struct err *err)
{
    *negated = text.len && text.p[0] == '!';
    if (*negated)
        text = word_trim(bytes_slice(text, 1, text.len));
    if (text.len > CONTENT_MAX)
        return err_set(err, "pattern is longer than %d bytes", CONTENT_MAX);
    uint8_t *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (parse_pattern(word_unquote(text), out, &len, err))
        return -1;
    if (len == 0)
        return err_set(err, "pattern is empty");
    *pattern = bytes_of(out, len);
    return 0;
}

static int64_t number_or_var(const struct content *c, enum content_flag var, int32_t n,
                             const struct inspect *in)
{
    if (!(c->flags & (uint32_t)var))
        return n;
    uint64_t v = in->bytes[(unsigned)n % BYTE_VARS_MAX];
    return v > INT32_MAX ? INT32_MAX : (int64_t)v;
}

/* Where a content that counts from the last match may lie. */
static void bounds_relative(const struct content *c, const struct walk *w, int64_t *from,
                            int64_t *to)
{
    int64_t distance = number_or_var(c, CONTENT_DISTANCE_VAR, c->distance, w->in);
    int64_t start = (int64_t)w->at + distance;
    *from = start < 0 ? 0 : start;
    *to = (int64_t)w->buffer.len;
    if (c->flags & CONTENT_WITHIN) {
        int64_t end = start + number_or_var(c, CONTENT_WITHIN_VAR, c->within, w->in);
        /* An end before the buffer is none, as in Suricata. */
        if (end >= 0 && end < *to)
            *to = end;
    }
    /* Suricata counts the end again from where a variable distance leads. */
    if (c->flags & CONTENT_DISTANCE_VAR)
        *to += *from;
}

static void bounds_absolute(const struct content *c, const struct walk *w, int64_t *from,
                            int64_t *to)
{
    *from = number_or_var(c, CONTENT_OFFSET_VAR, c->offset, w->in);
    *to = (int64_t)w->buffer.len;
    if (c->flags & CONTENT_DEPTH)
        *to = *from + number_or_var(c, CONTENT_DEPTH_VAR, c->depth, w->in);
}

/* Offsets into the walk's buffer. False: outside of it. */
static bool bounds(const struct content *c, const struct walk *w, size_t *from, size_t *to)
{
    int64_t low, high;
    if (c->flags & CONTENT_RELATIVE)
        bounds_relative(c, w, &low, &high);
    else
        bounds_absolute(c, w, &low, &high);
    if (high > (int64_t)w->buffer.len)
        high = (int64_t)w->buffer.len;
    *from = (size_t)low;
    *to = (size_t)high;
    return low <= high && high > 0;
}

/* endswith: the one place it can stand. */
static ptrdiff_t find_at_end(const struct content *c, struct bytes in, size_t from, size_t to)
{
    if (in.len < c->pattern.len || to < in.len || from > in.len - c->pattern.len)
        return -1;
    size_t at = in.len - c->pattern.len;
    return content_is_at(c, in.p + at) ? (ptrdiff_t)at : -1;
}

/* Suricata takes a negated endswith for absent unless its first occurrence closes the buffer, and
 * measures that from where the search began. */
static bool is_absent(const struct content *c, struct bytes in, size_t from, size_t to)
{
    if ((c->flags & CONTENT_ENDS) && to < in.len)
        return true;
    ptrdiff_t at = content_find(c, in, from, to);
    return at < 0 || ((c->flags & CONTENT_ENDS) && (size_t)at + c->pattern.len != to - from);
}

static enum item_verdict negated_match(const struct content *c, const struct walk *w)
{
    size_t from, to;
    if (!bounds(c, w, &from, &to) || is_absent(c, w->buffer, from, to))
        return ITEM_YES;
    return c->flags & (CONTENT_RELATIVE | CONTENT_OFFSET | CONTENT_DEPTH) ? ITEM_NO : ITEM_STOP;
}

static enum item_verdict content_match(const void *arg, struct walk *w, size_t *again)
{
    const struct content *c = arg;
    size_t from, to;
    if (c->flags & CONTENT_NEGATED)
        return negated_match(c, w);
    if (!bounds(c, w, &from, &to))
        return ITEM_NO;
    if (from < *again)
        from = *again;
    if ((c->flags & CONTENT_ENDS) && w->unfinished)
        return ITEM_NO;
    ptrdiff_t at = c->flags & CONTENT_ENDS ? find_at_end(c, w->buffer, from, to)
                                           : content_find(c, w->buffer, from, to);
    if (at < 0)
        return c->flags & CONTENT_RELATIVE ? ITEM_NO : ITEM_STOP;
    *again = (size_t)at + 1;
    w->at = (size_t)at + c->pattern.len;
    walk_found(w, (size_t)at, w->at);
    return ITEM_YES;
}

const struct item_kind item_content = {.name = "content", .match = content_match, .searches = true};
