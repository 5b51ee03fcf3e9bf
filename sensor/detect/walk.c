/* sensor/detect/walk.c - content, pcre and byte tests along one buffer, with second thoughts.
 *
 * Items are tried in order. When one fails, an item before it that tries `again` looks for its next
 * occurrence and the walk goes on from there; which items do is decided when the rule is built, as
 * Suricata decides it. A content that does not ends the search for good when anything behind it
 * fails, and so does an item that could not match anywhere (ITEM_STOP).
 *
 * Where only a match with new bytes in it counts (walk.needs), one without is stale: then every
 * item that recurs looks for its next occurrence, so that it does not hide the one that has some.
 */
#include "sensor/detect/inspect.h"

static enum item_verdict walk(struct walk *w, const struct item *items, size_t count);

static inline enum item_verdict try(struct walk *w, const struct item *item, size_t *again)
{
    enum item_verdict v = item->kind->match(item->arg, w, again);
    if (w->in->explain && v == ITEM_YES)
        explain_note(w, item);
    return v;
}

/* Every occurrence of items[0], until what follows it matches. */
static enum item_verdict walk_again(struct walk *w, const struct item *items, size_t count)
{
    size_t entry = w->at, reach = w->reach, again = 0;
    bool stale = false;
    enum item_verdict v;
    do {
        w->at = entry;
        w->reach = reach;
        w->stale = false;
        v = try(w, items, &again);
        if (v != ITEM_YES) {
            w->stale = stale;
            return stale ? ITEM_NO : v;
        }
        v = walk(w, items + 1, count - 1);
        stale |= w->stale;
    } while (v == ITEM_NO && (items->again || stale));
    return v == ITEM_NO && items->final ? ITEM_STOP : v;
}

static bool tries_again(const struct walk *w, const struct item *item)
{
    return item->again || (w->needs && item->recurs);
}

/* All items match. */
static enum item_verdict judge(struct walk *w)
{
    if (w->needs == 0 || w->reach > w->needs)
        return ITEM_YES;
    w->stale = true;
    return ++w->in->steps >= WALK_STEPS_MAX ? ITEM_STOP : ITEM_NO;
}

static enum item_verdict walk(struct walk *w, const struct item *items, size_t count)
{
    enum item_verdict no = ITEM_NO;
    for (; count; items++, count--) {
        size_t again = 0;
        if (++w->in->steps >= WALK_STEPS_MAX)
            return ITEM_STOP;
        bool all = tries_again(w, items);
        enum item_verdict v = all ? walk_again(w, items, count) : try(w, items, &again);
        if (v == ITEM_NO)
            return no;
        if (v == ITEM_STOP || all)
            return v;
        if (items->final)
            no = ITEM_STOP;
    }
    return judge(w);
}

bool walk_items(struct walk *w, const struct item *items, size_t count)
{
    struct explain *e = w->in->explain;
    uint32_t noted = e ? e->count : 0;
    struct captured **end = &w->in->captured;
    while (*end)
        end = &(*end)->next;
    w->in->steps = 0;
    if (walk(w, items, count) == ITEM_YES)
        return true;
    *end = NULL; /* what was caught on the way is nothing */
    if (e)
        explain_take_back(e, noted);
    return false;
}
