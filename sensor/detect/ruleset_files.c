/* sensor/detect/ruleset_files.c - rule files to rules, one logical line each. */
#include <glob.h>

#include "common/file.h"
#include "sensor/detect/build.h"
#include "sensor/detect/report.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#define RULE_FILE_CAP (256u << 20)

struct reader {
    struct ruleset *ruleset;
    const struct ruleset_options *options;
    struct ruleset_report *report;
    const char *path;
    struct rule_lines before; /* as they were ahead of the line at hand */
    struct arena scratch;
};

static void place(const struct reader *r, struct rule *rule, struct bytes text)
{
    size_t offset = rule->at.p && rule->at.p >= text.p ? (size_t)(rule->at.p - text.p) : 0;
    rule_lines_place(&r->before, offset < text.len ? offset : 0, &rule->line, &rule->column);
}

static void show(const struct reader *r, const struct rule *rule, struct bytes text, bool enabled,
                 const struct err *err)
{
    if (r->options->see)
        r->options->see(r->options->see_ctx, &(struct rule_seen){.file = r->path,
                                                                 .ruleset = r->ruleset,
                                                                 .rule = rule,
                                                                 .text = text,
                                                                 .enabled = enabled,
                                                                 .error = err});
}

static void take_rule(struct reader *r, struct bytes text, uint32_t line)
{
    struct rule rule = {.line = line};
    struct err err = {""};
    r->report->rules++;
    int rc = ruleset_take(r->ruleset, &rule, text, &r->scratch, r->report, &err);
    if (rc) {
        place(r, &rule, text);
        report_problem(r->report, r->path, &rule, text, &err);
    }
    show(r, &rule, text, true, rc ? &err : NULL);
}

/* A rule somebody switched off; analysis wants to know what it would be. */
static void take_disabled(struct reader *r, struct bytes text, uint32_t line)
{
    struct rule rule = {.line = line};
    struct err err = {""};
    if (!rule_is_disabled(text))
        return;
    r->report->skipped_disabled++;
    if (!r->options->see)
        return;
    while (text.len && (text.p[0] == '#' || word_is_space(text.p[0])))
        text = bytes_slice(text, 1, text.len);
    int rc = rule_parse(text, &r->scratch, &rule, &err);
    if (rc == 0 && !(rule.signature = build_signature(r->ruleset, &rule, &err)))
        rc = -1;
    show(r, &rule, text, false, rc ? &err : NULL);
}

static void read_text(struct reader *r, struct bytes text)
{
    struct rule_lines lines = {.rest = text};
    struct bytes line;
    uint32_t number;
    r->before = lines;
    while (rule_lines_next(&lines, &r->scratch, &line, &number)) {
        if (line.len && line.p[0] == '#')
            take_disabled(r, line, number);
        else if (line.len)
            take_rule(r, line, number);
        arena_reset(&r->scratch);
        r->before = lines;
    }
}

static int read_file(struct reader *r, const char *path, struct err *err)
{
    size_t len;
    char *text = file_read(path, RULE_FILE_CAP, &len, err);
    if (!text)
        return -1;
    const char *zero = memchr(text, 0, len);
    if (zero) {
        err_set(err, "%s: no text file: a zero byte at offset %td", path, zero - text);
        free(text);
        return -1;
    }
    r->report->files++;
    r->path = r->ruleset->rule_file = path;
    read_text(r, bytes_of(text, len));
    r->ruleset->rule_file = NULL;
    free(text);
    return 0;
}

static int read_pattern(struct reader *r, const char *pattern, struct err *err)
{
    glob_t found = {0};
    /* A pattern that fits nothing is taken as a name, so that the error says which file. */
    int rc = glob(pattern, GLOB_NOCHECK, NULL, &found);
    if (rc)
        return err_set(err, "%s: cannot look for rule files", pattern);
    for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
        rc = read_file(r, found.gl_pathv[i], err);
    globfree(&found);
    return rc;
}

int ruleset_load_files(struct ruleset *rs, const struct ruleset_options *o,
                       struct ruleset_report *report, struct err *err)
{
    struct reader r = {.ruleset = rs, .options = o, .report = report};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < o->file_count; i++)
        rc = read_pattern(&r, o->files[i], err);
    arena_release(&r.scratch);
    return rc;
}
