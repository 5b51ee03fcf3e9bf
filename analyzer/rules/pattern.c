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

/* Into PCRE2's notation: "\1" is "${1}", "\\" a backslash, '$' itself unless it opens "${". */
static char *translated(const char *replacement)
{
    char *text = malloc(4 * strlen(replacement) + 1), *out = text;
    ASSERT(text);
    for (const char *c = replacement; *c; c++) {
        bool group = *c == '\\' && c[1] >= '0' && c[1] <= '9';
        if (group) {
            *out++ = '$';
            *out++ = '{';
            *out++ = *++c;
            *out++ = '}';
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

char *pattern_replace(const struct pattern *p, const char *text, const char *replacement)
{
    char *with = translated(replacement), *out = NULL;
    PCRE2_SIZE room = 0, len = 2 * strlen(text) + 256;
    int rc = PCRE2_ERROR_NOMEMORY;
    for (int attempt = 0; attempt < 2 && rc == PCRE2_ERROR_NOMEMORY; attempt++) {
        room = len; /* the second time: what the first one asked for */
        free(out);
        out = malloc(room + 1);
        ASSERT(out);
        len = room;
        rc = pcre2_substitute(p->code, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0,
                              PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH, p->found,
                              p->limits, (PCRE2_SPTR)with, PCRE2_ZERO_TERMINATED,
                              (PCRE2_UCHAR *)out, &len);
    }
    free(with);
    if (rc > 0)
        return out;
    free(out);
    return NULL;
}
