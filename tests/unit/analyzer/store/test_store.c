/* tests/unit/analyzer/store/test_store.c - what is kept once, found again, and shown to whom. */
#include "analyzer/store/alerts.h"
#include "analyzer/store/incidents.h"
#include "analyzer/store/memory.h"
#include "analyzer/store/notices.h"
#include "analyzer/store/sensors.h"
#include "tests/unit/redis_server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define T0 UINT64_C(1775001600000000)

struct bed {
    char dir[64];
    struct store *store;
};

static int setup(void **state)
{
    struct err err;
    struct bed *b = calloc(1, sizeof *b);
    ASSERT(b);
    snprintf(b->dir, sizeof b->dir, "/tmp/sekisho-store-XXXXXX");
    ASSERT(mkdtemp(b->dir));
    b->store = store_open(b->dir, STORE_WRITER, &err);
    ASSERT(b->store);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    store_close(b->store);
    test_remove_tree(b->dir);
    free(b);
    return 0;
}

static struct alert_row alert(const char *org, uint64_t seq, uint32_t severity)
{
    return (struct alert_row){.sensor = "s",
                              .epoch = 7,
                              .seq = seq,
                              .org = org,
                              .centre = "nisc",
                              .ts_us = T0 + seq,
                              .received_us = T0,
                              .gid = 1,
                              .sid = 5,
                              .severity = severity,
                              .signature = "100% _sure_",
                              .category = "c",
                              .src = "203.0.113.7",
                              .dst = "192.0.2.1",
                              .dst_port = 80,
                              .proto = "TCP",
                              .host = "web.example",
                              .eve = BYTES_LIT("{\"a\":1}")};
}

static int64_t keep(struct bed *b, struct alert_row a)
{
    struct err err = {0};
    bool created;
    a.detection = store_detection_add(b->store, &a, &created, &err);
    assert_true(a.detection > 0);
    assert_int_equal(store_alert_put(b->store, &a, &err), 1);
    return a.id;
}

static void count_alert(void *ctx, const struct alert_row *a)
{
    (void)a;
    ++*(int *)ctx;
}

static int alerts_found(struct bed *b, struct alert_filter f)
{
    struct err err = {0};
    int n = 0;
    assert_int_equal(store_alerts(b->store, &f, count_alert, &n, &err), 0);
    return n;
}

static void store_alert_put__keeps_a_record_once(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    struct alert_row a = alert("min-a", 1, 2);
    keep(b, a);
    a.detection = 1;
    assert_int_equal(store_alert_put(b->store, &a, &err), 0);
    assert_true(store_has_record(b->store, "s", 7, 1));
    assert_false(store_has_record(b->store, "s", 8, 1));
    assert_int_equal(alerts_found(b, (struct alert_filter){.limit = 10}), 1);
}

static void store_alerts__filters(void **state)
{
    struct bed *b = *state;
    const char *const scope[] = {"min-b"};
    for (uint64_t i = 1; i <= 6; i++)
        keep(b, alert(i % 2 ? "min-a" : "min-b", i, 1 + (uint32_t)i % 3));
    struct alert_row drill = alert("min-a", 7, 1);
    drill.drill = true;
    int64_t last = keep(b, drill);
#define FOUND(...) alerts_found(b, (struct alert_filter){__VA_ARGS__})
    assert_int_equal(FOUND(.limit = 0), 6);
    assert_int_equal(FOUND(.drill = STORE_REAL_AND_DRILL), 7);
    assert_int_equal(FOUND(.drill = STORE_DRILL), 1);
    assert_int_equal(FOUND(.org = "min-a"), 3);
    assert_int_equal(FOUND(.scope = {scope, 1}), 3);
    assert_int_equal(FOUND(.scope = {scope, 1}, .org = "min-a"), 0);
    assert_int_equal(FOUND(.severity_max = 1), 2);
    assert_int_equal(FOUND(.text = "WEB.exam"), 6);
    assert_int_equal(FOUND(.text = "100% _s"), 6);
    assert_int_equal(FOUND(.text = "100%_s"), 0);
    assert_int_equal(FOUND(.text = "x' OR 1 --"), 0);
    assert_int_equal(FOUND(.from_us = T0 + 3, .to_us = T0 + 4), 2);
    assert_int_equal(FOUND(.before_id = 3), 2);
    assert_int_equal(FOUND(.after_id = 4, .drill = STORE_REAL_AND_DRILL), (int)last - 4);
    assert_int_equal(FOUND(.limit = 2), 2);
}

struct detections {
    int count;
    uint64_t alerts[8];
    uint32_t severity[8];
};

static void take_detection(void *ctx, const struct detection_row *d)
{
    struct detections *s = ctx;
    s->alerts[s->count] = d->count;
    s->severity[s->count++] = d->severity;
}

static void detections__roll_up_equal_alerts_of_one_organisation(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    struct detections s = {.count = 0};
    struct detection_filter f = {.limit = 8};
    for (uint64_t i = 1; i <= 3; i++)
        keep(b, alert("min-a", i, 3));
    keep(b, alert("min-b", 4, 3));
    keep(b, alert("min-a", 5, 1)); /* graver: a detection of its own */
    assert_int_equal(store_detections(b->store, &f, take_detection, &s, &err), 0);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.severity[0], 1);
    assert_int_equal(s.alerts[0], 1);
    assert_int_equal(s.alerts[1], 1);
    assert_int_equal(s.alerts[2], 3);
}

static void take_counts(void *ctx, const struct org_counts *c)
{
    struct org_counts *out = ctx;
    if (strcmp(c->org, "min-a") == 0)
        *out = *c;
}

static void store_org_counts__adds_up(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    struct org_counts c = {.alerts = 0};
    for (uint64_t i = 1; i <= 5; i++)
        keep(b, alert("min-a", i, i < 3 ? 1 : 3));
    assert_int_equal(store_org_counts(b->store, NULL, STORE_REAL, take_counts, &c, &err), 0);
    assert_int_equal(c.alerts, 5);
    assert_int_equal(c.by_severity[1], 2);
    assert_int_equal(c.by_severity[3], 3);
    assert_int_equal(c.detections, 2);
}

static void store_rollback__undoes_counts_too(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    struct org_counts c = {.alerts = 0};
    keep(b, alert("min-a", 1, 1));
    assert_int_equal(store_begin(b->store, &err), 0);
    keep(b, alert("min-a", 2, 1));
    store_rollback(b->store);
    assert_int_equal(store_org_counts(b->store, NULL, STORE_REAL, take_counts, &c, &err), 0);
    assert_int_equal(c.alerts, 1);
    assert_int_equal(store_epoch_max_seq(b->store, "s", 7), 1);
    assert_false(store_has_record(b->store, "s", 7, 2));
}

static void take_epoch(void *ctx, const struct epoch_row *e)
{
    *(struct epoch_row *)ctx = *e;
}

static void sensors__an_older_report_does_not_replace_a_newer(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    struct epoch_row e = {.epoch = 0};
    struct stats_row s = {.sensor = "s",
                          .org = "min-a",
                          .centre = "nisc",
                          .epoch = 7,
                          .seq = 20,
                          .ts_us = T0 + 20,
                          .received_us = T0,
                          .packets_seen = 200,
                          .ledger = {.sensor = "s",
                                     .count = 1,
                                     .epochs = {{.epoch = 7, .generated = 20, .sent = 19}}}};
    assert_int_equal(store_stats_put(b->store, &s, &err), 1);
    assert_int_equal(store_stats_put(b->store, &s, &err), 0);
    s.seq = 10;
    s.ts_us = T0 + 10;
    s.packets_seen = 100;
    s.ledger.epochs[0] = (struct ledger_epoch){.epoch = 7, .generated = 10, .sent = 9};
    assert_int_equal(store_stats_put(b->store, &s, &err), 1);
    assert_int_equal(store_epochs(b->store, "s", take_epoch, &e, &err), 0);
    assert_int_equal(e.stats, 2);
    assert_int_equal(e.max_seq, 20);
    assert_int_equal(e.generated, 20);
    assert_int_equal(e.packets_seen, 200);
}

static void dead_letters__count_a_record_once(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    struct arrivals a;
    struct dead_row d = {.stream = "k",
                         .entry = "1-0",
                         .org = "min-a",
                         .reason = "bad",
                         .sensor = "s",
                         .epoch = 7,
                         .seq = 3,
                         .received_us = T0,
                         .body = BYTES_LIT("x\0y")};
    assert_int_equal(store_dead_put(b->store, &d, &err), 1);
    assert_int_equal(store_dead_put(b->store, &d, &err), 0);
    d.entry = "2-0"; /* the same record, sent twice */
    assert_int_equal(store_dead_put(b->store, &d, &err), 1);
    assert_int_equal(store_arrivals(b->store, "s", 7, 9, &a, &err), 0);
    assert_int_equal(a.dead, 1);
    keep(b, alert("min-a", 3, 1)); /* and sound at the third time */
    assert_int_equal(store_arrivals(b->store, "s", 7, 9, &a, &err), 0);
    assert_int_equal(a.alerts + a.dead, 1);
    assert_true(store_has_arrived(b->store, "s", 7, 3));
}

static void count_incident(void *ctx, const struct incident_row *in)
{
    (void)in;
    ++*(int *)ctx;
}

static void incidents__are_one_while_open_and_seen_by_those_concerned(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    bool flag;
    int n = 0;
    const char *const mine[] = {"min-a"}, *const theirs[] = {"min-b"};
    struct incident_row in = {.kind = "campaign",
                              .rule = "r",
                              .key = "k",
                              .severity = 2,
                              .first_us = T0,
                              .last_us = T0,
                              .updated_us = T0};
    assert_int_equal(store_incident_put(b->store, &in, &flag, &err), 0);
    assert_true(flag);
    int64_t id = in.id;
    assert_int_equal(store_incident_add_org(b->store, id, "min-a", T0, &flag, &err), 0);
    assert_true(flag);
    assert_int_equal(store_incident_add_org(b->store, id, "min-a", T0 + 5, &flag, &err), 0);
    assert_false(flag);
    assert_int_equal(store_incident_put(b->store, &in, &flag, &err), 0);
    assert_false(flag);
    assert_int_equal(in.id, id);
    struct store_scope own = {mine, 1}, other = {theirs, 1};
    assert_int_equal(store_incident(b->store, &own, id, count_incident, &n, &err), 1);
    assert_int_equal(store_incident(b->store, &other, id, count_incident, &n, &err), 0);
    assert_int_equal(store_incident_set_state(b->store, id, "closed", T0, &err), 0);
    assert_int_equal(store_incident_put(b->store, &in, &flag, &err), 0);
    assert_true(flag);
    assert_true(in.id != id);
}

static void take_state(void *ctx, const struct notice_row *n)
{
    snprintf(ctx, 32, "%s/%u", n->state, n->attempts);
}

static void notices__go_through_their_states(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    char seen[32] = "";
    struct notice_row n = {.incident = 1,
                           .org = "min-a",
                           .recipient = "min-a",
                           .lane = "working",
                           .role = "organisation",
                           .address = "a@b",
                           .created_us = T0};
    assert_int_equal(store_notice_put(b->store, &n, &err), 1);
    assert_int_equal(store_notice_put(b->store, &n, &err), 0);
    assert_int_equal(store_notice_due(b->store, T0 - 1, take_state, seen, &err), 0);
    assert_int_equal(store_notice_due(b->store, T0, take_state, seen, &err), 1);
    assert_int_equal(store_notice_failed(b->store, n.id, "no route", T0 + 9, &err), 0);
    assert_int_equal(store_notice_next_us(b->store), T0 + 9);
    assert_int_equal(store_notice_due(b->store, T0 + 9, take_state, seen, &err), 1);
    assert_string_equal(seen, "queued/1");
    assert_int_equal(store_notice_acknowledge(b->store, NULL, n.id, "aki", T0, &err), 0);
    assert_int_equal(store_notice_sent(b->store, n.id, T0 + 10, &err), 0);
    assert_int_equal(store_notice_acknowledge(b->store, NULL, n.id, "aki", T0, &err), 1);
    assert_int_equal(store_notice(b->store, NULL, n.id, take_state, seen, &err), 1);
    assert_string_equal(seen, "acknowledged/2");
    assert_int_equal(store_notice_next_us(b->store), 0);
}

static void store_open__says_what_is_wrong(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    char dir[128], path[160];
    assert_null(store_open("/nonexistent", STORE_READER, &err));
    assert_non_null(strstr(err.text, "--data"));
    snprintf(dir, sizeof dir, "%s/other", b->dir);
    snprintf(path, sizeof path, "%s/%s", dir, STORE_FILE);
    assert_int_equal(mkdir(dir, 0700), 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "this is no database, whatever its name says; it is only long enough to look at\n");
    fclose(f);
    assert_null(store_open(dir, STORE_WRITER, &err));
    assert_non_null(strstr(err.text, "not a sound database"));
}

static void store_reader__may_not_write(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    struct store *reader = store_open(b->dir, STORE_READER, &err);
    assert_non_null(reader);
    assert_int_equal(store_incident_set_state(reader, 1, "closed", T0, &err), -1);
    store_close(reader);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(store_alert_put__keeps_a_record_once),
        TEST(store_alerts__filters),
        TEST(detections__roll_up_equal_alerts_of_one_organisation),
        TEST(store_org_counts__adds_up),
        TEST(store_rollback__undoes_counts_too),
        TEST(sensors__an_older_report_does_not_replace_a_newer),
        TEST(dead_letters__count_a_record_once),
        TEST(incidents__are_one_while_open_and_seen_by_those_concerned),
        TEST(notices__go_through_their_states),
        TEST(store_open__says_what_is_wrong),
        TEST(store_reader__may_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
