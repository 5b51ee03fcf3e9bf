/* The bounded table, the distinct counter and the rank statistics under the detectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <math.h>
#include "sensor/anomaly/distinct.h"
#include "sensor/anomaly/keyed.h"
#include "sensor/anomaly/spread.h"

static struct keyed_key key(const struct keyed *t, uint64_t n)
{
    return keyed_digest(t, bytes_of(&n, sizeof n));
}

static uint64_t *use(struct keyed *t, uint64_t n)
{
    return keyed_use(t, key(t, n));
}

static void note_gone(void *ctx, void *state)
{
    *(uint64_t *)ctx = *(uint64_t *)state;
}

static void keyed_use__makes_zeroed_states_and_finds_them_again(void **state)
{
    (void)state;
    struct keyed *t = keyed_new(10000, sizeof(uint64_t), NULL, NULL);
    for (uint64_t n = 0; n < 10000; n++) {
        assert_int_equal(*use(t, n), 0);
        *use(t, n) = n + 1;
    }
    for (uint64_t n = 0; n < 10000; n++)
        assert_int_equal(*(uint64_t *)keyed_find(t, key(t, n)), n + 1);
    assert_null(keyed_find(t, key(t, 10000)));
    assert_int_equal(keyed_evicted(t), 0);
    keyed_free(t);
}

static void keyed_use__evicts_what_was_unused_longest(void **state)
{
    (void)state;
    uint64_t gone = 0;
    struct keyed *t = keyed_new(3, sizeof(uint64_t), note_gone, &gone);
    for (uint64_t n = 1; n <= 3; n++)
        *use(t, n) = n;
    use(t, 1);
    *use(t, 4) = 4;
    assert_int_equal(gone, 2);
    assert_int_equal(keyed_evicted(t), 1);
    assert_int_equal(*(uint64_t *)keyed_oldest(t), 3);
    assert_null(keyed_find(t, key(t, 2)));
    keyed_free(t);
}

/* Against a plain array of what should be there, over random uses and removals. */
static void keyed__agrees_with_a_plain_array(void **state)
{
    (void)state;
    bool there[512] = {false};
    uint64_t dice = 99;
    struct keyed *t = keyed_new(512, sizeof(uint64_t), NULL, NULL);
    for (unsigned i = 0; i < 200000; i++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        uint64_t n = dice >> 55;
        if (dice >> 40 & 1) {
            *use(t, n) = n;
            there[n] = true;
        } else {
            keyed_remove(t, key(t, n));
            there[n] = false;
        }
        uint64_t other = dice >> 20 & 511;
        const uint64_t *found = keyed_find(t, key(t, other));
        assert_int_equal(found != NULL, there[other]);
        assert_true(!found || *found == other);
    }
    keyed_free(t);
}

static void distinct_count__is_exact_to_32_and_close_beyond(void **state)
{
    (void)state;
    struct distinct d = {0};
    for (uint32_t n = 1; n <= 10000; n++) {
        distinct_add(&d, bytes_of(&n, sizeof n));
        assert_false(distinct_add(&d, bytes_of(&n, sizeof n)));
        double count = distinct_count(&d);
        if (n <= 32)
            assert_int_equal(count, n);
        else
            assert_true(fabs(count - n) < 3 + 0.05 * n);
    }
    assert_true(distinct_memory(&d) <= 512);
    distinct_release(&d);
}

static void distinct_count__saturates_instead_of_overflowing(void **state)
{
    (void)state;
    struct distinct d = {0};
    for (uint32_t n = 0; n < 1000000; n++)
        distinct_add(&d, bytes_of(&n, sizeof n));
    assert_int_equal(distinct_count(&d), 34070);
    distinct_release(&d);
}

static void spread_of__even_sample_has_no_spread(void **state)
{
    (void)state;
    double even[] = {60, 60, 60, 60, 60}, one[] = {7};
    struct spread s = spread_of(even, 5);
    assert_true(s.median == 60 && s.dispersion == 0 && s.skew == 0);
    assert_true(spread_of(one, 1).median == 7);
}

static void spread_of__outliers_do_not_move_it(void **state)
{
    (void)state;
    double sample[] = {10, 11, 9, 10, 12, 8, 10, 5000, 10};
    struct spread s = spread_of(sample, 9);
    assert_true(s.median == 10);
    assert_true(s.dispersion <= 0.1);
    assert_true(s.mean > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keyed_use__makes_zeroed_states_and_finds_them_again),
        cmocka_unit_test(keyed_use__evicts_what_was_unused_longest),
        cmocka_unit_test(keyed__agrees_with_a_plain_array),
        cmocka_unit_test(distinct_count__is_exact_to_32_and_close_beyond),
        cmocka_unit_test(distinct_count__saturates_instead_of_overflowing),
        cmocka_unit_test(spread_of__even_sample_has_no_spread),
        cmocka_unit_test(spread_of__outliers_do_not_move_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
