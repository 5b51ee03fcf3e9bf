/* sensor/decode/defrag.c - IP fragments to datagrams; see defrag.h.
 *
 * Fragments begin at multiples of eight bytes and all but the last are multiples long, so a bit for
 * each eight bytes says what is there: placing a fragment is linear in its length, however many
 * came before and in whatever order. */
#include "sensor/decode/defrag.h"
#include "sensor/decode/checksum.h"
#include <sys/random.h>
#include <xxhash.h>

#define TIMEOUT_US      (60u * 1000000)
#define BUCKETS         4096u
#define DATAGRAM_MAX    65535u
#define HEADER_MAX      256u /* IPv4: 60; IPv6: with what stands before the fragment header */
#define DATA_FIRST      2048u
#define CAP_DEFAULT     (32u << 20)
#define LENGTH_UNKNOWN  UINT32_MAX
#define SPARES_MAX      64 /* trackers kept for reuse, those with little memory */
#define SPARE_BYTES_MAX 16384u

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
    uint32_t total;      /* bytes of payload, known from the last fragment */
    uint32_t end;        /* of the highest byte seen */
    uint32_t have;       /* bytes there */
    uint32_t capacity;   /* of data, without the header's room */
    uint16_t header_len; /* 0: the first fragment is missing */
    uint16_t next_header;
    uint8_t *data; /* HEADER_MAX bytes for the header, then the payload */
    uint64_t there[DATAGRAM_MAX / 8 / 64 + 1];
};

struct defrag {
    struct tracker *buckets[BUCKETS];
    struct tracker *oldest, *newest;
    struct tracker *lent;   /* holds the datagram that was given out last */
    struct tracker *spares; /* by bucket_next; not part of used_bytes */
    unsigned spare_count;
    struct decode_counters *counters;
    size_t cap_bytes, used_bytes;
    uint64_t seed;
};

struct defrag *defrag_new(size_t cap_bytes, struct decode_counters *counters)
{
    struct defrag *d = calloc(1, sizeof *d);
    ASSERT(d);
    d->cap_bytes = cap_bytes ? cap_bytes : CAP_DEFAULT;
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
    return sizeof *t + (t->data ? HEADER_MAX + t->capacity : 0);
}

static void tracker_release(struct defrag *d, struct tracker *t)
{
    if (!t)
        return;
    d->used_bytes -= tracker_bytes(t);
    if (d->spare_count < SPARES_MAX && t->capacity <= SPARE_BYTES_MAX) {
        t->bucket_next = d->spares;
        d->spares = t;
        d->spare_count++;
        return;
    }
    free(t->data);
    free(t);
}

/* A spare one if there is, with its memory. */
static struct tracker *tracker_new(struct defrag *d)
{
    struct tracker *t = d->spares;
    if (t) {
        uint8_t *data = t->data;
        uint32_t capacity = t->capacity;
        d->spares = t->bucket_next;
        d->spare_count--;
        memset(t, 0, sizeof *t);
        t->data = data;
        t->capacity = capacity;
    } else {
        t = calloc(1, sizeof *t);
        ASSERT(t);
    }
    d->used_bytes += tracker_bytes(t);
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

void defrag_free(struct defrag *d)
{
    if (!d)
        return;
    uint64_t unused = 0;
    tracker_release(d, d->lent);
    while (d->oldest)
        give_up_oldest(d, &unused);
    while (d->spares) {
        struct tracker *t = d->spares;
        d->spares = t->bucket_next;
        free(t->data);
        free(t);
    }
    free(d);
}

static void expire(struct defrag *d, uint64_t now_us)
{
    while (d->oldest && d->oldest->first_us + TIMEOUT_US < now_us)
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
    t->total = LENGTH_UNKNOWN;
    t->bucket_next = *bucket;
    *bucket = t;
    t->older = d->newest;
    *(d->newest ? &d->newest->newer : &d->oldest) = t;
    d->newest = t;
    return t;
}

/* Room for `end` bytes of payload, by giving up older datagrams if need be; false when the budget
 * does not even hold this one. */
static bool make_room(struct defrag *d, struct tracker *t, uint32_t end)
{
    if (t->data && t->capacity >= end)
        return true;
    uint32_t capacity = t->capacity ? t->capacity : DATA_FIRST;
    while (capacity < end)
        capacity *= 2;
    size_t more = capacity - t->capacity + (t->data ? 0 : HEADER_MAX);
    while (d->used_bytes + more > d->cap_bytes && d->oldest != t)
        give_up_oldest(d, &d->counters->defrag_memcap);
    if (d->used_bytes + more > d->cap_bytes)
        return false;
    t->data = realloc(t->data, HEADER_MAX + capacity);
    ASSERT(t->data);
    t->capacity = capacity;
    d->used_bytes += more;
    return true;
}

/* True when some of what a fragment brings is there already. */
static bool overlaps(const struct tracker *t, uint32_t offset, size_t len)
{
    for (size_t at = 0; at < len; at += 8) {
        uint32_t block = (offset + (uint32_t)at) / 8;
        if (t->there[block / 64] >> block % 64 & 1)
            return true;
    }
    return false;
}

/* Copies what is not there yet. */
static void place(struct tracker *t, uint32_t offset, struct bytes data)
{
    for (size_t at = 0; at < data.len; at += 8) {
        uint32_t block = (offset + (uint32_t)at) / 8;
        uint64_t bit = (uint64_t)1 << block % 64;
        size_t len = data.len - at < 8 ? data.len - at : 8;
        if (t->there[block / 64] & bit)
            continue;
        t->there[block / 64] |= bit;
        memcpy(t->data + HEADER_MAX + offset + at, data.p + at, len);
        t->have += (uint32_t)len;
    }
}

/* The datagram, its header made that of an unfragmented one. */
static struct bytes finish(struct tracker *t, uint8_t version)
{
    uint8_t *header = t->data + HEADER_MAX - t->header_len;
    size_t len = t->header_len + t->total;
    memmove(header, t->data, t->header_len);
    if (version == 4) {
        header[2] = (uint8_t)(len >> 8);
        header[3] = (uint8_t)len;
        header[6] &= 0x40; /* "don't fragment" stays; offset and "more" go */
        header[7] = 0;
        header[10] = header[11] = 0;
        uint16_t sum = (uint16_t)~checksum_add(0, bytes_of(header, t->header_len));
        memcpy(header + 10, &sum, sizeof sum);
    } else {
        size_t payload = len - 40;
        header[4] = (uint8_t)(payload >> 8);
        header[5] = (uint8_t)payload;
        header[t->next_header] = t->key.proto;
    }
    return bytes_of(header, len);
}

/* Why a fragment cannot be used; EVENT_COUNT: it can. */
static enum packet_event judge(const struct packet *p, const struct fragment *f)
{
    bool v4 = p->ip_version == 4;
    if (!v4 && f->more && f->data.len % 8)
        return EVENT_IPV6_FRAG_INVALID_LENGTH;
    if (f->offset + f->data.len + (v4 ? f->header.len : f->header.len - 40) > DATAGRAM_MAX)
        return v4 ? EVENT_IPV4_FRAG_PKT_TOO_LARGE : EVENT_IPV6_FRAG_PKT_TOO_LARGE;
    if (f->header.len > HEADER_MAX)
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
    k.proto = f->proto;
    k.recursion = p->recursion;
    k.id = f->id;
    return k;
}

/* Puts the fragment where it belongs; false when it contradicts what is known of the length. */
static bool take(struct tracker *t, struct packet *p, const struct fragment *f)
{
    uint32_t end = f->offset + (uint32_t)f->data.len;
    bool beyond = t->total != LENGTH_UNKNOWN && (end > t->total || (!f->more && end != t->total));
    bool short_of = !f->more && end < t->end;
    if (overlaps(t, f->offset, f->data.len))
        packet_event(p, p->ip_version == 4 ? EVENT_IPV4_FRAG_OVERLAP : EVENT_IPV6_FRAG_OVERLAP);
    if (beyond || short_of)
        return false;
    if (!f->more)
        t->total = end;
    if (end > t->end)
        t->end = end;
    if (f->offset == 0 && t->header_len == 0) {
        memcpy(t->data, f->header.p, f->header.len);
        t->header_len = (uint16_t)f->header.len;
        t->next_header = f->next_header;
    }
    place(t, f->offset, f->data);
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

struct bytes defrag_push(struct defrag *d, struct packet *p, const struct fragment *given)
{
    struct fragment whole = rounded(p, given);
    const struct fragment *f = &whole;
    tracker_release(d, d->lent);
    d->lent = NULL;
    expire(d, p->ts_us);
    enum packet_event wrong = judge(p, f);
    if (wrong != EVENT_COUNT) {
        packet_event(p, wrong);
        return (struct bytes){0};
    }
    struct key k = key_of(p, f);
    struct tracker *t = tracker_find(d, &k);
    if (!t)
        t = tracker_add(d, &k, p->ts_us);
    if (!make_room(d, t, f->offset + (uint32_t)f->data.len)) {
        packet_event(p, p->ip_version == 4 ? EVENT_IPV4_FRAG_IGNORED : EVENT_IPV6_FRAG_IGNORED);
        return (struct bytes){0};
    }
    if (!take(t, p, f) || t->have != t->total || t->header_len == 0)
        return (struct bytes){0};
    tracker_unlink(d, t);
    d->lent = t;
    d->counters->reassembled++;
    return finish(t, p->ip_version);
}
