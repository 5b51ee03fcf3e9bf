/* keywords/sizes.c - how long a buffer is: isdataat, bsize, urilen. */
#include "sensor/detect/keywords/sizes.h"

#include "sensor/detect/keywords/bytenum.h"
#include "sensor/detect/words.h"

struct isdataat {
    struct operand at;
    bool negated, relative;
};

/* As Suricata counts: relative, so many bytes are left; absolute, the byte at that offset exists.
 */
static enum item_verdict isdataat_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct isdataat *d = arg;
    int64_t at = operand_value(&d->at, w->in);
    int64_t need = d->relative ? (int64_t)w->at + at : at + 1;
    bool there = need <= (int64_t)w->buffer.len;
    if (there && need > 0)
        walk_reach(w, (size_t)need);
    return there != d->negated ? ITEM_YES : ITEM_NO;
}

const struct item_kind item_isdataat = {.name = "isdataat", .match = isdataat_match};

uint32_t isdataat_least(const void *arg)
{
    const struct isdataat *d = arg;
    return d->relative || d->negated || d->at.var >= 0 ? 0 : (uint32_t)d->at.number + 1;
}

/* "content:"x"; isdataat:!1,relative;" is an older way to say endswith; for a negated content it
 * could mean nothing else. */
static bool closes_content(const struct build *b, const struct isdataat *d)
{
    return d->negated && d->relative && d->at.var < 0 && d->at.number == 1 && b->content &&
           b->content_list->last == b->content_item;
}

static int isdataat_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct isdataat *d = build_alloc(b, sizeof *d);
    struct bytes rest = word_unquote(value), number, option;
    d->negated = rest.len && rest.p[0] == '!';
    if (d->negated)
        rest = word_trim(bytes_slice(rest, 1, rest.len));
    if (!word_next(&rest, ',', &number) || operand_parse(b, number, 0, 65535, &d->at, err))
        return -1;
    while (word_next(&rest, ',', &option)) {
        if (WORD_IS(option, "relative"))
            d->relative = true;
        else if (!WORD_IS(option, "rawbytes"))
            return err_set(err, "unknown option '%.*s'", WORD_ARG(option));
    }
    if (closes_content(b, d)) {
        b->content->flags |= CONTENT_ENDS;
        return 0;
    }
    return build_item(b, &item_isdataat, d, d->relative, err) ? 0 : -1;
}

static enum item_verdict size_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    return number_range_holds(arg, w->buffer.len) ? ITEM_YES : ITEM_STOP;
}

const struct item_kind item_size = {.name = "bsize", .match = size_match};
const struct item_kind item_urilen = {.name = "urilen", .match = size_match};

static int bsize_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct number_range *r = build_alloc(b, sizeof *r);
    if (!b->sticky)
        return err_set(err, "needs a sticky buffer before it");
    if (number_range_parse(value, UINT32_MAX, r, err))
        return -1;
    return build_item(b, &item_size, r, false, err) ? 0 : -1;
}

static int urilen_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct number_range *r = build_alloc(b, sizeof *r);
    struct bytes rest = word_unquote(value), range, which = {0};
    word_next(&rest, ',', &range);
    if (rest.p)
        which = word_trim(rest);
    if (which.len && !WORD_IS(which, "raw") && !WORD_IS(which, "norm"))
        return err_set(err, "'%.*s' is neither raw nor norm", WORD_ARG(which));
    if (number_range_parse(range, UINT16_MAX, r, err))
        return -1;
    const char *buffer = WORD_IS(which, "raw") ? "http.uri.raw" : "http.uri";
    return build_item_on(b, buffer, &item_urilen, r, false, err) ? 0 : -1;
}

const struct keyword keyword_isdataat = {
    .name = "isdataat",
    .summary = "so many bytes are there, or not with '!'",
    .example = "isdataat:!1,relative;",
    .parse = isdataat_parse,
};
const struct keyword keyword_bsize = {
    .name = "bsize",
    .summary = "length of the sticky buffer",
    .example = "bsize:10<>20;",
    .parse = bsize_parse,
};
const struct keyword keyword_urilen = {
    .name = "urilen",
    .summary = "length of the HTTP URI, decoded or raw",
    .example = "urilen:>100,raw;",
    .parse = urilen_parse,
};
