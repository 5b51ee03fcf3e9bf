/* sensor/detect/buffers.c - the buffers rules can name: headers of packets and what app/ offers. */
#include "sensor/detect/inspect.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

/* A header and its options stand before the payload: what is left of l4 is the header. */
static bool l4_header(const struct packet *p, uint8_t proto, size_t fixed, struct bytes *out)
{
    if (p->proto != proto || p->l4.len < fixed || (p->flags & PACKET_FRAGMENT))
        return false;
    size_t len = p->l4.len > p->payload.len ? p->l4.len - p->payload.len : fixed;
    *out = bytes_slice(p->l4, 0, len < fixed ? fixed : len);
    return true;
}

static bool tcp_header(const struct packet *p, struct bytes *out)
{
    return l4_header(p, IPP_TCP, 20, out);
}

static bool udp_header(const struct packet *p, struct bytes *out)
{
    return l4_header(p, IPP_UDP, 8, out);
}

/* What belongs to the header depends on the message (RFC 792, 950, 1256). */
static size_t icmp4_header_len(const struct packet *p)
{
    switch (p->icmp.type) {
    case 9: /* router advertisement: count and size in words of its entries */
        return p->l4.len > 5 ? 8 + (size_t)p->l4.p[4] * p->l4.p[5] * 4 : 8;
    case 13: /* timestamp and its reply */
    case 14:
        return 20;
    case 17: /* address mask and its reply */
    case 18:
        return 12;
    default:
        return 8;
    }
}

static bool icmp4_header(const struct packet *p, struct bytes *out)
{
    if (p->ip_version != 4 || !l4_header(p, IPP_ICMP, 4, out))
        return false;
    *out = bytes_slice(p->l4, 0, icmp4_header_len(p));
    return true;
}

static bool icmp6_header(const struct packet *p, struct bytes *out)
{
    return p->ip_version == 6 && l4_header(p, IPP_ICMPV6, 4, out);
}

static bool ip4_header(const struct packet *p, struct bytes *out)
{
    *out = bytes_slice(p->ip, 0, p->ip_hdr_len);
    return p->ip_version == 4 && out->len >= 20;
}

static bool ip6_header(const struct packet *p, struct bytes *out)
{
    *out = bytes_slice(p->ip, 0, p->ip_hdr_len);
    return p->ip_version == 6 && out->len >= 40;
}

static struct bytes ip_src(const struct inspect *in)
{
    const struct addr *a = inspect_src(in);
    return bytes_of(a->b, a->version == 4 ? 4 : a->version == 6 ? 16 : 0);
}

static struct bytes ip_dst(const struct inspect *in)
{
    const struct addr *a = inspect_dst(in);
    return bytes_of(a->b, a->version == 4 ? 4 : a->version == 6 ? 16 : 0);
}

static const struct {
    const char *name;
    bool (*get)(const struct packet *p, struct bytes *out);
} packet_buffers[] = {
    {"tcp.hdr", tcp_header},  {"udp.hdr", udp_header},      {"ipv4.hdr", ip4_header},
    {"ipv6.hdr", ip6_header}, {"icmpv4.hdr", icmp4_header}, {"icmpv6.hdr", icmp6_header},
};

static const struct {
    const char *name;
    struct bytes (*get)(const struct inspect *in);
} place_buffers[] = {{"ip.src", ip_src}, {"ip.dst", ip_dst}};

static bool row_is_called(const struct app_buffer *row, struct bytes name)
{
    struct bytes rest = bytes_str(row->aliases), word;
    if (bytes_eq(bytes_str(row->name), name))
        return true;
    while (word_next_blank(&rest, &word))
        if (bytes_eq(word, name))
            return true;
    return false;
}

/* The first row, over all protocols, that fits: by content modifier, or by any of its names. */
static const struct app_buffer *find_row(struct bytes name, bool legacy)
{
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++) {
        size_t count;
        const struct app_buffer *rows = app_buffers((enum app_proto)p, &count);
        for (size_t i = 0; i < count; i++)
            if (legacy ? rows[i].legacy && bytes_eq(bytes_str(rows[i].legacy), name)
                       : row_is_called(&rows[i], name))
                return &rows[i];
    }
    return NULL;
}

const char *buffer_of_legacy(struct bytes name)
{
    const struct app_buffer *row = find_row(name, true);
    return row ? row->name : NULL;
}

const struct app_buffer *buffer_first(const char *name)
{
    return find_row(bytes_str(name), false);
}

static void take_row(struct buffer *b, const struct app_buffer *row)
{
    b->kind = (row->flags & APP_BUFFER_FILES) && (row->flags & APP_BUFFER_UNNAMED) ? BUFFER_FILES
                                                                                   : BUFFER_APP;
    b->unnamed = row->flags & APP_BUFFER_UNNAMED;
    b->multi |= (row->flags & APP_BUFFER_MULTI) != 0;
    b->any_case |= (row->flags & APP_BUFFER_ANY_CASE) != 0;
    b->number = row->number;
    if (row->flags & APP_BUFFER_TO_SERVER)
        b->rows[row->proto][TO_SERVER] = row;
    if (row->flags & APP_BUFFER_TO_CLIENT)
        b->rows[row->proto][TO_CLIENT] = row;
}

/* "frame:dns.pdu"; the name is its maker's: see buffer_intern. */
static bool describe_frame(struct bytes name, struct buffer *out)
{
    if (!bytes_starts(name, BYTES_LIT(BUFFER_FRAME_PREFIX)))
        return false;
    name = bytes_slice(name, strlen(BUFFER_FRAME_PREFIX), name.len);
    ptrdiff_t dot = bytes_find(name, BYTES_LIT("."));
    int proto = dot > 0 ? app_proto_find(bytes_slice(name, 0, (size_t)dot)) : -1;
    int type = proto > 0 ? app_frame_find((enum app_proto)proto,
                                          bytes_slice(name, (size_t)dot + 1, name.len), true, true)
                         : -1;
    if (type < 0)
        return false;
    out->kind = BUFFER_FRAME;
    out->frame_proto = (uint8_t)proto;
    out->frame_type = (uint8_t)type;
    return true;
}

/* What stands behind a name, without transforms. False: nothing. */
static bool describe(struct bytes name, struct buffer *out)
{
    *out = (struct buffer){0};
    for (size_t i = 0; i < sizeof packet_buffers / sizeof *packet_buffers; i++)
        if (bytes_eq(bytes_str(packet_buffers[i].name), name)) {
            out->name = packet_buffers[i].name;
            out->kind = BUFFER_PACKET;
            out->packet = packet_buffers[i].get;
            return true;
        }
    for (size_t i = 0; i < sizeof place_buffers / sizeof *place_buffers; i++)
        if (bytes_eq(bytes_str(place_buffers[i].name), name)) {
            out->name = place_buffers[i].name;
            out->kind = BUFFER_PACKET;
            out->place = place_buffers[i].get;
            return true;
        }
    if (WORD_IS(name, "payload") || WORD_IS(name, "base64_data")) {
        bool payload = WORD_IS(name, "payload");
        out->name = payload ? "payload" : "base64_data";
        out->kind = payload ? BUFFER_PAYLOAD : BUFFER_BASE64;
        return true;
    }
    const struct app_buffer *first = find_row(name, false);
    if (!first)
        return describe_frame(name, out);
    out->name = first->name;
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++) {
        size_t count;
        const struct app_buffer *rows = app_buffers((enum app_proto)p, &count);
        for (size_t i = 0; i < count; i++)
            if (strcmp(rows[i].name, first->name) == 0)
                take_row(out, &rows[i]);
    }
    return true;
}

/* "name|transform:argument|..." */
static struct bytes key_of(const struct buffer *b, const struct transform *t, size_t count,
                           struct arena *arena)
{
    size_t len = strlen(b->name);
    for (size_t i = 0; i < count; i++)
        len += strlen(t[i].kind->name) + t[i].written.len + 2;
    char *key = arena_alloc(arena, len + 1);
    size_t at = (size_t)snprintf(key, len + 1, "%s", b->name);
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(key + at, len + 1 - at, "|%s:%.*s", t[i].kind->name,
                               (int)t[i].written.len, (const char *)t[i].written.p);
    return bytes_of(key, at);
}

const struct buffer *buffer_intern(struct ruleset *rs, struct bytes name,
                                   const struct transform *transforms, size_t count)
{
    int known = count ? -1 : names_find(&rs->buffer_names, name);
    if (known >= 0)
        return rs->buffers[known];
    struct buffer found;
    if (!describe(name, &found))
        return NULL;
    if (found.kind == BUFFER_FRAME)
        found.name = (const char *)arena_copy(&rs->arena, name).p;
    struct bytes key = key_of(&found, transforms, count, &rs->arena);
    known = names_find(&rs->buffer_names, key);
    if (known >= 0)
        return rs->buffers[known];
    struct buffer *b = arena_alloc(&rs->arena, sizeof *b);
    *b = found;
    b->id = (uint16_t)names_add(&rs->buffer_names, &rs->arena, key);
    b->transform_count = (uint8_t)count;
    if (count)
        memcpy(b->transforms, transforms, count * sizeof *transforms);
    if (rs->buffer_count == rs->buffer_cap) {
        rs->buffer_cap = rs->buffer_cap ? rs->buffer_cap * 2 : 32;
        rs->buffers = realloc(rs->buffers, rs->buffer_cap * sizeof *rs->buffers);
        ASSERT(rs->buffers);
    }
    rs->buffers[rs->buffer_count++] = b;
    return b;
}

uint8_t buffer_dirs(const struct buffer *b, enum app_proto proto)
{
    uint8_t dirs = 0;
    for (int p = 0; p < APP_PROTO_COUNT; p++)
        for (int d = 0; d < 2; d++)
            if (b->rows[p][d] && (proto == APP_UNKNOWN || p == (int)proto))
                dirs |= (uint8_t)DIR_BIT(d);
    return dirs;
}

uint64_t buffer_protos(const struct buffer *b)
{
    _Static_assert(APP_PROTO_COUNT <= 64, "a bit each");
    uint64_t protos = 0;
    for (int p = 0; p < APP_PROTO_COUNT; p++)
        if (b->rows[p][0] || b->rows[p][1])
            protos |= 1ull << p;
    return protos;
}

enum app_proto buffer_proto(const struct buffer *b)
{
    uint64_t protos = buffer_protos(b);
    bool one = protos && (protos & (protos - 1)) == 0;
    return one ? (enum app_proto)__builtin_ctzll(protos) : APP_UNKNOWN;
}
