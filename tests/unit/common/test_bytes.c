/* Views and the cursor that reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "common/cursor.h"

static void bytes_str__null_is_the_empty_view(void **state)
{
    (void)state;
    assert_int_equal(bytes_str(NULL).len, 0);
    assert_int_equal(bytes_str("abc").len, 3);
}

static void bytes_eq__empty_views_are_equal_whatever_they_point_to(void **state)
{
    (void)state;
    assert_true(bytes_eq((struct bytes){0}, BYTES_LIT("")));
    assert_true(bytes_ieq(BYTES_LIT("Host"), BYTES_LIT("hOST")));
    assert_false(bytes_eq(BYTES_LIT("Host"), BYTES_LIT("host")));
    assert_false(bytes_eq(BYTES_LIT("ab"), BYTES_LIT("abc")));
}

static void bytes_slice__is_clipped_to_what_is_there(void **state)
{
    (void)state;
    struct bytes b = BYTES_LIT("abcdef");
    assert_true(bytes_eq(bytes_slice(b, 2, 3), BYTES_LIT("cde")));
    assert_true(bytes_eq(bytes_slice(b, 4, SIZE_MAX), BYTES_LIT("ef")));
    assert_int_equal(bytes_slice(b, 7, 1).len, 0);
    assert_int_equal(bytes_slice((struct bytes){0}, 3, 4).len, 0);
}

static void bytes_find__finds_the_first_or_says_no(void **state)
{
    (void)state;
    struct bytes b = BYTES_LIT("a\0needle needle");
    assert_int_equal(bytes_find(b, BYTES_LIT("needle")), 2);
    assert_int_equal(bytes_find(b, BYTES_LIT("")), 0);
    assert_int_equal(bytes_find(b, BYTES_LIT("nail")), -1);
    assert_int_equal(bytes_find((struct bytes){0}, BYTES_LIT("x")), -1);
    assert_true(bytes_starts(b, BYTES_LIT("a\0n")));
    assert_false(bytes_starts(BYTES_LIT("a"), b));
}

static void cursor__reads_both_byte_orders(void **state)
{
    (void)state;
    static const uint8_t data[] = {1,  2,  3,  4,  5,  6,  7,    8,    9,    10,   11,   12,
                                   13, 14, 15, 16, 17, 18, 0xff, 0xfe, 0xfd, 0xfc, 0x80, 0x01};
    struct cursor c = cursor_over(bytes_of(data, sizeof data));
    assert_int_equal(cursor_u8(&c), 1);
    assert_int_equal(cursor_u16(&c), 0x0203);
    assert_int_equal(cursor_u24(&c), 0x040506);
    assert_int_equal(cursor_u32(&c), 0x0708090a);
    assert_int_equal(cursor_u64(&c), 0x0b0c0d0e0f101112);
    assert_int_equal(cursor_le32(&c), 0xfcfdfeff);
    assert_int_equal(cursor_le16(&c), 0x0180);
    assert_true(cursor_ok(&c));
    assert_int_equal(cursor_left(&c), 0);
}

static void cursor__after_the_first_failure_everything_is_empty(void **state)
{
    (void)state;
    struct cursor c = cursor_over(BYTES_LIT("abc"));
    assert_int_equal(cursor_u32(&c), 0);
    assert_false(cursor_ok(&c));
    assert_int_equal(cursor_u8(&c), 0);
    assert_int_equal(cursor_left(&c), 0);
    assert_int_equal(cursor_rest(&c).len, 0);
    assert_int_equal(cursor_take(&c, 0).len, 0);
}

static void cursor__over_nothing_has_nothing(void **state)
{
    (void)state;
    struct cursor c = cursor_over((struct bytes){0});
    assert_int_equal(cursor_rest(&c).len, 0);
    assert_true(cursor_ok(&c));
    cursor_skip(&c, 1);
    assert_false(cursor_ok(&c));
}

static void cursor_take__huge_length_does_not_wrap(void **state)
{
    (void)state;
    struct cursor c = cursor_over(BYTES_LIT("abc"));
    cursor_skip(&c, 1);
    assert_int_equal(cursor_take(&c, SIZE_MAX).len, 0);
    assert_false(cursor_ok(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_str__null_is_the_empty_view),
        cmocka_unit_test(bytes_eq__empty_views_are_equal_whatever_they_point_to),
        cmocka_unit_test(bytes_slice__is_clipped_to_what_is_there),
        cmocka_unit_test(bytes_find__finds_the_first_or_says_no),
        cmocka_unit_test(cursor__reads_both_byte_orders),
        cmocka_unit_test(cursor__after_the_first_failure_everything_is_empty),
        cmocka_unit_test(cursor__over_nothing_has_nothing),
        cmocka_unit_test(cursor_take__huge_length_does_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
