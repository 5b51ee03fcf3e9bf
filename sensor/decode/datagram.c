/* sensor/decode/datagram.c - see datagram.h.
 *
 * What hosts do with overlaps: J. Novak, "Target-Based Fragmentation Reassembly", Sourcefire 2005,
 * after V. Paxson and U. Shankar, "Active Mapping", 2003. */
#include "sensor/decode/datagram.h"

#define DATA_FIRST 2048u

void datagram_reset(struct datagram *d)
{
    if (d->origins)
        memset(d->origins, 0, (d->end + 7) / 8 * sizeof *d->origins);
    d->total = DATAGRAM_LEN_UNKNOWN;
    d->end = d->have = 0;
    d->header_len = 0;
}

void datagram_release(struct datagram *d)
{
    free(d->data);
    free(d->origins);
}

static size_t bytes_for(uint32_t capacity)
{
    return capacity ? DATAGRAM_HEADER_MAX + capacity + capacity / 8 * sizeof(struct origin) : 0;
}

size_t datagram_bytes(const struct datagram *d)
{
    return bytes_for(d->capacity);
}

static uint32_t capacity_for(const struct datagram *d, uint32_t end)
{
    uint32_t capacity = d->capacity ? d->capacity : DATA_FIRST;
    while (capacity < end)
        capacity *= 2;
    return capacity;
}

size_t datagram_growth(const struct datagram *d, uint32_t end)
{
    return bytes_for(capacity_for(d, end)) - bytes_for(d->capacity);
}

void datagram_reserve(struct datagram *d, uint32_t end)
{
    uint32_t capacity = capacity_for(d, end);
    if (capacity == d->capacity)
        return;
    d->data = realloc(d->data, DATAGRAM_HEADER_MAX + capacity);
    d->origins = realloc(d->origins, capacity / 8 * sizeof *d->origins);
    ASSERT(d->data && d->origins);
    memset(d->origins + d->capacity / 8, 0, (capacity - d->capacity) / 8 * sizeof *d->origins);
    d->capacity = capacity;
}

bool datagram_overlaps(const struct datagram *d, uint32_t offset, size_t len)
{
    for (size_t at = 0; at < len; at += 8)
        if (d->origins[(offset + at) / 8].end)
            return true;
    return false;
}

/* Whether a host that has bytes of the fragment `old` takes those of `new` in their place. */
static bool newer_wins(enum host_policy policy, struct origin old, struct origin new)
{
    switch (policy) {
    case HOST_LAST:
        return true;
    case HOST_BSD:
    case HOST_HPUX10:
    case HOST_IRIX:
        return new.start < old.start;
    case HOST_BSD_RIGHT:
        return new.start >= old.start;
    case HOST_LINUX:
    case HOST_OLD_LINUX:
        return new.start <= old.start;
    case HOST_SOLARIS:
        return new.start < old.start &&new.end >= old.end;
    case HOST_WINDOWS:
    case HOST_VISTA:
    case HOST_WINDOWS2K3:
        return new.start<old.start &&new.end> old.end;
    default:
        return false;
    }
}

void datagram_place(struct datagram *d, enum host_policy policy, uint32_t offset, struct bytes data)
{
    uint8_t *payload = d->data + DATAGRAM_HEADER_MAX;
    const struct origin given = {(uint16_t)offset, (uint16_t)(offset + data.len)};
    struct origin kept = {0};
    for (size_t at = 0; at < data.len; at += 8) {
        struct origin *o = &d->origins[(offset + at) / 8];
        size_t len = data.len - at < 8 ? data.len - at : 8;
        if (o->end && !newer_wins(policy, *o, given))
            continue;
        if (!o->end)
            d->have += (uint32_t)len;
        if (!kept.end)
            kept = (struct origin){(uint16_t)(offset + at), given.end};
        memcpy(payload + offset + at, data.p + at, len);
        *o = kept;
    }
    if (given.end > d->end)
        d->end = given.end;
}
