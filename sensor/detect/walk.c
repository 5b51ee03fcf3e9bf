/* sensor/detect/walk.c - content, pcre and byte tests along one buffer, with second thoughts.
 *
 * Items are tried in order. When one fails, an item before it that tries `again` looks for its next
 * occurrence and the walk goes on from there; which items do is decided when the rule is built, as
 * Suricata decides it. A content that does not ends the search for good when anything behind it
 * fails, and so does an item that could not match anywhere (ITEM_STOP). */
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
    size_t entry = w->at, again = 0;
    for (;;) {
        w->at = entry;
        enum item_verdict v = try(w, items, &again);
        if (v != ITEM_YES)
            return v;
        v = walk(w, items + 1, count - 1);
        if (v != ITEM_NO)
            return v;
    }
}

static enum item_verdict walk(struct walk *w, const struct item *items, size_t count)
{
    enum item_verdict no = ITEM_NO;
    for (; count; items++, count--) {
        size_t again = 0;
        if (++w->in->steps >= WALK_STEPS_MAX)
            return ITEM_STOP;
        enum item_verdict v = items->again ? walk_again(w, items, count) : try(w, items, &again);
        if (v == ITEM_NO)
            return no;
        if (v == ITEM_STOP || items->again)
            return v;
        if (items->final)
            no = ITEM_STOP;
    }
    return ITEM_YES;
}

bool walk_items(struct walk *w, const struct item *items, size_t count)
{
    struct explain *e = w->in->explain;
    uint32_t noted = e ? e->count : 0;
    w->in->steps = 0;
    bool holds = walk(w, items, count) == ITEM_YES;
    if (e && !holds)
        explain_take_back(e, noted);
    return holds;
}
