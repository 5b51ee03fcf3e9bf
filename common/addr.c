/* common/addr.c - see addr.h. */
#include "common/addr.h"
#include "common/text.h"
#include <arpa/inet.h>

int addr_cmp(const struct addr *a, const struct addr *b)
{
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    return memcmp(a->b, b->b, sizeof a->b);
}

struct addr addr_v4(const uint8_t b[4])
{
    struct addr a = {.version = 4};
    memcpy(a.b, b, 4);
    return a;
}

struct addr addr_v6(const uint8_t b[16])
{
    struct addr a = {.version = 6};
    memcpy(a.b, b, 16);
    return a;
}

bool addr_parse(struct bytes text, struct addr *out)
{
    char z[INET6_ADDRSTRLEN];
    uint8_t b[16];
    if (text.len == 0 || text.len >= sizeof z)
        return false;
    memcpy(z, text.p, text.len);
    z[text.len] = 0;
    if (inet_pton(AF_INET, z, b) == 1)
        *out = addr_v4(b);
    else if (inet_pton(AF_INET6, z, b) == 1)
        *out = addr_v6(b);
    else
        return false;
    return true;
}

static char *put_u8(char *to, uint8_t v)
{
    if (v >= 100)
        *to++ = (char)('0' + v / 100);
    if (v >= 10)
        *to++ = (char)('0' + v / 10 % 10);
    *to++ = (char)('0' + v % 10);
    return to;
}

size_t addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
    char *to = out;
    if (a->version == 4) {
        for (int i = 0; i < 4; i++) {
            if (i)
                *to++ = '.';
            to = put_u8(to, a->b[i]);
        }
    } else if (a->version == 6) {
        for (int i = 0; i < 16; i += 2) {
            if (i)
                *to++ = ':';
            text_hex(bytes_of(a->b + i, 2), to);
            to += 4;
        }
    }
    *to = 0;
    return (size_t)(to - out);
}

static void mask_host_bits(struct addr *a, unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned from = i * 8;
        if (from >= bits)
            a->b[i] = 0;
        else if (bits - from < 8)
            a->b[i] = (uint8_t)(a->b[i] & (0xff << (8 - (bits - from))));
    }
}

bool prefix_parse(struct bytes text, struct prefix *out)
{
    const uint8_t *slash = text.len ? memchr(text.p, '/', text.len) : NULL;
    size_t addr_len = slash ? (size_t)(slash - text.p) : text.len;
    if (!addr_parse(bytes_slice(text, 0, addr_len), &out->addr))
        return false;
    uint64_t bits = out->addr.version == 4 ? 32 : 128;
    if (slash && !text_u64(bytes_slice(text, addr_len + 1, text.len), 0, bits, &bits))
        return false;
    out->bits = (uint8_t)bits;
    mask_host_bits(&out->addr, out->bits);
    return true;
}

bool prefix_holds(const struct prefix *p, const struct addr *a)
{
    if (p->addr.version != a->version)
        return false;
    struct addr masked = *a;
    mask_host_bits(&masked, p->bits);
    return addr_eq(&masked, &p->addr);
}

size_t prefix_text(const struct prefix *p, char out[ADDR_TEXT_MAX + 4])
{
    size_t n = addr_text(&p->addr, out);
    return n + (size_t)snprintf(out + n, 5, "/%u", p->bits);
}

/* One sorted array per (version, length) in use: lookups try the longest length first. */
struct prefix_entry {
    struct addr addr;
    int value;
};
struct prefix_level {
    struct prefix_entry *entries;
    size_t count, cap;
};
struct prefix_map {
    struct prefix_level v4[33], v6[129];
};

struct prefix_map *prefix_map_new(void)
{
    struct prefix_map *m = calloc(1, sizeof *m);
    ASSERT(m);
    return m;
}

void prefix_map_free(struct prefix_map *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i <= 32; i++)
        free(m->v4[i].entries);
    for (unsigned i = 0; i <= 128; i++)
        free(m->v6[i].entries);
    free(m);
}

/* Index of the first entry not below a. */
static size_t level_seek(const struct prefix_level *l, const struct addr *a)
{
    size_t lo = 0, hi = l->count;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (addr_cmp(&l->entries[mid].addr, a) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

int prefix_map_add(struct prefix_map *m, const struct prefix *p, int value)
{
    struct prefix_level *l = p->addr.version == 4 ? &m->v4[p->bits] : &m->v6[p->bits];
    size_t at = level_seek(l, &p->addr);
    if (at < l->count && addr_eq(&l->entries[at].addr, &p->addr))
        return -1;
    if (l->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 8;
        l->entries = realloc(l->entries, l->cap * sizeof *l->entries);
        ASSERT(l->entries);
    }
    memmove(l->entries + at + 1, l->entries + at, (l->count - at) * sizeof *l->entries);
    l->entries[at] = (struct prefix_entry){.addr = p->addr, .value = value};
    l->count++;
    return 0;
}

int prefix_map_find(const struct prefix_map *m, const struct addr *a)
{
    int longest = a->version == 4 ? 32 : a->version == 6 ? 128 : -1;
    const struct prefix_level *levels = a->version == 4 ? m->v4 : m->v6;
    for (int bits = longest; bits >= 0; bits--) {
        const struct prefix_level *l = &levels[bits];
        if (l->count == 0)
            continue;
        struct addr masked = *a;
        mask_host_bits(&masked, (unsigned)bits);
        size_t at = level_seek(l, &masked);
        if (at < l->count && addr_eq(&l->entries[at].addr, &masked))
            return l->entries[at].value;
    }
    return -1;
}
