/* tests/unit/sensor/settings/test_stream.c - how far streams are followed, by the command line. */
#include "sensor/settings/settings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Up to two --set assignments; settings_release afterwards. */
static int read_with(struct settings *s, struct err *err, bool ips, const char *first,
                     const char *second)
{
    char *argv[] = {"sekisho-sensor",
                    "-r",
                    "/dev/null",
                    "-l",
                    "/nonexistent",
                    "--set",
                    (char *)(uintptr_t)first,
                    "--set",
                    (char *)(uintptr_t)second,
                    "--simulate-ips"};
    return settings_read(s, ips ? 10 : 9, argv, err);
}

static void settings_read__memory_and_depth_of_streams(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    assert_int_equal(
        read_with(&s, &err, false, "stream.memcap=32mb", "stream.reassembly.memcap=64mb"),
        SETTINGS_RUN);
    assert_int_equal(s.worker.stream.session_cap_bytes, 32 << 20);
    assert_int_equal(s.worker.stream.cap_bytes, 64 << 20);
    assert_int_equal(s.worker.stream.depth_bytes, 1 << 20);
    settings_release(&s);
    assert_int_equal(read_with(&s, &err, false, "stream.reassembly.depth=0", "flow.memcap=1mb"),
                     SETTINGS_RUN);
    assert_int_equal(s.worker.stream.depth_bytes, UINT32_MAX);
    settings_release(&s);
}

static void settings_read__urgent_data_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *policy, *beyond;
        bool ips;
        enum urgent_policy want, want_beyond;
    } cases[] = {
        {"oob", "gap", false, URGENT_OOB, URGENT_GAP},
        {"inline", "inline", false, URGENT_INLINE, URGENT_INLINE},
        {"drop", "drop", true, URGENT_DROP, URGENT_DROP},
        {"drop", "drop", false, URGENT_OOB, URGENT_OOB},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings s;
        struct err err;
        char policy[64], beyond[64];
        snprintf(policy, sizeof policy, "stream.reassembly.urgent.policy=%s", cases[i].policy);
        snprintf(beyond, sizeof beyond, "stream.reassembly.urgent.oob-limit-policy=%s",
                 cases[i].beyond);
        assert_int_equal(read_with(&s, &err, cases[i].ips, policy, beyond), SETTINGS_RUN);
        assert_int_equal(s.worker.stream.urgent, cases[i].want);
        assert_int_equal(s.worker.stream.urgent_beyond, cases[i].want_beyond);
        settings_release(&s);
    }
}

static void settings_read__an_unknown_urgent_policy_is_an_error(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    assert_int_equal(
        read_with(&s, &err, false, "stream.reassembly.urgent.policy=strip", "flow.memcap=1mb"),
        SETTINGS_BAD);
    assert_string_equal(err.text,
                        "stream.reassembly.urgent.policy: 'strip'; wants oob, inline, gap or drop");
    settings_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_read__memory_and_depth_of_streams),
        cmocka_unit_test(settings_read__urgent_data_by_name),
        cmocka_unit_test(settings_read__an_unknown_urgent_policy_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
