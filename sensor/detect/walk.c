/* sensor/detect/walk.c - content, pcre and byte tests along one buffer, with second thoughts.
 *
 * Items are tried in order. When one fails that counts from the match before it, that match looks
 * for its next occurrence and the walk goes on from there, as Suricata does; an item that could
 * not match anywhere (ITEM_STOP) ends the search at once. */
#include "sensor/detect/inspect.h"

static enum item_verdict walk(struct walk *w, const struct item *items, size_t count);

/* Every occurrence of items[0], until what follows it matches. */
static enum item_verdict walk_again(struct walk *w, const struct item *items, size_t count)
{
    size_t entry = w->at, again = 0;
    for (;;) {
        w->at = entry;
        enum item_verdict v = items->kind->match(items->arg, w, &again);
        if (v != ITEM_YES)
            return v;
        v = walk(w, items + 1, count - 1);
        if (v != ITEM_NO)
            return v;
        if (++w->in->steps > WALK_STEPS_MAX)
            return ITEM_STOP;
    }
}

static enum item_verdict walk(struct walk *w, const struct item *items, size_t count)
{
    for (; count; items++, count--) {
        if (++w->in->steps > WALK_STEPS_MAX)
            return ITEM_STOP;
        if (items->relative_follows && items->kind->searches)
            return walk_again(w, items, count);
        size_t again = 0;
        enum item_verdict v = items->kind->match(items->arg, w, &again);
        if (v != ITEM_YES)
            return v;
    }
    return ITEM_YES;
}

bool walk_items(struct walk *w, const struct item *items, size_t count)
{
    w->in->steps = 0;
    return walk(w, items, count) == ITEM_YES;
}
