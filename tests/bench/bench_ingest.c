/* tests/bench/bench_ingest.c - alerts a second from Redis streams into the archive.
 *
 *   bench_ingest [ALERTS [RUNS]]
 *
 * Starts a private redis-server, fills the streams of two organisations with alerts of the size a
 * sensor sends (a payload excerpt and packet in base64, about 1.9 kB), then reads them as the
 * analyzer does: parse, enrich, roll up, archive, correlate, commit (fsync), acknowledge, trim.
 * Prints each run's alerts/s and the processor time of this process, and the median. */
#include "analyzer/ingest/consumer.h"
#include "analyzer/pipeline.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "tests/unit/analyzer/eve_sample.h"
#include "tests/unit/redis_server.h"
#include <pthread.h>
#include <sys/resource.h>

#define RUNS_MAX 15

static const char *const orgs[] = {"min-a", "min-b"};

/* Four in five alerts repeat a few rules and hosts, the rest are new pairs: what a gateway shows.
 */
static void alert_vary(struct sample *s, char src[48], char dst[48], char title[64], uint64_t n)
{
    uint64_t mixed = n * UINT64_C(0x9E3779B97F4A7C15) >> 33;
    bool rare = mixed % 5 == 0;
    snprintf(src, 48, "203.0.113.%u", (unsigned)(rare ? mixed % 250 : mixed % 8));
    snprintf(dst, 48, "10.%u.%u.%u", (unsigned)(rare ? mixed >> 8 & 255 : 1),
             (unsigned)(rare ? mixed >> 16 & 255 : 0), (unsigned)(mixed % 20));
    s->sid = 9000000 + mixed % 40;
    snprintf(title, 64, "SEKISHO bench rule %u", (unsigned)(mixed % 40));
    s->src = src;
    s->dst = dst;
    s->signature = title;
    s->severity = mixed % 100 == 0 ? 1 : 2 + (unsigned)(mixed % 3);
    s->category = s->severity == 1 ? "A Network Trojan was detected" : "Misc activity";
    s->ts_us = SAMPLE_TS + n * 500;
}

/* The record with a payload and a packet before its last brace. */
static struct bytes alert_padded(struct json *j, const struct sample *s)
{
    static const uint8_t noise[600] = {1, 2, 3};
    sample_alert(j, s);
    j->len--;
    json_base64(j, "payload", bytes_of(noise, sizeof noise));
    json_base64(j, "packet", bytes_of(noise, 256));
    json_object_end(j);
    return json_bytes(j);
}

static void streams_fill(struct redis *redis, uint64_t alerts)
{
    struct json j = {0};
    struct err err;
    char src[48], dst[48], title[64];
    for (uint64_t n = 0; n < alerts; n++) {
        struct sample s = sample_default();
        alert_vary(&s, src, dst, title, n);
        s.org = orgs[n % 2];
        s.sensor = n % 2 ? "s-b" : "s-a";
        s.seq = n / 2 + 1;
        struct bytes argv[] = {BYTES_LIT("XADD"),
                               n % 2 ? BYTES_LIT("sk:{min-b}:alerts")
                                     : BYTES_LIT("sk:{min-a}:alerts"),
                               BYTES_LIT("*"), BYTES_LIT("eve"), alert_padded(&j, &s)};
        redis_send(redis, 5, argv);
        for (uint64_t k = 0; (n % 500 == 499 || n + 1 == alerts) && k < n % 500 + 1; k++)
            freeReplyObject(redis_reply(redis, &err));
    }
    json_release(&j);
}

static void *run(void *arg)
{
    ingest_run(arg);
    return NULL;
}

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* One run over fresh streams and a fresh archive; alerts/s. */
static double measure(const struct redis_server *server, const struct directory *directory,
                      const struct enrich *enrich, uint64_t alerts, int number)
{
    char dir[96];
    struct err err = {0};
    struct redis *redis = redis_new(&(struct redis_options){.address = server->socket});
    ASSERT(redis_connect(redis, &err) == 0);
    freeReplyObject(redis_call(redis, &err, "FLUSHALL", NULL));
    streams_fill(redis, alerts);
    snprintf(dir, sizeof dir, "%s/run%d", server->dir, number);
    struct store *store = store_open(dir, STORE_WRITER, &err);
    ASSERT(store);
    struct correlate *correlate = correlate_new("rules/correlation", store, &err);
    ASSERT(correlate);
    struct pipeline *pipeline = pipeline_new(&(struct pipeline_options){
        .store = store, .directory = directory, .enrich = enrich, .correlate = correlate});
    struct ingest *ingest =
        ingest_new(&(struct ingest_options){.redis = {.address = server->socket},
                                            .consumer = "bench",
                                            .orgs = orgs,
                                            .org_count = 2,
                                            .store = store,
                                            .hooks = pipeline_hooks(pipeline)});
    pthread_t thread;
    uint64_t from_us = clock_monotonic_us();
    double cpu = cpu_seconds();
    ASSERT(pthread_create(&thread, NULL, run, ingest) == 0);
    while (atomic_load(&ingest_counters(ingest)->alerts) < alerts)
        usleep(1000);
    double seconds = (double)(clock_monotonic_us() - from_us) / 1e6;
    cpu = cpu_seconds() - cpu;
    ingest_stop(ingest);
    pthread_join(thread, NULL);
    printf("run %d: %8.0f alerts/s  %.2f s, processor %.1f us an alert, %lu batches\n", number,
           (double)alerts / seconds, seconds, cpu * 1e6 / (double)alerts,
           atomic_load(&ingest_counters(ingest)->batches));
    ingest_free(ingest);
    pipeline_free(pipeline);
    correlate_free(correlate);
    store_close(store);
    redis_free(redis);
    return (double)alerts / seconds;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    uint64_t alerts = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000;
    int runs = argc > 2 ? (int)strtoul(argv[2], NULL, 10) : 3;
    struct redis_server server;
    struct err err = {0};
    char path[96];
    double rates[RUNS_MAX];
    if (alerts == 0 || runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: bench_ingest [ALERTS [RUNS up to %d]]\n", RUNS_MAX);
        return 2;
    }
    log_init("bench_ingest", LOG_WARN);
    redis_server_new(&server, (const char *const[6]){"--appendonly", "no", NULL});
    snprintf(path, sizeof path, "%s/orgs.yaml", server.dir);
    ASSERT(file_replace(path, bytes_str(SAMPLE_ORGS), &err) == 0);
    struct directory *directory = directory_load(path, &err);
    struct enrich *enrich = enrich_open(NULL, NULL, &err);
    ASSERT(directory && enrich);
    for (int i = 0; i < runs; i++)
        rates[i] = measure(&server, directory, enrich, alerts, i + 1);
    qsort(rates, (size_t)runs, sizeof rates[0], ascending);
    printf("median %.0f alerts/s, %.0f to %.0f\n", rates[runs / 2], rates[0], rates[runs - 1]);
    enrich_close(enrich);
    directory_free(directory);
    redis_server_end(&server);
    return 0;
}
