/* sensor/capture/pcapng.c - the block format: sections, interfaces, packets.
 *
 * A file is one or more sections, each with its own byte order and its own interfaces, and each
 * interface with its own link type and clock. Blocks that carry no packet are passed over.
 * Source: draft-ietf-opsawg-pcapng; block type 2, the old packet block, from its appendix. */
#include "sensor/capture/capture_ops.h"
#include "sensor/capture/source.h"

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2,
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
};
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define BLOCK_BYTES_MAX  (16u << 20) /* libpcap's bound */
#define INTERFACES_MAX   4096
#define OPTIONS_READ_MAX 65536u /* of an interface block; what follows is not looked at */

struct ng_interface {
    uint32_t linktype, snaplen;
    uint64_t ticks_per_second;
    int64_t offset_seconds;
};

struct pcapng_file {
    struct capture base;
    struct source *src;
    bool swap;
    struct ng_interface *interfaces; /* of the current section */
    uint32_t interface_count, interface_cap;
    uint64_t last_us; /* for simple packet blocks, which have no time of their own */
    uint32_t lent;    /* bytes of the block whose frame the caller has; passed at the next call */
};

/* The block at the source's position. */
struct block {
    uint32_t type, total; /* total: with both length fields and the type */
};

bool pcapng_knows(uint32_t magic)
{
    return magic == BLOCK_SECTION; /* the same in both byte orders */
}

static uint32_t u32(const struct pcapng_file *f, const uint8_t *p)
{
    return file_u32(p, f->swap);
}

/* Ticks to microseconds without losing the high bits: whole seconds and the rest apart. */
static uint64_t ticks_to_us(const struct ng_interface *in, uint64_t ticks)
{
    uint64_t whole = ticks / in->ticks_per_second, rest = ticks % in->ticks_per_second;
    unsigned __int128 us = (unsigned __int128)rest * 1000000 / in->ticks_per_second;
    return (whole + (uint64_t)in->offset_seconds) * 1000000 + (uint64_t)us;
}

/* if_tsresol: 10^-n, or 2^-n with the high bit set. 0 when it does not fit 64 bits. */
static uint64_t ticks_of_resolution(uint8_t resolution)
{
    unsigned n = resolution & 0x7f;
    if (resolution & 0x80)
        return n < 64 ? (uint64_t)1 << n : 0;
    uint64_t ticks = 1;
    for (unsigned i = 0; i < n && n < 20; i++)
        ticks *= 10;
    return n < 20 ? ticks : 0;
}

/* Options of an interface block: if_tsresol (9) and if_tsoffset (14). */
static void read_interface_options(const struct pcapng_file *f, struct bytes b,
                                   struct ng_interface *in)
{
    while (b.len >= 4) {
        uint16_t code = file_u16(b.p, f->swap), len = file_u16(b.p + 2, f->swap);
        size_t padded = 4 + ((size_t)len + 3) / 4 * 4;
        if (code == 0 || b.len < 4u + len)
            return;
        if (code == 9 && len == 1)
            in->ticks_per_second = ticks_of_resolution(b.p[4]);
        if (code == 14 && len == 8) {
            uint64_t v;
            memcpy(&v, b.p + 4, sizeof v);
            in->offset_seconds = (int64_t)(f->swap ? __builtin_bswap64(v) : v);
        }
        b = bytes_slice(b, padded, b.len);
    }
}

static int add_interface(struct pcapng_file *f, const struct block *block, struct err *err)
{
    struct bytes b =
        source_peek(f->src, block->total < OPTIONS_READ_MAX ? block->total : OPTIONS_READ_MAX);
    size_t whole = block->total - 4;
    b.len = b.len < whole ? b.len : whole;
    if (b.len < 16)
        return source_fail(f->src, err, "an interface block of %u bytes is too short",
                           block->total);
    if (f->interface_count == INTERFACES_MAX)
        return source_fail(f->src, err, "more than %d interfaces in a section", INTERFACES_MAX);
    if (f->interface_count == f->interface_cap) {
        f->interface_cap = f->interface_cap ? f->interface_cap * 2 : 8;
        f->interfaces = realloc(f->interfaces, f->interface_cap * sizeof *f->interfaces);
        ASSERT(f->interfaces);
    }
    struct ng_interface *in = &f->interfaces[f->interface_count++];
    *in = (struct ng_interface){.linktype = file_u16(b.p + 8, f->swap),
                                .snaplen = u32(f, b.p + 12),
                                .ticks_per_second = 1000000};
    read_interface_options(f, bytes_slice(b, 16, b.len), in);
    if (in->ticks_per_second == 0)
        return source_fail(f->src, err, "interface %u has a time resolution beyond 64 bits",
                           f->interface_count - 1);
    return 0;
}

/* A section header sets the byte order and forgets the interfaces. The caller saw its type. */
static int start_section(struct pcapng_file *f, struct err *err)
{
    struct bytes b = source_peek(f->src, 16);
    if (b.len < 16)
        return source_explain(f->src, "a section header", err);
    uint32_t magic = file_u32(b.p + 8, false);
    if (magic != BYTE_ORDER_MAGIC && __builtin_bswap32(magic) != BYTE_ORDER_MAGIC)
        return source_fail(f->src, err, "a section header without its byte-order magic");
    f->swap = magic != BYTE_ORDER_MAGIC;
    uint16_t major = file_u16(b.p + 12, f->swap);
    if (major != 1)
        return source_fail(f->src, err, "pcapng version %u is not known here", major);
    f->interface_count = 0;
    return 0;
}

/* Reads type and length of the next block. 1, 0 at the end, or a failing capture_result. */
static int read_block(struct pcapng_file *f, struct block *block, struct err *err)
{
    struct bytes b = source_peek(f->src, 12);
    if (b.len == 0 && !source_has_failed(f->src))
        return 0;
    if (b.len < 12)
        return source_explain(f->src, "a block's header", err);
    int rc = file_u32(b.p, false) == BLOCK_SECTION ? start_section(f, err) : 0;
    if (rc != 0)
        return rc;
    b = source_peek(f->src, 12);
    *block = (struct block){.type = u32(f, b.p), .total = u32(f, b.p + 4)};
    uint32_t least = block->type == BLOCK_SECTION ? 28 : 12;
    if (block->total < least || block->total % 4 || block->total > BLOCK_BYTES_MAX)
        return source_fail(f->src, err, "a block claims a length of %u: corrupt from here on",
                           block->total);
    return 1;
}

/* Where the pieces of a packet stand in its block. */
struct layout {
    uint32_t interface, cap_len, wire_len, header_bytes;
    uint64_t ticks;
    bool has_time;
};

static int read_layout(struct pcapng_file *f, const struct block *block, struct layout *l,
                       struct err *err)
{
    uint32_t header = block->type == BLOCK_SIMPLE ? 12 : 28;
    struct bytes b = source_peek(f->src, header);
    if (block->total < header + 4)
        return source_fail(f->src, err, "a packet block of %u bytes is too short", block->total);
    if (b.len < header)
        return source_explain(f->src, "a packet block", err);
    *l = (struct layout){.header_bytes = header, .has_time = block->type != BLOCK_SIMPLE};
    if (block->type == BLOCK_SIMPLE) {
        uint32_t room = block->total - header - 4;
        l->wire_len = u32(f, b.p + 8);
        uint32_t snaplen = f->interface_count ? f->interfaces[0].snaplen : 0;
        l->cap_len = snaplen && snaplen < l->wire_len ? snaplen : l->wire_len;
        l->cap_len = l->cap_len < room ? l->cap_len : room;
        return 0;
    }
    l->interface = block->type == BLOCK_OLD_PACKET ? file_u16(b.p + 8, f->swap) : u32(f, b.p + 8);
    l->ticks = (uint64_t)u32(f, b.p + 12) << 32 | u32(f, b.p + 16);
    l->cap_len = u32(f, b.p + 20);
    l->wire_len = u32(f, b.p + 24);
    if (l->cap_len > block->total - header - 4)
        return source_fail(f->src, err,
                           "a packet of %u bytes in a block of %u: corrupt from here on",
                           l->cap_len, block->total);
    return 0;
}

static int read_packet(struct pcapng_file *f, const struct block *block, struct frame *out,
                       struct err *err)
{
    struct layout l = {0};
    int rc = read_layout(f, block, &l, err);
    if (rc != 0)
        return rc;
    if (l.interface >= f->interface_count)
        return source_fail(f->src, err, "a packet of interface %u, but only %u are described",
                           l.interface, f->interface_count);
    if (l.cap_len > FRAME_BYTES_MAX)
        return source_fail(f->src, err, "a packet claims %u captured bytes, more than %u",
                           l.cap_len, FRAME_BYTES_MAX);
    struct bytes b = source_peek(f->src, l.header_bytes + l.cap_len);
    if (b.len < l.header_bytes + l.cap_len)
        return source_explain(f->src, "a frame", err);
    const struct ng_interface *in = &f->interfaces[l.interface];
    if (l.has_time)
        f->last_us = ticks_to_us(in, l.ticks);
    out->ts_us = f->last_us;
    out->linktype = in->linktype;
    out->wire_len = l.wire_len > l.cap_len ? l.wire_len : l.cap_len;
    out->data = bytes_of(b.p + l.header_bytes, l.cap_len);
    out->turned = source_turned(f->src);
    return 0;
}

static bool holds_packet(const struct block *block)
{
    return block->type == BLOCK_ENHANCED || block->type == BLOCK_SIMPLE ||
           block->type == BLOCK_OLD_PACKET;
}

static enum capture_result pcapng_next(struct capture *c, struct frame *out, struct err *err)
{
    struct pcapng_file *f = (struct pcapng_file *)c;
    for (;;) {
        struct block block = {0};
        if (!source_skip(f->src, f->lent))
            return (enum capture_result)source_explain(f->src, "a block", err);
        f->lent = 0;
        int rc = read_block(f, &block, err);
        if (rc <= 0)
            return (enum capture_result)rc;
        f->lent = block.total;
        if (holds_packet(&block))
            return (rc = read_packet(f, &block, out, err)) == 0 ? CAPTURE_FRAME
                                                                : (enum capture_result)rc;
        if (block.type == BLOCK_INTERFACE && add_interface(f, &block, err) != 0)
            return CAPTURE_ERROR;
    }
}

static void pcapng_counters(struct capture *c, struct capture_counters *out)
{
    *out = (struct capture_counters){.received = c->frames};
}

static void pcapng_close(struct capture *c)
{
    struct pcapng_file *f = (struct pcapng_file *)c;
    source_close(f->src);
    free(f->interfaces);
    free(f);
}

static const struct capture_ops pcapng_ops = {
    .next = pcapng_next, .counters = pcapng_counters, .close = pcapng_close};

struct capture *capture_open_pcapng(struct source *src, struct err *err)
{
    struct pcapng_file *f = calloc(1, sizeof *f);
    ASSERT(f);
    f->base.ops = &pcapng_ops;
    f->src = src;
    if (start_section(f, err) == 0)
        return &f->base;
    pcapng_close(&f->base);
    return NULL;
}
