/* sensor/detect/tags.c - see tags.h. */
#include "sensor/detect/tags.h"

#include <stdlib.h>
#include <xxhash.h>

#include "sensor/detect/shared.h"
#include "sensor/detect/worker_state.h"

#define RENEWALS_MAX 10
#define IDLE_S       600 /* a host unseen for so long has lost its tags */
#define BUCKET       8

/* ---- tags on one flow or host ---- */
void tag_list_release(struct tag_list *l)
{
    free(l->states);
    *l = (struct tag_list){0};
}

static struct tag_state *room_for(struct tag_list *l)
{
    if (l->count == TAGS_MAX)
        return NULL;
    if (l->count == l->cap) {
        l->cap = l->cap ? (uint16_t)(l->cap * 2) : 2;
        l->states = realloc(l->states, l->cap * sizeof *l->states);
        ASSERT(l->states);
    }
    return &l->states[l->count++];
}

static void renew(struct tag_state *s, uint64_t now_s)
{
    if (++s->renewed >= RENEWALS_MAX)
        return;
    s->first_s = now_s;
    s->packets = s->bytes = 0;
}

void tag_list_put(struct tag_list *l, const struct tag *t, uint32_t gid, uint32_t sid,
                  uint64_t now_s)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->states[i].sid == sid && l->states[i].gid == gid) {
            renew(&l->states[i], now_s);
            return;
        }
    struct tag_state *s = room_for(l);
    if (s)
        *s = (struct tag_state){
            .gid = gid, .sid = sid, .count = t->count, .metric = t->metric, .first_s = now_s};
}

static bool is_over(const struct tag_state *s, uint64_t now_s)
{
    switch (s->metric) {
    case TAG_PACKETS:
        return s->packets > s->count;
    case TAG_BYTES:
        return s->bytes > s->count;
    case TAG_SECONDS:
        return now_s > s->first_s + s->count;
    }
    return true;
}

bool tag_list_packet(struct tag_list *l, size_t packet_bytes, uint64_t now_s)
{
    uint16_t kept = 0;
    bool holds = false;
    for (uint16_t i = 0; i < l->count; i++) {
        struct tag_state *s = &l->states[i];
        s->packets++;
        s->bytes += packet_bytes;
        /* The packet that sets a tag is shown by its alert. */
        bool follows = s->started;
        s->started = true;
        if (follows && is_over(s, now_s))
            continue;
        holds |= follows;
        l->states[kept++] = *s;
    }
    l->count = kept;
    return holds;
}

/* ---- hosts ---- */
void tagged_hosts_init(struct tagged_hosts *t, size_t hosts)
{
    *t = (struct tagged_hosts){.buckets = 1};
    while (t->buckets * BUCKET < hosts)
        t->buckets *= 2;
    t->hosts = calloc(t->buckets * BUCKET, sizeof *t->hosts);
    ASSERT(t->hosts);
}

void tagged_hosts_release(struct tagged_hosts *t)
{
    for (size_t i = 0; i < t->buckets * BUCKET; i++)
        tag_list_release(&t->hosts[i].tags);
    free(t->hosts);
    *t = (struct tagged_hosts){0};
}

static void forget(struct tagged_hosts *t, struct tagged_host *h)
{
    t->tagged--;
    tag_list_release(&h->tags);
    *h = (struct tagged_host){0};
}

static struct tagged_host *bucket_of(const struct tagged_hosts *t, const struct addr *a)
{
    return t->hosts + (XXH3_64bits(a, sizeof *a) & (t->buckets - 1)) * BUCKET;
}

static struct tagged_host *find_host(struct tagged_hosts *t, const struct addr *a, uint64_t now_s)
{
    struct tagged_host *bucket = bucket_of(t, a);
    for (size_t i = 0; i < BUCKET; i++) {
        if (!addr_eq(&bucket[i].addr, a))
            continue;
        if (now_s <= bucket[i].last_s + IDLE_S)
            return &bucket[i];
        forget(t, &bucket[i]);
    }
    return NULL;
}

/* A free place, or else that of the host longest without a packet. */
static struct tagged_host *place_for(const struct tagged_hosts *t, const struct addr *a)
{
    struct tagged_host *bucket = bucket_of(t, a), *stalest = bucket;
    for (size_t i = 0; i < BUCKET; i++) {
        if (!bucket[i].addr.version)
            return &bucket[i];
        if (bucket[i].last_s < stalest->last_s)
            stalest = &bucket[i];
    }
    return stalest;
}

bool tagged_host_put(struct tagged_hosts *t, const struct addr *a, const struct tag *tag,
                     uint32_t gid, uint32_t sid, uint64_t now_s)
{
    if (!a->version)
        return false;
    struct tagged_host *h = find_host(t, a, now_s);
    bool evicts = false;
    if (!h) {
        h = place_for(t, a);
        evicts = h->addr.version && now_s <= h->last_s + IDLE_S;
        if (h->addr.version)
            forget(t, h);
        h->addr = *a;
        t->tagged++;
    }
    h->last_s = now_s;
    tag_list_put(&h->tags, tag, gid, sid, now_s);
    return evicts;
}

bool tagged_host_packet(struct tagged_hosts *t, const struct addr *a, size_t packet_bytes,
                        uint64_t now_s)
{
    struct tagged_host *h = t->tagged && a->version ? find_host(t, a, now_s) : NULL;
    if (!h)
        return false;
    h->last_s = now_s;
    bool holds = tag_list_packet(&h->tags, packet_bytes, now_s);
    if (h->tags.count == 0)
        forget(t, h);
    return holds;
}

/* ---- a packet and its matches ---- */
void tags_put(struct detect *d, const struct match *m)
{
    const struct signature_public *s = &m->signature->public;
    uint64_t now_s = d->packet->ts_us / 1000000;
    for (const struct tag *t = m->signature->tags; t; t = t->next) {
        if (t->where == TAG_SESSION) {
            if (d->flow)
                tag_list_put(&d->flow->vars->tags, t, s->gid, s->sid, now_s);
            continue;
        }
        d->in.dir = m->dir;
        const struct addr *a = t->where == TAG_HOST_SRC ? inspect_src(&d->in) : inspect_dst(&d->in);
        struct shared *shared = shared_enter(d);
        if (!shared)
            continue;
        d->counters.tags_evicted += tagged_host_put(&shared->tagged, a, t, s->gid, s->sid, now_s);
        shared_leave(shared);
    }
}

/* Both ends, and both are counted whatever the first one says. */
static bool hosts_are_tagged(struct detect *d, uint64_t now_s)
{
    const struct packet *p = d->packet;
    struct shared *s = d->ruleset->tags_hosts ? shared_enter(d) : NULL;
    if (!s)
        return false;
    bool src = tagged_host_packet(&s->tagged, &p->src, p->raw.len, now_s);
    bool dst = tagged_host_packet(&s->tagged, &p->dst, p->raw.len, now_s);
    shared_leave(s);
    return src || dst;
}

bool tags_hold(struct detect *d)
{
    uint64_t now_s = d->packet->ts_us / 1000000;
    struct flow *f = d->flow;
    bool session =
        f && f->vars->tags.count && tag_list_packet(&f->vars->tags, d->packet->raw.len, now_s);
    return hosts_are_tagged(d, now_s) || session;
}
