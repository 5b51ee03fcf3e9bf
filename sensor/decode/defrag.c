/* sensor/decode/defrag.c - which datagrams wait for fragments, and for how long; see defrag.h. */
#include "sensor/decode/defrag.h"
#include "sensor/decode/checksum.h"
#include "sensor/decode/datagram.h"
#include "sensor/decode/layers.h"
#include <sys/random.h>
#include <xxhash.h>

#define TIMEOUT_DEFAULT_S 60u
#define BUCKETS           4096u
#define CAP_DEFAULT       (32u << 20)
#define SPARES_MAX        64 /* trackers kept for reuse, those with little memory */
#define SPARE_BYTES_MAX   16384u

struct key {
    struct addr src, dst;
    uint16_t vlan[PACKET_VLAN_MAX];
    uint8_t proto, recursion;
    uint32_t id;
};

struct tracker {
    struct tracker *bucket_next;
    struct tracker *older, *newer; /* by first fragment */
    struct key key;
    uint64_t first_us;
    uint16_t next_header; /* this and the next two are of the first fragment */
    uint32_t linktype;
    uint8_t proto;
    uint8_t policy; /* enum host_policy */
    struct datagram datagram;
};

struct defrag {
    struct tracker *buckets[BUCKETS];
    struct tracker *oldest, *newest;
    struct tracker *lent;   /* by bucket_next: those whose datagrams the frame under way uses */
    struct tracker *spares; /* by bucket_next; not part of the budget */
    unsigned spare_count;
    struct decode_counters *counters;
    const struct host_policies *policies;
    size_t cap_bytes; /* for counters->defrag_memory_bytes */
    uint64_t timeout_us, seed;
};

struct defrag *defrag_new(const struct decoder_options *o, struct decode_counters *counters)
{
    struct defrag *d = calloc(1, sizeof *d);
    ASSERT(d);
    d->cap_bytes = o->defrag_cap_bytes ? o->defrag_cap_bytes : CAP_DEFAULT;
    d->timeout_us = (o->defrag_timeout_s ? o->defrag_timeout_s : TIMEOUT_DEFAULT_S) * 1000000ull;
    d->policies = o->host_policies;
    d->counters = counters;
    /* only keeps an attacker from aiming at one bucket; without it the result is the same */
    if (getrandom(&d->seed, sizeof d->seed, GRND_NONBLOCK) < 0)
        d->seed = (uintptr_t)d;
    return d;
}

static struct tracker **bucket_of(struct defrag *d, const struct key *k)
{
    return &d->buckets[XXH3_64bits_withSeed(k, sizeof *k, d->seed) % BUCKETS];
}

static size_t tracker_bytes(const struct tracker *t)
{
    return sizeof *t + datagram_bytes(&t->datagram);
}

static void tracker_free(struct tracker *t)
{
    datagram_release(&t->datagram);
    free(t);
}

static void tracker_release(struct defrag *d, struct tracker *t)
{
    d->counters->defrag_memory_bytes -= tracker_bytes(t);
    if (d->spare_count < SPARES_MAX && t->datagram.capacity <= SPARE_BYTES_MAX) {
        t->bucket_next = d->spares;
        d->spares = t;
        d->spare_count++;
    } else {
        tracker_free(t);
    }
}

/* A spare one if there is, with its memory. */
static struct tracker *tracker_new(struct defrag *d)
{
    struct tracker *t = d->spares;
    if (t) {
        d->spares = t->bucket_next;
        d->spare_count--;
    } else {
        t = calloc(1, sizeof *t);
        ASSERT(t);
    }
    datagram_reset(&t->datagram);
    d->counters->defrag_memory_bytes += tracker_bytes(t);
    return t;
}

/* Takes it out of the table; it is the caller's then. */
static void tracker_unlink(struct defrag *d, struct tracker *t)
{
    struct tracker **at = bucket_of(d, &t->key);
    while (*at != t)
        at = &(*at)->bucket_next;
    *at = t->bucket_next;
    *(t->older ? &t->older->newer : &d->oldest) = t->newer;
    *(t->newer ? &t->newer->older : &d->newest) = t->older;
}

static void give_up_oldest(struct defrag *d, uint64_t *counter)
{
    struct tracker *t = d->oldest;
    tracker_unlink(d, t);
    tracker_release(d, t);
    ++*counter;
}

void defrag_settle(struct defrag *d)
{
    for (struct tracker *t; (t = d->lent);) {
        d->lent = t->bucket_next;
        tracker_release(d, t);
    }
}

void defrag_free(struct defrag *d)
{
    if (!d)
        return;
    uint64_t unused = 0;
    defrag_settle(d);
    while (d->oldest)
        give_up_oldest(d, &unused);
    for (struct tracker *t; (t = d->spares);) {
        d->spares = t->bucket_next;
        tracker_free(t);
    }
    free(d);
}

static void expire(struct defrag *d, uint64_t now_us)
{
    while (d->oldest && d->oldest->first_us + d->timeout_us < now_us)
        give_up_oldest(d, &d->counters->defrag_timeout);
}

static struct tracker *tracker_find(struct defrag *d, const struct key *k)
{
    struct tracker *t = *bucket_of(d, k);
    while (t && memcmp(&t->key, k, sizeof *k) != 0)
        t = t->bucket_next;
    return t;
}

static struct tracker *tracker_add(struct defrag *d, const struct key *k, uint64_t ts_us)
{
    struct tracker *t = tracker_new(d);
    struct tracker **bucket = bucket_of(d, k);
    t->key = *k;
    t->first_us = ts_us;
    t->policy = (uint8_t)host_policies_find(d->policies, &k->dst);
    t->bucket_next = *bucket;
    *bucket = t;
    t->newer = NULL;
    t->older = d->newest;
    *(d->newest ? &d->newest->newer : &d->oldest) = t;
    d->newest = t;
    return t;
}

/* Room for `end` bytes of payload, by giving up older datagrams if need be; false when the budget
 * does not even hold this one. */
static bool make_room(struct defrag *d, struct tracker *t, uint32_t end)
{
    size_t more = datagram_growth(&t->datagram, end);
    while (d->counters->defrag_memory_bytes + more > d->cap_bytes && d->oldest != t)
        give_up_oldest(d, &d->counters->defrag_memcap);
    if (d->counters->defrag_memory_bytes + more > d->cap_bytes)
        return false;
    datagram_reserve(&t->datagram, end);
    d->counters->defrag_memory_bytes += more;
    return true;
}

/* The datagram, its header made that of an unfragmented one. */
static struct defragmented finish(struct tracker *t, uint8_t version)
{
    struct datagram *g = &t->datagram;
    uint8_t *frame = g->data + DATAGRAM_HEADER_MAX - g->header_len, *header = frame + g->link_len;
    size_t header_len = g->header_len - g->link_len, len = header_len + g->total;
    memmove(frame, g->data, g->header_len);
    if (version == 4) {
        header[2] = (uint8_t)(len >> 8);
        header[3] = (uint8_t)len;
        header[6] &= 0x40; /* "don't fragment" stays; offset and "more" go */
        header[7] = 0;
        header[10] = header[11] = 0;
        uint16_t sum = (uint16_t)~checksum_add(0, bytes_of(header, header_len));
        memcpy(header + 10, &sum, sizeof sum);
    } else {
        size_t payload = len - 40;
        header[4] = (uint8_t)(payload >> 8);
        header[5] = (uint8_t)payload;
        header[t->next_header] = t->proto;
    }
    return (struct defragmented){
        .frame = bytes_of(frame, g->link_len + len), .ip_at = g->link_len, .linktype = t->linktype};
}

/* Why a fragment cannot be used; EVENT_COUNT: it can. */
static enum packet_event judge(const struct packet *p, const struct fragment *f)
{
    bool v4 = p->ip_version == 4;
    if (!v4 && f->more && f->data.len % 8)
        return EVENT_IPV6_FRAG_INVALID_LENGTH;
    if (f->offset + f->data.len + (v4 ? f->header.len : f->header.len - 40) > DATAGRAM_MAX)
        return v4 ? EVENT_IPV4_FRAG_PKT_TOO_LARGE : EVENT_IPV6_FRAG_PKT_TOO_LARGE;
    if (f->header.len > DATAGRAM_HEADER_MAX)
        return v4 ? EVENT_IPV4_FRAG_IGNORED : EVENT_IPV6_FRAG_IGNORED;
    return EVENT_COUNT;
}

static struct key key_of(const struct packet *p, const struct fragment *f)
{
    struct key k;
    memset(&k, 0, sizeof k); /* padding is hashed and compared too */
    k.src = p->src;
    k.dst = p->dst;
    memcpy(k.vlan, p->vlan, sizeof k.vlan);
    if (p->ip_version == 4) /* IPv6: only the first fragment's counts, others may say anything */
        k.proto = f->proto;
    k.recursion = p->recursion;
    k.id = f->id;
    return k;
}

/* The first first fragment names the datagram: what copies of it bring counts as payload only. */
static void take_header(struct tracker *t, const struct packet *p, const struct fragment *f)
{
    struct datagram *g = &t->datagram;
    if (f->offset != 0 || g->header_len != 0)
        return;
    struct bytes link = bytes_slice(p->raw, 0, (size_t)(p->ip.p - p->raw.p));
    bool fits = link.len + f->header.len <= DATAGRAM_HEADER_MAX; /* else the datagram stands bare */
    g->link_len = fits ? (uint16_t)link.len : 0;
    t->linktype = fits ? p->linktype : p->ip_version == 4 ? LINK_IPV4 : LINK_IPV6;
    memcpy(g->data, link.p, g->link_len);
    memcpy(g->data + g->link_len, f->header.p, f->header.len);
    g->header_len = (uint16_t)(g->link_len + f->header.len);
    t->next_header = f->next_header;
    t->proto = f->proto;
}

/* Puts the fragment where it belongs; false when it contradicts what is known of the length. */
static bool take(struct tracker *t, struct packet *p, const struct fragment *f)
{
    struct datagram *g = &t->datagram;
    uint32_t end = f->offset + (uint32_t)f->data.len;
    bool beyond =
        g->total != DATAGRAM_LEN_UNKNOWN && (end > g->total || (!f->more && end != g->total));
    bool short_of = !f->more && end < g->end;
    if (datagram_overlaps(g, f->offset, f->data.len))
        packet_event(p, p->ip_version == 4 ? EVENT_IPV4_FRAG_OVERLAP : EVENT_IPV6_FRAG_OVERLAP);
    if (beyond || short_of)
        return false;
    if (!f->more)
        g->total = end;
    take_header(t, p, f);
    datagram_place(g, (enum host_policy)t->policy, f->offset, f->data);
    return true;
}

/* Of an IPv4 fragment with more to come, what exceeds a multiple of eight bytes is cut off: hosts
 * do so or refuse it. IPv6 hosts refuse it (RFC 8200 section 4.5). */
static struct fragment rounded(const struct packet *p, const struct fragment *f)
{
    struct fragment out = *f;
    if (p->ip_version == 4 && f->more)
        out.data.len -= out.data.len % 8;
    return out;
}

struct defragmented defrag_push(struct defrag *d, struct packet *p, const struct fragment *given)
{
    struct fragment whole = rounded(p, given);
    const struct fragment *f = &whole;
    expire(d, p->ts_us);
    enum packet_event wrong = judge(p, f);
    if (wrong != EVENT_COUNT) {
        packet_event(p, wrong);
        return (struct defragmented){0};
    }
    struct key k = key_of(p, f);
    struct tracker *t = tracker_find(d, &k);
    if (!t)
        t = tracker_add(d, &k, p->ts_us);
    if (!make_room(d, t, f->offset + (uint32_t)f->data.len)) {
        packet_event(p, p->ip_version == 4 ? EVENT_IPV4_FRAG_IGNORED : EVENT_IPV6_FRAG_IGNORED);
        packet_exception(p, EXCEPTION_DEFRAG_MEMCAP);
        return (struct defragmented){0};
    }
    if (!take(t, p, f) || !datagram_is_whole(&t->datagram))
        return (struct defragmented){0};
    tracker_unlink(d, t);
    t->bucket_next = d->lent;
    d->lent = t;
    return finish(t, p->ip_version);
}
