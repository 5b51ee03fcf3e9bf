/* Sets of values of one width, or of texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "sensor/detect/value_set.h"

#define CAP ((size_t)64 << 20)

static void value_set__holds_what_was_added_and_not_removed(void **state)
{
    (void)state;
    enum { RANGE = 700, STEPS = 60000 };
    for (size_t width = 0; width <= 4; width += 4) {
        struct value_set s;
        bool there[RANGE] = {false};
        size_t count = 0;
        unsigned seed = 7;
        value_set_init(&s, width, CAP);
        for (int i = 0; i < STEPS; i++) {
            unsigned n = (unsigned)rand_r(&seed) % RANGE;
            char text[16];
            int len = width ? 4 : snprintf(text, sizeof text, "%u", n);
            if (width)
                memcpy(text, &n, 4);
            struct bytes value = bytes_of(text, (size_t)len);
            assert_int_equal(value_find(&s, value) >= 0, there[n]);
            if (rand_r(&seed) % 2) {
                assert_int_equal(value_add(&s, value, 0), there[n] ? VALUE_KNOWN : VALUE_ADDED);
                count += !there[n];
                there[n] = true;
            } else {
                assert_int_equal(value_remove(&s, value), there[n]);
                count -= there[n];
                there[n] = false;
            }
            assert_int_equal(s.count, count);
        }
        assert_true(value_set_bytes(&s) < 64 << 10); /* texts that went do not stay */
        value_set_release(&s);
    }
}

static void value_set__keeps_a_number_with_a_value(void **state)
{
    (void)state;
    struct value_set s;
    value_set_init(&s, 0, CAP);
    assert_int_equal(value_add(&s, BYTES_LIT("plain"), 0), VALUE_ADDED);
    assert_null(s.reputation);
    for (unsigned i = 0; i < 1000; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "x%u", i);
        assert_int_equal(value_add(&s, bytes_of(text, (size_t)len), (uint16_t)(i + 1)),
                         VALUE_ADDED);
    }
    assert_true(value_remove(&s, BYTES_LIT("plain")));
    for (unsigned i = 0; i < 1000; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "x%u", i);
        ptrdiff_t at = value_find(&s, bytes_of(text, (size_t)len));
        assert_true(at >= 0);
        assert_int_equal(value_reputation(&s, (size_t)at), i + 1);
    }
    value_set_release(&s);
}

static void value_set__takes_no_more_than_its_memory(void **state)
{
    (void)state;
    struct value_set s;
    value_set_init(&s, 0, 20000);
    size_t added = 0;
    for (unsigned i = 0; i < 5000; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "%u", i);
        added += value_add(&s, bytes_of(text, (size_t)len), 0) == VALUE_ADDED;
    }
    assert_true(added > 100 && added < 2000);
    assert_int_equal(s.count, added);
    assert_true(value_set_bytes(&s) <= 20000);
    assert_int_equal(value_add(&s, BYTES_LIT("0"), 0), VALUE_KNOWN);
    value_set_release(&s);
}

static void value_set__another_width_is_not_in_it(void **state)
{
    (void)state;
    struct value_set s;
    value_set_init(&s, 4, CAP);
    assert_int_equal(value_add(&s, BYTES_LIT("abc"), 0), VALUE_FULL);
    assert_int_equal(value_add(&s, BYTES_LIT("abcd"), 0), VALUE_ADDED);
    assert_int_equal(value_find(&s, BYTES_LIT("abcde")), -1);
    assert_false(value_remove(&s, BYTES_LIT("abc")));
    value_set_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_set__holds_what_was_added_and_not_removed),
        cmocka_unit_test(value_set__keeps_a_number_with_a_value),
        cmocka_unit_test(value_set__takes_no_more_than_its_memory),
        cmocka_unit_test(value_set__another_width_is_not_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
