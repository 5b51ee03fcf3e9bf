/* analyzer/rules/update.c - see update.h. */
#include "analyzer/rules/update.h"
#include "analyzer/programs/children.h"
#include "analyzer/programs/places.h"
#include "analyzer/rules/compare.h"
#include "analyzer/rules/threshold.h"
#include "common/file.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_CAP (1u << 30)

/* Everything one update has open. */
struct update {
    const struct update_options *o;
    struct update_report *report;
    char folder[PLACE_MAX];
    struct sources sources;
    struct rule_book book, before;
    struct plan_confs confs;
    struct plan plan;
};

/* ---- what goes in ---------------------------------------------------------------------------- */

static int gather(struct update *u, struct err *err)
{
    u->sources = (struct sources){.folder = u->folder, .ignore = u->o->ignore};
    for (size_t i = 0; i < u->o->sources->count; i++)
        if (sources_add(&u->sources, u->o->sources->values[i], err) != 0)
            return -1;
    u->report->files = u->sources.count;
    return sources_sort(&u->sources, err);
}

static int read_book(struct update *u, struct err *err)
{
    char pattern[PLACE_MAX + 16];
    snprintf(pattern, sizeof pattern, "%s/*.rules", u->folder);
    struct option_list files = {.values = {pattern}, .count = 1};
    struct book_options o = {.files = &files, .config = u->o->config};
    return book_read(&u->book, &o, err);
}

/* What was written the last time; nothing when there is none. */
static int read_before(struct update *u, struct err *err)
{
    struct option_list files = {.values = {u->o->output}, .count = 1};
    struct book_options o = {.files = &files, .config = u->o->config};
    return access(u->o->output, F_OK) == 0 ? book_read(&u->before, &o, err) : 0;
}

static int read_confs(struct update *u, struct err *err)
{
    const struct update_options *o = u->o;
    if ((o->disable && matchers_read(&u->confs.disable, o->disable, err) != 0) ||
        (o->enable && matchers_read(&u->confs.enable, o->enable, err) != 0) ||
        (o->drop && matchers_read(&u->confs.drop, o->drop, err) != 0))
        return -1;
    return o->modify && !(u->confs.modify = edits_read(o->modify, err)) ? -1 : 0;
}

/* ---- what comes out -------------------------------------------------------------------------- */

static char *output_text(const struct plan *p, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    ASSERT(out);
    fprintf(out, "# Written by `sekisho rules update`: what is changed here is lost with the next "
                 "one.\n");
    for (size_t i = 0; i < p->count; i++)
        fprintf(out, "%s%s\n", p->rules[i].enabled ? "" : "# ", plan_text(&p->rules[i]));
    fclose(out);
    return text;
}

/* The sensor's own test of the whole. */
static int test(const struct update *u, const char *path, struct err *err)
{
    char sensor[PLACE_MAX], log[PLACE_MAX + 16];
    const char *argv[8] = {sensor, "-T", "-S", path};
    struct children children;
    if (place_program("sekisho-sensor", sensor, err) != 0)
        return -1;
    if (u->o->config) {
        argv[4] = "-c";
        argv[5] = u->o->config;
    }
    snprintf(log, sizeof log, "%s/test.log", u->folder);
    children_init(&children);
    return child_run(&children, "the test of the new rules", argv, log, -1, err);
}

static bool is_there(const char *path, struct bytes content)
{
    size_t len = 0;
    char *now = file_read(path, OUTPUT_CAP, &len, NULL);
    bool same = now && bytes_eq(bytes_of(now, len), content);
    free(now);
    return same;
}

/* ---- the mark: written, and not confirmed by a sensor yet ---- */
static void mark_path(const char *output, char path[PLACE_MAX + 16])
{
    snprintf(path, PLACE_MAX + 16, "%s.pending", output);
}

static bool is_marked(const char *output)
{
    char path[PLACE_MAX + 16];
    mark_path(output, path);
    return access(path, F_OK) == 0;
}

static int mark(const char *output, struct err *err)
{
    char path[PLACE_MAX + 16];
    mark_path(output, path);
    return file_replace(path, BYTES_LIT("no sensor has confirmed these rules yet\n"), err);
}

int rules_update_confirmed(const char *output, struct err *err)
{
    char path[PLACE_MAX + 16];
    mark_path(output, path);
    if (unlink(path) == 0 || errno == ENOENT)
        return 0;
    return err_set(err, "%s: cannot remove: %s", path, strerror(errno));
}

/* In a folder that may have to be made. */
static int place_output(const char *path, struct bytes content, struct err *err)
{
    char folder[PLACE_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 0, path);
    if (*folder && file_mkdirs(folder, err) != 0)
        return -1;
    /* The mark first: whatever ends us in between, the next update tells the sensors. */
    if (mark(path, err) != 0 || file_replace(path, content, err) != 0)
        return -1;
    /* Rules are no secret, and the sensor that reads them is another user. */
    return chmod(path, 0644) == 0 ? 0 : err_set(err, "%s: cannot let others read it", path);
}

static int write_output(struct update *u, struct err *err)
{
    char path[PLACE_MAX + 16];
    size_t len = 0;
    char *text = output_text(&u->plan, &len);
    struct bytes content = bytes_of(text, len);
    u->report->same = is_there(u->o->output, content);
    snprintf(path, sizeof path, "%s/new.rules", u->folder);
    int rc = u->report->same ? 0 : file_replace(path, content, err);
    if (rc == 0 && !u->report->same && u->o->test)
        rc = test(u, path, err);
    if (rc == 0 && !u->report->same)
        rc = place_output(u->o->output, content, err);
    u->report->pending = is_marked(u->o->output);
    free(text);
    return rc;
}

static void count(const struct plan *p, struct update_report *r)
{
    r->rules = p->count;
    r->nameless = p->nameless;
    for (size_t i = 0; i < p->count; i++) {
        const struct plan_rule *one = &p->rules[i];
        r->enabled += one->enabled;
        r->disabled_by_conf += one->by_disable;
        r->enabled_by_conf += one->by_enable;
        r->dropped += one->by_drop;
        r->modified += one->by_modify;
        r->for_flowbits += one->by_flowbits;
        r->unusable += one->unusable;
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int run(struct update *u, struct err *err)
{
    const struct update_options *o = u->o;
    if (gather(u, err) != 0 || read_confs(u, err) != 0 || read_book(u, err) != 0 ||
        read_before(u, err) != 0)
        return -1;
    if (plan_make(&u->plan, &u->book, &u->sources, &u->confs, u->folder, o->config, err) != 0)
        return -1;
    count(&u->plan, u->report);
    compare_rules(&u->plan, &u->before, u->report);
    if (write_output(u, err) != 0)
        return -1;
    return o->threshold_in ? threshold_write(&u->plan, o->threshold_in, o->threshold_out, err) : 0;
}

int rules_update(const struct update_options *o, struct update_report *r, struct err *err)
{
    *r = (struct update_report){.files = 0};
    struct update *u = calloc(1, sizeof *u);
    ASSERT(u);
    u->o = o;
    u->report = r;
    int rc = place_private(u->folder, err);
    if (rc == 0) {
        rc = run(u, err);
        place_remove(u->folder);
    }
    plan_release(&u->plan);
    book_release(&u->book);
    book_release(&u->before);
    matchers_release(&u->confs.disable);
    matchers_release(&u->confs.enable);
    matchers_release(&u->confs.drop);
    edits_free(u->confs.modify);
    sources_release(&u->sources);
    free(u);
    return rc;
}
