/* sensor/detect/tx_state.c - what detection keeps with a transaction: how far it is looked at,
 * which rules have matched in part, and which are settled. */
#include "sensor/detect/tx_state.h"

void detect_tx_free(void *detect, struct app_tx *tx)
{
    struct detect *d = detect;
    for (unsigned dir = 0; dir < 2; dir++) {
        struct tx_detect *t = tx->detect[dir];
        if (!t)
            continue;
        for (uint32_t i = 0; d->explain && i < t->count; i++)
            explain_release(d, t->partials[i].explain);
        t->next_free = d->free_txs;
        d->free_txs = t;
        tx->detect[dir] = NULL;
    }
}

struct tx_partial *tx_state_find(const struct tx_detect *t, uint32_t rule)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->partials[i].rule == rule)
            return &t->partials[i];
    return NULL;
}

void tx_state_keep(struct tx_detect *t, const struct tx_partial *kept)
{
    struct tx_partial *p = tx_state_find(t, kept->rule);
    if (!p) {
        if (t->count == t->cap) {
            t->cap = t->cap ? t->cap * 2 : 8;
            t->partials = realloc(t->partials, t->cap * sizeof *t->partials);
            ASSERT(t->partials);
        }
        p = &t->partials[t->count++];
    }
    *p = *kept;
}

/* After a reload: rules that are settled stay so wherever they stand now, a "<>" rule's mirror
 * right behind it; all else is asked anew. */
static void follow_rules(struct detect *d, struct tx_detect *t)
{
    const struct ruleset *rs = d->ruleset;
    struct tx_partial *old = t->partials;
    uint32_t count = t->count;
    *t = (struct tx_detect){.serial = rs->serial,
                            .body_next = t->body_next,
                            .files_moved = t->files_moved,
                            .files_opened = t->files_opened,
                            .revised = t->revised};
    for (uint32_t i = 0; i < count; i++) {
        if (d->explain)
            explain_release(d, old[i].explain);
        const struct signature *s = old[i].done ? ruleset_find(rs, old[i].gid, old[i].sid) : NULL;
        for (size_t at = s ? s->index : rs->count; at < rs->count; at++) {
            const struct signature_public *p = &rs->signatures[at]->public;
            if (p->gid != old[i].gid || p->sid != old[i].sid)
                break;
            tx_state_keep(t, &(struct tx_partial){.rule = rs->signatures[at]->index,
                                                  .gid = p->gid,
                                                  .sid = p->sid,
                                                  .done = true,
                                                  .by_file = old[i].by_file,
                                                  .raised = old[i].raised});
        }
    }
    free(old);
}

struct tx_detect *tx_state_of(struct detect *d, struct app_tx *tx, enum direction dir)
{
    struct tx_detect *t = tx->detect[dir];
    if (t && t->serial != d->ruleset->serial)
        follow_rules(d, t);
    if (t)
        return t;
    t = d->free_txs;
    if (t)
        d->free_txs = t->next_free;
    else
        t = calloc(1, sizeof *t);
    ASSERT(t);
    struct tx_partial *partials = t->partials;
    uint32_t cap = t->cap;
    *t = (struct tx_detect){.serial = d->ruleset->serial, .partials = partials, .cap = cap};
    tx->detect[dir] = t;
    return t;
}

void tx_state_forget_files(const struct signature *s, struct tx_partial *p)
{
    for (size_t i = 0; i < s->app_count; i++)
        if (s->apps[i].buffer->kind == BUFFER_FILES)
            p->matched &= ~(1u << i);
}

bool tx_state_note_files(const struct detect *d, struct tx_detect *t, const struct app_tx *tx,
                         enum direction dir)
{
    uint32_t moved = tx->files_moved[dir], opened = tx->files_opened[dir];
    bool due = moved != t->files_moved;
    for (uint32_t i = 0; opened != t->files_opened && i < t->count; i++) {
        struct tx_partial *p = &t->partials[i];
        if (!p->by_file)
            continue;
        tx_state_forget_files(d->ruleset->signatures[p->rule], p);
        p->done = p->by_file = false;
    }
    t->files_moved = moved;
    t->files_opened = opened;
    return due;
}

size_t *tx_state_scanned(struct tx_detect *t, size_t matcher, unsigned instance)
{
    for (unsigned i = 0; i < t->part_count; i++)
        if (t->parts[i].matcher == matcher && t->parts[i].instance == instance)
            return &t->parts[i].bytes;
    if (t->part_count == SCANNED_PARTS_MAX || matcher > UINT16_MAX || instance > UINT16_MAX)
        return NULL;
    struct scanned_part *p = &t->parts[t->part_count++];
    *p = (struct scanned_part){(uint16_t)matcher, (uint16_t)instance, 0};
    return &p->bytes;
}

void tx_state_note_revision(struct tx_detect *t, uint32_t revised)
{
    if (t->revised == revised)
        return;
    t->revised = revised;
    t->progress = 0;
    t->part_count = 0;
    memset(t->scanned, 0, sizeof t->scanned);
    for (uint32_t i = 0; i < t->count; i++) {
        struct tx_partial *p = &t->partials[i];
        p->matched = 0;
        p->done = p->raised;
        p->by_file = false;
    }
}
