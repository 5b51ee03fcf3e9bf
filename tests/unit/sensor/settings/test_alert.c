/* tests/unit/sensor/settings/test_alert.c - what alerts show, by settings of ours and Suricata's.
 */
#include "sensor/settings/settings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Up to three --set assignments; settings_release afterwards. */
static int read_with(struct settings *s, struct err *err, const char *first, const char *second,
                     const char *third)
{
    char *argv[16] = {"sekisho-sensor", "-r", "/dev/null", "-l", "/nonexistent"};
    const char *sets[] = {first, second, third};
    int count = 5;
    for (int i = 0; i < 3; i++)
        if (sets[i]) {
            argv[count++] = "--set";
            argv[count++] = (char *)(uintptr_t)sets[i];
        }
    return settings_read(s, count, argv, err);
}

static void settings_read__alerts_show_as_before_unless_told(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    assert_int_equal(read_with(&s, &err, NULL, NULL, NULL), SETTINGS_RUN);
    const struct eve_alert_options *o = &s.worker.alerts;
    assert_true(o->payload && o->payload_printable && o->packet && o->verdict);
    assert_true(o->app_layer && o->flow && o->rule_metadata);
    assert_false(o->http_body || o->http_body_printable || o->rule_raw || o->xff.enabled);
    assert_int_equal(o->payload_cap_bytes, 4096);
    assert_false(s.worker.explain);
    settings_release(&s);
}

static void settings_read__alert_options_by_either_name(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    assert_int_equal(read_with(&s, &err, "outputs.1.eve-log.types.0.alert.payload=no",
                               "outputs.1.eve-log.types.0.alert.http-body=yes",
                               "outputs.1.eve-log.types.0.alert.payload-buffer-size=1kb"),
                     SETTINGS_RUN);
    assert_false(s.worker.alerts.payload);
    assert_true(s.worker.alerts.http_body);
    assert_int_equal(s.worker.alerts.payload_cap_bytes, 1024);
    settings_release(&s);
    assert_int_equal(read_with(&s, &err, "outputs.1.eve-log.types.0.alert.packet=yes",
                               "eve-log.alert.packet=no", "eve-log.alert.explain=yes"),
                     SETTINGS_RUN);
    assert_false(s.worker.alerts.packet);
    assert_true(s.worker.explain);
    settings_release(&s);
}

static void settings_read__metadata_as_a_whole_and_in_parts(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    assert_int_equal(read_with(&s, &err, "eve-log.alert.metadata=no", NULL, NULL), SETTINGS_RUN);
    assert_false(s.worker.alerts.app_layer || s.worker.alerts.flow ||
                 s.worker.alerts.rule_metadata);
    settings_release(&s);
    assert_int_equal(read_with(&s, &err, "eve-log.alert.metadata.flow=no",
                               "eve-log.alert.metadata.rule.raw=yes", NULL),
                     SETTINGS_RUN);
    assert_true(s.worker.alerts.app_layer && s.worker.alerts.rule_raw);
    assert_false(s.worker.alerts.flow);
    settings_release(&s);
}

static void settings_read__xff_of_alerts_comes_before_that_of_all(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    assert_int_equal(read_with(&s, &err, "outputs.0.eve-log.xff.enabled=yes",
                               "outputs.0.eve-log.xff.mode=overwrite",
                               "outputs.0.eve-log.xff.deployment=forward"),
                     SETTINGS_RUN);
    assert_true(s.worker.alerts.xff.enabled && s.worker.alerts.xff.overwrite);
    assert_true(s.worker.alerts.xff.forward);
    assert_string_equal(s.worker.alerts.xff.header, "X-Forwarded-For");
    settings_release(&s);
    assert_int_equal(read_with(&s, &err, "eve-log.xff.enabled=yes", "eve-log.alert.xff.enabled=yes",
                               "eve-log.alert.xff.header=Client"),
                     SETTINGS_RUN);
    assert_string_equal(s.worker.alerts.xff.header, "Client");
    settings_release(&s);
}

static void settings_read__wrong_alert_settings_get_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *set, *says;
    } cases[] = {
        {"eve-log.alert.payload=perhaps", "wants yes or no"},
        {"eve-log.alert.payload-buffer-size=2mb", "wants 1 byte to 1mb"},
        {"eve-log.xff.mode=replace", "wants extra-data or overwrite"},
        {"eve-log.xff.deployment=sideways", "wants reverse or forward"},
        {"eve-log.xff.header=", "wants a header such as X-Forwarded-For"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings s;
        struct err err;
        assert_int_equal(read_with(&s, &err, cases[i].set, "eve-log.xff.enabled=yes", NULL),
                         SETTINGS_BAD);
        assert_non_null(strstr(err.text, cases[i].says));
        settings_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_read__alerts_show_as_before_unless_told),
        cmocka_unit_test(settings_read__alert_options_by_either_name),
        cmocka_unit_test(settings_read__metadata_as_a_whole_and_in_parts),
        cmocka_unit_test(settings_read__xff_of_alerts_comes_before_that_of_all),
        cmocka_unit_test(settings_read__wrong_alert_settings_get_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
