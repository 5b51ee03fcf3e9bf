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
    uint64_t acting_since_s; /* LIMIT_RATE: since then the new action holds; 0: it does not */
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

/* A threshold is named by what it says, so that a reload keeps the state of rules that stay. */
struct tracked {
    uint32_t type, track, count, seconds, signature_gid, signature_sid;
    bool mirror; /* a rule as such is two when it has both directions, as in Suricata */
    struct addr src, dst;
    uint64_t flow_id;
};

static uint64_t key_of(const struct threshold *t, const struct signature *s, const struct addr *src,
                       const struct addr *dst, uint64_t flow_id)
{
    struct tracked k;
    memset(&k, 0, sizeof k);
    k.type = t->type;
    k.track = t->track;
    k.count = t->count;
    k.seconds = t->seconds;
    k.signature_gid = s->public.gid;
    k.signature_sid = s->public.sid;
    k.mirror = t->track == TRACK_RULE && (s->flags & SIG_MIRROR);
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

static enum threshold_verdict speaks(struct entry *e, const struct threshold *t, uint64_t ts_us)
{
    count_event(e, t, ts_us);
    switch (t->type) {
    case LIMIT_FIRST:
        return e->count <= t->count ? THRESHOLD_ALERT : THRESHOLD_LIMITED;
    case LIMIT_EVERY:
        if (e->count < t->count)
            return THRESHOLD_UNREACHED;
        e->count = 0;
        return THRESHOLD_ALERT;
    case LIMIT_BOTH:
        return e->count < t->count    ? THRESHOLD_UNREACHED
               : e->count == t->count ? THRESHOLD_ALERT
                                      : THRESHOLD_LIMITED;
    case LIMIT_DETECTION:
        return e->count > t->count ? THRESHOLD_ALERT : THRESHOLD_UNREACHED;
    case LIMIT_RATE:
        break;
    }
    return THRESHOLD_ALERT;
}

/* rate_filter: more than `count` events in its seconds, and the new action holds until more than
 * `timeout` seconds have gone by; the event that ends it is not counted. */
static bool rate_acts(struct entry *e, const struct threshold *t, uint64_t ts_us)
{
    uint64_t now_s = ts_us / US;
    e->last_us = ts_us;
    if (e->acting_since_s) {
        if (now_s <= e->acting_since_s + t->timeout)
            return true;
        e->acting_since_s = 0;
        return false;
    }
    count_event(e, t, ts_us);
    if (e->count <= t->count)
        return false;
    e->acting_since_s = now_s;
    return true;
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

enum threshold_verdict threshold_ask(struct thresholds *t, const struct signature *s,
                                     const struct addr *src, const struct addr *dst,
                                     uint64_t flow_id, uint64_t ts_us, enum rule_action *action,
                                     bool *changed)
{
    const struct threshold *limit = s->threshold;
    if (is_suppressed(s, src, dst))
        return THRESHOLD_SUPPRESSED;
    if (!limit)
        return THRESHOLD_ALERT;
    struct entry *e = entry_of(t, key_of(limit, s, src, dst, flow_id), ts_us);
    if (limit->type != LIMIT_RATE)
        return speaks(e, limit, ts_us);
    *changed = rate_acts(e, limit, ts_us);
    if (*changed)
        *action = limit->new_action;
    return THRESHOLD_ALERT;
}

enum threshold_verdict threshold_decide(struct thresholds *t, const struct signature *s,
                                        const struct addr *src, const struct addr *dst,
                                        uint64_t flow_id, uint64_t ts_us)
{
    enum rule_action action;
    bool changed;
    if (s->flags & SIG_DECIDES)
        return THRESHOLD_ALERT;
    return threshold_ask(t, s, src, dst, flow_id, ts_us, &action, &changed);
}
