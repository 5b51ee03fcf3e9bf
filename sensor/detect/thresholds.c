/* sensor/detect/thresholds.c - how often rules speak, decided for all workers in packet order.
 *
 * State is kept per (threshold, tracked address) in an open-addressing table of fixed size. A full
 * bucket gives up its stalest entry, so hostile addresses cost accuracy, never memory. */
#include <xxhash.h>

#include "common/err.h"
#include "sensor/detect/detect.h"
#include "sensor/detect/signature.h"

#define BUCKET 8
#define US     1000000ull

struct entry {
    uint64_t key;      /* hash of threshold and tracked address; 0: free */
    uint64_t start_us; /* of the current window */
    uint64_t last_us;
    uint64_t acting_until_us; /* LIMIT_RATE: the new action holds until then */
    uint32_t count;
};
struct thresholds {
    struct entry *entries;
    size_t buckets; /* power of two */
};

struct thresholds *thresholds_new(const struct ruleset *rs, size_t cap_entries)
{
    (void)rs;
    struct thresholds *t = calloc(1, sizeof *t);
    ASSERT(t);
    t->buckets = 1;
    while (t->buckets * BUCKET < (cap_entries ? cap_entries : 131072))
        t->buckets *= 2;
    t->entries = calloc(t->buckets * BUCKET, sizeof *t->entries);
    ASSERT(t->entries);
    return t;
}

void thresholds_free(struct thresholds *t)
{
    if (!t)
        return;
    free(t->entries);
    free(t);
}

struct tracked {
    uint32_t threshold, signature_gid, signature_sid;
    struct addr src, dst;
    uint64_t flow_id;
};

static uint64_t key_of(const struct threshold *t, const struct signature *s, const struct addr *src,
                       const struct addr *dst, uint64_t flow_id)
{
    struct tracked k;
    memset(&k, 0, sizeof k);
    k.threshold = t->id;
    k.signature_gid = s->public.gid;
    k.signature_sid = s->public.sid;
    if (t->track == TRACK_SRC || t->track == TRACK_BOTH || t->track == TRACK_EITHER)
        k.src = *src;
    if (t->track == TRACK_DST || t->track == TRACK_BOTH)
        k.dst = *dst;
    /* A pair is a pair, whoever speaks. */
    if (t->track == TRACK_BOTH && addr_cmp(&k.src, &k.dst) > 0) {
        k.src = *dst;
        k.dst = *src;
    }
    if (t->track == TRACK_FLOW)
        k.flow_id = flow_id;
    uint64_t key = XXH3_64bits(&k, sizeof k);
    return key ? key : 1;
}

static struct entry *entry_of(struct thresholds *t, uint64_t key, uint64_t ts_us)
{
    struct entry *bucket = t->entries + (key & (t->buckets - 1)) * BUCKET, *stalest = bucket;
    for (size_t i = 0; i < BUCKET; i++) {
        if (bucket[i].key == key)
            return &bucket[i];
        if (bucket[i].last_us < stalest->last_us)
            stalest = &bucket[i];
    }
    *stalest = (struct entry){.key = key, .start_us = ts_us, .last_us = ts_us};
    return stalest;
}

/* Counts one event; a window that is over starts anew with it. */
static void count_event(struct entry *e, const struct threshold *t, uint64_t ts_us)
{
    if (ts_us > e->start_us + t->seconds * US) {
        e->start_us = ts_us;
        e->count = 0;
    }
    e->last_us = ts_us;
    e->count++;
}

static bool speaks(struct entry *e, const struct threshold *t, uint64_t ts_us)
{
    count_event(e, t, ts_us);
    switch (t->type) {
    case LIMIT_FIRST:
        return e->count <= t->count;
    case LIMIT_EVERY:
        if (e->count < t->count)
            return false;
        e->count = 0;
        return true;
    case LIMIT_BOTH:
        return e->count == t->count;
    case LIMIT_DETECTION:
        return e->count > t->count;
    case LIMIT_RATE:
        return true;
    }
    return true;
}

/* rate_filter: from `count` events on, the new action holds for `timeout` seconds; only "pass"
 * takes the alert away. */
static bool rate_passes(struct entry *e, const struct threshold *t, uint64_t ts_us)
{
    bool acting = ts_us < e->acting_until_us;
    if (!acting) {
        count_event(e, t, ts_us);
        if (e->count > t->count) {
            e->acting_until_us = t->timeout ? ts_us + t->timeout * US : UINT64_MAX;
            e->count = 0;
            acting = true;
        }
    }
    e->last_us = ts_us;
    return acting && t->new_action == ACTION_PASS;
}

static bool is_suppressed(const struct signature *s, const struct addr *src, const struct addr *dst)
{
    for (const struct suppression *p = s->suppressions; p; p = p->next) {
        bool from = p->addresses && rule_address_holds(p->addresses, src);
        bool to = p->addresses && rule_address_holds(p->addresses, dst);
        if (p->track == TRACK_RULE || (p->track == TRACK_SRC && from) ||
            (p->track == TRACK_DST && to) || (p->track == TRACK_BOTH && from && to) ||
            (p->track == TRACK_EITHER && (from || to)))
            return true;
    }
    return false;
}

enum threshold_verdict threshold_decide(struct thresholds *t, const struct signature *s,
                                        const struct addr *src, const struct addr *dst,
                                        uint64_t flow_id, uint64_t ts_us)
{
    if (is_suppressed(s, src, dst))
        return THRESHOLD_SUPPRESSED;
    for (const struct threshold *limit = s->threshold; limit; limit = limit->next) {
        struct entry *e = entry_of(t, key_of(limit, s, src, dst, flow_id), ts_us);
        if (limit->type == LIMIT_RATE ? rate_passes(e, limit, ts_us) : !speaks(e, limit, ts_us))
            return THRESHOLD_LIMITED;
    }
    return THRESHOLD_ALERT;
}
