/* sensor/flow/links.c - see links.h. */
#include "sensor/flow/links.h"
#include "common/err.h"
#include <xxhash.h>

enum { SLOTS = 1 << 14 }; /* 8,192 sets, half a megabyte: the hosts of a large segment */

void links_init(struct links *l)
{
    *l = (struct links){.slots = calloc(SLOTS, sizeof *l->slots)};
    ASSERT(l->slots);
}

void links_release(struct links *l)
{
    arena_release(&l->memory);
    free(l->slots);
    *l = (struct links){0};
}

static bool macs_have(const struct flow_macs *m, const uint8_t mac[6])
{
    for (unsigned i = 0; i < m->count; i++)
        if (memcmp(m->mac[i], mac, 6) == 0)
            return true;
    return false;
}

static void macs_add(struct flow_macs *m, const uint8_t mac[6])
{
    if (!macs_have(m, mac) && m->count < FLOW_MACS_MAX)
        memcpy(m->mac[m->count++], mac, 6);
}

static bool macs_settled(const struct flow_macs *m, const uint8_t mac[6])
{
    return m->count == FLOW_MACS_MAX || macs_have(m, mac);
}

/* The slot where it is, or would be. */
static struct flow_links **slot_of(const struct links *l, const struct flow_macs macs[2])
{
    size_t i = XXH3_64bits(macs, 2 * sizeof *macs) % SLOTS;
    while (l->slots[i] && memcmp(l->slots[i]->macs, macs, 2 * sizeof *macs) != 0)
        i = (i + 1) % SLOTS;
    return &l->slots[i];
}

static struct flow_links *keep(struct links *l, const struct flow_macs macs[2])
{
    struct flow_links **slot = slot_of(l, macs), *kept = *slot;
    if (kept)
        return kept;
    *slot = kept = arena_alloc(&l->memory, sizeof *kept);
    memcpy(kept->macs, macs, sizeof kept->macs);
    l->used++;
    return kept;
}

static const struct flow_links *work_out(struct links *l, const struct flow_links *now,
                                         enum direction dir, const uint8_t src[6],
                                         const uint8_t dst[6])
{
    struct flow_macs macs[2] = {0}, turned[2];
    if (now)
        memcpy(macs, now->macs, sizeof macs);
    macs_add(&macs[dir], src);
    macs_add(&macs[OTHER(dir)], dst);
    if (*slot_of(l, macs) == NULL && l->used + 2 > SLOTS / 2)
        return NULL;
    turned[0] = macs[1];
    turned[1] = macs[0];
    struct flow_links *kept = keep(l, macs), *other = keep(l, turned);
    kept->turned = other;
    other->turned = kept;
    return kept;
}

void links_learn(struct links *l, struct link_step *s, const struct flow_links *now,
                 enum direction dir, const uint8_t src[6], const uint8_t dst[6])
{
    bool settled =
        now && macs_settled(&now->macs[dir], src) && macs_settled(&now->macs[OTHER(dir)], dst);
    *s = (struct link_step){
        .now = now, .dir = dir, .then = settled ? now : work_out(l, now, dir, src, dst)};
    memcpy(s->src, src, sizeof s->src);
    memcpy(s->dst, dst, sizeof s->dst);
}
