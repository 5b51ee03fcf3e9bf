/* keywords/flowint.c - "flowint:name,+,1;": numbers that rules keep on a flow. */
#include "sensor/detect/flow_vars.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

enum flowint_op {
    INT_ADD,
    INT_SUBTRACT,
    INT_SET,
    INT_LESS,
    INT_MORE,
    INT_NOT_MORE,
    INT_NOT_LESS,
    INT_EQUAL,
    INT_UNEQUAL,
    INT_ISSET,
    INT_ISNOTSET
};
static const char *const op_names[] = {
    "+", "-", "=", "<", ">", "<=", ">=", "==", "!=", "isset", "isnotset"};
struct flowint {
    uint16_t var;
    int other; /* number of another flow integer, or -1 */
    uint32_t value;
    enum flowint_op op;
};

/* Another integer that was never set counts as 0. */
static uint32_t operand_of(const struct flowint *f, const struct inspect *in)
{
    if (f->other < 0)
        return f->value;
    const struct flow_int *n = &flow_ints(in->vars)[f->other];
    return n->set ? n->value : 0;
}

static bool flowint_holds(const void *arg, struct inspect *in)
{
    const struct flowint *f = arg;
    if (!in->vars)
        return false;
    const struct flow_int *n = &flow_ints(in->vars)[f->var];
    if (f->op == INT_ISSET || f->op == INT_ISNOTSET)
        return n->set == (f->op == INT_ISSET);
    if (!n->set)
        return false;
    uint32_t with = operand_of(f, in);
    switch (f->op) {
    case INT_LESS:
        return n->value < with;
    case INT_MORE:
        return n->value > with;
    case INT_NOT_MORE:
        return n->value <= with;
    case INT_NOT_LESS:
        return n->value >= with;
    case INT_EQUAL:
        return n->value == with;
    case INT_UNEQUAL:
        return n->value != with;
    default:
        return false;
    }
}

static void flowint_change(const void *arg, struct inspect *in)
{
    const struct flowint *f = arg;
    if (!in->vars)
        return;
    uint32_t with = operand_of(f, in);
    struct flow_int *n = &flow_ints(in->vars)[f->var];
    if (f->op == INT_SET)
        n->value = with;
    else if (f->op == INT_ADD)
        n->value = n->set ? n->value + with : with;
    else if (n->set)
        n->value -= with;
    else
        return; /* nothing to subtract from */
    n->set = true;
}

static int name_number(struct build *b, struct bytes name, struct err *err)
{
    struct names *names = &b->ruleset->flowints;
    if (name.len == 0 || names->count == RULE_NAMES_MAX)
        return err_set(err, name.len ? "more than %d names in all rules" : "has no name",
                       RULE_NAMES_MAX);
    for (size_t i = 0; i < name.len; i++)
        if (name.p[i] < 0x21 || name.p[i] > 0x7e || name.p[i] == '"' || name.p[i] == '\\')
            return err_set(err, "'%.*s' is no name", WORD_ARG(name));
    return names_add(names, &b->ruleset->arena, name);
}

static int read_operand(struct build *b, struct bytes text, struct flowint *f, struct err *err)
{
    int64_t n;
    f->other = -1;
    if (number_parse(text, 0, UINT32_MAX, &n)) {
        f->value = (uint32_t)n;
        return 0;
    }
    f->other = name_number(b, text, err);
    return f->other < 0 ? -1 : 0;
}

static int flowint_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct bytes rest = word_unquote(value), name, op;
    struct flowint *f = build_alloc(b, sizeof *f);
    if (!word_next(&rest, ',', &name) || !word_next(&rest, ',', &op))
        return err_set(err, "is not 'name,operator,value'");
    if (WORD_IS(op, "notset"))
        op = BYTES_LIT("isnotset");
    size_t known = 0, count = sizeof op_names / sizeof *op_names;
    while (known < count && !bytes_ieq(op, bytes_str(op_names[known])))
        known++;
    if (known == count)
        return err_set(err, "unknown operator '%.*s'", WORD_ARG(op));
    f->op = (enum flowint_op)known;
    int var = name_number(b, name, err);
    if (var < 0)
        return -1;
    f->var = (uint16_t)var;
    if (f->op < INT_ISSET && read_operand(b, word_trim(rest), f, err))
        return -1;
    return f->op <= INT_SET ? build_action(b, flowint_change, f, err)
                            : build_condition(b, flowint_holds, f, err);
}

const struct keyword keyword_flowint = {
    .name = "flowint",
    .summary = "compute with or test a number of the flow",
    .example = "flowint:logins,>,5;",
    .parse = flowint_parse,
};
