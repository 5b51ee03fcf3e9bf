/* tests/unit/sensor/settings/test_flow_settings.c - time-outs and room for flows, in Suricata's
 * words. */
#include "sensor/settings/settings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Up to three --set assignments; settings_release afterwards. */
static int read_with(struct settings *s, struct err *err, const char *const set[3])
{
    char *argv[11] = {"sekisho-sensor", "-r", "/dev/null", "-l", "/nonexistent"};
    int argc = 5;
    for (int i = 0; i < 3 && set[i]; i++) {
        argv[argc++] = "--set";
        argv[argc++] = (char *)(uintptr_t)set[i];
    }
    return settings_read(s, argc, argv, err);
}

static void settings_read__flow_timeouts_by_protocol_and_state(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    const char *const set[] = {"flow-timeouts.tcp.emergency-new=7",
                               "flow-timeouts.udp.established=120", "flow.emergency-recovery=50"};
    assert_int_equal(read_with(&s, &err, set), SETTINGS_RUN);
    const struct flow_timeouts *t = s.worker.flow.timeouts;
    assert_int_equal(t->emergency_s[TIMEOUT_TCP][TIMEOUT_NEW], 7);
    assert_int_equal(t->normal_s[TIMEOUT_UDP][TIMEOUT_ESTABLISHED], 120);
    assert_int_equal(t->normal_s[TIMEOUT_ICMP][TIMEOUT_ESTABLISHED], 300);
    assert_int_equal(s.worker.flow.emergency_recovery, 50);
    settings_release(&s);
}

static void settings_read__wrong_flow_settings_are_named(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"flow-timeouts.icmp.new=soon",
         "flow-timeouts.icmp.new: 'soon'; wants seconds, up to a year"},
        {"flow.emergency-recovery=0", "flow.emergency-recovery: '0'; wants 1 to 100 percent"},
        {"flow.memcap=some", "flow.memcap"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct settings s;
        struct err err;
        const char *const set[3] = {wrong[i][0]};
        assert_int_equal(read_with(&s, &err, set), SETTINGS_BAD);
        assert_non_null(strstr(err.text, wrong[i][1]));
        settings_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_read__flow_timeouts_by_protocol_and_state),
        cmocka_unit_test(settings_read__wrong_flow_settings_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
