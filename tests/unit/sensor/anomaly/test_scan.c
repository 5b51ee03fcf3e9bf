/* The scan detector: failing strangers are found in a handful of attempts, busy clients never. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "tests/unit/sensor/anomaly/traffic.h"

static int set_up(void **state)
{
    struct traffic *t = calloc(1, sizeof *t);
    traffic_begin(t, 0, 20160125);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    struct traffic *t = *state;
    anomaly_free(t->anomaly);
    free(t);
    return 0;
}

static const uint32_t INSIDE = 0x0a010100, OUTSIDE = 0xc6120000;

static void scan__refused_scanner_is_found_at_the_fifth_address(void **state)
{
    struct traffic *t = *state;
    for (uint32_t i = 0; i < 4; i++)
        knock(t, START_US + i * SECOND, host_v4(INSIDE), host_v4(OUTSIDE + i), 445, REFUSED);
    assert_int_equal(t->findings.count, 0);
    knock(t, START_US + 4 * SECOND, host_v4(INSIDE), host_v4(OUTSIDE + 4), 445, REFUSED);
    assert_int_equal(t->findings.by_sid[100], 1);
    assert_int_equal(t->findings.last.dport, 445);
    assert_int_equal(t->findings.last.severity, 2);
}

static void scan__silence_fails_after_five_seconds_of_packet_time(void **state)
{
    struct traffic *t = *state;
    for (uint32_t i = 0; i < 5; i++)
        knock(t, START_US + i, host_v4(INSIDE), host_v4(OUTSIDE + i), 23, SILENT);
    knock(t, START_US + 4 * SECOND, host_v4(INSIDE + 1), host_v4(OUTSIDE), 80, ANSWERED);
    assert_int_equal(t->findings.count, 0);
    knock(t, START_US + 6 * SECOND, host_v4(INSIDE + 1), host_v4(OUTSIDE + 1), 80, ANSWERED);
    assert_int_equal(t->findings.by_sid[100], 1);
}

static void scan__alerts_escalate_with_the_number_of_targets(void **state)
{
    struct traffic *t = *state;
    unsigned expected[] = {1, 2, 3};
    for (uint32_t i = 0, level = 0, next = 50; i < 1500; i++) {
        knock(t, START_US + i * SECOND, host_v4(INSIDE), host_v4(OUTSIDE + i), 22, REFUSED);
        if (i == next) {
            assert_int_equal(t->findings.by_sid[100], expected[level++]);
            next = next == 50 ? 500 : 1400;
        }
    }
    assert_int_equal(t->findings.by_sid[100], 3);
    assert_int_equal(t->findings.by_sid[101], 0);
}

static void scan__ports_of_one_address_are_a_vertical_scan(void **state)
{
    struct traffic *t = *state;
    for (uint16_t port = 1; port <= 1000; port++)
        knock(t, START_US + port * 1000u, host_v4(OUTSIDE), host_v4(INSIDE), port,
              port == 80 ? ANSWERED : REFUSED);
    assert_int_equal(t->findings.by_sid[100], 0);
    assert_int_equal(t->findings.by_sid[101], 2); /* at 8 and at 100 */
}

static void scan__points_sum_to_the_score(void **state)
{
    struct traffic *t = *state;
    double sum = 0, points;
    for (uint32_t i = 0; i < 5; i++)
        knock(t, START_US + i * SECOND, host_v4(INSIDE), host_v4(OUTSIDE + i), 445, REFUSED);
    for (const char *at = t->findings.last_reasons; (at = strstr(at, "\"points\":"));) {
        at += strlen("\"points\":");
        points = strtod(at, NULL);
        sum += points;
    }
    assert_true(t->findings.last.score > 0.5);
    assert_true(fabs(sum - t->findings.last.score) < 1e-9);
}

static void scan__busy_proxy_with_every_third_failure_is_quiet(void **state)
{
    struct traffic *t = *state;
    for (uint32_t i = 0; i < 50000; i++)
        knock(t, START_US + i * 20000, host_v4(INSIDE), host_v4(OUTSIDE + i), 443,
              dice_unit(&t->dice) < 0.3 ? SILENT : ANSWERED);
    assert_int_equal(t->findings.count, 0);
}

static void scan__busy_host_that_turns_bad_is_found_within_twenty(void **state)
{
    struct traffic *t = *state;
    uint64_t at_us = START_US;
    for (uint32_t i = 0; i < 5000; i++, at_us += SECOND)
        knock(t, at_us, host_v4(INSIDE), host_v4(OUTSIDE + i), 443, ANSWERED);
    for (uint32_t i = 0; i < 20; i++, at_us += SECOND)
        knock(t, at_us, host_v4(INSIDE), host_v4(OUTSIDE + 0x10000 + i), 445, REFUSED);
    assert_int_equal(t->findings.by_sid[100], 1);
}

static void scan__peer_to_peer_failures_are_quiet(void **state)
{
    struct traffic *t = *state;
    for (uint32_t i = 0; i < 2000; i++)
        knock(t, START_US + i * SECOND, host_v4(INSIDE), host_v4(OUTSIDE + i),
              (uint16_t)(1024 + dice_unit(&t->dice) * 60000),
              dice_unit(&t->dice) < 0.6 ? SILENT : ANSWERED);
    assert_int_equal(t->findings.count, 0);
}

static void scan__one_dead_server_tried_again_and_again_is_quiet(void **state)
{
    struct traffic *t = *state;
    for (uint32_t i = 0; i < 5000; i++)
        knock(t, START_US + i * SECOND, host_v4(INSIDE), host_v4(OUTSIDE), 8530, SILENT);
    assert_int_equal(t->findings.by_sid[100] + t->findings.by_sid[101], 0);
}

static void scan__multicast_is_nobody_to_scan(void **state)
{
    struct traffic *t = *state;
    for (uint32_t i = 0; i < 50; i++)
        knock(t, START_US + i * SECOND, host_v4(INSIDE), host_v4(0xe0000000 + i), 5353, SILENT);
    assert_int_equal(t->findings.count, 0);
}

static void scan__answers_to_questions_not_seen_are_quiet(void **state)
{
    struct traffic *t = *state;
    for (uint32_t i = 0; i < 500; i++) {
        struct observation o = observation_of(t, START_US + i * SECOND, host_v4(INSIDE),
                                              host_v4(INSIDE + 9), (uint16_t)(50000 + i));
        o.transport = 17;
        o.client_port = 53;
        o.flow_id = ++t->flow_id;
        anomaly_observe(t->anomaly, &o);
    }
    assert_int_equal(t->findings.count, 0);
}

static void slow_scan(struct traffic *t, bool inside)
{
    for (uint32_t i = 0; i < 10; i++) {
        struct observation o = observation_of(t, START_US + i * 140 * 60 * SECOND, host_v4(INSIDE),
                                              host_v4(OUTSIDE + i), 3389);
        o.flow_id = ++t->flow_id;
        o.client_inside = inside;
        anomaly_observe(t->anomaly, &o);
        o.kind = OBS_REFUSED;
        anomaly_observe(t->anomaly, &o);
    }
}

static void scan__slow_scanner_inside_is_found(void **state)
{
    struct traffic *t = *state;
    slow_scan(t, true);
    assert_int_equal(t->findings.by_sid[100], 1);
}

static void scan__slower_than_two_hours_from_outside_is_left_to_the_analyzer(void **state)
{
    struct traffic *t = *state;
    slow_scan(t, false);
    assert_int_equal(t->findings.count, 0);
}

static void scan__memory_is_bounded_and_evictions_are_counted(void **state)
{
    struct traffic t;
    (void)state;
    traffic_begin(&t, 1000, 1);
    for (uint32_t i = 0; i < 100000; i++)
        knock(&t, START_US + i * 1000, host_v4(OUTSIDE + i), host_v4(INSIDE), 80, SILENT);
    const struct anomaly_counters *c = anomaly_counters(t.anomaly);
    assert_int_equal(c->observations, 100000);
    assert_true(c->evicted > 90000);
    assert_true(c->memory_bytes < 32 << 20);
    assert_int_equal(t.findings.count, 0);
    anomaly_free(t.anomaly);
}

#define SCAN_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        SCAN_TEST(scan__refused_scanner_is_found_at_the_fifth_address),
        SCAN_TEST(scan__silence_fails_after_five_seconds_of_packet_time),
        SCAN_TEST(scan__alerts_escalate_with_the_number_of_targets),
        SCAN_TEST(scan__ports_of_one_address_are_a_vertical_scan),
        SCAN_TEST(scan__points_sum_to_the_score),
        SCAN_TEST(scan__busy_proxy_with_every_third_failure_is_quiet),
        SCAN_TEST(scan__busy_host_that_turns_bad_is_found_within_twenty),
        SCAN_TEST(scan__peer_to_peer_failures_are_quiet),
        SCAN_TEST(scan__one_dead_server_tried_again_and_again_is_quiet),
        SCAN_TEST(scan__multicast_is_nobody_to_scan),
        SCAN_TEST(scan__answers_to_questions_not_seen_are_quiet),
        SCAN_TEST(scan__slow_scanner_inside_is_found),
        SCAN_TEST(scan__slower_than_two_hours_from_outside_is_left_to_the_analyzer),
        cmocka_unit_test(scan__memory_is_bounded_and_evictions_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
