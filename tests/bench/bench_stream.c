/* tests/bench/bench_stream.c - what a packet costs in the flow table and in the stream engine.
 *
 * Made-up traffic: a number of connections in turn, each sending a segment of 1,000 bytes and
 * getting an acknowledgement, with raw inspection marked as done after every packet as detect does.
 * Many connections show the cost of cache misses, few the cost of the work itself. Making up the
 * packet is in the figures too. Processor time, so that a busy machine disturbs less. */
#include <sys/utsname.h>
#include <time.h>
#include "common/err.h"
#include "sensor/stream/stream.h"

enum { RUNS = 7, PACKETS = 400000, SEGMENT_BYTES = 1000, SEED = 1 };

enum order { IN_ORDER, SWAPPED, OVERLAPPING };
struct load {
    const char *name;
    uint32_t flows;
    enum order order;
    bool inline_mode, with_stream;
};

struct bench {
    struct flow_table *table;
    struct stream_engine *engine;
    uint64_t number, delivered;
};

static void on_data(void *ctx, struct flow *f, enum direction dir, struct bytes data,
                    unsigned notes, uint64_t gap_bytes)
{
    struct bench *b = ctx;
    (void)f, (void)dir, (void)notes, (void)gap_bytes;
    b->delivered += data.len;
}

static void on_end(void *ctx, struct flow *f)
{
    struct bench *b = ctx;
    stream_session_free(b->engine, f);
}

static void one_packet(struct bench *b, uint32_t flow, enum direction dir, uint8_t flags,
                       uint32_t at, size_t len, bool with_stream)
{
    static const uint8_t bytes[2 * SEGMENT_BYTES];
    struct packet p;
    memset(&p, 0, sizeof p);
    p.number = ++b->number;
    p.ts_us = UINT64_C(1700000000000000) + b->number;
    p.ip_version = 4;
    p.proto = IPP_TCP;
    struct addr client = addr_v4((const uint8_t[]){10, 0, (uint8_t)(flow >> 8), (uint8_t)flow});
    struct addr server = addr_v4((const uint8_t[]){192, 0, 2, (uint8_t)(flow >> 16)});
    p.src = dir == TO_SERVER ? client : server;
    p.dst = dir == TO_SERVER ? server : client;
    p.sport = dir == TO_SERVER ? 40000 : 443;
    p.dport = dir == TO_SERVER ? 443 : 40000;
    p.payload = bytes_of(bytes, len);
    p.raw = bytes_of(bytes, 54 + len);
    p.l4 = bytes_of(bytes, 20 + len);
    p.tcp.flags = flags;
    p.tcp.seq = dir == TO_SERVER ? at : !(flags & TCP_SYN);
    p.tcp.ack = dir == TO_SERVER ? (flags & TCP_ACK) != 0 : at;
    p.tcp.window = UINT16_MAX;
    p.tcp.wscale = -1;
    struct flow *f = flow_table_packet(b->table, &p, &dir);
    if (!with_stream)
        return;
    stream_packet(b->engine, f, &p, &dir);
    stream_raw_done(f, dir);
    stream_raw_done(f, OTHER(dir));
}

static void handshake(struct bench *b, uint32_t flow, bool with_stream)
{
    one_packet(b, flow, TO_SERVER, TCP_SYN, 0, 0, with_stream);
    one_packet(b, flow, TO_CLIENT, TCP_SYN | TCP_ACK, 1, 0, with_stream);
    one_packet(b, flow, TO_SERVER, TCP_ACK, 1, 0, with_stream);
}

/* Two segments and an acknowledgement of both. Returns where the stream goes on. */
static uint32_t exchange(struct bench *b, const struct load *l, uint32_t flow, uint32_t at)
{
    uint32_t next = at + 2 * SEGMENT_BYTES;
    uint32_t second = l->order == OVERLAPPING ? SEGMENT_BYTES / 2 : SEGMENT_BYTES;
    uint32_t places[2] = {at, at + second};
    size_t lens[2] = {SEGMENT_BYTES, next - at - second};
    for (int i = 0; i < 2; i++) {
        int k = l->order == SWAPPED ? !i : i;
        one_packet(b, flow, TO_SERVER, TCP_ACK, places[k], lens[k], l->with_stream);
    }
    one_packet(b, flow, TO_CLIENT, TCP_ACK, next, 0, l->with_stream);
    return next;
}

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double run(const struct load *l)
{
    struct bench b = {0};
    struct stream_options so = {.inline_mode = l->inline_mode, .depth_bytes = UINT32_MAX};
    struct stream_sink sink = {.data = on_data, .ctx = &b};
    struct flow_options fo = {.seed = SEED, .cap_bytes = (size_t)1 << 30};
    b.engine = stream_engine_new(&so, &sink);
    b.table = flow_table_new(&fo, on_end, &b);
    uint32_t *at = calloc(l->flows, sizeof *at);
    ASSERT(at);
    for (uint32_t i = 0; i < l->flows; i++) {
        handshake(&b, i, l->with_stream);
        at[i] = 1;
    }
    double before_ns = cpu_ns();
    uint64_t first = b.number;
    for (uint32_t n = 0; n < PACKETS / 3; n++) {
        uint32_t flow = (uint32_t)(n * UINT64_C(2654435761) % l->flows);
        at[flow] = exchange(&b, l, flow, at[flow]);
    }
    double ns = (cpu_ns() - before_ns) / (double)(b.number - first);
    if (l->with_stream)
        ASSERT(b.delivered == (uint64_t)(PACKETS / 3) * 2 * SEGMENT_BYTES);
    flow_table_flush(b.table, UINT64_MAX);
    flow_table_free(b.table);
    stream_engine_free(b.engine);
    free(at);
    return ns;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void row(const struct load *l)
{
    double ns[RUNS];
    for (int i = 0; i < RUNS; i++)
        ns[i] = run(l);
    qsort(ns, RUNS, sizeof *ns, by_value);
    double bits = 2 * (SEGMENT_BYTES + 54) * 8 / 3.0; /* of three packets, two carry data */
    printf("  %-34s %7u flows  %6.0f ns a packet (%.0f to %.0f)  %6.1f Gbit/s\n", l->name, l->flows,
           ns[RUNS / 2], ns[0], ns[RUNS - 1], bits / ns[RUNS / 2]);
}

int main(void)
{
    static const struct load loads[] = {
        {"flow table alone", 100, IN_ORDER, false, false},
        {"flow table alone", 100000, IN_ORDER, false, false},
        {"in order, until acknowledged", 100, IN_ORDER, false, true},
        {"in order, until acknowledged", 10000, IN_ORDER, false, true},
        {"in order, until acknowledged", 50000, IN_ORDER, false, true},
        {"in order, inline", 10000, IN_ORDER, true, true},
        {"every second segment late", 10000, SWAPPED, false, true},
        {"half of every second one again", 10000, OVERLAPPING, false, true},
    };
    struct utsname machine;
    uname(&machine);
    printf("bench_stream on %s %s, median of %d runs (least to most)\n", machine.sysname,
           machine.machine, RUNS);
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++)
        row(&loads[i]);
    return 0;
}
