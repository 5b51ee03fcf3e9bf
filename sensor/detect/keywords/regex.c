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
    s->data = pcre2_match_data_create(2, NULL); /* the match and group 1 */
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

bool regex_find(const struct regex *r, struct regex_scratch *s, struct bytes in, size_t from,
                bool group, struct regex_span *out)
{
    if (from > in.len)
        return false;
    int rc = pcre2_match(r->code, in.p ? in.p : (const uint8_t *)"", in.len, from, 0, s->data,
                         s->context);
    if (rc < 0)
        return false;
    const PCRE2_SIZE *span = pcre2_get_ovector_pointer(s->data);
    size_t at = group ? 2 : 0;
    if (group && (rc == 1 || span[2] == PCRE2_UNSET))
        return false;
    *out = (struct regex_span){span[at], span[at + 1]};
    return true;
}
