/* sensor/detect/group.c - address and port groups of rule headers: text to sets. */
#include "sensor/detect/group.h"

#include "common/text.h"
#include "sensor/detect/words.h"

#define GROUP_DEPTH_MAX 24 /* brackets and variables within each other */
#define GROUP_STEPS_MAX                                                                            \
    100000 /* members looked at, so that variables cannot multiply without end */

struct group_parser {
    const struct rule_vars *vars;
    enum rule_var_kind kind;
    struct err *err;
    unsigned depth, steps;
};

/* The members a list names, and those it excludes; plus.any and plus.negated are about both. */
struct lists {
    struct group plus, minus;
};

static int parse_list(struct group_parser *gp, struct bytes text, struct lists *l);

u128 addr_number(const struct addr *a)
{
    u128 n = 0;
    for (size_t i = 0; i < (a->version == 4 ? 4 : 16); i++)
        n = n << 8 | a->b[i];
    return n;
}

void group_release(struct group *g)
{
    ranges_release(&g->v4);
    ranges_release(&g->v6);
    *g = (struct group){0};
}

static void add_everything(enum rule_var_kind kind, struct group *g)
{
    if (kind == RULE_VAR_PORT) {
        ranges_add(&g->v4, 0, 65535);
    } else {
        ranges_add(&g->v4, 0, UINT32_MAX);
        ranges_add(&g->v6, 0, ~(u128)0);
    }
}

/* "80", "80:90", "80:", ":90". */
static int parse_port(struct group_parser *gp, struct bytes t, struct group *out)
{
    ptrdiff_t colon = bytes_find(t, BYTES_LIT(":"));
    uint64_t low = 0, high = 65535;
    struct bytes first = word_trim(colon < 0 ? t : bytes_slice(t, 0, (size_t)colon));
    struct bytes second = colon < 0 ? first : word_trim(bytes_slice(t, (size_t)colon + 1, t.len));
    bool bad = colon >= 0 && first.len == 0 && second.len == 0;
    if (first.len || colon < 0)
        bad |= !text_u64(first, 0, 65535, &low);
    if (second.len || colon < 0)
        bad |= !text_u64(second, 0, 65535, &high);
    if (bad || low > high)
        return err_set(gp->err, "'%.*s' is no port or port range", WORD_ARG(t));
    ranges_add(&out->v4, low, high);
    return 0;
}

static void add_prefix(struct group *out, const struct addr *a, unsigned bits)
{
    unsigned width = a->version == 4 ? 32 : 128;
    u128 n = addr_number(a);
    u128 hosts =
        bits == 0 ? (width == 32 ? UINT32_MAX : ~(u128)0) : (((u128)1 << (width - bits)) - 1);
    ranges_add(a->version == 4 ? &out->v4 : &out->v6, n & ~hosts, n | hosts);
}

/* Bits of a dotted netmask, or -1 when its ones have holes. */
static int mask_bits(const struct addr *mask)
{
    uint32_t m = (uint32_t)addr_number(mask), inverse = ~m;
    if (mask->version != 4 || (inverse & (inverse + 1)))
        return -1;
    return m ? 32 - __builtin_ctz(m) : 0;
}

static bool parse_prefix(struct bytes t, size_t slash, struct group *out)
{
    struct addr a, mask;
    uint64_t bits;
    struct bytes tail = word_trim(bytes_slice(t, slash + 1, t.len));
    if (!addr_parse(word_trim(bytes_slice(t, 0, slash)), &a))
        return false;
    if (!text_u64(tail, 0, a.version == 4 ? 32 : 128, &bits)) {
        if (a.version != 4 || !addr_parse(tail, &mask) || mask_bits(&mask) < 0)
            return false;
        bits = (uint64_t)mask_bits(&mask);
    }
    add_prefix(out, &a, (unsigned)bits);
    return true;
}

static bool parse_address_range(struct bytes t, size_t dash, struct group *out)
{
    struct addr low, high;
    if (!addr_parse(word_trim(bytes_slice(t, 0, dash)), &low) ||
        !addr_parse(word_trim(bytes_slice(t, dash + 1, t.len)), &high) ||
        low.version != high.version || addr_number(&low) > addr_number(&high))
        return false;
    ranges_add(low.version == 4 ? &out->v4 : &out->v6, addr_number(&low), addr_number(&high));
    return true;
}

/* "10.0.0.1", "10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.0.0.1-10.0.0.9", "2001:db8::/32". */
static int parse_address(struct group_parser *gp, struct bytes t, struct group *out)
{
    ptrdiff_t slash = bytes_find(t, BYTES_LIT("/")), dash = bytes_find(t, BYTES_LIT("-"));
    struct addr a;
    bool good;
    if (slash >= 0)
        good = parse_prefix(t, (size_t)slash, out);
    else if (dash >= 0)
        good = parse_address_range(t, (size_t)dash, out);
    else if ((good = addr_parse(t, &a)))
        add_prefix(out, &a, a.version == 4 ? 32 : 128);
    if (!good)
        return err_set(gp->err, "'%.*s' is no address, prefix or range", WORD_ARG(t));
    return 0;
}

/* The text up to the next comma that is not within brackets; *rest is what follows it. */
static struct bytes next_member(struct bytes t, struct bytes *rest)
{
    int open = 0;
    size_t i = 0;
    for (; i < t.len; i++) {
        if (t.p[i] == '[')
            open++;
        else if (t.p[i] == ']')
            open--;
        else if (t.p[i] == ',' && open == 0)
            break;
    }
    *rest = i < t.len ? bytes_slice(t, i + 1, t.len) : (struct bytes){0};
    return word_trim(bytes_slice(t, 0, i));
}

/* What is left of the members a list names and of those it excludes. A list that names none of a
 * family it excludes some of means all others of that family: "!10.0.0.0/8" is about IPv4 alone. */
static int settle(struct group_parser *gp, struct bytes text, struct lists *l, struct group *out)
{
    struct group all = {0};
    int rc = 0;
    add_everything(gp->kind, &all);
    ranges_normalise(&l->minus.v4);
    ranges_normalise(&l->minus.v6);
    if (l->plus.v4.count == 0 && l->minus.v4.count)
        ranges_add_all(&l->plus.v4, &all.v4);
    if (l->plus.v6.count == 0 && l->minus.v6.count)
        ranges_add_all(&l->plus.v6, &all.v6);
    ranges_normalise(&l->plus.v4);
    ranges_normalise(&l->plus.v6);
    ranges_subtract(&l->plus.v4, &l->minus.v4);
    ranges_subtract(&l->plus.v6, &l->minus.v6);
    if (ranges_equal(&l->minus.v4, &all.v4) || l->plus.v4.count + l->plus.v6.count == 0)
        rc = err_set(gp->err, "nothing is left of group '%.*s'", WORD_ARG(text));
    group_release(&all);
    group_release(&l->minus);
    if (rc == 0)
        *out = l->plus;
    else
        group_release(&l->plus);
    return rc;
}

/* A list that counts as a whole. */
static int parse_whole(struct group_parser *gp, struct bytes text, struct group *out)
{
    struct lists l = {0};
    int rc = parse_list(gp, text, &l);
    if (rc == 0)
        return settle(gp, text, &l, out);
    group_release(&l.plus);
    group_release(&l.minus);
    return rc;
}

/* A list within a list, or a variable in it: its members are the outer list's own, unless it is
 * excluded; then it counts as a whole. */
static int parse_inner(struct group_parser *gp, struct bytes text, bool excluded, struct lists *l)
{
    struct group one = {0};
    if (!excluded)
        return parse_list(gp, text, l);
    int rc = parse_whole(gp, text, &one);
    /* Joined unsorted and sorted once at the end: long lists stay linear. */
    ranges_add_all(&l->minus.v4, &one.v4);
    ranges_add_all(&l->minus.v6, &one.v6);
    group_release(&one);
    return rc;
}

static int parse_variable(struct group_parser *gp, struct bytes name, bool excluded,
                          struct lists *l)
{
    const char *value = gp->vars ? rule_vars_get(gp->vars, gp->kind, name) : NULL;
    if (!value)
        return err_set(gp->err, "undefined %s variable '$%.*s'",
                       gp->kind == RULE_VAR_PORT ? "port" : "address", WORD_ARG(name));
    return parse_inner(gp, bytes_str(value), excluded, l);
}

static int parse_any(struct group_parser *gp, bool excluded, struct lists *l)
{
    if (excluded)
        return err_set(gp->err, "'!any' leaves nothing");
    l->plus.any = true;
    add_everything(gp->kind, &l->plus);
    return 0;
}

static int parse_member(struct group_parser *gp, struct bytes t, bool excluded, struct lists *l)
{
    struct group *side = excluded ? &l->minus : &l->plus;
    l->plus.negated |= excluded;
    if (++gp->steps > GROUP_STEPS_MAX)
        return err_set(gp->err, "group has too many members");
    if (t.len == 0)
        return err_set(gp->err, "empty member in a group");
    if (t.p[0] == '$')
        return parse_variable(gp, bytes_slice(t, 1, t.len), excluded, l);
    if (t.p[0] == '[' && t.p[t.len - 1] != ']')
        return err_set(gp->err, "'[' without ']' in '%.*s'", WORD_ARG(t));
    if (t.p[0] == '[')
        return parse_inner(gp, bytes_slice(t, 1, t.len - 2), excluded, l);
    if (bytes_ieq(t, BYTES_LIT("any")))
        return parse_any(gp, excluded, l);
    return gp->kind == RULE_VAR_PORT ? parse_port(gp, t, side) : parse_address(gp, t, side);
}

static int parse_list(struct group_parser *gp, struct bytes text, struct lists *l)
{
    struct bytes rest = word_trim(text);
    int rc = 0;
    if (++gp->depth > GROUP_DEPTH_MAX)
        rc = err_set(gp->err, "groups or variables within each other too deep");
    else if (rest.len == 0)
        rc = err_set(gp->err, "empty group");
    while (rc == 0 && rest.p) {
        struct bytes member = next_member(rest, &rest);
        bool excluded = member.len && member.p[0] == '!';
        if (excluded)
            member = word_trim(bytes_slice(member, 1, member.len));
        rc = parse_member(gp, member, excluded, l);
    }
    gp->depth--;
    return rc;
}

int group_parse(const struct rule_vars *vars, enum rule_var_kind kind, struct bytes text,
                struct group *out, struct err *err)
{
    struct group_parser gp = {.vars = vars, .kind = kind, .err = err};
    *out = (struct group){0};
    int rc = parse_whole(&gp, text, out);
    if (rc == 0 && out->negated)
        out->any = false;
    return rc;
}

bool group_holds_addr(const struct group *g, const struct addr *a)
{
    if (a->version == 0)
        return false;
    return ranges_hold(a->version == 4 ? &g->v4 : &g->v6, addr_number(a));
}

bool group_equal(const struct group *a, const struct group *b)
{
    return a->any == b->any && a->negated == b->negated && ranges_equal(&a->v4, &b->v4) &&
           ranges_equal(&a->v6, &b->v6);
}
