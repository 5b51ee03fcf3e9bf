/* tests/bench/bench_flows.c - what a flow costs where there are very many: bytes and nanoseconds.
 *
 * usage: bench_flows [FLOWS]      (10,000,000 by default: about 6 GB)
 *
 * Every flow is one TCP SYN, so it has a flow record, a place in the index and a TCP session: what
 * a scan or a flood leaves. Then each gets a second packet, in another order, which is a miss to
 * memory everywhere; then all time out. */
#include <inttypes.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include "common/err.h"
#include "sensor/stream/stream.h"

enum { FLOWS = 10000000, STRIDE = 7919, EXPECT = 8, APPROACH = 4 };
static const uint64_t T0 = UINT64_C(1700000000000000);

struct bench {
    struct flow_table *table;
    struct stream_engine *engine;
    uint64_t number;
};

static void on_data(void *ctx, struct flow *f, enum direction dir, struct bytes data,
                    unsigned notes, uint64_t gap_bytes)
{
    (void)ctx, (void)f, (void)dir, (void)data, (void)notes, (void)gap_bytes;
}

static void on_end(void *ctx, struct flow *f)
{
    struct bench *b = ctx;
    stream_session_free(b->engine, f);
}

static struct packet syn_of(uint32_t flow)
{
    static const uint8_t raw[60];
    struct packet p = {.ts_us = T0, .ip_version = 4, .proto = IPP_TCP, .ttl = 64};
    p.src = addr_v4((const uint8_t[]){198, 51, (uint8_t)(flow >> 24), 7});
    p.dst =
        addr_v4((const uint8_t[]){10, (uint8_t)(flow >> 16), (uint8_t)(flow >> 8), (uint8_t)flow});
    p.sport = 40000;
    p.dport = 443;
    p.raw = bytes_of(raw, sizeof raw);
    p.l4 = bytes_of(raw, 40);
    p.tcp.flags = TCP_SYN;
    p.tcp.seq = flow;
    p.tcp.window = UINT16_MAX;
    p.tcp.wscale = -1;
    return p;
}

/* One packet of every flow, those to come fetched ahead as the sensor does it; ns for each. */
static double pass(struct bench *b, uint32_t flows, uint32_t stride)
{
    struct packet ring[16];
    clock_t from = clock();
    for (uint64_t i = 0; i < flows + EXPECT; i++) {
        if (i < flows) {
            struct packet *ahead = &ring[i % 16];
            *ahead = syn_of((uint32_t)(i * stride % flows));
            ahead->number = ++b->number;
            flow_table_expect(b->table, ahead);
        }
        if (i >= EXPECT - APPROACH && i - (EXPECT - APPROACH) < flows)
            flow_table_approach(b->table, &ring[(i - (EXPECT - APPROACH)) % 16]);
        if (i < EXPECT)
            continue;
        struct packet *p = &ring[(i - EXPECT) % 16];
        enum direction dir;
        struct flow *f = flow_table_packet(b->table, p, &dir);
        stream_packet(b->engine, f, p, &dir);
    }
    return (double)(clock() - from) * 1e9 / CLOCKS_PER_SEC / flows;
}

static uint64_t resident_bytes(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)u.ru_maxrss << 10;
}

int main(int argc, char **argv)
{
    uint32_t flows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : FLOWS;
    struct flow_options fo = {.cap_bytes = SIZE_MAX / 2};
    struct stream_options so = {.session_cap_bytes = SIZE_MAX / 2};
    struct stream_sink sink = {.data = on_data};
    struct bench b = {.engine = stream_engine_new(&so, &sink)};
    struct utsname machine;
    b.table = flow_table_new(&fo, on_end, &b);
    uint64_t before = resident_bytes();
    double made_ns = pass(&b, flows, 1), found_ns = pass(&b, flows, STRIDE);
    const struct flow_counters *c = flow_counters(b.table);
    ASSERT(flows == c->active || flows == 0);
    double held = (double)(resident_bytes() - before);
    clock_t from = clock();
    flow_table_expire(b.table, T0 + UINT64_C(3600000000));
    double ended_ns = (double)(clock() - from) * 1e9 / CLOCKS_PER_SEC / flows;
    uname(&machine);
    printf("%s %s, %" PRIu32 " flows of one SYN each, processor time\n", machine.sysname,
           machine.machine, flows);
    printf("bytes/flow: %.0f resident; of the flow table %.0f, of sessions %.0f\n", held / flows,
           (double)c->memory_bytes / flows,
           (double)stream_counters(b.engine)->memory_bytes / flows);
    printf("resident: %.2f GiB\n", held / (1 << 30));
    printf("ns/flow: made %.0f, found again %.0f, timed out %.0f\n", made_ns, found_ns, ended_ns);
    flow_table_free(b.table);
    stream_engine_free(b.engine);
    return 0;
}
