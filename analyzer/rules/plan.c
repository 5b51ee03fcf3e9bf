/* analyzer/rules/plan.c - see plan.h. */
#include "analyzer/rules/plan.h"
#include "common/file.h"
#include "common/log.h"

const char *plan_text(const struct plan_rule *r)
{
    return r->text ? r->text : r->row->raw;
}

/* ---- which rules ----------------------------------------------------------------------------- */

/* sources_sort() numbered the files. */
static const char *name_of(const struct sources *s, const struct rule_row *row)
{
    size_t number = (size_t)strtoul(row_group(row), NULL, 10);
    return number < s->count ? s->files[number].name : row->file;
}

/* Of one number: the highest revision, then what is on, then what came first. */
static int better_first(const void *a, const void *b)
{
    const struct plan_rule *x = *(struct plan_rule *const *)a, *y = *(struct plan_rule *const *)b;
    if (x->row->gid != y->row->gid)
        return x->row->gid < y->row->gid ? -1 : 1;
    if (x->row->sid != y->row->sid)
        return x->row->sid < y->row->sid ? -1 : 1;
    if (x->row->rev != y->row->rev)
        return x->row->rev > y->row->rev ? -1 : 1;
    if (x->row->enabled != y->row->enabled)
        return x->row->enabled ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void mark_replaced(struct plan *p)
{
    struct plan_rule **order = calloc(p->count + 1, sizeof(struct plan_rule *));
    ASSERT(order);
    for (size_t i = 0; i < p->count; i++)
        order[i] = &p->rules[i];
    if (p->count)
        qsort(order, p->count, sizeof(struct plan_rule *), better_first);
    for (size_t i = 1; i < p->count; i++)
        order[i]->replaced = order[i]->row->gid == order[i - 1]->row->gid &&
                             order[i]->row->sid == order[i - 1]->row->sid;
    free(order);
}

static void take_rules(struct plan *p, const struct rule_book *book, const struct sources *s)
{
    p->rules = calloc(book->count + 1, sizeof *p->rules);
    ASSERT(p->rules);
    for (size_t i = 0; i < book->count; i++) {
        const struct rule_row *row = &book->rows[i];
        if (!row->sid) {
            p->nameless += row->enabled;
            continue;
        }
        p->rules[p->count++] =
            (struct plan_rule){.row = row, .name = name_of(s, row), .enabled = row->enabled};
    }
    mark_replaced(p);
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++)
        if (!p->rules[i].replaced)
            p->rules[kept++] = p->rules[i];
    p->count = kept;
}

/* ---- what the files say ---------------------------------------------------------------------- */

static bool holds(const struct matchers *m, const struct plan_rule *r)
{
    return matchers_hold(m, r->row, r->name, plan_text(r));
}

static void set_text(struct plan_rule *r, char *text)
{
    if (!text)
        return;
    free(r->text);
    r->text = text;
}

/* A rule that only marks flows must not drop them. */
static bool may_drop(const struct plan_rule *r)
{
    return !r->row->noalert && strcmp(row_text(r->row, "action"), "drop") != 0;
}

/* Expressions see the line as it would stand in the file, "# " before a rule that is off, so one
 * that says "^alert" passes these over, and one may switch a rule on or off. */
static void modify(struct plan_rule *r, struct edits *edits)
{
    const char *mark = r->enabled ? "" : "# ";
    size_t room = strlen(mark) + strlen(plan_text(r)) + 1;
    char *line = malloc(room);
    ASSERT(line);
    snprintf(line, room, "%s%s", mark, plan_text(r));
    char *edited = edits_apply(edits, r->row, r->name, line);
    if (edited && strcmp(edited, line) != 0) {
        size_t marks = strspn(edited, "# ");
        r->by_modify = true;
        r->enabled = marks == 0;
        memmove(edited, edited + marks, strlen(edited) - marks + 1);
        set_text(r, edited);
        edited = NULL;
    }
    free(edited);
    free(line);
}

static void apply(struct plan_rule *r, const struct plan_confs *c)
{
    if (r->enabled && holds(&c->disable, r)) {
        r->enabled = false;
        r->by_disable = true;
    }
    if (!r->enabled && holds(&c->enable, r)) {
        r->enabled = r->by_enable = true;
        r->by_disable = false;
    }
    if (may_drop(r) && holds(&c->drop, r)) {
        set_text(r, edit_to_drop(plan_text(r)));
        r->by_drop = true;
    }
    r->enabled_before = r->enabled;
    if (c->modify)
        modify(r, c->modify);
}

/* ---- what became of changed rules ------------------------------------------------------------ */

static int write_changed(const struct plan *p, const char *path, struct err *err)
{
    FILE *out = fopen(path, "we");
    if (!out)
        return err_set(err, "%s: cannot write", path);
    for (size_t i = 0; i < p->count; i++)
        if (p->rules[i].text)
            fprintf(out, "%s\n", p->rules[i].text);
    return fclose(out) == 0 ? 0 : err_set(err, "%s: cannot write", path);
}

/* A change that breaks a rule is taken back. */
static void settle_changed(struct plan_rule *r, const struct rule_row *row)
{
    if (row && !row->error) {
        r->row = row;
        return;
    }
    log_warn("sid %u: left as it was, since the change breaks it: %s", r->row->sid,
             row ? row->error : "it is no rule any more");
    free(r->text);
    r->text = NULL;
    r->by_drop = r->by_modify = false;
    r->enabled = r->enabled_before;
}

/* The row of a line, which come in order; a line that is no rule any more has none. */
static const struct rule_row *row_at(const struct rule_book *b, size_t *at, uint32_t line)
{
    while (*at < b->count && cJSON_GetObjectItem(b->rows[*at].json, "line")->valuedouble < line)
        ++*at;
    bool found =
        *at < b->count && cJSON_GetObjectItem(b->rows[*at].json, "line")->valuedouble == line;
    return found ? &b->rows[*at] : NULL;
}

static int read_changed(struct plan *p, const char *scratch, const char *config, struct err *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/changed.rules", scratch);
    struct option_list files = {.values = {path}, .count = 1};
    struct book_options o = {.files = &files, .config = config};
    if (write_changed(p, path, err) != 0 || book_read(&p->modified, &o, err) != 0)
        return -1;
    size_t at = 0;
    uint32_t line = 0;
    for (size_t i = 0; i < p->count; i++)
        if (p->rules[i].text)
            settle_changed(&p->rules[i], row_at(&p->modified, &at, ++line));
    return 0;
}

static void set_aside_unusable(struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        struct plan_rule *r = &p->rules[i];
        r->unusable = r->enabled && r->row->error && !strstr(r->row->error, "duplicate: revision");
        if (r->unusable)
            r->enabled = false;
    }
}

int plan_make(struct plan *p, const struct rule_book *book, const struct sources *sources,
              const struct plan_confs *confs, const char *scratch, const char *config,
              struct err *err)
{
    bool changed = false;
    *p = (struct plan){.count = 0};
    take_rules(p, book, sources);
    for (size_t i = 0; i < p->count; i++) {
        apply(&p->rules[i], confs);
        changed |= p->rules[i].text != NULL;
    }
    if (changed && read_changed(p, scratch, config, err) != 0)
        return -1;
    set_aside_unusable(p);
    plan_resolve_flowbits(p);
    return 0;
}

void plan_release(struct plan *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->rules[i].text);
    free(p->rules);
    book_release(&p->modified);
    *p = (struct plan){.count = 0};
}
