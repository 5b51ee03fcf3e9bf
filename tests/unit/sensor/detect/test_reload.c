/* tests/unit/sensor/detect/test_reload.c - another rule set takes over while flows are open. */
#include "rig.h"
#include "sensor/detect/ruleset.h"

/* Goes on under other rules, as a worker does between two batches; the old set is gone. */
static void reload(struct rig *r, const char *rules)
{
    struct ruleset_options o = {.before = r->rules};
    struct ruleset_report report;
    struct err err = {""};
    struct ruleset *rs = rig_load(rules, &o, &report, &err);
    assert_non_null(rs);
    assert_int_equal(report.failed, 0);
    ruleset_report_free(&report);
    detect_switch(r->detect, rs);
    ruleset_free(r->rules);
    r->rules = rs;
}

/* Acknowledged bytes are looked at with the next packet their way. */
static void look(struct rig *r)
{
    rig_segment(r, TO_SERVER, TCP_ACK, (struct bytes){0});
}

static void detect_switch__flowbits_and_integers_are_known_by_name(void **state)
{
    (void)state;
    struct rig *r = rig_open(
        "alert udp any any -> any any (content:\"one\"; flowbits:set,a; noalert; sid:1;)\n"
        "alert udp any any -> any any (content:\"one\"; flowint:n,=,7; noalert; sid:2;)\n");
    r->server_port = 9999;
    rig_udp(r, TO_SERVER, BYTES_LIT("one"));
    reload(r, "alert udp any any -> any any (content:\"x\"; flowbits:set,z; noalert; sid:10;)\n"
              "alert udp any any -> any any (content:\"two\"; flowbits:isset,z; sid:11;)\n"
              "alert udp any any -> any any (content:\"two\"; flowbits:isset,a; sid:12;)\n"
              "alert udp any any -> any any (content:\"two\"; flowint:m,isset; sid:13;)\n"
              "alert udp any any -> any any (content:\"two\"; flowint:n,==,7; sid:14;)\n");
    rig_udp(r, TO_SERVER, BYTES_LIT("two"));
    assert_int_equal(rig_fired(r, 11), 0);
    assert_int_equal(rig_fired(r, 12), 1);
    assert_int_equal(rig_fired(r, 13), 0);
    assert_int_equal(rig_fired(r, 14), 1);
    rig_close(r);
}

static void detect_switch__flows_made_under_any_set_end_well(void **state)
{
    (void)state;
    char many[20000];
    size_t used = 0;
    for (int i = 0; i < 200; i++)
        used += (size_t)snprintf(many + used, sizeof many - used,
                                 "alert udp any any -> any any (content:\"two\"; "
                                 "flowbits:set,bit%d; sid:%d;)\n",
                                 i, i + 1);
    struct rig *r = rig_open("alert udp any any -> any any (content:\"two\"; sid:1;)");
    r->server_port = 9999;
    rig_udp(r, TO_SERVER, BYTES_LIT("one"));
    r->client_port++;
    rig_udp(r, TO_SERVER, BYTES_LIT("one"));
    reload(r, many);
    rig_udp(r, TO_SERVER, BYTES_LIT("two"));
    assert_int_equal(rig_fired(r, 1), 1);
    reload(r, "alert udp any any -> any any (content:\"two\"; sid:1;)");
    rig_close(r);
}

#define REQUEST_HEAD "POST /first HTTP/1.1\r\nHost: example.org\r\nContent-Length: 6\r\n\r\n"

static void detect_switch__what_a_transaction_has_said_is_not_said_again(void **state)
{
    (void)state;
    struct rig *r =
        rig_open("alert http any any -> any any (http.uri; content:\"/first\"; sid:5;)");
    rig_connect(r);
    rig_say(r, TO_SERVER, REQUEST_HEAD);
    look(r);
    assert_int_equal(rig_fired(r, 5), 1);
    reload(r, "alert http any any -> any any (http.uri; content:\"/other\"; sid:4;)\n"
              "alert http any any -> any any (http.uri; content:\"/first\"; sid:5; rev:2;)\n");
    rig_say(r, TO_SERVER, "abcdef");
    rig_end(r);
    assert_int_equal(rig_fired(r, 5), 1);
    rig_close(r);
}

static void detect_switch__a_half_found_rule_is_looked_for_anew(void **state)
{
    (void)state;
    static const char rules[] = "alert http any any -> any any (http.uri; content:\"/first\"; "
                                "http.request_body; content:\"abcdef\"; sid:5;)\n";
    struct rig *r = rig_open(rules);
    rig_connect(r);
    rig_say(r, TO_SERVER, REQUEST_HEAD);
    look(r);
    char more[512];
    snprintf(more, sizeof more,
             "alert http any any -> any any (http.uri; content:\"/first\"; sid:1;)\n%s", rules);
    reload(r, more);
    rig_say(r, TO_SERVER, "abcdef");
    rig_end(r);
    assert_int_equal(rig_fired(r, 5), 1);
    assert_int_equal(rig_fired(r, 1), 1);
    rig_close(r);
}

static void threshold_decide__a_rule_that_stays_keeps_its_count(void **state)
{
    (void)state;
    static const char rule[] = "alert udp any any -> any any (content:\"x\"; threshold:type limit, "
                               "track by_src, count 1, seconds 60; sid:3;)\n";
    struct ruleset_report report;
    struct err err = {""};
    struct ruleset *before = rig_load(rule, NULL, &report, &err);
    ruleset_report_free(&report);
    char more[512];
    snprintf(more, sizeof more,
             "alert udp any any -> any any (content:\"y\"; threshold:type limit, track by_src, "
             "count 1, seconds 60; sid:2;)\n%s",
             rule);
    struct ruleset_options o = {.before = before};
    struct ruleset *after = rig_load(more, &o, &report, &err);
    ruleset_report_free(&report);
    struct thresholds *t = thresholds_new(before, 64);
    struct addr a = addr_v4((const uint8_t[]){10, 0, 0, 1});
    struct addr b = addr_v4((const uint8_t[]){10, 0, 0, 2});
    assert_int_equal(threshold_decide(t, ruleset_find(before, 1, 3), &a, &b, 0, 1000000),
                     THRESHOLD_ALERT);
    assert_int_equal(threshold_decide(t, ruleset_find(after, 1, 2), &a, &b, 0, 1000000),
                     THRESHOLD_ALERT);
    assert_int_equal(threshold_decide(t, ruleset_find(after, 1, 3), &a, &b, 0, 1000000),
                     THRESHOLD_LIMITED);
    thresholds_free(t);
    ruleset_free(before);
    ruleset_free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detect_switch__flowbits_and_integers_are_known_by_name),
        cmocka_unit_test(detect_switch__flows_made_under_any_set_end_well),
        cmocka_unit_test(detect_switch__what_a_transaction_has_said_is_not_said_again),
        cmocka_unit_test(detect_switch__a_half_found_rule_is_looked_for_anew),
        cmocka_unit_test(threshold_decide__a_rule_that_stays_keeps_its_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
