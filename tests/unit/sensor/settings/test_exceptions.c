/* tests/unit/sensor/settings/test_exceptions.c - which policy holds for which exception. */
#include "sensor/settings/settings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Up to three --set assignments; settings_release afterwards. */
static int read_with(struct settings *s, struct err *err, bool ips, const char *const set[3])
{
    char *argv[12] = {"sekisho-sensor", "-r", "/dev/null", "-l", "/nonexistent"};
    int argc = 5;
    if (ips)
        argv[argc++] = "--simulate-ips";
    for (unsigned i = 0; i < 3 && set[i]; i++) {
        argv[argc++] = "--set";
        argv[argc++] = (char *)(uintptr_t)set[i];
    }
    return settings_read(s, argc, argv, err);
}

static void settings_read__exceptions_follow_setting_master_and_default(void **state)
{
    (void)state;
    static const struct {
        bool ips;
        const char *set[3];
        enum exception e;
        enum exception_policy want;
    } cases[] = {
        {false, {0}, EXCEPTION_MIDSTREAM, POLICY_IGNORE},
        {true, {0}, EXCEPTION_MIDSTREAM, POLICY_DROP_FLOW},
        {true, {0}, EXCEPTION_APP_ERROR, POLICY_DROP_FLOW},
        {true, {0}, EXCEPTION_DEFRAG_MEMCAP, POLICY_DROP_PACKET},
        {true, {"stream.midstream=true"}, EXCEPTION_MIDSTREAM, POLICY_IGNORE},
        {true,
         {"stream.midstream=true", "exception-policy=auto"},
         EXCEPTION_MIDSTREAM,
         POLICY_IGNORE},
        {true, {"exception-policy=auto"}, EXCEPTION_SESSION_MEMCAP, POLICY_DROP_FLOW},
        {false, {"exception-policy=auto"}, EXCEPTION_SESSION_MEMCAP, POLICY_IGNORE},
        {false, {"exception-policy=drop-flow"}, EXCEPTION_SESSION_MEMCAP, POLICY_IGNORE},
        {true, {"exception-policy=ignore"}, EXCEPTION_REASSEMBLY_MEMCAP, POLICY_IGNORE},
        {true, {"exception-policy=pass-flow"}, EXCEPTION_DEFRAG_MEMCAP, POLICY_PASS_PACKET},
        {true, {"exception-policy=bypass"}, EXCEPTION_DEFRAG_MEMCAP, POLICY_IGNORE},
        {true,
         {"exception-policy=ignore", "stream.memcap-policy=drop-packet"},
         EXCEPTION_SESSION_MEMCAP,
         POLICY_DROP_PACKET},
        {false, {"app-layer.error-policy=bypass"}, EXCEPTION_APP_ERROR, POLICY_BYPASS},
        {false,
         {"stream.reassembly.memcap-policy=drop-flow"},
         EXCEPTION_REASSEMBLY_MEMCAP,
         POLICY_IGNORE},
        {false, {"stream.midstream-policy=reject"}, EXCEPTION_MIDSTREAM, POLICY_REJECT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings s;
        struct err err;
        assert_int_equal(read_with(&s, &err, cases[i].ips, cases[i].set), SETTINGS_RUN);
        assert_int_equal(s.worker.exceptions.of[cases[i].e], cases[i].want);
        settings_release(&s);
    }
}

static void settings_read__a_policy_that_cannot_hold_is_an_error(void **state)
{
    (void)state;
    static const struct {
        bool ips;
        const char *set[3], *what;
    } cases[] = {
        {true, {"exception-policy=maybe"}, "exception-policy: 'maybe'; wants auto"},
        {true, {"stream.midstream-policy=drop-packet"}, "no policy for a whole flow"},
        {true, {"exception-policy=pass-packet"}, "pass-packet is no policy for a whole flow"},
        {true,
         {"stream.midstream=true", "stream.midstream-policy=bypass"},
         "with stream.midstream"},
        {false, {"stream.midstream-policy=drop-flow"}, "wants --simulate-ips"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings s;
        struct err err;
        assert_int_equal(read_with(&s, &err, cases[i].ips, cases[i].set), SETTINGS_BAD);
        assert_non_null(strstr(err.text, cases[i].what));
        settings_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_read__exceptions_follow_setting_master_and_default),
        cmocka_unit_test(settings_read__a_policy_that_cannot_hold_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
