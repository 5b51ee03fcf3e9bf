/* tests/fuzz/fuzz_stream.c - any series of TCP packets through the engine.
 *
 * The first byte chooses options and the habits of both hosts. Then each packet is a record of 8
 * bytes and its payload: flags, direction and length, sequence number and acknowledgement as
 * distances from where each end stands, window, timestamp. What the sink gets must be ordered, and
 * all memory must come back. */
#include "common/cursor.h"
#include "common/err.h"
#include "sensor/stream/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct connection {
    struct stream_engine *e;
    struct flow f;
    uint32_t at[2]; /* where each end stands */
    uint64_t out[2], flipped;
    uint64_t ts_us;
};

static void on_data(void *ctx, struct flow *f, enum direction dir, struct bytes data,
                    unsigned notes, uint64_t gap_bytes)
{
    struct connection *c = ctx;
    ASSERT(f == &c->f);
    ASSERT((notes & STREAM_GAP) ? gap_bytes > 0 && data.len == 0 : gap_bytes == 0);
    c->out[dir] += data.len + gap_bytes;
    for (size_t i = 0; i < data.len; i++)
        c->flipped ^= data.p[i]; /* touch every byte */
}

static void one_packet(struct connection *c, struct cursor *in)
{
    uint8_t flags = cursor_u8(in), shape = cursor_u8(in);
    /* near the expected number, before it or after */
    uint32_t seq = cursor_u16(in) - 0x8000u, ack = cursor_u16(in) - 0x8000u;
    uint16_t window = cursor_u16(in);
    enum direction dir = shape & 1 ? TO_CLIENT : TO_SERVER;
    struct packet p = {.proto = IPP_TCP};
    p.payload = cursor_take(in, cursor_left(in) < shape >> 3 ? cursor_left(in) : shape >> 3);
    p.ts_us = c->ts_us += window;
    p.tcp.flags = flags;
    p.tcp.seq = c->at[dir] + seq;
    p.tcp.ack = flags & TCP_ACK || ack ? c->at[OTHER(dir)] + ack : 0;
    p.tcp.window = window;
    p.tcp.urgent = window & 31;
    p.tcp.wscale = (int8_t)(shape & 2 ? window & 15 : -1);
    p.tcp.has_ts = shape & 4;
    p.tcp.tsval = window;
    p.tcp.has_fastopen = (shape & 2) && (flags & TCP_SYN);
    if (seq == 0)
        c->at[dir] += (uint32_t)p.payload.len + ((flags & (TCP_SYN | TCP_FIN)) != 0);
    stream_packet(c->e, &c->f, &p, &dir);
    if (p.tcp.flags & TCP_CWR) /* stands for a protocol that wants all */
        stream_no_depth(&c->f);
}

static void inspect(struct connection *c, enum direction dir)
{
    uint8_t text[100];
    if (stream_raw_has_gaps(&c->f, dir))
        ASSERT(stream_raw_text(&c->f, dir, text, sizeof text) <= sizeof text);
    for (int i = 0; i < 20; i++) {
        struct stream_raw w = stream_raw(&c->f, dir);
        ASSERT(w.fresh <= w.bytes.len && w.offset + w.bytes.len <= c->out[dir]);
        if (w.bytes.len == w.fresh)
            break;
        c->flipped ^= w.bytes.p[w.fresh] ^ w.bytes.p[w.bytes.len - 1];
        stream_raw_done(&c->f, dir);
    }
}

static struct host_policies *policies_of(unsigned choice)
{
    static const char *const names[] = {"bsd", "last", "linux", "solaris"};
    struct host_policies *h = host_policies_new();
    struct err err;
    host_policies_add(h, bytes_str(names[choice]), BYTES_LIT("192.0.2.0/24"), &err);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor in = cursor_over(bytes_of(data, size));
    uint8_t choice = cursor_u8(&in);
    struct host_policies *policies = policies_of(choice >> 6);
    struct stream_options o = {.host_policies = policies,
                               .midstream = choice & 1,
                               .async_oneside = choice & 2,
                               .inline_mode = choice & 4,
                               .depth_bytes = choice & 8 ? 50 : 0,
                               .urgent = choice & 8 ? URGENT_GAP : URGENT_OOB,
                               .cap_bytes = choice & 16 ? 8192 : 0,
                               .session_cap_bytes = choice & 16 ? 700 : 0};
    struct connection c = {.at = {0xffffff00, 7000}, .ts_us = 1};
    struct stream_sink sink = {.data = on_data, .ctx = &c};
    c.e = stream_engine_new(&o, &sink);
    c.f.tuple.proto = IPP_TCP;
    for (int d = TO_SERVER; d <= TO_CLIENT; d++)
        c.f.tuple.addr[d] = addr_v4((const uint8_t[]){192, 0, 2, 1});
    while (cursor_left(&in) > 0) {
        one_packet(&c, &in);
        if (choice & 32) {
            inspect(&c, TO_SERVER);
            inspect(&c, TO_CLIENT);
        }
        if (stream_summary(&c.f))
            ASSERT(stream_summary(&c.f)->state);
    }
    stream_flush(c.e, &c.f, TO_SERVER);
    stream_flush(c.e, &c.f, TO_CLIENT);
    stream_session_free(c.e, &c.f);
    ASSERT(stream_counters(c.e)->active == 0);
    stream_engine_free(c.e);
    host_policies_free(policies);
    return 0;
}
