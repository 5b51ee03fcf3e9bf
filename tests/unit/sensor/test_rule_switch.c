/* tests/unit/sensor/test_rule_switch.c - who still needs which rule set. */
#include "sensor/rule_switch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct ruleset *empty(void)
{
    struct ruleset_report report;
    struct err err;
    struct ruleset *rs = ruleset_load(&(struct ruleset_options){.files = NULL}, &report, &err);
    assert_non_null(rs);
    return rs;
}

static void rule_switch__an_older_set_stays_until_the_last_holder_leaves(void **state)
{
    (void)state;
    struct rule_switch *s = rule_switch_new(empty());
    const struct ruleset *first = rule_switch_enter(s);
    rule_switch_hold(s, first);
    rule_switch_publish(s, empty());
    const struct ruleset *second = rule_switch_enter(s);
    assert_ptr_not_equal(first, second);
    assert_int_equal(rule_switch_sweep(s), 1);
    rule_switch_leave(s, first);
    assert_int_equal(rule_switch_sweep(s), 1);
    assert_int_equal(ruleset_count(first), 0);
    rule_switch_leave(s, first);
    assert_int_equal(rule_switch_sweep(s), 0);
    rule_switch_leave(s, second);
    assert_int_equal(rule_switch_sweep(s), 0);
    assert_ptr_equal(rule_switch_enter(s), second);
    rule_switch_free(s);
}

static void rule_switch__a_set_in_between_goes_before_an_older_one(void **state)
{
    (void)state;
    struct rule_switch *s = rule_switch_new(empty());
    const struct ruleset *first = rule_switch_enter(s);
    rule_switch_publish(s, empty());
    rule_switch_publish(s, empty());
    assert_int_equal(rule_switch_sweep(s), 1);
    rule_switch_leave(s, first);
    assert_int_equal(rule_switch_sweep(s), 0);
    rule_switch_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_switch__an_older_set_stays_until_the_last_holder_leaves),
        cmocka_unit_test(rule_switch__a_set_in_between_goes_before_an_older_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
