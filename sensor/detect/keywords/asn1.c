/* keywords/asn1.c - values in BER (X.690) that old decoders could not bear.
 *
 * The packet's payload from the offset on is taken as values one behind the other, up to the first
 * broken one; they and what sequences and sets hold are checked. Limits are Suricata's. */
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

#include "common/cursor.h"

#define VALUES_MAX 30 /* side by side, and within each other */

struct asn1 {
    bool bitstring_overflow, double_overflow, oversize, relative;
    uint32_t oversize_length;
    int32_t offset;
};

enum {
    TAG_BOOLEAN = 1,
    TAG_BIT_STRING = 3,
    TAG_NULL = 5,
    TAG_REAL = 9,
    TAG_SEQUENCE = 16,
    TAG_SET
};

struct value {
    bool universal, constructed, indefinite;
    uint32_t tag;
    struct bytes content;
};

/* ---- reading ---- */

static void read_tag(struct cursor *c, struct value *v)
{
    uint8_t first = cursor_u8(c);
    v->universal = (first & 0xc0) == 0;
    v->constructed = first & 0x20;
    v->tag = first & 0x1f;
    if (v->tag != 0x1f)
        return;
    v->tag = 0;
    for (unsigned i = 0;; i++) {
        uint8_t more = cursor_u8(c);
        v->tag = v->tag << 7 | (more & 0x7f);
        if (i == 4)
            c->failed = true;
        if (!(more & 0x80) || !cursor_ok(c))
            return;
    }
}

static size_t read_length(struct cursor *c, struct value *v)
{
    size_t len = cursor_u8(c);
    if (!(len & 0x80))
        return len;
    unsigned count = len & 0x7f;
    v->indefinite = count == 0;
    if (v->indefinite ? !v->constructed : count > 8)
        c->failed = true;
    for (len = 0; count > 0 && cursor_ok(c); count--)
        len = len << 8 | cursor_u8(c);
    return len;
}

static bool skip_to_end_mark(struct cursor *c, unsigned depth);

static bool read_value(struct cursor *c, struct value *v, unsigned depth)
{
    *v = (struct value){0};
    read_tag(c, v);
    size_t len = read_length(c, v);
    if (depth == 0 || !cursor_ok(c))
        return false;
    if (!v->indefinite) {
        v->content = cursor_take(c, len);
        return cursor_ok(c);
    }
    const uint8_t *start = c->at;
    if (!skip_to_end_mark(c, depth - 1))
        return false;
    v->content = bytes_of(start, (size_t)(c->at - start) - 2);
    return true;
}

static bool skip_to_end_mark(struct cursor *c, unsigned depth)
{
    struct value v;
    while (read_value(c, &v, depth))
        if (v.universal && v.tag == 0 && v.content.len == 0)
            return true;
    return false;
}

static bool is_sound(const struct value *v)
{
    if (!v->universal || v->constructed)
        return true;
    if (v->tag == TAG_BOOLEAN)
        return v->content.len == 1;
    if (v->tag == TAG_NULL)
        return v->content.len == 0;
    return v->tag != TAG_BIT_STRING || v->content.len > 0;
}

/* ---- checks ---- */

static bool is_bad(const struct asn1 *a, const struct value *v)
{
    struct bytes b = v->content;
    bool plain = v->universal && !v->constructed;
    if (v->indefinite)
        return false;
    return (a->oversize && b.len > a->oversize_length) ||
           (a->bitstring_overflow && plain && v->tag == TAG_BIT_STRING && b.len > 0 &&
            b.p[0] > b.len * 8) ||
           (a->double_overflow && plain && v->tag == TAG_REAL && b.len > 256 &&
            (b.p[0] & 0xc0) == 0);
}

/* False when v is broken; sets *bad when something in it is. */
static bool check(const struct asn1 *a, const struct value *v, unsigned depth, bool *bad)
{
    bool holds_more =
        v->universal && v->constructed && (v->tag == TAG_SEQUENCE || v->tag == TAG_SET);
    struct cursor c = cursor_over(v->content);
    struct value inner;
    if (!is_sound(v))
        return false;
    *bad |= is_bad(a, v);
    while (holds_more && cursor_left(&c) > 0)
        if (depth == 0 || !read_value(&c, &inner, depth) || !check(a, &inner, depth - 1, bad))
            return false;
    return true;
}

static bool holds(const struct asn1 *a, struct bytes payload, int64_t from)
{
    bool found = false;
    if (from < 0 || from > UINT16_MAX || (uint64_t)from >= payload.len)
        return false;
    struct cursor c = cursor_over(bytes_slice(payload, (size_t)from, SIZE_MAX));
    for (unsigned n = 0; cursor_left(&c) > 0; n++) {
        struct value v;
        bool bad = false;
        if (n == VALUES_MAX)
            return false;
        if (!read_value(&c, &v, VALUES_MAX) || !check(a, &v, VALUES_MAX - 1, &bad))
            break;
        found |= bad;
    }
    return found;
}

static enum item_verdict asn1_match(const void *arg, struct walk *w, size_t *again)
{
    const struct asn1 *a = arg;
    int64_t behind = a->relative ? (int64_t)w->at : 0;
    (void)again;
    return holds(a, w->in->packet->payload, behind + a->offset) ? ITEM_YES : ITEM_NO;
}

static const struct item_kind item_asn1 = {.name = "asn1", .match = asn1_match};

static bool asn1_condition(const void *arg, struct inspect *in)
{
    const struct asn1 *a = arg;
    return holds(a, in->packet->payload, a->offset);
}

/* ---- the rule's words ---- */

static int read_number(struct bytes *rest, struct bytes option, int64_t min, int64_t max,
                       int64_t *out, struct err *err)
{
    struct bytes number;
    if (!word_next_blank(rest, &number) || !number_parse(number, min, max, out))
        return err_set(err, "%.*s needs a number within [%lld, %lld]", WORD_ARG(option),
                       (long long)min, (long long)max);
    return 0;
}

static int read_option(struct asn1 *a, struct bytes *rest, struct bytes option, struct err *err)
{
    int64_t n = 0;
    int rc = 0;
    if (WORD_IS(option, "bitstring_overflow")) {
        a->bitstring_overflow = true;
    } else if (WORD_IS(option, "double_overflow")) {
        a->double_overflow = true;
    } else if (WORD_IS(option, "oversize_length")) {
        rc = read_number(rest, option, 0, UINT32_MAX, &n, err);
        a->oversize = true;
        a->oversize_length = (uint32_t)n;
    } else if (WORD_IS(option, "absolute_offset")) {
        rc = read_number(rest, option, 0, UINT16_MAX, &n, err);
        a->relative = false;
        a->offset = (int32_t)n;
    } else if (WORD_IS(option, "relative_offset")) {
        rc = read_number(rest, option, -UINT16_MAX, UINT16_MAX, &n, err);
        a->relative = true;
        a->offset = (int32_t)n;
    } else {
        return err_set(err, "unknown option '%.*s'", WORD_ARG(option));
    }
    return rc;
}

static int asn1_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct asn1 *a = build_alloc(b, sizeof *a);
    struct bytes rest = word_unquote(value), part, option;
    (void)arg;
    while (word_next(&rest, ',', &part))
        while (word_next_blank(&part, &option))
            if (read_option(a, &part, option, err))
                return -1;
    /* Behind a content it starts from there; alone it asks about the packet. */
    if (b->content && b->content_list->buffer->kind == BUFFER_PAYLOAD)
        return build_item_on(b, "payload", &item_asn1, a, false, err) ? 0 : -1;
    return build_condition(b, asn1_condition, a, err);
}

const struct keyword keyword_asn1 = {
    .name = "asn1",
    .summary = "values in BER with lengths that old decoders could not bear",
    .example = "asn1:oversize_length 1024,relative_offset -1;",
    .parse = asn1_parse,
};
