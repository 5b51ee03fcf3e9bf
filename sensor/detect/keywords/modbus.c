/* keywords/modbus.c - what a Modbus request does.
 *
 *   modbus: unit 10<>20, function 8, subfunction 4;
 *   modbus: function !assigned;
 *   modbus: access write holding, address 1500, value >2000; */
#include "sensor/app/protocols/modbus.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

/* "5", "<5", ">5", "5<>10" (without its ends): what a request touches has a part in it. */
struct span {
    char how; /* 0: not asked for; '=', '<', '>', '-' */
    uint16_t low, high;
};
struct question {
    struct span unit, address, value;
    int32_t function, subfunction; /* -1: not asked for */
    bool by_category, negated;
    const char *categories[4];
    const char *access[2]; /* "READ", "COILS"; NULL: not asked for */
};

static const struct {
    const char *name, *categories[4];
} categories[] = {
    {"assigned", {"PUBLIC_ASSIGNED"}},
    {"unassigned", {"PUBLIC_UNASSIGNED"}},
    {"public", {"PUBLIC_ASSIGNED", "PUBLIC_UNASSIGNED"}},
    {"user", {"USER_DEFINED"}},
    {"reserved", {"RESERVED"}},
    {"all", {"PUBLIC_ASSIGNED", "PUBLIC_UNASSIGNED", "USER_DEFINED", "RESERVED"}},
};

/* ---- matching ---- */

static bool span_touches(const struct span *s, uint32_t first, uint32_t last)
{
    switch (s->how) {
    case '=':
        return s->low >= first && s->low <= last;
    case '<':
        return s->low > first;
    case '>':
        return s->low < last;
    default:
        return s->low < last && first < s->high;
    }
}

static bool category_fits(const struct question *want, const char *category)
{
    bool found = false;
    for (size_t i = 0; i < 4 && want->categories[i]; i++)
        found |= strcmp(want->categories[i], category) == 0;
    return strcmp(category, "NONE") != 0 && found != want->negated;
}

static bool access_fits(const struct question *want, const struct modbus_question *q)
{
    uint16_t value;
    for (size_t i = 0; i < 2 && want->access[i]; i++)
        if (!strstr(q->access, want->access[i]))
            return false;
    if (!want->address.how)
        return true;
    if (!q->has_range || !span_touches(&want->address, q->first, q->last))
        return false;
    return !want->value.how || (modbus_written_at(q, want->address.low, &value) &&
                                span_touches(&want->value, value, value));
}

static enum item_verdict modbus_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct question *want = arg;
    struct modbus_question q;
    bool fits = modbus_question_of(w->in->tx, &q) &&
                (!want->unit.how || span_touches(&want->unit, q.unit, q.unit));
    if (fits && want->access[0])
        fits = access_fits(want, &q);
    else if (fits && want->by_category)
        fits = category_fits(want, q.category);
    else if (fits && want->function >= 0)
        fits = q.function == want->function &&
               (want->subfunction < 0 || q.subfunction == want->subfunction);
    return fits ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_modbus = {.name = "modbus", .match = modbus_match};

/* ---- parsing: "name argument" parts with commas between ---- */

static int parse_span(struct bytes t, struct span *out, struct err *err)
{
    ptrdiff_t between = bytes_find(t, BYTES_LIT("<>"));
    int64_t low = 0, high = 0;
    bool sign = t.len && between < 0 && (t.p[0] == '<' || t.p[0] == '>');
    out->how = (char)(between > 0 ? '-' : sign ? t.p[0] : '=');
    struct bytes first =
        between > 0 ? bytes_slice(t, 0, (size_t)between) : bytes_slice(t, sign, t.len);
    if (!number_parse(first, 0, UINT16_MAX, &low) ||
        (between > 0 &&
         !number_parse(bytes_slice(t, (size_t)between + 2, t.len), 0, UINT16_MAX, &high)))
        return err_set(err, "'%.*s' is none of 5, <5, >5, 5<>10", WORD_ARG(t));
    out->low = (uint16_t)low;
    out->high = (uint16_t)high;
    return 0;
}

static int parse_function(struct bytes t, struct question *q, struct err *err)
{
    int64_t n;
    if (number_parse(t, 1, UINT8_MAX, &n)) {
        q->function = (int32_t)n;
        return 0;
    }
    q->negated = t.len && t.p[0] == '!';
    struct bytes name = bytes_slice(t, q->negated, t.len);
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (bytes_eq(name, bytes_str(categories[i].name))) {
            memcpy(q->categories, categories[i].categories, sizeof q->categories);
            q->by_category = true;
            return 0;
        }
    return err_set(err,
                   "'%.*s' is no function from 1 to 255 and none of assigned, unassigned, public, "
                   "user, reserved, all",
                   WORD_ARG(t));
}

/* "read", "write holding" */
static int parse_access(struct bytes t, struct question *q, struct err *err)
{
    static const struct {
        const char *name, *access;
        bool written;
    } what[] = {{"coils", "COILS", true},
                {"holding", "HOLDING", true},
                {"discretes", "DISCRETES", false},
                {"input", "INPUT", false}};
    struct bytes rest = t, how, which;
    bool write = word_next_blank(&rest, &how) && WORD_IS(how, "write");
    if (!write && !WORD_IS(how, "read"))
        return err_set(err, "access is read or write, not '%.*s'", WORD_ARG(how));
    q->access[0] = write ? "WRITE" : "READ";
    if (!word_next_blank(&rest, &which))
        return 0;
    for (size_t i = 0; i < sizeof what / sizeof *what; i++)
        if (bytes_eq(which, bytes_str(what[i].name)) && (what[i].written || !write)) {
            q->access[1] = what[i].access;
            return 0;
        }
    return err_set(err, "'%.*s' cannot be %s", WORD_ARG(which), write ? "written" : "read");
}

static int parse_subfunction(struct bytes t, struct question *q, struct err *err)
{
    int64_t n;
    if (q->function < 0 || !number_parse(t, 0, UINT16_MAX, &n))
        return err_set(err, "'%.*s' is no subfunction of a function", WORD_ARG(t));
    q->subfunction = (int32_t)n;
    return 0;
}

static int parse_part(struct bytes part, struct question *q, struct err *err)
{
    struct bytes rest = part, name;
    if (!word_next_blank(&rest, &name))
        return err_set(err, "a part is empty");
    rest = word_trim(rest);
    if (WORD_IS(name, "unit"))
        return parse_span(rest, &q->unit, err);
    if (WORD_IS(name, "function") && !q->access[0])
        return parse_function(rest, q, err);
    if (WORD_IS(name, "subfunction"))
        return parse_subfunction(rest, q, err);
    if (WORD_IS(name, "access") && q->function < 0 && !q->by_category)
        return parse_access(rest, q, err);
    if (WORD_IS(name, "address") && q->access[0])
        return parse_span(rest, &q->address, err);
    if (WORD_IS(name, "value") && q->address.how == '=' && strcmp(q->access[0], "WRITE") == 0)
        return parse_span(rest, &q->value, err);
    return err_set(err, "'%.*s' cannot stand here", WORD_ARG(part));
}

static int modbus_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct question *q = build_alloc(b, sizeof *q);
    struct bytes rest = word_unquote(value), part;
    q->function = q->subfunction = -1;
    while (word_next(&rest, ',', &part))
        if (parse_part(part, q, err))
            return -1;
    return build_item_on(b, "modbus", &item_modbus, q, false, err) ? 0 : -1;
}

const struct keyword keyword_modbus = {
    .name = "modbus",
    .summary = "what a Modbus request does: unit, function, access",
    .example = "modbus: access write coils, address 100<>200;",
    .parse = modbus_parse,
};
