/* tests/bench/bench_wire.c - records per second through spool and sender into a real Redis, and
 * what a Redis outage of five seconds costs.
 *
 *   bench_wire [RECORDS]      default 300000, of about 900 bytes, flushed by 256
 *
 * Redis writes its append-only file before each answer (appendfsync always). */
#include <sys/utsname.h>
#include "common/clock.h"
#include "common/text.h"
#include "sensor/output/output.h"
#include "tests/unit/redis_server.h"

#define RUNS 3

static char line[900];

static void make_line(void)
{
    static const char head[] = "{\"event_type\":\"alert\",\"payload\":\"";
    memset(line, 'A', sizeof line);
    memcpy(line, head, sizeof head - 1);
    line[sizeof line - 2] = '"';
    line[sizeof line - 1] = '}';
}

static double seconds_since(uint64_t from_us)
{
    return (double)(clock_monotonic_us() - from_us) / 1e6;
}

static void put(struct wire *w, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        wire_put(w, WIRE_ALERTS, "mofa", 2, bytes_of(line, sizeof line), (struct bytes){0}, NULL);
        if (i % 256 == 255)
            wire_flush(w);
    }
    wire_flush(w);
}

static struct wire *open_wire(const char *spool, const char *address)
{
    struct err err = {""};
    const struct wire_options o = {
        .spool_dir = spool, .sensor = "gw-1", .centre = "nisc", .redis_address = address};
    struct wire *w = wire_open(&o, &err);
    if (!w) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return w;
}

static void report(struct wire *w, const char *what, unsigned records, double put_s, double all_s)
{
    struct wire_counters c;
    wire_counters(w, &c);
    uint64_t shed = c.shed[SHED_SPOOL_FULL] + c.shed[SHED_SPOOL_ERROR];
    printf("  %-28s put %7.0f/s   confirmed %7.0f/s   generated %llu = sent %llu + spooled %llu + "
           "shed %llu\n",
           what, records / put_s, records / all_s, (unsigned long long)c.generated,
           (unsigned long long)c.sent, (unsigned long long)c.spooled, (unsigned long long)shed);
}

static void bench_steady(const char *spool, const struct redis_server *server, unsigned records)
{
    for (int run = 0; run < RUNS; run++) {
        struct wire *w = open_wire(spool, server->socket);
        uint64_t start_us = clock_monotonic_us();
        put(w, records);
        double put_s = seconds_since(start_us);
        if (!wire_drain(w, 120000))
            printf("  not drained within two minutes\n");
        report(w, "Redis there", records, put_s, seconds_since(start_us));
        wire_close(w);
    }
}

/* Redis dies a third of the way and comes back five seconds later, while records go on coming. */
static void bench_outage(const char *spool, struct redis_server *server, unsigned records)
{
    struct wire *w = open_wire(spool, server->socket);
    uint64_t start_us = clock_monotonic_us();
    put(w, records / 3);
    redis_server_kill(server);
    put(w, records / 3);
    while (seconds_since(start_us) < 5)
        usleep(10000);
    redis_server_start(server, NULL);
    put(w, records / 3);
    double put_s = seconds_since(start_us);
    if (!wire_drain(w, 120000))
        printf("  not drained within two minutes\n");
    report(w, "Redis away for 5 s", records / 3 * 3, put_s, seconds_since(start_us));
    wire_close(w);
}

int main(int argc, char **argv)
{
    struct utsname machine;
    struct redis_server server;
    char spool[] = "/tmp/sekisho-spool-XXXXXX";
    uint64_t records = 300000;
    if (argc > 1 && !text_u64(bytes_str(argv[1]), 3, 100000000, &records)) {
        fprintf(stderr, "bench_wire [RECORDS]\n");
        return 2;
    }
    uname(&machine);
    printf("bench_wire on %s %s, %llu records\n", machine.sysname, machine.machine,
           (unsigned long long)records);
    if (!mkdtemp(spool))
        return 1;
    make_line();
    redis_server_new(&server, NULL);
    bench_steady(spool, &server, (unsigned)records);
    bench_outage(spool, &server, (unsigned)records);
    redis_server_end(&server);
    test_remove_tree(spool);
    return 0;
}
