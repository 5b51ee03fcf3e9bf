/* tests/unit/analyzer/ingest/test_consumer.c - a real Redis, a real archive: nothing lost, nothing
 * twice, poisoned entries set aside, streams trimmed only below what was acknowledged. */
#include "analyzer/ingest/consumer.h"
#include "analyzer/pipeline.h"
#include "common/clock.h"
#include "common/file.h"
#include "tests/unit/analyzer/eve_sample.h"
#include "tests/unit/redis_server.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/resource.h>

#define WAIT_US 20000000 /* far beyond what any step needs; only a failure takes that long */

struct bed {
    struct redis_server server;
    char dir[64], orgs[96];
    struct redis *redis;
    struct directory *directory;
    struct enrich *enrich;
    struct store *store;
    struct pipeline *pipeline;
    struct ingest *ingest;
    pthread_t thread;
};

static void analyzer_start(struct bed *b, const char *name)
{
    static const char *const orgs[] = {"min-a", "min-b"};
    struct err err = {0};
    b->store = store_open(b->dir, STORE_WRITER, &err);
    assert_string_equal(err.text, "");
    b->pipeline = pipeline_new(&(struct pipeline_options){
        .store = b->store, .directory = b->directory, .enrich = b->enrich});
    assert_non_null(b->pipeline);
    b->ingest = ingest_new(&(struct ingest_options){.redis = {.address = b->server.socket},
                                                    .consumer = name,
                                                    .orgs = orgs,
                                                    .org_count = 2,
                                                    .store = b->store,
                                                    .hooks = pipeline_hooks(b->pipeline)});
}

static void *run(void *arg)
{
    ingest_run(arg);
    return NULL;
}

static void analyzer_run(struct bed *b)
{
    assert_int_equal(pthread_create(&b->thread, NULL, run, b->ingest), 0);
}

static void analyzer_end(struct bed *b, bool running)
{
    if (running) {
        ingest_stop(b->ingest);
        pthread_join(b->thread, NULL);
    }
    ingest_free(b->ingest);
    pipeline_free(b->pipeline);
    store_close(b->store);
}

static int setup(void **state)
{
    struct err err;
    struct bed *b = calloc(1, sizeof *b);
    ASSERT(b);
    redis_server_new(&b->server, NULL);
    snprintf(b->dir, sizeof b->dir, "%s/data", b->server.dir);
    snprintf(b->orgs, sizeof b->orgs, "%s/orgs.yaml", b->server.dir);
    ASSERT(file_replace(b->orgs, bytes_str(SAMPLE_ORGS), &err) == 0);
    b->directory = directory_load(b->orgs, &err);
    b->enrich = enrich_open(NULL, NULL, &err);
    b->redis = redis_new(&(struct redis_options){.address = b->server.socket});
    ASSERT(b->directory && b->enrich && redis_connect(b->redis, &err) == 0);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    redis_free(b->redis);
    enrich_close(b->enrich);
    directory_free(b->directory);
    redis_server_end(&b->server);
    free(b);
    return 0;
}

static void add(struct bed *b, const char *stream, const char *field, struct bytes value)
{
    struct err err;
    struct bytes argv[] = {BYTES_LIT("XADD"), bytes_str(stream), BYTES_LIT("*"), bytes_str(field),
                           value};
    redisReply *r = redis_command(b->redis, &err, 5, argv);
    assert_non_null(r);
    assert_int_equal(r->type, REDIS_REPLY_STRING);
    freeReplyObject(r);
}

static void add_alerts(struct bed *b, uint64_t from, uint64_t to)
{
    struct json j = {0};
    struct sample s = sample_default();
    for (s.seq = from; s.seq <= to; s.seq++)
        add(b, "sk:{min-a}:alerts", "eve", sample_alert(&j, &s));
    json_release(&j);
}

static long long call_number(struct bed *b, const char *command, const char *key)
{
    struct err err;
    redisReply *r = redis_call(b->redis, &err, command, key, NULL);
    assert_non_null(r);
    long long n = r->integer;
    freeReplyObject(r);
    return n;
}

static long long pending(struct bed *b, const char *key)
{
    struct err err;
    redisReply *r = redis_call(b->redis, &err, "XPENDING", key, INGEST_GROUP, NULL);
    assert_non_null(r);
    long long n = r->type == REDIS_REPLY_ARRAY ? r->element[0]->integer : -1;
    freeReplyObject(r);
    return n;
}

/* Waits for a condition by asking again; fails the test when it does not come. */
#define await(cond)                                                                                \
    do {                                                                                           \
        uint64_t until_us = clock_monotonic_us() + WAIT_US;                                        \
        while (!(cond)) {                                                                          \
            assert_true(clock_monotonic_us() < until_us);                                          \
            sched_yield();                                                                         \
        }                                                                                          \
    } while (0)

struct book {
    uint64_t alerts, stats, dead, duplicates;
};

static void book_read(void *ctx, const struct epoch_row *e)
{
    struct book *book = ctx;
    book->alerts += e->alerts;
    book->stats += e->stats;
    book->dead += e->dead;
    book->duplicates += e->duplicates;
}

static struct book book_of(struct bed *b)
{
    struct err err;
    struct book book = {0};
    struct store *reader = store_open(b->dir, STORE_READER, &err);
    assert_non_null(reader);
    assert_int_equal(store_epochs(reader, NULL, book_read, &book, &err), 0);
    store_close(reader);
    return book;
}

static void ingest__archives_acknowledges_and_trims(void **state)
{
    struct bed *b = *state;
    struct json j = {0};
    struct sample s = sample_default();
    analyzer_start(b, "one");
    analyzer_run(b);
    add_alerts(b, 1, 500);
    s.seq = 501;
    add(b, "sk:{min-a}:stats", "eve", sample_stats(&j, &s, 501, 500, 0));
    await(call_number(b, "XLEN", "sk:{min-a}:alerts") == 0 &&
          call_number(b, "XLEN", "sk:{min-a}:stats") == 0);
    analyzer_end(b, true);
    struct book book = book_of(b);
    assert_int_equal(book.alerts, 500);
    assert_int_equal(book.stats, 1);
    assert_int_equal(book.duplicates, 0);
    json_release(&j);
}

static void ingest__counts_a_record_sent_twice_once(void **state)
{
    struct bed *b = *state;
    analyzer_start(b, "one");
    analyzer_run(b);
    add_alerts(b, 1, 20);
    add_alerts(b, 11, 30);
    await(atomic_load(&ingest_counters(b->ingest)->entries) == 40);
    await(pending(b, "sk:{min-a}:alerts") == 0);
    analyzer_end(b, true);
    assert_int_equal(book_of(b).alerts, 30);
    assert_int_equal(book_of(b).duplicates, 10);
}

static void ingest__sets_poisoned_entries_aside(void **state)
{
    struct bed *b = *state;
    struct json j = {0};
    struct sample s = sample_default();
    analyzer_start(b, "one");
    analyzer_run(b);
    add(b, "sk:{min-a}:alerts", "other", BYTES_LIT("x"));
    add(b, "sk:{min-a}:alerts", "eve", BYTES_LIT("{\"broken\":"));
    s.org = "min-b"; /* in the stream of min-a */
    add(b, "sk:{min-a}:alerts", "eve", sample_alert(&j, &s));
    s = sample_default();
    s.seq = 2;
    s.src = "nowhere";
    add(b, "sk:{min-a}:alerts", "eve", sample_alert(&j, &s));
    add_alerts(b, 1, 1);
    await(call_number(b, "XLEN", "sk:{min-a}:dead") == 4);
    await(call_number(b, "XLEN", "sk:{min-a}:alerts") == 0);
    analyzer_end(b, true);
    struct book book = book_of(b);
    assert_int_equal(book.alerts, 1);
    assert_int_equal(book.dead, 1); /* only one bears a stamp that can be trusted */
    json_release(&j);
}

static int interrupted(void *ctx, struct err *err)
{
    bool *fail = ctx;
    return *fail ? err_set(err, "disk full (test)") : 0;
}

static int ignore(void *ctx, struct record *r, struct err *err)
{
    (void)ctx, (void)r, (void)err;
    return 0;
}

static void nothing(void *ctx)
{
    (void)ctx;
}

/* A consumer that reads, archives nothing and never acknowledges: as if killed before the commit.
 */
static void leave_pending(struct bed *b, const char *consumer)
{
    bool fail = true;
    struct ingest_hooks hooks = {&fail, ignore, ignore, interrupted, nothing, nothing};
    analyzer_start(b, consumer);
    ingest_free(b->ingest);
    static const char *const orgs[] = {"min-a"};
    b->ingest = ingest_new(&(struct ingest_options){.redis = {.address = b->server.socket},
                                                    .consumer = consumer,
                                                    .orgs = orgs,
                                                    .org_count = 1,
                                                    .store = b->store,
                                                    .hooks = hooks});
    analyzer_run(b);
    await(atomic_load(&ingest_counters(b->ingest)->rollbacks) > 0);
    analyzer_end(b, true);
}

static void ingest__takes_up_what_it_had_not_acknowledged(void **state)
{
    struct bed *b = *state;
    add_alerts(b, 1, 100);
    leave_pending(b, "one");
    assert_int_equal(pending(b, "sk:{min-a}:alerts"), 100);
    assert_int_equal(call_number(b, "XLEN", "sk:{min-a}:alerts"), 100);
    analyzer_start(b, "one");
    analyzer_run(b);
    await(call_number(b, "XLEN", "sk:{min-a}:alerts") == 0);
    analyzer_end(b, true);
    assert_int_equal(book_of(b).alerts, 100);
}

static void ingest__trims_only_below_what_every_group_acknowledged(void **state)
{
    struct bed *b = *state;
    struct err err;
    analyzer_start(b, "one");
    analyzer_run(b);
    await(atomic_load(&ingest_counters(b->ingest)->connected));
    redisReply *r = redis_call(b->redis, &err, "XGROUP", "CREATE", "sk:{min-a}:alerts", "other",
                               "0", "MKSTREAM", NULL);
    freeReplyObject(r);
    add_alerts(b, 1, 10);
    await(atomic_load(&ingest_counters(b->ingest)->alerts) == 10);
    await(pending(b, "sk:{min-a}:alerts") == 0);
    r = redis_call(b->redis, &err, "XREADGROUP", "GROUP", "other", "x", "COUNT", "4", "STREAMS",
                   "sk:{min-a}:alerts", ">", NULL);
    freeReplyObject(r);
    r = redis_call(b->redis, &err, "XADD", "sk:{min-a}:alerts", "*", "eve", "{}", NULL);
    freeReplyObject(r); /* a dead letter, so that the stream is looked at again */
    await(call_number(b, "XLEN", "sk:{min-a}:dead") == 1);
    r = redis_call(b->redis, &err, "XPENDING", "sk:{min-a}:alerts", "other", "-", "+", "9", NULL);
    assert_int_equal(r->elements, 4);
    for (size_t i = 0; i < 2; i++)
        freeReplyObject(redis_call(b->redis, &err, "XACK", "sk:{min-a}:alerts", "other",
                                   r->element[i]->element[0]->str, NULL));
    freeReplyObject(r);
    await(call_number(b, "XLEN", "sk:{min-a}:alerts") == 9); /* 2 of 11 are done by both */
    analyzer_end(b, true);
}

static void ingest__survives_redis_going_away(void **state)
{
    struct bed *b = *state;
    struct err err;
    analyzer_start(b, "one");
    analyzer_run(b);
    add_alerts(b, 1, 50);
    await(atomic_load(&ingest_counters(b->ingest)->alerts) == 50);
    redis_server_kill(&b->server);
    await(!atomic_load(&ingest_counters(b->ingest)->connected));
    redis_server_start(&b->server, NULL);
    assert_int_equal(redis_connect(b->redis, &err), 0);
    add_alerts(b, 51, 80);
    await(call_number(b, "XLEN", "sk:{min-a}:alerts") == 0);
    analyzer_end(b, true);
    assert_int_equal(book_of(b).alerts, 80);
}

/* A file may not grow beyond this: what a full disk looks like to the archive. */
static void file_limit(rlim_t bytes)
{
    struct rlimit l;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void ingest__loses_nothing_when_the_disk_is_full(void **state)
{
    struct bed *b = *state;
    signal(SIGXFSZ, SIG_IGN);
    analyzer_start(b, "one");
    file_limit(600 * 1024);
    analyzer_run(b);
    add_alerts(b, 1, 2000);
    await(atomic_load(&ingest_counters(b->ingest)->rollbacks) > 0);
    assert_true(call_number(b, "XLEN", "sk:{min-a}:alerts") > 0);
    file_limit(RLIM_INFINITY);
    await(call_number(b, "XLEN", "sk:{min-a}:alerts") == 0);
    analyzer_end(b, true);
    assert_int_equal(book_of(b).alerts, 2000);
}

static void ingest__leaves_a_key_that_is_no_stream_out(void **state)
{
    struct bed *b = *state;
    struct err err;
    freeReplyObject(redis_call(b->redis, &err, "SET", "sk:{min-b}:alerts", "x", NULL));
    analyzer_start(b, "one");
    analyzer_run(b);
    add_alerts(b, 1, 5);
    await(call_number(b, "XLEN", "sk:{min-a}:alerts") == 0);
    analyzer_end(b, true);
    assert_int_equal(book_of(b).alerts, 5);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(ingest__archives_acknowledges_and_trims),
        TEST(ingest__counts_a_record_sent_twice_once),
        TEST(ingest__sets_poisoned_entries_aside),
        TEST(ingest__takes_up_what_it_had_not_acknowledged),
        TEST(ingest__trims_only_below_what_every_group_acknowledged),
        TEST(ingest__survives_redis_going_away),
        TEST(ingest__loses_nothing_when_the_disk_is_full),
        TEST(ingest__leaves_a_key_that_is_no_stream_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
