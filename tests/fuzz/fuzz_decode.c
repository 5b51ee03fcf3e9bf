/* tests/fuzz/fuzz_decode.c - any bytes as frames: every view lies within its packet.
 *
 * Input: a byte that picks the link type, the checksum mode and what all hosts do with overlapping
 * fragments, then frames with two bytes of length before each, so that fragments can meet. */
#include "common/cursor.h"
#include "common/err.h"
#include "sensor/decode/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_view(const struct packet *p, struct bytes view)
{
    if (view.len == 0)
        return;
    ASSERT(view.p >= p->raw.p && view.len <= p->raw.len);
    ASSERT((size_t)(view.p - p->raw.p) <= p->raw.len - view.len);
}

static void check_packet(void *ctx, struct packet *p)
{
    (void)ctx;
    check_view(p, p->ip);
    check_view(p, p->l4);
    check_view(p, p->payload);
    check_view(p, p->tcp.options);
    ASSERT(p->source == SOURCE_WIRE || p->outer.src.version || p->outer.proto == 0);
    ASSERT(p->vlan_count <= PACKET_VLAN_MAX && p->event_count <= PACKET_EVENTS_MAX);
}

static struct host_policies *all_hosts(unsigned choice)
{
    static const enum host_policy policies[] = {
        HOST_BSD, HOST_FIRST, HOST_LAST, HOST_BSD_RIGHT, HOST_LINUX, HOST_WINDOWS, HOST_SOLARIS};
    struct host_policies *h = host_policies_new();
    struct bytes name =
        bytes_str(host_policy_name(policies[choice % (sizeof policies / sizeof policies[0])]));
    ASSERT(host_policies_add(h, name, BYTES_LIT("0.0.0.0/0, ::/0"), NULL) == 0);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t linktypes[] = {1,   101, 0,   9,   12,  50,  51,
                                         104, 108, 113, 228, 229, 276, 105};
    enum { LINKTYPES = sizeof linktypes / sizeof linktypes[0] };
    struct cursor c = cursor_over(bytes_of(data, size));
    uint8_t choice = cursor_u8(&c);
    struct host_policies *policies = all_hosts((choice & 0x7f) / LINKTYPES);
    struct decoder_options o = {.checksums = choice & 0x80 ? CHECKSUM_NONE : CHECKSUM_ALL,
                                .defrag_cap_bytes = 64 << 10,
                                .host_policies = policies};
    struct decoder *d = decoder_new(&o);
    uint64_t number = 0;
    while (cursor_left(&c) >= 2) {
        size_t len = cursor_u16(&c);
        struct bytes b = cursor_take(&c, len < cursor_left(&c) ? len : cursor_left(&c));
        number++;
        struct frame f = {.number = number,
                          .ts_us = number * 1000000,
                          .linktype = linktypes[(choice & 0x7f) % LINKTYPES],
                          .wire_len = (uint32_t)b.len,
                          .data = b};
        decode_frame(d, &f, check_packet, NULL);
    }
    ASSERT(decode_counters(d)->defrag_memory_bytes <= o.defrag_cap_bytes);
    decoder_free(d);
    host_policies_free(policies);
    return 0;
}
