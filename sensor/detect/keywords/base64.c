/* keywords/base64.c - base64_decode turns part of the buffer into bytes, base64_data looks at them.
 *
 * RFC 4648, stopping at the first byte that is no digit of it. */
#include "sensor/detect/keywords/base64.h"

#include "common/text.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

static void put_block(uint8_t *out, const uint8_t block[4])
{
    out[0] = (uint8_t)(block[0] << 2 | block[1] >> 4);
    out[1] = (uint8_t)(block[1] << 4 | block[2] >> 2);
    out[2] = (uint8_t)(block[2] << 6 | block[3]);
}

/* Block by block; '=' stands for nothing and does not end it. Of a block that a strange byte cuts
 * off a single digit still counts, as in Suricata. */
static struct bytes decode(struct bytes in, struct arena *scratch)
{
    if (in.len > BASE64_CAP)
        in.len = BASE64_CAP;
    uint8_t *out = arena_alloc(scratch, in.len / 4 * 3 + 4), block[4] = {0};
    size_t len = 0, have = 0, padding = 0, i;
    for (i = 0; i < in.len; i++) {
        int d = text_base64_digit(in.p[i]);
        if (d < 0 && in.p[i] != '=')
            break;
        padding += d < 0;
        block[have++] = d < 0 ? 0 : (uint8_t)d;
        if (have < 4)
            continue;
        put_block(out + len, block);
        len += padding < 3 ? 3 - padding : 0;
        memset(block, 0, sizeof block);
        have = padding = 0;
    }
    if (have) {
        put_block(out + len, block);
        len += have == 1 ? i < in.len : have - 1;
    }
    return bytes_of(out, len);
}

static enum item_verdict base64_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct base64_decode *d = arg;
    size_t from = (d->relative ? w->at : 0) + d->offset;
    struct bytes in = bytes_slice(w->buffer, from, d->bytes ? d->bytes : w->buffer.len);
    struct bytes out = decode(in, w->in->scratch);
    walk_found(w, from, from + in.len);
    if (out.len == 0 || d->data.item_count == 0) /* nobody looks at them: no match */
        return ITEM_NO;
    struct walk inner = {.in = w->in, .buffer = out, .of = d->data.buffer};
    uint32_t steps = w->in->steps;
    bool match = walk_items(&inner, d->data.items, d->data.item_count);
    w->in->steps += steps;
    return match ? ITEM_YES : ITEM_NO;
}

static const struct item_kind item_base64 = {
    .name = "base64_decode", .match = base64_match, .acts = true};

static int base64_option(struct base64_decode *d, struct bytes option, struct err *err)
{
    struct bytes rest = option, name;
    int64_t n;
    if (!word_next_blank(&rest, &name))
        return 0;
    if (WORD_IS(name, "relative"))
        d->relative = true;
    else if (WORD_IS(name, "bytes") && number_parse(rest, 1, UINT16_MAX, &n))
        d->bytes = (uint32_t)n;
    else if (WORD_IS(name, "offset") && number_parse(rest, 0, UINT32_MAX, &n))
        d->offset = (uint32_t)n;
    else
        return err_set(err, "unknown option '%.*s'", WORD_ARG(option));
    return 0;
}

static int base64_decode_parse(struct build *b, struct bytes value, const void **arg,
                               struct err *err)
{
    (void)arg;
    struct base64_decode *d = build_alloc(b, sizeof *d);
    struct bytes rest = word_unquote(value), option;
    while (word_next(&rest, ',', &option))
        if (base64_option(d, option, err))
            return -1;
    b->base64 = d;
    struct item *item = build_item(b, &item_base64, d, d->relative, err);
    if (!item)
        return -1;
    item->relative = false; /* what comes before does not try again for it */
    return 0;
}

static int base64_data_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    if (!b->base64)
        return err_set(err, "needs a base64_decode before it");
    return build_sticky(b, "base64_data", err);
}

const struct keyword keyword_base64_decode = {
    .name = "base64_decode",
    .summary = "decode Base64 for base64_data",
    .example = "base64_decode:bytes 64, offset 2, relative;",
    .flags = KEYWORD_OPTIONAL_VALUE,
    .parse = base64_decode_parse,
};
const struct keyword keyword_base64_data = {
    .name = "base64_data",
    .summary = "what follows looks at the decoded bytes",
    .example = "base64_data; content:\"MZ\";",
    .flags = KEYWORD_NO_VALUE,
    .parse = base64_data_parse,
};
