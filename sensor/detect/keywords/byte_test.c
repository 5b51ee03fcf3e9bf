/* keywords/byte_test.c - "byte_test:4,>,1000,20,relative,little;" compares a number in the buffer.
 */
#include "common/text.h"
#include "sensor/detect/keywords/bytenum.h"
#include "sensor/detect/words.h"

enum test_op { TEST_LESS, TEST_MORE, TEST_EQUAL, TEST_NOT_MORE, TEST_NOT_LESS, TEST_AND, TEST_XOR };
struct byte_test {
    struct bytenum num;
    struct operand value;
    enum test_op op;
    bool negated;
};

static const struct {
    const char *name;
    enum test_op op;
} operators[] = {{"<", TEST_LESS},      {">", TEST_MORE}, {"=", TEST_EQUAL}, {"<=", TEST_NOT_MORE},
                 {">=", TEST_NOT_LESS}, {"&", TEST_AND},  {"^", TEST_XOR}};

static bool holds(const struct byte_test *t, uint64_t n, uint64_t with)
{
    switch (t->op) {
    case TEST_LESS:
        return n < with;
    case TEST_MORE:
        return n > with;
    case TEST_EQUAL:
        return n == with;
    case TEST_NOT_MORE:
        return n <= with;
    case TEST_NOT_LESS:
        return n >= with;
    case TEST_AND:
        return (n & with) != 0;
    case TEST_XOR:
        return (n ^ with) != 0;
    }
    return false;
}

static enum item_verdict byte_test_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct byte_test *t = arg;
    uint64_t n;
    size_t end;
    if (!bytenum_read(&t->num, w, &n, &end))
        return ITEM_NO;
    n = bytenum_masked(&t->num, n);
    return holds(t, n, (uint64_t)operand_value(&t->value, w->in)) != t->negated ? ITEM_YES
                                                                                : ITEM_NO;
}

static const struct item_kind item_byte_test = {.name = "byte_test", .match = byte_test_match};

static int parse_operator(struct bytes t, struct byte_test *out, struct err *err)
{
    out->negated = t.len && t.p[0] == '!';
    struct bytes op = word_trim(bytes_slice(t, out->negated, t.len));
    if (out->negated && op.len == 0)
        op = BYTES_LIT("=");
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (bytes_eq(op, bytes_str(operators[i].name))) {
            out->op = operators[i].op;
            return 0;
        }
    return err_set(err, "'%.*s' is no comparison", WORD_ARG(t));
}

/* All of 64 bits, where other numbers are signed. */
static int parse_value(struct build *b, struct bytes text, struct operand *out, struct err *err)
{
    uint64_t n;
    if (!text_u64(word_trim(text), 0, UINT64_MAX, &n))
        return operand_parse(b, text, 0, INT64_MAX, out, err);
    *out = (struct operand){.number = (int64_t)n, .var = -1};
    return 0;
}

static int byte_test_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct byte_test *t = build_alloc(b, sizeof *t);
    struct bytes rest = word_unquote(value), bytes, op, number, offset, option;
    if (!word_next(&rest, ',', &bytes) || !word_next(&rest, ',', &op) ||
        !word_next(&rest, ',', &number) || !word_next(&rest, ',', &offset))
        return err_set(err, "is not 'bytes,operator,value,offset,...'");
    if (operand_parse(b, bytes, 0, 23, &t->num.bytes, err) || parse_operator(op, t, err) ||
        parse_value(b, number, &t->value, err) ||
        operand_parse(b, offset, -65535, 65535, &t->num.offset, err))
        return -1;
    while (word_next(&rest, ',', &option)) {
        int rc = bytenum_option(&t->num, option, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            return err_set(err, "unknown option '%.*s'", WORD_ARG(option));
    }
    if (bytenum_check(b, &t->num, err))
        return -1;
    return build_item(b, &item_byte_test, t, t->num.relative, err) ? 0 : -1;
}

const struct keyword keyword_byte_test = {
    .name = "byte_test",
    .summary = "compare a number in the buffer",
    .example = "byte_test:2,>,500,4,relative;",
    .parse = byte_test_parse,
};
