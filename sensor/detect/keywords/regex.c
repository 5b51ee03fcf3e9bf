/* keywords/regex.c - PCRE2 with JIT and limits. */
#include "sensor/detect/keywords/regex.h"

/* Suricata's defaults: what a rule may cost on one buffer. */
#define MATCH_LIMIT     3500
#define DEPTH_LIMIT     1500
#define JIT_STACK_START (32u * 1024)
#define JIT_STACK_MAX   (512u * 1024)

struct regex {
    pcre2_code *code;
};
struct regex_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    int groups; /* what the last match returned */
};

static bool option_bit(uint8_t flag, uint32_t *options)
{
    switch (flag) {
    case 'i':
        *options |= PCRE2_CASELESS;
        return true;
    case 'm':
        *options |= PCRE2_MULTILINE;
        return true;
    case 's':
        *options |= PCRE2_DOTALL;
        return true;
    case 'x':
        *options |= PCRE2_EXTENDED;
        return true;
    case 'A':
        *options |= PCRE2_ANCHORED;
        return true;
    case 'E':
        *options |= PCRE2_DOLLAR_ENDONLY;
        return true;
    case 'G':
        *options |= PCRE2_UNGREEDY;
        return true;
    default:
        return false;
    }
}

struct regex *regex_new(struct bytes pattern, struct bytes flags, struct err *err)
{
    uint32_t options = 0;
    int code;
    PCRE2_SIZE at;
    for (size_t i = 0; i < flags.len; i++)
        option_bit(flags.p[i], &options);
    struct regex *r = calloc(1, sizeof *r);
    ASSERT(r);
    r->code = pcre2_compile(pattern.p, pattern.len, options, &code, &at, NULL);
    if (!r->code) {
        PCRE2_UCHAR text[128] = "";
        pcre2_get_error_message(code, text, sizeof text);
        err_set(err, "%s at byte %zu of the expression", (const char *)text, (size_t)at);
        free(r);
        return NULL;
    }
    /* Without JIT (no executable memory) the interpreter does the same work, slower. */
    (void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
    return r;
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    pcre2_code_free(r->code);
    free(r);
}

struct regex_scratch *regex_scratch_new(void)
{
    struct regex_scratch *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->data = pcre2_match_data_create(1 + REGEX_GROUPS_MAX, NULL);
    s->context = pcre2_match_context_create(NULL);
    s->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL);
    ASSERT(s->data && s->context);
    pcre2_set_match_limit(s->context, MATCH_LIMIT);
    pcre2_set_depth_limit(s->context, DEPTH_LIMIT);
    if (s->stack)
        pcre2_jit_stack_assign(s->context, NULL, s->stack);
    return s;
}

void regex_scratch_free(struct regex_scratch *s)
{
    if (!s)
        return;
    pcre2_match_data_free(s->data);
    pcre2_match_context_free(s->context);
    pcre2_jit_stack_free(s->stack);
    free(s);
}

enum regex_result regex_find(const struct regex *r, struct regex_scratch *s, struct bytes in,
                             size_t from, struct regex_span *out)
{
    if (from > in.len)
        return REGEX_ABSENT;
    s->groups = pcre2_match(r->code, in.p ? in.p : (const uint8_t *)"", in.len, from, 0, s->data,
                            s->context);
    if (regex_group(s, 0, out))
        return REGEX_FOUND;
    return s->groups == PCRE2_ERROR_NOMATCH ? REGEX_ABSENT : REGEX_GAVE_UP;
}

bool regex_group(const struct regex_scratch *s, unsigned group, struct regex_span *out)
{
    const PCRE2_SIZE *span = pcre2_get_ovector_pointer(s->data) + 2 * (size_t)group;
    /* 0: more groups than there is room for. */
    if (s->groups < 0 || (s->groups > 0 && group >= (unsigned)s->groups) ||
        group > REGEX_GROUPS_MAX || span[0] == PCRE2_UNSET)
        return false;
    *out = (struct regex_span){span[0], span[1]};
    return true;
}

unsigned regex_group_count(const struct regex *r)
{
    uint32_t count = 0;
    pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

unsigned regex_named(const struct regex *r, unsigned i, struct bytes *name)
{
    uint32_t count = 0, width = 0;
    PCRE2_SPTR table = NULL;
    pcre2_pattern_info(r->code, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(r->code, PCRE2_INFO_NAMEENTRYSIZE, &width);
    pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &table);
    if (i >= count)
        return 0;
    const uint8_t *row = table + (size_t)i * width;
    *name = bytes_str((const char *)row + 2);
    return (unsigned)row[0] << 8 | row[1];
}
