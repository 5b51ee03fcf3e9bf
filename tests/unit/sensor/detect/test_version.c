/* What the version of a rule set is over. */
#include "rig.h"

#define RULE_A "alert tcp $HOME_NET any -> any 80 (content:\"a\"; sid:1;)\n"
#define RULE_B "alert tcp any any <> any $SSH_PORTS (content:\"b\"; sid:2;)\n"

static struct ruleset *load(const char *text, const struct rule_vars *vars)
{
    struct ruleset_options o = {.vars = vars};
    struct ruleset_report report;
    struct err err = {""};
    struct ruleset *rs = rig_load(text, &o, &report, &err);
    assert_non_null(rs);
    ruleset_report_free(&report);
    return rs;
}

static const char *version_of(const char *text, const struct rule_vars *vars)
{
    static char version[2][17];
    static int turn;
    struct ruleset *rs = load(text, vars);
    turn ^= 1;
    snprintf(version[turn], sizeof version[turn], "%s", ruleset_version(rs));
    ruleset_free(rs);
    return version[turn];
}

static void version__is_of_loaded_rules_only(void **state)
{
    (void)state;
    assert_string_equal(version_of(RULE_A RULE_B, NULL),
                        version_of("alert tcp 1.2.3.4 any -> any 99 (nonsense; sid:3;)\n" RULE_B
                                   "# comment\n" RULE_A,
                                   NULL));
    assert_string_not_equal(version_of(RULE_A RULE_B, NULL), version_of(RULE_A, NULL));
}

static void version__changes_with_the_variables_of_its_rules(void **state)
{
    (void)state;
    struct rule_vars *vars = rule_vars_new();
    rule_vars_set(vars, RULE_VAR_PORT, "SSH_PORTS", "2222");
    assert_string_equal(version_of(RULE_A, NULL), version_of(RULE_A, vars));
    assert_string_not_equal(version_of(RULE_B, NULL), version_of(RULE_B, vars));
    rule_vars_free(vars);
}

static void version__is_that_of_the_set_printed_and_read_again(void **state)
{
    (void)state;
    struct rule_vars *vars = rule_vars_new();
    rule_vars_set(vars, RULE_VAR_ADDRESS, "HOME_NET", "[192.0.2.0/24]");
    struct ruleset *rs =
        load(RULE_B "alert tcp 1.2.3.4 any -> any 99 (nonsense; sid:3;)\n" RULE_A, vars);
    char *rules = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&rules, &len);
    assert_non_null(out);
    ruleset_print(rs, out);
    fclose(out);
    assert_string_equal(version_of(rules, vars), ruleset_version(rs));
    free(rules);
    ruleset_free(rs);
    rule_vars_free(vars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version__is_of_loaded_rules_only),
        cmocka_unit_test(version__changes_with_the_variables_of_its_rules),
        cmocka_unit_test(version__is_that_of_the_set_printed_and_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
