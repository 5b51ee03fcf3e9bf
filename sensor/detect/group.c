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

static int parse_list(struct group_parser *gp, struct bytes text, struct group *out);

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

static int parse_variable(struct group_parser *gp, struct bytes name, struct group *out)
{
    const char *value = gp->vars ? rule_vars_get(gp->vars, gp->kind, name) : NULL;
    if (!value)
        return err_set(gp->err, "undefined %s variable '$%.*s'",
                       gp->kind == RULE_VAR_PORT ? "port" : "address", WORD_ARG(name));
    return parse_list(gp, bytes_str(value), out);
}

static int parse_member(struct group_parser *gp, struct bytes t, struct group *out)
{
    if (t.len == 0)
        return err_set(gp->err, "empty member in a group");
    if (t.p[0] == '$')
        return parse_variable(gp, bytes_slice(t, 1, t.len), out);
    if (t.p[0] == '[') {
        if (t.p[t.len - 1] != ']')
            return err_set(gp->err, "'[' without ']' in '%.*s'", WORD_ARG(t));
        return parse_list(gp, bytes_slice(t, 1, t.len - 2), out);
    }
    if (bytes_ieq(t, BYTES_LIT("any"))) {
        out->any = true;
        add_everything(gp->kind, out);
        return 0;
    }
    return gp->kind == RULE_VAR_PORT ? parse_port(gp, t, out) : parse_address(gp, t, out);
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

static void join(struct group *to, struct group *from)
{
    ranges_add_all(&to->v4, &from->v4);
    ranges_add_all(&to->v6, &from->v6);
    ranges_normalise(&to->v4);
    ranges_normalise(&to->v6);
}

static int parse_signed_member(struct group_parser *gp, struct bytes t, struct group *plus,
                               struct group *minus)
{
    bool negated = t.len && t.p[0] == '!';
    struct group one = {0};
    if (++gp->steps > GROUP_STEPS_MAX)
        return err_set(gp->err, "group has too many members");
    int rc = parse_member(gp, negated ? word_trim(bytes_slice(t, 1, t.len)) : t, &one);
    if (rc == 0 && negated && one.any && !one.negated)
        rc = err_set(gp->err, "'!any' leaves nothing");
    if (rc == 0) {
        plus->any |= one.any && !negated;
        plus->negated |= negated || one.negated;
        /* Joined unsorted and sorted once by the caller: long lists stay linear. */
        struct group *side = negated ? minus : plus;
        ranges_add_all(&side->v4, &one.v4);
        ranges_add_all(&side->v6, &one.v6);
    }
    group_release(&one);
    return rc;
}

static int parse_list(struct group_parser *gp, struct bytes text, struct group *out)
{
    struct group plus = {0}, minus = {0}, none = {0};
    struct bytes rest = word_trim(text);
    int rc = 0;
    if (++gp->depth > GROUP_DEPTH_MAX)
        rc = err_set(gp->err, "groups or variables within each other too deep");
    else if (rest.len == 0)
        rc = err_set(gp->err, "empty group");
    while (rc == 0 && rest.p) {
        struct bytes member = next_member(rest, &rest);
        rc = parse_signed_member(gp, member, &plus, &minus);
    }
    gp->depth--;
    if (rc == 0) {
        if (plus.v4.count + plus.v6.count == 0)
            add_everything(gp->kind, &plus);
        join(&plus, &none);
        join(&minus, &none);
        ranges_subtract(&plus.v4, &minus.v4);
        ranges_subtract(&plus.v6, &minus.v6);
        if (plus.v4.count + plus.v6.count == 0)
            rc = err_set(gp->err, "nothing is left of group '%.*s'", WORD_ARG(text));
    }
    group_release(&minus);
    if (rc == 0)
        *out = plus;
    else
        group_release(&plus);
    return rc;
}

int group_parse(const struct rule_vars *vars, enum rule_var_kind kind, struct bytes text,
                struct group *out, struct err *err)
{
    struct group_parser gp = {.vars = vars, .kind = kind, .err = err};
    *out = (struct group){0};
    int rc = parse_list(&gp, text, out);
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
