/* tests/unit/analyzer/correlate/test_order.c - the order in which alerts arrive, and how they are
 * cut into batches, is no part of the answer: same alerts, same open incidents. */
#include "analyzer/correlate/correlate.h"
#include "analyzer/store/incidents.h"
#include "tests/unit/redis_server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define T0       UINT64_C(1775001600000000) /* 2026-04-01T00:00:00Z */
#define MINUTE   UINT64_C(60000000)
#define HOUR     (60 * MINUTE)
#define SHUFFLES 200
#define MAX      128

struct given {
    const char *org, *src, *dst, *direction, *stage, *host;
    uint64_t sid, ts_us;
};

struct givens {
    struct given list[MAX];
    size_t count;
};

/* ---- what is seen ------------------------------------------------------------------------------
 */

/* n alerts of one detection, step_us apart. */
static void add(struct givens *all, struct given g, size_t n, uint64_t step_us)
{
    for (size_t i = 0; i < n; i++, g.ts_us += step_us) {
        ASSERT(all->count < MAX);
        all->list[all->count++] = g;
    }
}

/* One control server met by address and by name at two organisations and looked up at a third, by
 * name alone; an attacker that came to all of them; a staged attack; and, weeks before, something
 * at the same address that has nothing to do with it. */
static void story(struct givens *all)
{
    static const char c2[] = "198.18.66.10", name[] = "update.evil.example", evil[] = "198.18.7.77";
    all->count = 0;
    add(all, (struct given){"min-a", "10.0.0.5", c2, "outbound", "beacon", "", 1, T0 + 9 * HOUR}, 9,
        7 * MINUTE);
    add(all, (struct given){"min-b", "10.1.0.9", c2, "outbound", "beacon", name, 2, T0 + 5 * HOUR},
        6, HOUR);
    add(all, (struct given){"min-b", "10.1.0.9", c2, "outbound", "beacon", "", 1, T0}, 3, HOUR);
    add(all, (struct given){"ag-c", "10.2.0.3", "192.0.2.53", "outbound", "beacon", name, 3, T0}, 4,
        24 * HOUR);
    add(all, (struct given){"ag-c", "10.2.0.9", c2, "outbound", "beacon", "", 1, T0 - 600 * HOUR},
        1, 0);
    for (uint64_t sid = 10; sid < 17; sid++) {
        add(all, (struct given){"min-a", evil, "192.0.2.80", "inbound", "exploit", "", sid, T0}, 3,
            sid * MINUTE);
        add(all, (struct given){"ag-c", evil, "203.0.113.8", "inbound", "exploit", "", sid, T0}, 1,
            0);
    }
    add(all, (struct given){"min-a", "192.0.2.80", c2, "outbound", "beacon", "", 1, T0 + HOUR}, 5,
        11 * HOUR);
    add(all,
        (struct given){"min-b", evil, "198.51.100.4", "inbound", "exploit", "", 10,
                       T0 + 120 * HOUR},
        2, 20 * HOUR);
}

/* The same for all runs: no clock, no library's generator. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void shuffle(struct givens *all, uint64_t *state)
{
    for (size_t i = all->count; i > 1; i--) {
        size_t k = next_random(state) % i;
        struct given swap = all->list[i - 1];
        all->list[i - 1] = all->list[k];
        all->list[k] = swap;
    }
}

/* ---- what comes of it --------------------------------------------------------------------------
 */

struct bed {
    struct store *store;
    struct correlate *engine;
    char dir[64], found[16384];
};

static void say(struct bed *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct bed *b, const char *format, ...)
{
    size_t n = strlen(b->found);
    va_list args;
    va_start(args, format);
    int k = vsnprintf(b->found + n, sizeof b->found - n, format, args);
    va_end(args);
    assert_true(k >= 0 && (size_t)k < sizeof b->found - n);
}

static void org_say(void *ctx, const struct incident_org_row *o)
{
    say(ctx, "  %s %llu/%llu %llu..%llu\n", o->org, (unsigned long long)o->alerts,
        (unsigned long long)o->detections, (unsigned long long)o->first_us,
        (unsigned long long)o->last_us);
}

struct lines {
    char text[MAX][160];
    size_t count;
};

static void detection_take(void *ctx, const struct detection_row *d)
{
    struct lines *l = ctx;
    snprintf(l->text[l->count++], sizeof l->text[0], "  %s %llu %s>%s %llu\n", d->org,
             (unsigned long long)d->sid, d->src, d->dst, (unsigned long long)d->count);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void incident_say(struct bed *b, const struct incident_row *in)
{
    struct err err;
    struct lines l = {.count = 0};
    struct detection_filter f = {.incident = in->id, .limit = MAX};
    say(b, "%s %s %llu/%llu %llu..%llu\n%s\n", in->rule, in->key, (unsigned long long)in->org_count,
        (unsigned long long)in->alert_count, (unsigned long long)in->first_us,
        (unsigned long long)in->last_us, in->why.en);
    assert_int_equal(store_incident_orgs(b->store, NULL, in->id, org_say, b, &err), 0);
    assert_int_equal(store_detections(b->store, &f, detection_take, &l, &err), 0);
    qsort(l.text, l.count, sizeof l.text[0], by_text);
    for (size_t i = 0; i < l.count; i++)
        say(b, "%s", l.text[i]);
}

/* Numbers are given by arrival, so incidents are told by rule and key. */
struct wanted {
    struct bed *bed;
    const char *what;
    int open, closed;
};

static void incident_take(void *ctx, const struct incident_row *in)
{
    struct wanted *w = ctx;
    char name[256];
    snprintf(name, sizeof name, "%s %s", in->rule, in->key);
    bool open = strcmp(in->state, "open") == 0;
    w->open += open;
    w->closed += !open;
    if (open && w->what && strcmp(name, w->what) == 0)
        incident_say(w->bed, in);
}

static void result_take(struct bed *b)
{
    static const char *const names[] = {"same-indicator 198.18.66.10", "same-indicator 198.18.7.77",
                                        "staged-attack min-a 192.0.2.80"};
    struct err err;
    struct incident_filter f = {.limit = 0};
    b->found[0] = 0;
    for (size_t i = 0; i < 3; i++) {
        struct wanted w = {.bed = b, .what = names[i]};
        assert_int_equal(store_incidents(b->store, &f, incident_take, &w, &err), 0);
        assert_int_equal(w.open, 3);
    }
}

static void feed(struct bed *b, const struct given *g, uint64_t seq)
{
    struct err err = {0};
    bool created;
    char json[128];
    snprintf(json, sizeof json, "{\"stage\":[\"%s\"]}", g->stage);
    cJSON *metadata = cJSON_Parse(json);
    struct alert_row a = {.sensor = "s",
                          .epoch = 1,
                          .seq = seq,
                          .org = g->org,
                          .ts_us = g->ts_us,
                          .gid = 1,
                          .sid = g->sid,
                          .severity = 1,
                          .signature = g->stage,
                          .category = "",
                          .src = g->src,
                          .dst = g->dst,
                          .dst_port = strcmp(g->dst, "192.0.2.53") == 0 ? 53 : 443,
                          .app_proto = strcmp(g->dst, "192.0.2.53") == 0 ? "dns" : "",
                          .host = g->host,
                          .ja4 = "",
                          .detector = "",
                          .direction = g->direction};
    a.detection = store_detection_add(b->store, &a, &created, &err);
    assert_int_equal(store_alert_put(b->store, &a, &err), 1);
    struct correlate_alert seen = {&a, metadata};
    assert_int_equal(correlate_alert(b->engine, &seen, T0, &err), 0);
    cJSON_Delete(metadata);
}

/* Feeds them in transactions of `batch` alerts. */
static void feed_all(struct bed *b, const struct givens *all, size_t batch)
{
    struct err err = {0};
    for (size_t i = 0; i < all->count; i += batch) {
        assert_int_equal(store_begin(b->store, &err), 0);
        for (size_t k = i; k < i + batch && k < all->count; k++)
            feed(b, &all->list[k], k + 1);
        assert_int_equal(correlate_flush(b->engine, T0, &err), 0);
        assert_int_equal(store_commit(b->store, &err), 0);
    }
    assert_string_equal(err.text, "");
}

static void bed_open(struct bed *b)
{
    struct err err = {0};
    snprintf(b->dir, sizeof b->dir, "/tmp/sekisho-order-XXXXXX");
    ASSERT(mkdtemp(b->dir));
    b->store = store_open(b->dir, STORE_WRITER, &err);
    assert_non_null(b->store);
    b->engine = correlate_new("rules/correlation", b->store, &err);
    assert_non_null(b->engine);
}

static void bed_close(struct bed *b)
{
    correlate_free(b->engine);
    store_close(b->store);
    test_remove_tree(b->dir);
}

static void run(struct bed *b, const struct givens *all, size_t batch)
{
    bed_open(b);
    feed_all(b, all, batch);
    result_take(b);
    bed_close(b);
}

static void correlate__order_and_batches_do_not_matter(void **state)
{
    (void)state;
    static struct bed bed;
    static struct givens all;
    static char first[sizeof bed.found];
    uint64_t random = UINT64_C(0x5eed5eed5eed5eed);
    story(&all);
    run(&bed, &all, all.count);
    snprintf(first, sizeof first, "%s", bed.found);
    assert_non_null(strstr(first, "same-indicator 198.18.66.10 3/27 "));
    assert_non_null(strstr(first, "same-indicator 198.18.7.77 3/30 "));
    for (int i = 0; i < SHUFFLES; i++) {
        shuffle(&all, &random);
        run(&bed, &all, i % 10 ? 1 + next_random(&random) % all.count : 1);
        assert_string_equal(bed.found, first);
    }
}

static void merged_line(void *ctx, const struct timeline_row *t)
{
    *(int *)ctx += strcmp(t->kind, "state") == 0 && strcmp(t->text.en, "merged into #1") == 0;
}

/* Name and address have an incident each before an alert shows that they are one. */
static void correlate__incidents_that_share_a_detection_become_one(void **state)
{
    (void)state;
    static struct bed bed;
    static struct givens all;
    static const char *const orgs[] = {"min-a", "min-b"};
    static const char c2[] = "198.18.66.10", name[] = "update.evil.example";
    struct err err;
    struct wanted w = {.bed = &bed, .what = "same-indicator 198.18.66.10"};
    struct incident_filter f = {.limit = 0};
    int merged = 0;
    all.count = 0;
    for (int i = 0; i < 2; i++)
        add(&all,
            (struct given){orgs[i], "10.0.0.5", "192.0.2.53", "outbound", "beacon", name, 2, T0}, 1,
            0);
    for (int i = 0; i < 2; i++)
        add(&all, (struct given){orgs[i], "10.0.0.5", c2, "outbound", "beacon", "", 1, T0}, 1, 0);
    add(&all, (struct given){"min-a", "10.0.0.5", c2, "outbound", "beacon", name, 1, T0 + 1}, 1, 0);
    bed_open(&bed);
    bed.found[0] = 0;
    feed_all(&bed, &all, 1);
    assert_int_equal(store_incidents(bed.store, &f, incident_take, &w, &err), 0);
    assert_int_equal(w.open, 1);
    assert_int_equal(w.closed, 1);
    assert_non_null(strstr(bed.found, "same-indicator 198.18.66.10 2/5 "));
    assert_int_equal(store_timeline(bed.store, NULL, 2, merged_line, &merged, &err), 0);
    assert_int_equal(merged, 1);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlate__order_and_batches_do_not_matter),
        cmocka_unit_test(correlate__incidents_that_share_a_detection_become_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
