/* The beacon detector: clocks are found through jitter, people and common services are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "tests/unit/sensor/anomaly/traffic.h"

static int set_up(void **state)
{
    struct traffic *t = calloc(1, sizeof *t);
    traffic_begin(t, 0, 20180725);
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

static void assert_found(struct traffic *t, uint32_t sid)
{
    assert_int_equal(t->findings.by_sid[sid], 1);
    assert_int_equal(t->findings.count, 1);
    assert_true(t->findings.last.score >= 0.7 && t->findings.last.score <= 1);
}

static void beacon__eight_even_beats_are_enough(void **state)
{
    struct traffic *t = *state;
    beacon(t, 60, 0, 8, "c2.example");
    assert_found(t, 200);
    assert_string_equal(t->findings.last_host, "c2.example");
}

static void beacon__ten_percent_jitter_is_found(void **state)
{
    beacon(*state, 60, 0.1, 16, "c2.example");
    assert_found(*state, 200);
}

static void beacon__thirty_percent_jitter_is_found(void **state)
{
    beacon(*state, 60, 0.3, 24, "c2.example");
    assert_found(*state, 200);
}

static void beacon__without_a_name_is_found_by_address(void **state)
{
    beacon(*state, 60, 0.1, 16, "");
    assert_found(*state, 201);
}

static void beacon__alerts_once_an_hour(void **state)
{
    struct traffic *t = *state;
    beacon(t, 60, 0.1, 180, "c2.example");
    assert_int_equal(t->findings.count, 3);
}

static void beacon__points_sum_to_the_score(void **state)
{
    struct traffic *t = *state;
    double sum = 0;
    beacon(t, 60, 0.2, 24, "c2.example");
    for (const char *at = t->findings.last_reasons; (at = strstr(at, "\"points\":"));) {
        at += strlen("\"points\":");
        sum += strtod(at, NULL);
    }
    assert_true(fabs(sum - t->findings.last.score) < 1e-9);
}

static void beacon__people_are_quiet(void **state)
{
    struct traffic *t = *state;
    char host[32];
    for (uint32_t i = 0; i < 300; i++) {
        snprintf(host, sizeof host, "site%u.example", i);
        person(t, host_v4(0x0a010100 + i), host, 60);
    }
    assert_int_equal(t->findings.count, 0);
}

static void beacon__service_that_many_clients_call_is_quiet(void **state)
{
    struct traffic *t = *state;
    for (unsigned beat = 0; beat < 40; beat++)
        for (uint32_t client = 0; client < 40; client++)
            call(t, START_US + (beat * 300 + client * 3) * SECOND, host_v4(0x0a010100 + client),
                 host_v4(0xc6336450), 443, "update.example", 900);
    assert_int_equal(t->findings.count, 0);
}

static void beacon__time_service_is_quiet(void **state)
{
    struct traffic *t = *state;
    for (unsigned i = 0; i < 100; i++) {
        struct observation o = observation_of(t, START_US + i * 64 * SECOND, host_v4(0x0a010105),
                                              host_v4(0xc6336450), 123);
        o.transport = 17;
        o.flow_id = ++t->flow_id;
        anomaly_observe(t->anomaly, &o);
        o.kind = OBS_END;
        o.bytes_to_server = 90;
        anomaly_observe(t->anomaly, &o);
    }
    assert_int_equal(t->findings.by_sid[200] + t->findings.by_sid[201], 0);
}

static void beacon__outside_client_of_an_inside_server_is_not_judged(void **state)
{
    struct traffic *t = *state;
    for (unsigned i = 0; i < 50; i++) {
        struct observation o = observation_of(t, START_US + i * 60 * SECOND, host_v4(0xc6336450),
                                              host_v4(0x0a010105), 443);
        o.client_inside = false;
        o.server_inside = true;
        o.flow_id = ++t->flow_id;
        anomaly_observe(t->anomaly, &o);
    }
    assert_int_equal(t->findings.count, 0);
}

static void beacon__requests_in_one_moment_are_one_beat(void **state)
{
    struct traffic *t = *state;
    for (unsigned i = 0; i < 7; i++)
        for (unsigned part = 0; part < 4; part++)
            call(t, START_US + i * 60 * SECOND + part * SECOND / 5, host_v4(0x0a010105),
                 host_v4(0xc633642a), 80, "c2.example", 500);
    assert_int_equal(t->findings.count, 0);
    call(t, START_US + 7 * 60 * SECOND, host_v4(0x0a010105), host_v4(0xc633642a), 80, "c2.example",
         500);
    assert_int_equal(t->findings.count, 1);
}

static void beacon__missed_beats_do_not_hide_it(void **state)
{
    struct traffic *t = *state;
    for (unsigned i = 0; i < 40; i++)
        if (dice_unit(&t->dice) > 0.15)
            call(t, START_US + i * 300 * SECOND, host_v4(0x0a010105), host_v4(0xc633642a), 443,
                 "c2.example", 700);
    assert_true(t->findings.by_sid[200] >= 1);
}

static void anomaly_list__names_every_detector_and_term(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    anomaly_list(out);
    fclose(out);
    assert_non_null(strstr(text, "scan (3000:100,101)"));
    assert_non_null(strstr(text, "beacon (3000:200,201)"));
    assert_non_null(strstr(text, "+0.350  regularity"));
    assert_non_null(strstr(text, "-0.300  prevalence"));
    free(text);
}

#define BEACON_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        BEACON_TEST(beacon__eight_even_beats_are_enough),
        BEACON_TEST(beacon__ten_percent_jitter_is_found),
        BEACON_TEST(beacon__thirty_percent_jitter_is_found),
        BEACON_TEST(beacon__without_a_name_is_found_by_address),
        BEACON_TEST(beacon__alerts_once_an_hour),
        BEACON_TEST(beacon__points_sum_to_the_score),
        BEACON_TEST(beacon__people_are_quiet),
        BEACON_TEST(beacon__service_that_many_clients_call_is_quiet),
        BEACON_TEST(beacon__time_service_is_quiet),
        BEACON_TEST(beacon__outside_client_of_an_inside_server_is_not_judged),
        BEACON_TEST(beacon__requests_in_one_moment_are_one_beat),
        BEACON_TEST(beacon__missed_beats_do_not_hide_it),
        cmocka_unit_test(anomaly_list__names_every_detector_and_term),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
