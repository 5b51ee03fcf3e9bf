/* analyzer/geoip/mmdb_writer.c - a binary trie of countries and its file form; see mmdb_writer.h.
 */
#include "analyzer/geoip/mmdb_writer.h"
#include "common/err.h"

#define ADDRESS_BITS    128
#define COUNTRIES       1296        /* two characters out of 36 */
#define LEAF            0x80000000u /* a child that is a country, not a node */
#define NOTHING         0u          /* a child that is neither: the root is nobody's child */
#define SEPARATOR_BYTES 16u         /* of zeros between tree and data */

typedef unsigned __int128 number; /* an address; IPv4 ones are small, so they lie under ::/96 */

struct node {
    uint32_t child[2];
    uint32_t place; /* in the file, set by number_nodes() */
};

struct mmdb_writer {
    struct node *nodes; /* nodes[0] is the root */
    uint32_t count, cap;
    uint32_t placed;
    uint32_t data_at[COUNTRIES]; /* offset in the data section, or UINT32_MAX */
    struct out {
        uint8_t *p;
        size_t len, cap;
    } data, file;
};

static uint32_t node_new(struct mmdb_writer *w, uint32_t both)
{
    if (w->count == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 1024;
        w->nodes = realloc(w->nodes, w->cap * sizeof *w->nodes);
        ASSERT(w->nodes);
    }
    w->nodes[w->count] = (struct node){{both, both}, 0};
    return w->count++;
}

struct mmdb_writer *mmdb_writer_new(void)
{
    struct mmdb_writer *w = calloc(1, sizeof *w);
    ASSERT(w);
    node_new(w, NOTHING);
    return w;
}

void mmdb_writer_free(struct mmdb_writer *w)
{
    if (!w)
        return;
    free(w->nodes);
    free(w->data.p);
    free(w->file.p);
    free(w);
}

static number number_of(const struct addr *a)
{
    number n = 0;
    for (size_t i = 0; i < (a->version == 4 ? 4 : 16); i++)
        n = n << 8 | a->b[i];
    return n;
}

static unsigned digit_of(char c)
{
    return (unsigned)(c >= 'A' && c <= 'Z' ? c - 'A' : c - '0' + 26) % 36;
}

/* Sets [first, last] within the part of the trie below `node`, which begins at `base` and spans
 * 2^bits addresses. As deep as an address is long. */
static void set_range(struct mmdb_writer *w, uint32_t node, number base, unsigned bits,
                      number first, number last, uint32_t leaf)
{
    for (unsigned side = 0; side < 2; side++) {
        number from = base + ((number)side << (bits - 1));
        number to = from + (((number)1 << (bits - 1)) - 1);
        if (last < from || first > to)
            continue;
        if (first <= from && to <= last) {
            w->nodes[node].child[side] = leaf;
            continue;
        }
        uint32_t child = w->nodes[node].child[side];
        if (child == NOTHING || child & LEAF) {
            child = node_new(w, child);
            w->nodes[node].child[side] = child;
        }
        set_range(w, child, from, bits - 1, first, last, leaf);
    }
}

void mmdb_writer_add(struct mmdb_writer *w, const struct addr *first, const struct addr *last,
                     const char country[2])
{
    uint32_t leaf = LEAF | (digit_of(country[0]) * 36 + digit_of(country[1]));
    ASSERT(first->version == last->version);
    set_range(w, 0, 0, ADDRESS_BITS, number_of(first), number_of(last), leaf);
}

/* Replaces nodes whose halves say the same by that. Returns what stands for `child` afterwards. */
static uint32_t simplify(struct mmdb_writer *w, uint32_t child)
{
    if (child & LEAF)
        return child;
    struct node *n = &w->nodes[child];
    for (unsigned side = 0; side < 2; side++)
        if (n->child[side] != NOTHING)
            n->child[side] = simplify(w, n->child[side]);
    bool same = n->child[0] == n->child[1] && (n->child[0] == NOTHING || n->child[0] & LEAF);
    return same && child != 0 ? n->child[0] : child;
}

static void number_nodes(struct mmdb_writer *w, uint32_t node)
{
    w->nodes[node].place = w->placed++;
    for (unsigned side = 0; side < 2; side++) {
        uint32_t child = w->nodes[node].child[side];
        if (child != NOTHING && !(child & LEAF))
            number_nodes(w, child);
    }
}

static void put(struct out *o, const void *p, size_t len)
{
    if (o->len + len > o->cap) {
        o->cap = (o->len + len) * 2 + 64;
        o->p = realloc(o->p, o->cap);
        ASSERT(o->p);
    }
    if (len)
        memcpy(o->p + o->len, p, len);
    o->len += len;
}

static void put_u8(struct out *o, unsigned v)
{
    uint8_t b = (uint8_t)v;
    put(o, &b, 1);
}

/* Types of the data section; those above 7 stand in a byte of their own. */
enum mmdb_type {
    TYPE_STRING = 2,
    TYPE_U16 = 5,
    TYPE_U32 = 6,
    TYPE_MAP = 7,
    TYPE_U64 = 9,
    TYPE_ARRAY = 11
};

static void put_control(struct out *o, enum mmdb_type type, size_t size)
{
    ASSERT(size < 285);
    unsigned short_size = size < 29 ? (unsigned)size : 29;
    put_u8(o, (type > 7 ? 0 : (unsigned)type << 5) | short_size);
    if (type > 7)
        put_u8(o, (unsigned)type - 7);
    if (short_size == 29)
        put_u8(o, (unsigned)size - 29);
}

static void put_string(struct out *o, const char *s)
{
    put_control(o, TYPE_STRING, strlen(s));
    put(o, s, strlen(s));
}

static void put_number(struct out *o, const char *key, enum mmdb_type type, uint64_t v)
{
    size_t size = 0;
    put_string(o, key);
    while (size < 8 && v >> (8 * size))
        size++;
    put_control(o, type, size);
    while (size--)
        put_u8(o, (unsigned)(v >> (8 * size)) & 0xff);
}

/* {"country":{"iso_code":"JP"}}, once for each country. Returns its offset in the data section. */
static uint32_t data_of(struct mmdb_writer *w, uint32_t leaf)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    uint32_t country = leaf & ~LEAF;
    char code[3] = {digits[country / 36], digits[country % 36], 0};
    if (w->data_at[country] != UINT32_MAX)
        return w->data_at[country];
    w->data_at[country] = (uint32_t)w->data.len;
    put_control(&w->data, TYPE_MAP, 1);
    put_string(&w->data, "country");
    put_control(&w->data, TYPE_MAP, 1);
    put_string(&w->data, "iso_code");
    put_string(&w->data, code);
    return w->data_at[country];
}

/* A child as the tree holds it: a node's place, the node count for nothing, above it data. */
static uint32_t record_of(struct mmdb_writer *w, uint32_t child)
{
    if (child == NOTHING)
        return w->placed;
    if (child & LEAF)
        return w->placed + SEPARATOR_BYTES + data_of(w, child);
    return w->nodes[child].place;
}

/* Two records of 28 bits: the middle byte holds the high four of each. */
static void put_node(struct mmdb_writer *w, uint32_t node)
{
    uint32_t left = record_of(w, w->nodes[node].child[0]);
    uint32_t right = record_of(w, w->nodes[node].child[1]);
    ASSERT(left >> 28 == 0 && right >> 28 == 0);
    uint8_t b[7] = {(uint8_t)(left >> 16),  (uint8_t)(left >> 8),
                    (uint8_t)left,          (uint8_t)((left >> 24) << 4 | right >> 24),
                    (uint8_t)(right >> 16), (uint8_t)(right >> 8),
                    (uint8_t)right};
    put(&w->file, b, sizeof b);
    for (unsigned side = 0; side < 2; side++) {
        uint32_t child = w->nodes[node].child[side];
        if (child != NOTHING && !(child & LEAF))
            put_node(w, child);
    }
}

static void put_metadata(struct mmdb_writer *w, const char *description, uint64_t epoch_s)
{
    struct out *o = &w->file;
    put(o, "\xab\xcd\xefMaxMind.com", 14);
    put_control(o, TYPE_MAP, 9);
    put_number(o, "binary_format_major_version", TYPE_U16, 2);
    put_number(o, "binary_format_minor_version", TYPE_U16, 0);
    put_number(o, "build_epoch", TYPE_U64, epoch_s);
    put_number(o, "ip_version", TYPE_U16, 6);
    put_number(o, "node_count", TYPE_U32, w->placed);
    put_number(o, "record_size", TYPE_U16, 28);
    put_string(o, "database_type");
    put_string(o, "Sekisho-Country");
    put_string(o, "languages");
    put_control(o, TYPE_ARRAY, 0);
    put_string(o, "description");
    put_control(o, TYPE_MAP, 1);
    put_string(o, "en");
    put_string(o, description);
}

uint8_t *mmdb_writer_finish(struct mmdb_writer *w, const char *description, uint64_t epoch_s,
                            size_t *len)
{
    memset(w->data_at, 0xff, sizeof w->data_at);
    w->data.len = w->file.len = 0;
    w->placed = 0;
    simplify(w, 0);
    number_nodes(w, 0);
    put_node(w, 0);
    put(&w->file, (uint8_t[SEPARATOR_BYTES]){0}, SEPARATOR_BYTES);
    put(&w->file, w->data.p, w->data.len);
    put_metadata(w, description, epoch_s);
    uint8_t *image = w->file.p;
    *len = w->file.len;
    w->file = (struct out){0};
    return image;
}
