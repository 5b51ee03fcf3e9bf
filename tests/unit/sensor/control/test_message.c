/* tests/unit/sensor/control/test_message.c - where a message ends. */
#include "sensor/control/message.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static ssize_t length(const char *text)
{
    return message_length(bytes_str(text));
}

static void message_length__ends_at_the_closing_brace(void **state)
{
    (void)state;
    assert_int_equal(length("{}"), 2);
    assert_int_equal(length(" \r\n{\"a\":{\"b\":{}}}{"), 17);
    assert_int_equal(length("{\"a\":\"}\\\"}\\\\\"}rest"), 14);
}

static void message_length__wants_more_at_every_split(void **state)
{
    (void)state;
    static const char text[] = "  {\"a\":\"}\\\"{\",\"b\":{\"c\":1}}";
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_int_equal(message_length(bytes_of(text, n)), 0);
    assert_int_equal(length(text), sizeof text - 1);
}

static void message_length__refuses_what_is_no_object(void **state)
{
    (void)state;
    assert_int_equal(length("}"), -1);
    assert_int_equal(length("[1]"), -1);
    assert_int_equal(length("\nGET /"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_length__ends_at_the_closing_brace),
        cmocka_unit_test(message_length__wants_more_at_every_split),
        cmocka_unit_test(message_length__refuses_what_is_no_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
