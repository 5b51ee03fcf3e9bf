/* sensor/detect/keyword.c - finding keywords, listing them, and the numbers they take. */
#include "sensor/detect/keyword.h"

#include "common/text.h"
#include "sensor/detect/keyword_table.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#define DECLARE(id) extern const struct keyword keyword_##id;
KEYWORD_TABLE(DECLARE)
#define ADDRESS(id) &keyword_##id,
static const struct keyword *const keywords[] = {KEYWORD_TABLE(ADDRESS)};
#define KEYWORD_COUNT (sizeof keywords / sizeof *keywords)

/* Whether the space-separated list holds name. */
static bool list_holds(const char *list, struct bytes name)
{
    struct bytes rest = bytes_str(list), word;
    while (word_next_blank(&rest, &word))
        if (bytes_ieq(word, name))
            return true;
    return false;
}

const struct keyword *keyword_find(struct bytes name)
{
    for (size_t i = 0; i < KEYWORD_COUNT; i++)
        if (bytes_ieq(name, bytes_str(keywords[i]->name)) ||
            (keywords[i]->aliases && list_holds(keywords[i]->aliases, name)))
            return keywords[i];
    return NULL;
}

const struct keyword *keyword_at(size_t i)
{
    return i < KEYWORD_COUNT ? keywords[i] : NULL;
}

static void print_one(FILE *out, bool with_help, const char *name, const char *summary,
                      const char *example)
{
    if (!with_help)
        fprintf(out, "%s\n", name);
    else
        fprintf(out, "%-24s %s%s%s\n", name, summary, example ? "  e.g. " : "",
                example ? example : "");
}

static bool has_buffer(enum app_proto p, const char *name)
{
    size_t count;
    const struct app_buffer *rows = app_buffers(p, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

/* "buffer of http, http2; after a content: http_uri". */
static void describe_buffer(const struct app_buffer *row, char *out, size_t cap)
{
    const char *between = "";
    size_t at = (size_t)snprintf(out, cap, "%s of ", row->number ? "number" : "buffer");
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED && at < cap; p++)
        if (has_buffer((enum app_proto)p, row->name)) {
            at += (size_t)snprintf(out + at, cap - at, "%s%s", between,
                                   app_proto_name((enum app_proto)p));
            between = ", ";
        }
    if (row->legacy && at < cap)
        snprintf(out + at, cap - at, "; after a content: %s", row->legacy);
}

/* A name that several rows share is printed with the first. */
static void print_buffers(FILE *out, bool with_help, enum app_proto p)
{
    size_t count;
    const struct app_buffer *rows = app_buffers(p, &count);
    for (size_t i = 0; i < count; i++) {
        char summary[160];
        if ((rows[i].flags & APP_BUFFER_UNNAMED) || buffer_first(rows[i].name) != &rows[i] ||
            keyword_find(bytes_str(rows[i].name)))
            continue;
        describe_buffer(&rows[i], summary, sizeof summary);
        print_one(out, with_help, rows[i].name, summary, NULL);
    }
}

void keywords_print(FILE *out, bool with_help)
{
    for (size_t i = 0; i < KEYWORD_COUNT; i++)
        print_one(out, with_help, keywords[i]->name, keywords[i]->summary, keywords[i]->example);
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++)
        print_buffers(out, with_help, (enum app_proto)p);
}

int keyword_parse_nothing(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)b;
    (void)value;
    (void)err;
    *arg = NULL;
    return 0;
}

bool number_parse(struct bytes text, int64_t min, int64_t max, int64_t *out)
{
    char copy[32];
    text = word_trim(text);
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.len);
    copy[text.len] = 0;
    const char *digits = copy + (copy[0] == '-' || copy[0] == '+');
    bool hex = digits[0] == '0' && (digits[1] | 0x20) == 'x';
    if (*digits < '0' || *digits > '9')
        return false;
    char *end;
    long long n = strtoll(copy, &end, hex ? 16 : 10);
    if (*end || n < min || n > max)
        return false;
    *out = n;
    return true;
}

/* "10kb", "10MB", "1gb": times 1024 each; cuts the unit off. */
static unsigned unit_shift(struct bytes *t)
{
    static const char units[] = "kmg";
    const char *at = t->len > 2 && (t->p[t->len - 1] | 0x20) == 'b' && t->p[t->len - 2]
                         ? strchr(units, t->p[t->len - 2] | 0x20)
                         : NULL;
    if (!at || bytes_find(*t, BYTES_LIT("0x")) == 0)
        return 0;
    t->len -= 2;
    return 10 * (unsigned)(at - units + 1);
}

static bool one_number(struct bytes t, uint64_t max, uint64_t *out)
{
    int64_t n, limit = max > INT64_MAX ? INT64_MAX : (int64_t)max;
    t = word_trim(t);
    unsigned shift = unit_shift(&t);
    if (!number_parse(t, 0, limit >> shift, &n))
        return false;
    *out = (uint64_t)n << shift;
    return true;
}

/* "5-10" and "5<>10" exclude both ends. */
static bool two_numbers(struct bytes t, size_t at, size_t width, uint64_t max,
                        struct number_range *out)
{
    if (!one_number(bytes_slice(t, 0, at), max, &out->low) ||
        !one_number(bytes_slice(t, at + width, t.len), max, &out->high))
        return false;
    if (out->high == 0 || out->low == max)
        return false;
    out->low++;
    out->high--;
    return out->low <= out->high;
}

static bool compared_number(struct bytes t, uint64_t max, struct number_range *out)
{
    bool equal = t.len > 1 && t.p[1] == '=';
    uint64_t n;
    char sign = (char)t.p[0];
    if (!one_number(bytes_slice(t, 1 + equal, t.len), max, &n))
        return false;
    if (sign == '<') {
        if (n == 0 && !equal)
            return false;
        *out = (struct number_range){.low = 0, .high = equal ? n : n - 1};
    } else {
        if (n == max && !equal)
            return false;
        *out = (struct number_range){.low = equal ? n : n + 1, .high = max};
    }
    return true;
}

int number_range_parse(struct bytes text, uint64_t max, struct number_range *out, struct err *err)
{
    struct bytes t = word_trim(word_unquote(word_trim(text)));
    *out = (struct number_range){0};
    bool good = false;
    if (t.len && t.p[0] == '!') {
        out->negated = true;
        t = word_trim(bytes_slice(t, t.len > 1 && t.p[1] == '=' ? 2 : 1, t.len));
    } else if (t.len && t.p[0] == '=') {
        t = word_trim(bytes_slice(t, 1, t.len));
    }
    ptrdiff_t between = bytes_find(t, BYTES_LIT("<>")), dash = bytes_find(t, BYTES_LIT("-"));
    if (t.len == 0)
        good = false;
    else if (between > 0)
        good = two_numbers(t, (size_t)between, 2, max, out);
    else if (dash > 0)
        good = two_numbers(t, (size_t)dash, 1, max, out);
    else if (t.p[0] == '<' || t.p[0] == '>')
        good = compared_number(t, max, out);
    else if ((good = one_number(t, max, &out->low)))
        out->high = out->low;
    if (!good)
        return err_set(err, "'%.*s' is no number or range up to %llu", WORD_ARG(text),
                       (unsigned long long)max);
    return 0;
}

static int parse_range(struct build *b, struct bytes value, uint64_t max, const void **arg,
                       struct err *err)
{
    struct number_range *r = build_alloc(b, sizeof *r);
    *arg = r;
    return number_range_parse(value, max, r, err);
}

int keyword_parse_u8(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    return parse_range(b, value, UINT8_MAX, arg, err);
}

int keyword_parse_u16(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    return parse_range(b, value, UINT16_MAX, arg, err);
}

int keyword_parse_u32(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    return parse_range(b, value, UINT32_MAX, arg, err);
}
