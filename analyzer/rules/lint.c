/* analyzer/rules/lint.c - see lint.h. */
#include "analyzer/rules/lint.h"
#include "analyzer/rules/flowbits.h"

struct lint {
    const struct rule_book *book;
    const struct rule_row **by_hash; /* enabled rules, equal ones beside each other */
    size_t hashed;
    struct bit_set set, set_by_others, tested; /* by enabled rules; by those that are off */
    finding_fn *found;
    void *ctx;
};

/* ---- all rules together ---- */
static int by_hash(const void *a, const void *b)
{
    const struct rule_row *x = *(const struct rule_row *const *)a;
    const struct rule_row *y = *(const struct rule_row *const *)b;
    int order = strcmp(row_text(x, "match_hash"), row_text(y, "match_hash"));
    return order ? order : (x > y) - (x < y);
}

static void note_flowbits(struct lint *l, const struct rule_row *r)
{
    struct flowbit b;
    for (int k = 0; flowbit_at(r, k, &b); k++) {
        if (b.sets)
            bit_set_add(r->enabled ? &l->set : &l->set_by_others, b.names);
        if (b.tests && r->enabled)
            bit_set_add(&l->tested, b.names);
    }
}

static void see_all(struct lint *l)
{
    l->by_hash = calloc(l->book->count + 1, sizeof(const struct rule_row *));
    ASSERT(l->by_hash);
    for (size_t i = 0; i < l->book->count; i++) {
        const struct rule_row *r = &l->book->rows[i];
        note_flowbits(l, r);
        if (r->enabled && !r->error)
            l->by_hash[l->hashed++] = r;
    }
    if (l->hashed)
        qsort(l->by_hash, l->hashed, sizeof(const struct rule_row *), by_hash);
    bit_set_sort(&l->set);
    bit_set_sort(&l->set_by_others);
    bit_set_sort(&l->tested);
}

/* ---- one rule ---- */
static void find_duplicate(struct lint *l, const struct rule_row *r)
{
    char text[128];
    const struct rule_row **at =
        bsearch(&r, l->by_hash, l->hashed, sizeof(const struct rule_row *), by_hash);
    if (!at || at == l->by_hash ||
        strcmp(row_text(at[-1], "match_hash"), row_text(r, "match_hash")) != 0)
        return;
    snprintf(text, sizeof text, "duplicate: it looks for the same as sid %u (%s:%.0f)", at[-1]->sid,
             row_group(at[-1]), cJSON_GetObjectItem(at[-1]->json, "line")->valuedouble);
    l->found(l->ctx, FINDING_WARNING, r, text);
}

static void check_tested(struct lint *l, const struct rule_row *r, struct bytes names)
{
    char text[256];
    if (bit_set_holds(&l->set, names))
        return;
    snprintf(text, sizeof text, "never: flowbit '%.*s' is set by no rule%s", (int)names.len,
             (const char *)names.p,
             bit_set_holds(&l->set_by_others, names) ? " that is on; one that is off would set it"
                                                     : "");
    l->found(l->ctx, FINDING_WARNING, r, text);
}

static void check_set(struct lint *l, const struct rule_row *r, struct bytes names)
{
    char text[256];
    if (bit_set_holds(&l->tested, names))
        return;
    snprintf(text, sizeof text, "%s: flowbit '%.*s' is tested by no rule that is on",
             r->noalert ? "dead" : "unused", (int)names.len, (const char *)names.p);
    l->found(l->ctx, r->noalert ? FINDING_WARNING : FINDING_NOTE, r, text);
}

static void check_flowbits(struct lint *l, const struct rule_row *r)
{
    const char *text;
    struct flowbit b;
    for (int k = 0; (text = row_flowbit(r, k)) && flowbit_at(r, k, &b); k++) {
        if (strncasecmp(text, "isset", 5) == 0)
            check_tested(l, r, b.names);
        if (strncasecmp(text, "set", 3) == 0)
            check_set(l, r, b.names);
    }
}

static void pass_on(struct lint *l, const struct rule_row *r, const char *list,
                    enum finding_kind kind)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(r->json, list))
    {
        l->found(l->ctx, kind, r, one->valuestring ? one->valuestring : "");
    }
}

static void check_rule(struct lint *l, const struct rule_row *r)
{
    if (!r->enabled)
        return;
    if (r->error) {
        l->found(l->ctx, FINDING_ERROR, r, r->error);
        return;
    }
    pass_on(l, r, "warnings", FINDING_WARNING);
    find_duplicate(l, r);
    check_flowbits(l, r);
    pass_on(l, r, "notes", FINDING_NOTE);
}

void lint_rules(const struct rule_book *b, finding_fn *found, void *ctx)
{
    struct lint l = {.book = b, .found = found, .ctx = ctx};
    see_all(&l);
    for (size_t i = 0; i < b->count; i++)
        check_rule(&l, &b->rows[i]);
    bit_set_release(&l.set);
    bit_set_release(&l.set_by_others);
    bit_set_release(&l.tested);
    free(l.by_hash);
}
