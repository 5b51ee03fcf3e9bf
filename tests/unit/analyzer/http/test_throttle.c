/* tests/unit/analyzer/http/test_throttle.c - attempts run out, are forgotten and forgiven. */
#include "analyzer/http/throttle.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>

static struct throttle t;

static int setup(void **state)
{
    (void)state;
    if (sodium_init() < 0)
        return -1;
    throttle_init(&t);
    return 0;
}

static void throttle__refuses_after_the_limit_and_says_how_long(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(throttle_try(&t, "pair", "aki", 3, 1000, 100), 0);
    uint64_t wait_us = throttle_try(&t, "pair", "aki", 3, 1000, 100);
    assert_in_range(wait_us, 1, 1001);
    assert_int_equal(throttle_try(&t, "pair", "aki", 3, 1000, 100 + wait_us), 0);
}

static void throttle__waiting_does_not_count(void **state)
{
    (void)state;
    assert_int_equal(throttle_try(&t, "pair", "aki", 1, 1000, 100), 0);
    for (int i = 0; i < 100; i++)
        assert_in_range(throttle_try(&t, "pair", "aki", 1, 1000, 100), 1, 1001);
    assert_int_equal(throttle_try(&t, "pair", "aki", 1, 1000, 1101), 0);
}

static void throttle__forgives_what_succeeded(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(throttle_try(&t, "pair", "aki", 2, 1000, 100), 0);
        throttle_forgive(&t, "pair", "aki");
    }
}

static void throttle__keeps_kinds_and_names_apart(void **state)
{
    (void)state;
    assert_int_equal(throttle_try(&t, "pair", "aki", 1, 1000, 100), 0);
    assert_int_equal(throttle_try(&t, "name", "aki", 1, 1000, 100), 0);
    assert_int_equal(throttle_try(&t, "pair", "kei", 1, 1000, 100), 0);
}

static void throttle__stays_bounded_and_never_lets_a_known_guesser_on(void **state)
{
    (void)state;
    char who[32];
    for (int i = 0; i < 5; i++)
        throttle_try(&t, "pair", "guesser", 5, 1000000, 100);
    for (int i = 0; i < 3 * THROTTLE_SLOTS; i++) {
        snprintf(who, sizeof who, "other-%d", i);
        throttle_try(&t, "pair", who, 5, 1000000, 100);
    }
    assert_int_not_equal(throttle_try(&t, "pair", "guesser", 5, 1000000, 100), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        TEST(throttle__refuses_after_the_limit_and_says_how_long),
        TEST(throttle__waiting_does_not_count),
        TEST(throttle__forgives_what_succeeded),
        TEST(throttle__keeps_kinds_and_names_apart),
        TEST(throttle__stays_bounded_and_never_lets_a_known_guesser_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
