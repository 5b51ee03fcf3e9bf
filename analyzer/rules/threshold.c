/* analyzer/rules/threshold.c - see threshold.h. */
#include "analyzer/rules/threshold.h"
#include "analyzer/rules/pattern.h"
#include "common/file.h"
#include <errno.h>

#define CONF_CAP (16u << 20)

/* Where "re:..." stands in a line: quoted, or up to the next comma. */
struct place {
    size_t from, to;
    char *expression;
};

static bool find_expression(const char *line, struct place *p)
{
    const char *at = strstr(line, "re:");
    while (at && (at == line || (at[-1] != ' ' && at[-1] != '\t')))
        at = strstr(at + 1, "re:");
    if (!at || line[0] == '#')
        return false;
    const char *begin = at + 3, *end;
    bool quoted = *begin == '"' && strrchr(begin + 1, '"');
    if (quoted)
        end = strrchr(++begin, '"');
    else
        end = begin + strcspn(begin, ",");
    p->from = (size_t)(at - line);
    p->to = (size_t)(end - line) + quoted;
    p->expression = strndup(begin, (size_t)(end - begin));
    ASSERT(p->expression);
    return true;
}

static int write_each(const struct plan *p, const char *line, const struct place *at, FILE *out,
                      struct err *err)
{
    struct pattern *pattern = pattern_new(at->expression, true, err);
    if (!pattern)
        return -1;
    for (size_t i = 0; i < p->count; i++) {
        const struct plan_rule *r = &p->rules[i];
        if (r->enabled && pattern_holds(pattern, plan_text(r)))
            fprintf(out, "# %s\n%.*sgen_id %u, sig_id %u%s\n\n", r->row->msg, (int)at->from, line,
                    r->row->gid, r->row->sid, line + at->to);
    }
    pattern_free(pattern);
    return 0;
}

static int write_line(const struct plan *p, const char *line, FILE *out, struct err *err)
{
    struct place at;
    if (!find_expression(line, &at)) {
        fprintf(out, "%s\n", line);
        return 0;
    }
    int rc = write_each(p, line, &at, out, err);
    free(at.expression);
    return rc;
}

static int write_lines(const struct plan *p, const char *in, char *text, FILE *out, struct err *err)
{
    unsigned number = 0;
    for (char *line = text, *end; line && *line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end)
            *end = 0;
        number++;
        if (write_line(p, line, out, err) != 0)
            return err_in(err, "%s:%u", in, number);
    }
    return 0;
}

int threshold_write(const struct plan *p, const char *in, const char *out, struct err *err)
{
    char *text = file_read(in, CONF_CAP, NULL, err), *made = NULL;
    size_t len = 0;
    if (!text)
        return -1;
    FILE *memory = open_memstream(&made, &len);
    ASSERT(memory);
    int rc = write_lines(p, in, text, memory, err);
    fclose(memory);
    if (rc == 0)
        rc = file_replace(out, bytes_of(made, len), err);
    free(made);
    free(text);
    return rc;
}
