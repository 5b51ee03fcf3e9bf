/* keywords/flowbits.c - marks that rules leave on a flow for other rules. */
#include "sensor/detect/keywords/flowbits.h"

#include "sensor/detect/flow_vars.h"
#include "sensor/detect/keywords/bit_command.h"
#include "sensor/detect/ruleset.h"

static bool any_set(const void *arg, struct inspect *in)
{
    const struct flowbits *f = arg;
    for (size_t i = 0; i < f->count; i++)
        if (flow_bit(in->vars, f->bits[i]))
            return true;
    return false;
}

/* "isnotset,a|b": a is not set, or b is not. */
static bool any_unset(const void *arg, struct inspect *in)
{
    const struct flowbits *f = arg;
    for (unsigned i = 0; in->flow && i < f->count; i++)
        if (!flow_bit(in->vars, f->bits[i]))
            return true;
    return false;
}

static void set(const void *arg, struct inspect *in)
{
    const struct flowbits *f = arg;
    if (in->vars)
        flow_bits(in->vars)[f->bits[0] / 64] |= 1ull << f->bits[0] % 64;
}

static void unset(const void *arg, struct inspect *in)
{
    const struct flowbits *f = arg;
    if (in->vars)
        flow_bits(in->vars)[f->bits[0] / 64] &= ~(1ull << f->bits[0] % 64);
}

static void toggle(const void *arg, struct inspect *in)
{
    const struct flowbits *f = arg;
    if (in->vars)
        flow_bits(in->vars)[f->bits[0] / 64] ^= 1ull << f->bits[0] % 64;
}

const struct flowbits *flowbits_asked(const struct condition *c)
{
    return c->match == any_set ? c->arg : NULL;
}

const struct flowbits *flowbits_set(const struct action *a)
{
    return a->run == set ? a->arg : NULL;
}

static int read_names(struct build *b, struct bytes text, struct flowbits *out, struct err *err)
{
    struct ruleset *rs = b->ruleset;
    struct bytes rest = text, name;
    while (word_next(&rest, '|', &name)) {
        if (name.len == 0 || memchr(name.p, ' ', name.len))
            return err_set(err, "'%.*s' is no name", WORD_ARG(text));
        if (out->count == FLOWBITS_ALTERNATIVES_MAX)
            return err_set(err, "more than %d alternatives", FLOWBITS_ALTERNATIVES_MAX);
        if (rs->flowbits.count == RULE_NAMES_MAX)
            return err_set(err, "more than %d names in all rules", RULE_NAMES_MAX);
        out->bits[out->count++] = (uint16_t)names_add(&rs->flowbits, &rs->arena, name);
    }
    return 0;
}

static void note_rank(struct signature *s, bool sets)
{
    uint8_t mine = sets ? FLOWBITS_SET : FLOWBITS_TEST;
    if (s->flowbits_rank == FLOWBITS_NONE)
        s->flowbits_rank = mine;
    else if (s->flowbits_rank != mine)
        s->flowbits_rank = FLOWBITS_SET_AND_TEST;
}

static const struct bit_command commands[BIT_COMMANDS] = {{"set", NULL, set},
                                                          {"unset", NULL, unset},
                                                          {"toggle", NULL, toggle},
                                                          {"isset", any_set, NULL},
                                                          {"isnotset", any_unset, NULL}};

static int add(struct build *b, struct bytes command, const struct flowbits *f, struct err *err)
{
    const struct bit_command *c = bit_command_find(commands, command, err);
    if (!c)
        return -1;
    note_rank(b->sig, c->act != NULL);
    if (c->test) {
        b->ip_only_spoiled = true;
        return build_condition(b, c->test, f, err);
    }
    if (f->count > 1)
        return err_set(err, "'|' goes with isset and isnotset only");
    return build_action(b, c->act, f, err);
}

static int flowbits_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct bytes rest = word_unquote(value), command = {0};
    word_next(&rest, ',', &command);
    if (WORD_IS(command, "noalert")) {
        if (rest.p)
            return err_set(err, "noalert takes no name");
        b->sig->flags |= SIG_NOALERT;
        return 0;
    }
    struct flowbits *f = build_alloc(b, sizeof *f);
    if (!rest.p || read_names(b, word_trim(rest), f, err))
        return rest.p ? -1 : err_set(err, "is not 'command,name'");
    return add(b, command, f, err);
}

const struct keyword keyword_flowbits = {
    .name = "flowbits",
    .summary = "set or test a mark on the flow",
    .example = "flowbits:isset,a.login|b.login;",
    .flags = KEYWORD_IP_ONLY,
    .parse = flowbits_parse,
};
