/* sensor/detect/report.c - see report.h. */
#include "sensor/detect/report.h"

static char *copy_of(struct bytes text)
{
    char *copy = strndup(text.len ? (const char *)text.p : "", text.len);
    ASSERT(copy);
    return copy;
}

/* "file:line:column: sid 7: what"; without a sid where none was found. */
static char *line_of(const struct ruleset_problem *p)
{
    char sid[32] = "";
    if (p->sid)
        snprintf(sid, sizeof sid, "sid %u: ", p->sid);
    size_t cap = strlen(p->file) + strlen(p->error) + 80;
    char *text = malloc(cap);
    ASSERT(text);
    snprintf(text, cap, "%s:%u:%u: %s%s", p->file, p->line, p->column, sid, p->error);
    return text;
}

/* Room is doubled at powers of two. */
static struct ruleset_problem *add(struct ruleset_report *r)
{
    size_t n = r->problem_count;
    if ((n & (n - 1)) == 0) {
        r->problems = realloc(r->problems, (n ? 2 * n : 1) * sizeof *r->problems);
        ASSERT(r->problems);
    }
    return &r->problems[r->problem_count++];
}

void report_problem(struct ruleset_report *r, const char *file, const struct rule *rule,
                    struct bytes text, const struct err *err)
{
    r->failed++;
    if (r->problem_count == PROBLEMS_KEPT)
        return;
    struct ruleset_problem *p = add(r);
    *p = (struct ruleset_problem){.file = copy_of(bytes_str(file)),
                                  .error = copy_of(bytes_str(err->text)),
                                  .rule = copy_of(bytes_slice(text, 0, RULE_TEXT_SHOWN)),
                                  .line = rule->line,
                                  .column = rule->column,
                                  .sid = rule->sid};
    p->text = line_of(p);
}

void ruleset_report_free(struct ruleset_report *r)
{
    for (size_t i = 0; i < r->problem_count; i++) {
        free(r->problems[i].text);
        free(r->problems[i].file);
        free(r->problems[i].error);
        free(r->problems[i].rule);
    }
    free(r->problems);
    *r = (struct ruleset_report){0};
}
