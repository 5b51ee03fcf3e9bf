/* analyzer/rules/pattern.c - see pattern.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "analyzer/rules/pattern.h"
#include "common/bytes.h"
#include <pcre2.h>

#define MATCH_LIMIT 1000000 /* steps for one rule: a bad expression ends */

struct pattern {
    pcre2_code *code;
    pcre2_match_data *found;
    pcre2_match_context *limits;
};

struct pattern *pattern_new(const char *expression, bool caseless, struct err *err)
{
    int number;
    PCRE2_SIZE at;
    unsigned char why[128] = "";
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED,
                                     caseless ? PCRE2_CASELESS : 0, &number, &at, NULL);
    if (!code) {
        pcre2_get_error_message(number, why, sizeof why);
        err_set(err, "'%s' is no expression: %s at byte %zu", expression, (char *)why, at);
        return NULL;
    }
    struct pattern *p = calloc(1, sizeof *p);
    ASSERT(p);
    p->code = code;
    p->found = pcre2_match_data_create_from_pattern(code, NULL);
    p->limits = pcre2_match_context_create(NULL);
    ASSERT(p->found && p->limits);
    pcre2_set_match_limit(p->limits, MATCH_LIMIT);
    return p;
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    pcre2_match_data_free(p->found);
    pcre2_match_context_free(p->limits);
    pcre2_code_free(p->code);
    free(p);
}

bool pattern_holds(const struct pattern *p, const char *text)
{
    return pcre2_match(p->code, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, 0, p->found,
                       p->limits) >= 0;
}

/* The group that is called at c, as "\12" or "\g<name>", and how long the call is; empty: none is.
 */
static struct bytes called_group(const char *c, size_t *taken)
{
    size_t digits = c[0] == '\\' ? strspn(c + 1, "0123456789") : 0;
    const char *end;
    if (digits) {
        digits = digits > 2 ? 2 : digits;
        *taken = 1 + digits;
        return bytes_of(c + 1, digits);
    }
    if (strncmp(c, "\\g<", 3) != 0 || !(end = strchr(c, '>')))
        return bytes_of(NULL, 0);
    *taken = (size_t)(end - c) + 1;
    return bytes_of(c + 3, *taken - 4);
}

static char *put_group(char *out, struct bytes name)
{
    *out++ = '$';
    *out++ = '{';
    memcpy(out, name.p, name.len);
    out[name.len] = '}';
    return out + name.len + 1;
}

/* Into PCRE2's notation: "\1" and "\g<1>" are "${1}", "\\" a backslash, '$' itself unless it opens
 * "${". */
static char *translated(const char *replacement)
{
    char *text = malloc(4 * strlen(replacement) + 1), *out = text;
    size_t taken;
    ASSERT(text);
    for (const char *c = replacement; *c; c++) {
        struct bytes group = called_group(c, &taken);
        if (group.len) {
            out = put_group(out, group);
            c += taken - 1;
        } else if (*c == '\\' && c[1] == '\\') {
            *out++ = *c++;
        } else {
            if (*c == '$' && c[1] != '{')
                *out++ = '$';
            *out++ = *c;
        }
    }
    *out = 0;
    return text;
}

/* Into *len bytes of out; PCRE2_ERROR_NOMEMORY and *len when it takes more. */
static int substitute(const struct pattern *p, const char *text, const char *with, char *out,
                      PCRE2_SIZE *len)
{
    const uint32_t how =
        PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH | PCRE2_SUBSTITUTE_UNSET_EMPTY;
    return pcre2_substitute(p->code, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, how, p->found,
                            p->limits, (PCRE2_SPTR)with, PCRE2_ZERO_TERMINATED, (PCRE2_UCHAR *)out,
                            len);
}

int pattern_replace(const struct pattern *p, const char *text, const char *replacement, char **out,
                    struct err *err)
{
    unsigned char why[128] = "";
    char *with = translated(replacement), *made = NULL;
    PCRE2_SIZE len = 2 * strlen(text) + 256;
    int rc = PCRE2_ERROR_NOMEMORY;
    for (int attempt = 0; attempt < 2 && rc == PCRE2_ERROR_NOMEMORY; attempt++) {
        free(made); /* the second time: as much as the first one asked for */
        made = malloc(len);
        ASSERT(made);
        rc = substitute(p, text, with, made, &len);
    }
    free(with);
    *out = rc > 0 ? made : NULL;
    if (rc <= 0)
        free(made);
    if (rc >= 0)
        return 0;
    pcre2_get_error_message(rc, why, sizeof why);
    return err_set(err, "'%s' is no replacement: %s", replacement, (char *)why);
}
