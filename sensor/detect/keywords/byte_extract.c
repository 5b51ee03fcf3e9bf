/* keywords/byte_extract.c - numbers kept for later: byte_extract reads one, byte_math computes.
 *
 *   byte_extract:2,0,size,relative;
 *   byte_math:bytes 4, offset 0, oper +, rvalue 10, result end, relative; */
#include "sensor/detect/keywords/bytenum.h"
#include "sensor/detect/words.h"

struct extract {
    struct bytenum num;
    uint32_t multiplier, align;
    char oper; /* byte_math: + - * / < (shift left) >; 0 for byte_extract */
    struct operand rvalue;
    int var;
};

static bool compute(char oper, uint64_t *n, uint64_t with)
{
    switch (oper) {
    case '+':
        *n += with;
        return true;
    case '-':
        *n -= with;
        return true;
    case '*':
        *n *= with;
        return true;
    case '/':
        if (with == 0)
            return false;
        *n /= with;
        return true;
    case '<':
        *n = with < 64 ? *n << with : 0;
        return true;
    case '>':
        *n = with < 64 ? *n >> with : 0;
        return true;
    default:
        return true;
    }
}

static enum item_verdict extract_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct extract *x = arg;
    uint64_t n;
    size_t end;
    if (!bytenum_read(&x->num, w, &n, &end))
        return ITEM_NO;
    if (!compute(x->oper, &n, (uint64_t)operand_value(&x->rvalue, w->in)))
        return ITEM_NO;
    n = bytenum_masked(&x->num, n) * x->multiplier;
    if (x->align > 1 && n % x->align)
        n += x->align - n % x->align;
    w->in->bytes[x->var] = n;
    w->in->extracted = true;
    w->at = end;
    return ITEM_YES;
}

static const struct item_kind item_extract = {
    .name = "byte_extract", .match = extract_match, .acts = true};

static struct extract *extract_new(struct build *b)
{
    struct extract *x = build_alloc(b, sizeof *x);
    x->multiplier = 1;
    x->var = -1;
    x->rvalue.var = x->num.bytes.var = x->num.offset.var = -1;
    return x;
}

static int finish(struct build *b, struct extract *x, struct bytes name, struct err *err)
{
    if (name.len == 0 || (name.p[0] >= '0' && name.p[0] <= '9'))
        return err_set(err, "'%.*s' is no variable name", WORD_ARG(name));
    if (x->num.text && !x->num.base)
        x->num.base = 10;
    x->var = build_byte_var(b, name, true, err);
    if (x->var < 0 || bytenum_check(b, &x->num, err))
        return -1;
    return build_item(b, &item_extract, x, x->num.relative, err) ? 0 : -1;
}

static int extract_option(struct extract *x, struct bytes option, struct err *err)
{
    int64_t n;
    int rc = bytenum_option(&x->num, option, err);
    if (rc)
        return rc < 0 ? -1 : 0;
    if (bytes_starts(option, BYTES_LIT("multiplier")) &&
        number_parse(bytes_slice(option, 10, option.len), 1, 65535, &n))
        x->multiplier = (uint32_t)n;
    else if (bytes_starts(option, BYTES_LIT("align")) &&
             number_parse(bytes_slice(option, 5, option.len), 2, 4, &n) && n != 3)
        x->align = (uint32_t)n;
    else
        return err_set(err, "unknown option '%.*s'", WORD_ARG(option));
    return 0;
}

static int byte_extract_parse(struct build *b, struct bytes value, const void **arg,
                              struct err *err)
{
    (void)arg;
    struct extract *x = extract_new(b);
    struct bytes rest = word_unquote(value), bytes, offset, name, option;
    if (!word_next(&rest, ',', &bytes) || !word_next(&rest, ',', &offset) ||
        !word_next(&rest, ',', &name))
        return err_set(err, "is not 'bytes,offset,name,...'");
    if (operand_parse(b, bytes, 1, 23, &x->num.bytes, err) ||
        operand_parse(b, offset, -65535, 65535, &x->num.offset, err))
        return -1;
    while (word_next(&rest, ',', &option))
        if (extract_option(x, option, err))
            return -1;
    return finish(b, x, name, err);
}

/* What byte_math has to have, each once. */
enum { BYTES, OFFSET, OPER, RVALUE, RESULT, MATH_PARTS };
static const char *const math_parts[MATH_PARTS] = {"bytes", "offset", "oper", "rvalue", "result"};

static int oper_parse(struct extract *x, struct bytes value, struct err *err)
{
    bool shift = WORD_IS(value, "<<") || WORD_IS(value, ">>");
    if (!shift && !(value.len == 1 && memchr("+-*/", value.p[0], 4)))
        return err_set(err, "'%.*s' is none of + - * / << >>", WORD_ARG(value));
    x->oper = (char)value.p[0];
    return 0;
}

static int math_part(struct build *b, struct extract *x, int part, struct bytes value,
                     struct err *err)
{
    switch (part) {
    case BYTES:
        return operand_parse(b, value, 1, 10, &x->num.bytes, err);
    case OFFSET:
        return operand_parse(b, value, -65535, 65535, &x->num.offset, err);
    case OPER:
        return oper_parse(x, value, err);
    case RVALUE:
        return operand_parse(b, value, 0, UINT32_MAX, &x->rvalue, err);
    default:
        return 0;
    }
}

/* Hexadecimal, with 0x or without; in other keywords a mask without it is decimal, as there. */
static int math_mask(struct bytenum *n, struct bytes text, struct err *err)
{
    char hex[16];
    int64_t mask;
    bool marked = text.len > 1 && text.p[0] == '0' && (text.p[1] | 0x20) == 'x';
    int len = snprintf(hex, sizeof hex, "%s%.*s", marked ? "" : "0x", WORD_ARG(text));
    if (len >= (int)sizeof hex || !number_parse(bytes_str(hex), 1, UINT32_MAX, &mask))
        return err_set(err, "'%.*s' is no 32-bit mask", WORD_ARG(text));
    n->masked = true;
    n->mask = (uint64_t)mask;
    return 0;
}

/* "endian big", "string hex" and the options of all keywords that read numbers. */
static int math_option(struct extract *x, struct bytes option, struct bytes name,
                       struct bytes value, struct err *err)
{
    if (WORD_IS(name, "bitmask"))
        return math_mask(&x->num, value, err);
    if (WORD_IS(name, "endian") || (WORD_IS(name, "string") && value.len)) {
        x->num.text |= WORD_IS(name, "string");
        option = value;
    }
    int rc = bytenum_option(&x->num, option, err);
    if (rc == 0)
        return err_set(err, "unknown option '%.*s'", WORD_ARG(option));
    return rc < 0 ? -1 : 0;
}

static int byte_math_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct extract *x = extract_new(b);
    struct bytes rest = word_unquote(value), option, parts[MATH_PARTS] = {0};
    while (word_next(&rest, ',', &option)) {
        struct bytes name, more = option;
        word_next_blank(&more, &name);
        more = word_trim(more);
        int part = 0;
        while (part < MATH_PARTS && !bytes_ieq(name, bytes_str(math_parts[part])))
            part++;
        if (part < MATH_PARTS && parts[part].len)
            return err_set(err, "'%s' stands twice", math_parts[part]);
        if (part == MATH_PARTS ? math_option(x, option, name, more, err)
                               : math_part(b, x, part, more, err))
            return -1;
        if (part < MATH_PARTS)
            parts[part] = more;
    }
    for (int i = 0; i < MATH_PARTS; i++)
        if (parts[i].len == 0)
            return err_set(err, "needs '%s'", math_parts[i]);
    if (strchr("<>", x->oper) && x->num.bytes.var < 0 && x->num.bytes.number > 4)
        return err_set(err, "shifts numbers of 1 to 4 bytes");
    return finish(b, x, parts[RESULT], err);
}

const struct keyword keyword_byte_extract = {
    .name = "byte_extract",
    .summary = "keep a number of the buffer under a name",
    .example = "byte_extract:1,0,length,relative;",
    .parse = byte_extract_parse,
};
const struct keyword keyword_byte_math = {
    .name = "byte_math",
    .summary = "compute with a number of the buffer, keep the result",
    .example = "byte_math:bytes 2, offset 0, oper *, rvalue 4, result end;",
    .parse = byte_math_parse,
};
