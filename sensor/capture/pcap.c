/* sensor/capture/pcap.c - the classic format: one header, then records.
 *
 * Both byte orders, microseconds and nanoseconds, and Kuznetzov's variant with a longer record
 * header. Source: draft-ietf-opsawg-pcap; libpcap's sf-pcap.c for the variants' magic numbers. */
#include "sensor/capture/capture_ops.h"
#include "sensor/capture/source.h"

#define MAGIC_US          0xa1b2c3d4u
#define MAGIC_NS          0xa1b23c4du
#define MAGIC_KUZNETZOV   0xa1b2cd34u
#define FILE_HEADER_BYTES 24

struct pcap_file {
    struct capture base;
    struct source *src;
    bool swap, nanoseconds;
    uint8_t header_bytes; /* of a record: 16, Kuznetzov 24 */
    uint32_t linktype, frame_max;
};

bool pcap_knows(uint32_t magic)
{
    uint32_t other = __builtin_bswap32(magic);
    return magic == MAGIC_US || magic == MAGIC_NS || magic == MAGIC_KUZNETZOV ||
           other == MAGIC_US || other == MAGIC_NS || other == MAGIC_KUZNETZOV;
}

static enum capture_result pcap_next(struct capture *c, struct frame *f, struct err *err)
{
    struct pcap_file *pf = (struct pcap_file *)c;
    struct bytes b = source_peek(pf->src, pf->header_bytes);
    if (b.len == 0 && !source_has_failed(pf->src))
        return CAPTURE_END;
    if (b.len < pf->header_bytes)
        return (enum capture_result)source_explain(pf->src, "a record's header", err);
    uint32_t seconds = file_u32(b.p, pf->swap), fraction = file_u32(b.p + 4, pf->swap);
    uint32_t cap_len = file_u32(b.p + 8, pf->swap), wire_len = file_u32(b.p + 12, pf->swap);
    if (cap_len > pf->frame_max)
        return (enum capture_result)source_fail(
            pf->src, err, "a record claims %u captured bytes, more than %u: corrupt from here on",
            cap_len, pf->frame_max);
    if (b.len < pf->header_bytes + cap_len) {
        b = source_peek(pf->src, pf->header_bytes + cap_len);
        if (b.len < pf->header_bytes + cap_len)
            return (enum capture_result)source_explain(pf->src, "a frame", err);
    }
    f->ts_us = (uint64_t)seconds * 1000000 + (pf->nanoseconds ? fraction / 1000 : fraction);
    f->linktype = pf->linktype;
    f->wire_len = wire_len > cap_len ? wire_len : cap_len;
    f->data = bytes_of(b.p + pf->header_bytes, cap_len);
    f->turned = source_turned(pf->src);
    source_skip(pf->src, pf->header_bytes + cap_len);
    return CAPTURE_FRAME;
}

static void pcap_counters(struct capture *c, struct capture_counters *out)
{
    *out = (struct capture_counters){.received = c->frames};
}

static void pcap_close_file(struct capture *c)
{
    struct pcap_file *pf = (struct pcap_file *)c;
    source_close(pf->src);
    free(pf);
}

static const struct capture_ops pcap_ops = {
    .next = pcap_next, .counters = pcap_counters, .close = pcap_close_file};

struct capture *capture_open_pcap(struct source *src, struct err *err)
{
    struct bytes b = source_peek(src, FILE_HEADER_BYTES);
    if (b.len < FILE_HEADER_BYTES) {
        source_explain(src, "the file's header", err);
        source_close(src);
        return NULL;
    }
    struct pcap_file *pf = calloc(1, sizeof *pf);
    ASSERT(pf);
    uint32_t magic = file_u32(b.p, false);
    pf->swap = magic != MAGIC_US && magic != MAGIC_NS && magic != MAGIC_KUZNETZOV;
    magic = file_u32(b.p, pf->swap);
    pf->base.ops = &pcap_ops;
    pf->src = src;
    pf->nanoseconds = magic == MAGIC_NS;
    pf->header_bytes = magic == MAGIC_KUZNETZOV ? 24 : 16;
    uint32_t snaplen = file_u32(b.p + 16, pf->swap);
    pf->frame_max = snaplen < FRAME_BYTES_MAX             ? FRAME_BYTES_MAX
                    : snaplen > FRAME_BYTES_ANNOUNCED_MAX ? FRAME_BYTES_ANNOUNCED_MAX
                                                          : snaplen;
    pf->linktype = file_u32(b.p + 20, pf->swap) & 0x03ffffff; /* above: length of the FCS */
    source_skip(src, FILE_HEADER_BYTES);
    return &pf->base;
}
