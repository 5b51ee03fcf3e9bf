/* keywords/byte_jump.c - "byte_jump:4,0,relative,align;" moves on by a number in the buffer. */
#include "sensor/detect/keywords/bytenum.h"
#include "sensor/detect/words.h"

#define FAR_BELOW ((int64_t)1 << 46)

struct byte_jump {
    struct bytenum num;
    struct operand post_offset;
    uint32_t multiplier;
    bool align, from_beginning, from_end;
};

static enum item_verdict byte_jump_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct byte_jump *j = arg;
    uint64_t n;
    size_t end;
    if (!bytenum_read(&j->num, w, &n, &end))
        return ITEM_NO;
    n *= j->multiplier;
    if (j->align)
        n = (n + 3) & ~(uint64_t)3;
    /* Wraps like Suricata's: a number a little below zero is the start; one far below is nowhere.
     */
    n += (uint64_t)operand_value(&j->post_offset, w->in);
    if (!j->from_beginning)
        n += j->from_end ? w->buffer.len : end;
    int64_t to = (int64_t)n < 0 && (int64_t)n > -FAR_BELOW ? 0 : (int64_t)n;
    if (to < 0 || to > (int64_t)w->buffer.len)
        return ITEM_NO;
    w->at = (size_t)to;
    walk_reach(w, w->at);
    return ITEM_YES;
}

static const struct item_kind item_byte_jump = {.name = "byte_jump", .match = byte_jump_match};

static int jump_option(struct build *b, struct byte_jump *j, struct bytes option, struct err *err)
{
    int64_t n;
    int rc = bytenum_option(&j->num, option, err);
    if (rc)
        return rc < 0 ? -1 : 0;
    if (WORD_IS(option, "align"))
        j->align = true;
    else if (WORD_IS(option, "from_beginning"))
        j->from_beginning = true;
    else if (WORD_IS(option, "from_end"))
        j->from_end = true;
    else if (bytes_starts(option, BYTES_LIT("post_offset")))
        return operand_parse(b, word_trim(bytes_slice(option, 11, option.len)), -65535, 65535,
                             &j->post_offset, err);
    else if (bytes_starts(option, BYTES_LIT("multiplier")) &&
             number_parse(bytes_slice(option, 10, option.len), 1, 65535, &n))
        j->multiplier = (uint32_t)n;
    else
        return err_set(err, "unknown option '%.*s'", WORD_ARG(option));
    return 0;
}

static int byte_jump_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct byte_jump *j = build_alloc(b, sizeof *j);
    struct bytes rest = word_unquote(value), bytes, offset, option;
    j->multiplier = 1;
    j->post_offset.var = -1;
    if (!word_next(&rest, ',', &bytes) || !word_next(&rest, ',', &offset))
        return err_set(err, "is not 'bytes,offset,...'");
    if (operand_parse(b, bytes, 0, 23, &j->num.bytes, err) ||
        operand_parse(b, offset, -65535, 65535, &j->num.offset, err))
        return -1;
    while (word_next(&rest, ',', &option))
        if (jump_option(b, j, option, err))
            return -1;
    if (j->from_beginning && j->from_end)
        return err_set(err, "from_beginning and from_end exclude each other");
    if (j->num.dce && (j->from_beginning || j->from_end))
        return err_set(err, "'dce' cannot go with from_beginning or from_end");
    if (bytenum_check(b, &j->num, err))
        return -1;
    return build_item(b, &item_byte_jump, j, j->num.relative, err) ? 0 : -1;
}

const struct keyword keyword_byte_jump = {
    .name = "byte_jump",
    .summary = "move on by a number in the buffer",
    .example = "byte_jump:2,0,relative,multiplier 2;",
    .parse = byte_jump_parse,
};
