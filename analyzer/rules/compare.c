/* analyzer/rules/compare.c - see compare.h. */
#include "analyzer/rules/compare.h"

struct entry {
    uint32_t gid, sid;
    const char *text;
    bool enabled;
};

static int by_id(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->gid != y->gid)
        return x->gid < y->gid ? -1 : 1;
    return (x->sid > y->sid) - (x->sid < y->sid);
}

static struct entry *entries_new(size_t count)
{
    struct entry *e = calloc(count + 1, sizeof *e);
    ASSERT(e);
    return e;
}

static void sort(struct entry *e, size_t count)
{
    if (count)
        qsort(e, count, sizeof *e, by_id);
}

static struct entry *of_plan(const struct plan *p)
{
    struct entry *e = entries_new(p->count);
    for (size_t i = 0; i < p->count; i++) {
        const struct plan_rule *r = &p->rules[i];
        e[i] = (struct entry){r->row->gid, r->row->sid, plan_text(r), r->enabled};
    }
    sort(e, p->count);
    return e;
}

static struct entry *of_book(const struct rule_book *b)
{
    struct entry *e = entries_new(b->count);
    for (size_t i = 0; i < b->count; i++)
        e[i] = (struct entry){b->rows[i].gid, b->rows[i].sid, b->rows[i].raw, b->rows[i].enabled};
    sort(e, b->count);
    return e;
}

static void count_change(const struct entry *before, const struct entry *now,
                         struct update_report *r)
{
    r->changed += strcmp(before->text, now->text) != 0;
    r->switched_on += now->enabled && !before->enabled;
    r->switched_off += before->enabled && !now->enabled;
}

void compare_rules(const struct plan *now, const struct rule_book *before, struct update_report *r)
{
    struct entry *a = of_book(before), *b = of_plan(now);
    size_t i = 0, k = 0;
    while (i < before->count || k < now->count) {
        int order = i == before->count ? 1 : k == now->count ? -1 : by_id(&a[i], &b[k]);
        if (order < 0)
            r->removed += a[i].sid != 0;
        else if (order > 0)
            r->added++;
        else
            count_change(&a[i], &b[k], r);
        i += order <= 0;
        k += order >= 0;
    }
    free(a);
    free(b);
}
