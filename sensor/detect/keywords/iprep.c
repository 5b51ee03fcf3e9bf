/* keywords/iprep.c - "iprep:src,BadHosts,>,30;": what reputation lists say of an address. */
#include "common/text.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/reputation.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

enum iprep_side { IPREP_ANY, IPREP_BOTH, IPREP_SRC, IPREP_DST };
struct iprep {
    enum iprep_side side;
    unsigned category;
    bool isnotset;
    struct number_range range;
};

/* Nothing said of it is no number, so no comparison holds. */
static bool side_holds(const struct iprep *x, const struct inspect *in, const struct addr *a)
{
    int value = reputation_of(in->ruleset->reputation, a, x->category);
    if (x->isnotset)
        return value < 0;
    return value >= 0 && number_range_holds(&x->range, (uint64_t)value);
}

static bool iprep_match(const void *arg, struct inspect *in)
{
    const struct iprep *x = arg;
    bool src = x->side != IPREP_DST && side_holds(x, in, inspect_src(in));
    bool dst = x->side != IPREP_SRC && side_holds(x, in, inspect_dst(in));
    return x->side == IPREP_BOTH ? src && dst : src || dst;
}

static int read_side(struct bytes word, enum iprep_side *out, struct err *err)
{
    static const char *const names[] = {"any", "both", "src", "dst"};
    for (size_t i = 0; i < 4; i++)
        if (bytes_ieq(word, bytes_str(names[i]))) {
            *out = (enum iprep_side)i;
            return 0;
        }
    return err_set(err, "'%.*s' is none of any both src dst", WORD_ARG(word));
}

static int read_test(struct iprep *x, struct bytes sign, struct bytes number, struct err *err)
{
    char text[24];
    x->range = (struct number_range){.high = UINT8_MAX};
    x->isnotset = WORD_IS(sign, "isnotset");
    if (number.len == 0 && (x->isnotset || WORD_IS(sign, "isset")))
        return 0;
    if (sign.len == 0 || sign.len > 2 || !memchr("<>=!", sign.p[0], 4) || number.len > 16)
        return err_set(err, "wants isset, isnotset or a sign and a number from 0 to 255");
    int len = snprintf(text, sizeof text, "%.*s%.*s", WORD_ARG(sign), WORD_ARG(number));
    return number_range_parse(bytes_of(text, (size_t)len), UINT8_MAX, &x->range, err);
}

static int iprep_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct iprep *x = build_alloc(b, sizeof *x);
    struct bytes rest = word_unquote(value), side = {0}, name = {0}, sign = {0}, number = {0};
    word_next(&rest, ',', &side);
    word_next(&rest, ',', &name);
    word_next(&rest, ',', &sign);
    word_next(&rest, ',', &number);
    if (rest.p)
        return err_set(err, "'%.*s' is one option too many", WORD_ARG(rest));
    x->category = reputation_category(b->ruleset->reputation, name);
    if (!x->category)
        return err_set(err, "unknown category '%.*s' (reputation-categories-file)", WORD_ARG(name));
    *arg = x;
    return read_side(side, &x->side, err) || read_test(x, sign, number, err) ? -1 : 0;
}

const struct keyword keyword_iprep = {
    .name = "iprep",
    .summary = "what reputation lists say of source, destination, any or both",
    .example = "iprep:src,BadHosts,>,30;",
    .flags = KEYWORD_IP_ONLY,
    .parse = iprep_parse,
    .match = iprep_match,
};
