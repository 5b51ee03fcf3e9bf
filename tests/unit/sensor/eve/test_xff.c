/* test_xff.c - the address a proxy spoke for, out of a header's value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "sensor/eve/xff.h"

static const char *read_as(const char *value, bool forward)
{
    static struct eve_client c;
    return eve_xff_read(bytes_str(value), forward, &c) ? c.text : "";
}

static void xff__reverse_takes_the_last_forward_the_first(void **state)
{
    (void)state;
    const char *list = "192.0.2.1, 198.51.100.2, 203.0.113.3";
    assert_string_equal(read_as(list, false), "203.0.113.3");
    assert_string_equal(read_as(list, true), "192.0.2.1");
    assert_string_equal(read_as("192.0.2.1", false), "192.0.2.1");
    assert_string_equal(read_as("192.0.2.1", true), "192.0.2.1");
}

static void xff__ports_and_brackets_are_left_out(void **state)
{
    (void)state;
    assert_string_equal(read_as("192.0.2.1:5678", true), "192.0.2.1");
    assert_string_equal(read_as("[2001:db8::1]:443", true), "2001:db8::1");
    assert_string_equal(read_as("10.0.0.1, [2001:db8::1]", false), "2001:db8::1");
    assert_string_equal(read_as("2001:db8::1", true), "2001:db8::1");
    assert_string_equal(read_as("[::ffff:192.0.2.1]:80", true), "::ffff:192.0.2.1");
}

static void xff__what_is_no_address_is_none(void **state)
{
    (void)state;
    const char *bad[] = {"unknown-host", "999.0.2.1:80", "[192.0.2.1",
                         "192.0.2",      "[]:80......",  "192.0.2.1, evil\"host",
                         "       ",      "1.2.3.",       "1.1.1.1,2.2.2.2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(read_as(bad[i], false), "");
}

static void xff__very_short_and_very_long_values_are_not_read(void **state)
{
    (void)state;
    char value[300];
    assert_string_equal(read_as("::1", true), "");
    snprintf(value, sizeof value, "%255s", "192.0.2.1");
    assert_string_equal(read_as(value, false), "192.0.2.1");
    snprintf(value, sizeof value, "%256s", "192.0.2.1");
    assert_string_equal(read_as(value, false), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xff__reverse_takes_the_last_forward_the_first),
        cmocka_unit_test(xff__ports_and_brackets_are_left_out),
        cmocka_unit_test(xff__what_is_no_address_is_none),
        cmocka_unit_test(xff__very_short_and_very_long_values_are_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
