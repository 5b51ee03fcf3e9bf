/* analyzer/rules/needs.c - flowbits that enabled rules test must be set by somebody.
 *
 * Who sets, unsets or toggles a bit that an enabled rule tests is switched on, without alerts of
 * its own if it was off; that may need further ones, so it goes on until nothing changes. */
#include "analyzer/rules/flowbits.h"
#include "analyzer/rules/plan.h"

static void require_bits(struct bit_set *needed, const struct plan_rule *r)
{
    struct flowbit b;
    for (int k = 0; flowbit_at(r->row, k, &b); k++)
        if (b.tests)
            bit_set_add(needed, b.names);
}

static bool sets_needed(const struct bit_set *needed, const struct plan_rule *r)
{
    struct flowbit b;
    for (int k = 0; flowbit_at(r->row, k, &b); k++)
        if (b.sets && bit_set_holds(needed, b.names))
            return true;
    return false;
}

static void switch_on(struct plan_rule *r)
{
    r->enabled = r->by_flowbits = true;
    if (r->row->noalert)
        return;
    char *silent = edit_add_option(plan_text(r), "noalert");
    ASSERT(silent); /* a rule that can be used ends with ')' */
    free(r->text);
    r->text = silent;
}

static bool pass(struct plan *p)
{
    struct bit_set needed = {.count = 0};
    bool changed = false;
    for (size_t i = 0; i < p->count; i++)
        if (p->rules[i].enabled)
            require_bits(&needed, &p->rules[i]);
    bit_set_sort(&needed);
    for (size_t i = 0; i < p->count; i++) {
        struct plan_rule *r = &p->rules[i];
        if (r->enabled || r->row->error || !sets_needed(&needed, r))
            continue;
        switch_on(r);
        changed = true;
    }
    bit_set_release(&needed);
    return changed;
}

void plan_resolve_flowbits(struct plan *p)
{
    while (pass(p))
        ;
}
