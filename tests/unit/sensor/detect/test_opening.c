/* What a rule about payload says of its first bytes. */
#include "rig.h"
#include "sensor/detect/opening.h"
#include "sensor/detect/ruleset.h"

static struct opening of_rule(const char *options)
{
    char rule[256];
    snprintf(rule, sizeof rule, "alert udp any any -> any any (%s sid:1;)", options);
    struct rig *r = rig_open(rule);
    struct opening o = opening_of(r->rules->signatures[0]);
    rig_close(r);
    return o;
}

static bool may_match(const char *options, struct bytes payload)
{
    struct opening o = of_rule(options);
    struct beginnings b = {.count = 0};
    beginnings_add(&b, payload);
    return opening_may_match(&o, &b);
}

static void opening__is_what_stands_at_one_place(void **state)
{
    (void)state;
    assert_true(may_match("content:\"ab\"; depth:2;", BYTES_LIT("abc")));
    assert_false(may_match("content:\"ab\"; depth:2;", BYTES_LIT("bab")));
    assert_false(may_match("content:\"b\"; offset:1; depth:1;", BYTES_LIT("aab")));
    assert_false(may_match("content:\"ab\"; startswith;", BYTES_LIT("a")));
    assert_true(may_match("content:\"ab\"; depth:3;", BYTES_LIT("bab")));
    assert_true(may_match("content:\"b\"; offset:4; depth:1;", BYTES_LIT("aaaab")));
}

static void opening__knows_no_case_where_the_rule_does_not(void **state)
{
    (void)state;
    assert_true(may_match("content:\"A1\"; nocase; depth:2;", BYTES_LIT("a1")));
    assert_false(may_match("content:\"A1\"; nocase; depth:2;", BYTES_LIT("a2")));
}

static void opening__of_nothing_fits_rules_without_contents(void **state)
{
    (void)state;
    assert_false(may_match("content:\"ab\";", (struct bytes){0}));
    assert_true(may_match("content:!\"ab\";", (struct bytes){0}));
    assert_true(may_match("dsize:0;", (struct bytes){0}));
}

static void opening__any_of_several_beginnings_will_do(void **state)
{
    (void)state;
    struct opening o = of_rule("content:\"ab\"; depth:2;");
    struct beginnings b = {.count = 0};
    beginnings_add(&b, BYTES_LIT("xx"));
    beginnings_add(&b, BYTES_LIT("ab"));
    assert_true(opening_may_match(&o, &b));
    b = (struct beginnings){.count = 0};
    for (unsigned i = 0; i < BEGINNINGS_MAX; i++)
        beginnings_add(&b, BYTES_LIT("xx"));
    assert_false(opening_may_match(&o, &b));
    beginnings_add(&b, BYTES_LIT("ab")); /* not kept: it may be anything */
    assert_true(opening_may_match(&o, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening__is_what_stands_at_one_place),
        cmocka_unit_test(opening__knows_no_case_where_the_rule_does_not),
        cmocka_unit_test(opening__of_nothing_fits_rules_without_contents),
        cmocka_unit_test(opening__any_of_several_beginnings_will_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
