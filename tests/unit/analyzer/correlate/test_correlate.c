/* tests/unit/analyzer/correlate/test_correlate.c - the shipped rules: given these alerts, in
 * whatever order, expect these incidents; nothing is forgotten over a restart, nothing mixes that
 * must not. */
#include "analyzer/correlate/correlate.h"
#include "analyzer/store/incidents.h"
#include "tests/unit/redis_server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define T0     UINT64_C(1775001600000000) /* 2026-04-01T00:00:00Z */
#define MINUTE UINT64_C(60000000)
#define HOUR   (60 * MINUTE)

struct given {
    const char *org, *src, *dst, *direction, *stage, *host;
    uint64_t ts_us;
    uint64_t sid;
    bool drill;
};

struct bed {
    char dir[64];
    struct store *store;
    struct correlate *engine;
    uint64_t seq;
};

static void engine_open(struct bed *b)
{
    struct err err = {0};
    b->store = store_open(b->dir, STORE_WRITER, &err);
    assert_non_null(b->store);
    b->engine = correlate_new("rules/correlation", b->store, &err);
    assert_string_equal(err.text, "");
    assert_non_null(b->engine);
}

static void engine_close(struct bed *b)
{
    correlate_free(b->engine);
    store_close(b->store);
}

static int setup(void **state)
{
    struct bed *b = calloc(1, sizeof *b);
    ASSERT(b);
    snprintf(b->dir, sizeof b->dir, "/tmp/sekisho-correlate-XXXXXX");
    ASSERT(mkdtemp(b->dir));
    engine_open(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    engine_close(b);
    test_remove_tree(b->dir);
    free(b);
    return 0;
}

/* What the pipeline does with one alert, in a transaction of its own. */
static void feed(struct bed *b, const struct given *g)
{
    struct err err = {0};
    bool created;
    char json[128];
    snprintf(json, sizeof json, "{\"stage\":[\"%s\"],\"mitre_tactic_id\":[\"%s\"]}", g->stage,
             strcmp(g->stage, "delivery") == 0 ? "TA0011" : "TA0000");
    cJSON *metadata = cJSON_Parse(json);
    struct alert_row a = {.sensor = "s",
                          .epoch = 1,
                          .seq = ++b->seq,
                          .org = g->org,
                          .ts_us = g->ts_us,
                          .gid = 1,
                          .sid = g->sid ? g->sid : 1,
                          .severity = strcmp(g->stage, "scan") == 0 ? 3 : 1,
                          .signature = g->stage,
                          .category = "",
                          .src = g->src,
                          .dst = g->dst,
                          .app_proto = "",
                          .host = g->host ? g->host : "",
                          .ja4 = "",
                          .detector = "",
                          .direction = g->direction,
                          .drill = g->drill};
    assert_int_equal(store_begin(b->store, &err), 0);
    a.detection = store_detection_add(b->store, &a, &created, &err);
    assert_int_equal(store_alert_put(b->store, &a, &err), 1);
    struct correlate_alert seen = {&a, metadata};
    assert_int_equal(correlate_alert(b->engine, &seen, T0, &err), 0);
    assert_int_equal(correlate_flush(b->engine, T0, &err), 0);
    assert_int_equal(store_commit(b->store, &err), 0);
    assert_string_equal(err.text, "");
    cJSON_Delete(metadata);
}

/* Incidents as one line each: "rule key orgs alerts kind[ drill];", oldest first. */
struct listing {
    char lines[8][256];
    int count;
};

static void list(void *ctx, const struct incident_row *in)
{
    struct listing *l = ctx;
    assert_true(l->count < 8);
    snprintf(l->lines[l->count++], sizeof l->lines[0], "%s %s orgs=%llu alerts=%llu %s%s%s;",
             in->rule, in->key, (unsigned long long)in->org_count,
             (unsigned long long)in->alert_count, in->kind, in->drill ? " drill" : "",
             strcmp(in->state, "open") ? " closed" : "");
}

static void expect(struct bed *b, const char *incidents)
{
    struct err err = {0};
    struct listing l = {.count = 0};
    char all[2048] = "";
    struct incident_filter f = {.drill = STORE_REAL_AND_DRILL};
    assert_int_equal(store_incidents(b->store, &f, list, &l, &err), 0);
    while (l.count > 0)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s", l.lines[--l.count]);
    assert_string_equal(all, incidents);
}

/* ---- same indicator -------------------------------------------------------------------------- */

static const struct given beacons[] = {
    {"min-a", "10.0.0.5", "198.18.66.10", "outbound", "beacon", "evil.example", T0, 1, false},
    {"min-a", "10.0.0.5", "198.18.66.10", "outbound", "beacon", "evil.example", T0 + HOUR, 1,
     false},
    {"min-b", "10.0.0.9", "198.18.66.10", "outbound", "beacon", "evil.example", T0 + 2 * HOUR, 1,
     false},
};

static void same_indicator__two_organisations_are_a_campaign(void **state)
{
    struct bed *b = *state;
    feed(b, &beacons[0]);
    feed(b, &beacons[1]);
    expect(b, "");
    feed(b, &beacons[2]);
    expect(b, "same-indicator 198.18.66.10 orgs=2 alerts=3 campaign;");
}

static void same_indicator__order_of_arrival_does_not_matter(void **state)
{
    struct bed *b = *state;
    for (int i = 2; i >= 0; i--)
        feed(b, &beacons[i]);
    expect(b, "same-indicator 198.18.66.10 orgs=2 alerts=3 campaign;");
}

static void same_indicator__a_third_organisation_joins_once(void **state)
{
    struct bed *b = *state;
    size_t count;
    for (int i = 0; i < 3; i++)
        feed(b, &beacons[i]);
    assert_true(correlate_changes(b->engine, &count)->created);
    assert_int_equal(count, 1);
    correlate_changes_clear(b->engine);
    struct given third = beacons[2];
    third.org = "ag-c";
    feed(b, &third);
    third.ts_us += MINUTE;
    feed(b, &third);
    assert_true(correlate_changes(b->engine, &count)->grown);
    assert_int_equal(count, 1);
    expect(b, "same-indicator 198.18.66.10 orgs=3 alerts=5 campaign;");
}

static void same_indicator__too_far_apart_is_none(void **state)
{
    struct bed *b = *state;
    struct given late = beacons[2];
    late.ts_us = T0 + 24 * 8 * HOUR;
    feed(b, &beacons[0]);
    feed(b, &late);
    expect(b, "");
}

static void same_indicator__a_shared_resolver_is_none(void **state)
{
    struct bed *b = *state;
    struct given a = {"min-a", "10.0.0.5", "192.0.2.53", "outbound", "beacon", NULL, T0, 1, false};
    struct given c = {"min-b", "10.0.0.6", "192.0.2.53", "outbound", "beacon", NULL, T0, 1, false};
    struct err err = {0};
    const struct given *both[] = {&a, &c};
    for (int i = 0; i < 2; i++) {
        struct alert_row row = {.sensor = "s",
                                .epoch = 1,
                                .seq = ++b->seq,
                                .org = both[i]->org,
                                .ts_us = T0,
                                .gid = 1,
                                .sid = 1,
                                .severity = 1,
                                .signature = "",
                                .category = "Control server contacted",
                                .src = both[i]->src,
                                .dst = both[i]->dst,
                                .dst_port = 53,
                                .app_proto = "dns",
                                .host = "",
                                .ja4 = "",
                                .detector = "",
                                .direction = "outbound"};
        bool created;
        assert_int_equal(store_begin(b->store, &err), 0);
        row.detection = store_detection_add(b->store, &row, &created, &err);
        assert_int_equal(
            correlate_alert(b->engine, &(struct correlate_alert){&row, NULL}, T0, &err), 0);
        assert_int_equal(correlate_flush(b->engine, T0, &err), 0);
        assert_int_equal(store_commit(b->store, &err), 0);
    }
    expect(b, "");
}

static void same_indicator__drill_and_real_never_mix(void **state)
{
    struct bed *b = *state;
    struct given drill = beacons[2];
    drill.drill = true;
    feed(b, &beacons[0]);
    feed(b, &drill);
    expect(b, "");
    drill.org = "ag-c";
    feed(b, &drill);
    expect(b, "same-indicator 198.18.66.10 orgs=2 alerts=2 campaign drill;");
}

static void same_indicator__closed_stays_closed_over_a_restart(void **state)
{
    struct bed *b = *state;
    struct err err;
    for (int i = 0; i < 3; i++)
        feed(b, &beacons[i]);
    assert_int_equal(store_incident_set_state(b->store, 1, "closed", T0, &err), 0);
    engine_close(b);
    engine_open(b);
    struct given again = beacons[2];
    again.ts_us += HOUR;
    feed(b, &again);
    expect(b, "same-indicator 198.18.66.10 orgs=2 alerts=4 campaign closed;");
    again.org = "min-a";
    feed(b, &again);
    expect(b, "same-indicator 198.18.66.10 orgs=2 alerts=4 campaign closed;"
              "same-indicator 198.18.66.10 orgs=2 alerts=3 campaign;");
}

/* ---- staged attack --------------------------------------------------------------------------- */

static const struct given story[] = {
    {"min-a", "198.18.7.77", "192.0.2.80", "inbound", "scan", NULL, T0, 1, false},
    {"min-a", "198.18.7.77", "192.0.2.80", "inbound", "exploit", NULL, T0 + HOUR, 2, false},
    {"min-a", "192.0.2.80", "198.18.66.10", "outbound", "beacon", NULL, T0 + 2 * HOUR, 3, false},
};

static void staged_attack__attack_then_contact_is_an_incident(void **state)
{
    struct bed *b = *state;
    feed(b, &story[0]);
    feed(b, &story[1]);
    expect(b, "");
    feed(b, &story[2]);
    expect(b, "staged-attack min-a 192.0.2.80 orgs=1 alerts=3 incident;");
}

static void staged_attack__late_first_stage_completes_it(void **state)
{
    struct bed *b = *state;
    feed(b, &story[2]);
    feed(b, &story[1]);
    expect(b, "staged-attack min-a 192.0.2.80 orgs=1 alerts=2 incident;");
}

static void staged_attack__contact_before_attack_is_none(void **state)
{
    struct bed *b = *state;
    struct given early = story[2];
    early.ts_us = T0 - HOUR;
    feed(b, &early);
    feed(b, &story[0]);
    feed(b, &story[1]);
    expect(b, "");
}

static void staged_attack__another_host_or_organisation_is_none(void **state)
{
    struct bed *b = *state;
    struct given other_host = story[2], other_org = story[2];
    other_host.src = "192.0.2.81";
    other_org.org = "min-b"; /* the same private address elsewhere is another host */
    other_org.dst = "198.18.66.11";
    feed(b, &story[1]);
    feed(b, &other_host);
    feed(b, &other_org);
    expect(b, "");
}

static void staged_attack__a_download_is_no_contact(void **state)
{
    struct bed *b = *state;
    struct given download = story[2];
    download.stage = "delivery"; /* command and control (TA0011) by its metadata */
    feed(b, &story[0]);
    feed(b, &download);
    expect(b, "");
}

static void staged_attack__is_remembered_over_a_restart(void **state)
{
    struct bed *b = *state;
    feed(b, &story[1]);
    engine_close(b);
    engine_open(b);
    feed(b, &story[2]);
    expect(b, "staged-attack min-a 192.0.2.80 orgs=1 alerts=2 incident;");
    engine_close(b);
    engine_open(b);
    struct given again = story[2];
    again.ts_us += MINUTE;
    feed(b, &again);
    expect(b, "staged-attack min-a 192.0.2.80 orgs=1 alerts=3 incident;");
}

static void staged_attack__a_rolled_back_batch_leaves_no_trace(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    bool created;
    feed(b, &story[1]);
    struct alert_row a = {.sensor = "s",
                          .epoch = 1,
                          .seq = ++b->seq,
                          .org = "min-a",
                          .ts_us = T0 + 2 * HOUR,
                          .gid = 1,
                          .sid = 3,
                          .severity = 1,
                          .signature = "",
                          .category = "Control server contacted",
                          .src = "192.0.2.80",
                          .dst = "198.18.66.10",
                          .app_proto = "",
                          .host = "",
                          .ja4 = "",
                          .detector = "",
                          .direction = "outbound"};
    assert_int_equal(store_begin(b->store, &err), 0);
    a.detection = store_detection_add(b->store, &a, &created, &err);
    assert_int_equal(correlate_alert(b->engine, &(struct correlate_alert){&a, NULL}, T0, &err), 0);
    assert_int_equal(correlate_flush(b->engine, T0, &err), 0);
    store_rollback(b->store);
    assert_int_equal(correlate_reload(b->engine, &err), 0);
    expect(b, "");
    feed(b, &story[2]);
    expect(b, "staged-attack min-a 192.0.2.80 orgs=1 alerts=2 incident;");
}

/* ---- slow scanner ---------------------------------------------------------------------------- */

/* n knocks at hosts of org, step_us apart, from first_us on. */
static void knock(struct bed *b, const char *org, const char *net, unsigned n, uint64_t first_us,
                  uint64_t step_us)
{
    for (unsigned i = 0; i < n; i++) {
        char dst[32];
        unsigned k = i * 7 % n; /* not in the order of time */
        snprintf(dst, sizeof dst, "%s.%u", net, k + 1);
        feed(b, &(struct given){org, "198.18.200.5", dst, "inbound", "scan", NULL,
                                first_us + k * step_us, 9, false});
    }
}

static void slow_scanner__few_everywhere_are_many_together(void **state)
{
    struct bed *b = *state;
    knock(b, "min-a", "192.0.2", 10, T0, 30 * MINUTE);
    knock(b, "min-b", "198.51.100", 9, T0 + 7 * MINUTE, 30 * MINUTE);
    expect(b, "");
    knock(b, "ag-c", "203.0.113", 1, T0 + 9 * MINUTE, 0);
    expect(b, "slow-scanner 198.18.200.5 orgs=3 alerts=20 campaign;");
}

static void slow_scanner__one_organisation_alone_is_none(void **state)
{
    struct bed *b = *state;
    knock(b, "min-a", "192.0.2", 40, T0, 30 * MINUTE);
    expect(b, "");
}

static void slow_scanner__loud_at_one_is_left_to_its_sensor(void **state)
{
    struct bed *b = *state;
    knock(b, "min-a", "192.0.2", 40, T0, MINUTE);
    knock(b, "min-b", "198.51.100", 10, T0 + HOUR, 30 * MINUTE);
    expect(b, "");
}

static void slow_scanner__spread_over_weeks_is_none(void **state)
{
    struct bed *b = *state;
    knock(b, "min-a", "192.0.2", 10, T0, 30 * MINUTE);
    knock(b, "min-b", "198.51.100", 10, T0 + 24 * 7 * HOUR, 30 * MINUTE);
    expect(b, "");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(same_indicator__two_organisations_are_a_campaign),
        TEST(same_indicator__order_of_arrival_does_not_matter),
        TEST(same_indicator__a_third_organisation_joins_once),
        TEST(same_indicator__too_far_apart_is_none),
        TEST(same_indicator__a_shared_resolver_is_none),
        TEST(same_indicator__drill_and_real_never_mix),
        TEST(same_indicator__closed_stays_closed_over_a_restart),
        TEST(staged_attack__attack_then_contact_is_an_incident),
        TEST(staged_attack__late_first_stage_completes_it),
        TEST(staged_attack__contact_before_attack_is_none),
        TEST(staged_attack__another_host_or_organisation_is_none),
        TEST(staged_attack__a_download_is_no_contact),
        TEST(staged_attack__is_remembered_over_a_restart),
        TEST(staged_attack__a_rolled_back_batch_leaves_no_trace),
        TEST(slow_scanner__few_everywhere_are_many_together),
        TEST(slow_scanner__one_organisation_alone_is_none),
        TEST(slow_scanner__loud_at_one_is_left_to_its_sensor),
        TEST(slow_scanner__spread_over_weeks_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
