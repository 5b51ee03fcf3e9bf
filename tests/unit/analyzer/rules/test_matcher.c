/* tests/unit/analyzer/rules/test_matcher.c - lines of disable.conf and modify.conf. */
#include "analyzer/rules/edit.h"
#include "analyzer/rules/matcher.h"
#include "analyzer/rules/pattern.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char raw[] = "alert tcp any any -> any any (msg:\"ET Heartbleed\"; sid:7; rev:1;)";
#define NAME "rules/emerging-dos.rules"

static struct rule_row row(void)
{
    cJSON *json = cJSON_Parse("{\"metadata\":[\"deployment Perimeter, tag X\"]}");
    return (struct rule_row){.json = json, .raw = raw, .gid = 1, .sid = 7, .rev = 1};
}

static bool fits(const char *text)
{
    struct err err;
    struct rule_row r = row();
    struct matcher *m = matcher_new(text, &err);
    assert_non_null(m);
    bool holds = matcher_holds(m, &r, NAME, raw);
    matcher_free(m);
    cJSON_Delete(r.json);
    return holds;
}

static void matcher_holds__by_number(void **state)
{
    (void)state;
    assert_true(fits("7"));
    assert_true(fits("1:7"));
    assert_true(fits("5, 1:7"));
    assert_false(fits("3:7"));
    assert_false(fits("70"));
}

static void matcher_holds__by_text_file_and_metadata(void **state)
{
    (void)state;
    assert_true(fits("*"));
    assert_true(fits("re:heartBLEED"));
    assert_true(fits("re: heart.*sid:7;"));
    assert_false(fits("re:^drop"));
    assert_true(fits("group:emerging-dos.rules"));
    assert_true(fits("group:emerging-dos"));
    assert_true(fits("group:emerging*"));
    assert_true(fits("emerging-dos.rules"));
    assert_false(fits("group:dos"));
    assert_true(fits("filename:rules/*dos*"));
    assert_true(fits("metadata: deployment perimeter"));
    assert_true(fits("metadata:TAG x"));
    assert_false(fits("metadata:deployment x"));
}

static void matcher_new__refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "heartbleed", "re:(", "1:2:3", "7,", "metadata:alone"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err;
        assert_null(matcher_new(bad[i], &err));
    }
}

static void words_are(const char *line, int count, const char *last)
{
    char copy[128], *words[4];
    snprintf(copy, sizeof copy, "%s", line);
    int n = edit_words(copy, words, 4);
    assert_int_equal(n, count);
    if (n > 0)
        assert_string_equal(words[n - 1], last);
}

static void edit_words__cuts_as_a_shell_does(void **state)
{
    (void)state;
    words_are("7 \"seconds \\d+\" \"seconds 60\"", 3, "seconds 60");
    words_are("7 'a\\\\b' \"a\\\\1\"", 3, "a\\1");
    words_are("  a\\ b  ", 1, "a b");
    words_are("re:\"a b\"c", 1, "re:a bc");
    words_are("a \"\"", 2, "");
    words_are("a \"open", -1, NULL);
    words_are("1 2 3 4 5", -1, NULL);
    words_are("", 0, NULL);
}

static void replaces(const char *from, const char *to, const char *text, const char *wanted)
{
    struct err err;
    struct pattern *p = pattern_new(from, false, &err);
    char *got;
    assert_int_equal(pattern_replace(p, text, to, &got, &err), 0);
    if (wanted)
        assert_string_equal(got, wanted);
    else
        assert_null(got);
    free(got);
    pattern_free(p);
}

static void pattern_replace__knows_both_notations_of_groups(void **state)
{
    (void)state;
    replaces("a(b)c", "<\\1>", "abc abc", "<b> <b>");
    replaces("a(b)c", "<${1}>", "abc", "<b>");
    replaces("x", "$HOME_NET", "x", "$HOME_NET");
    replaces("x", "\\\\", "x", "\\");
    replaces("y", "z", "x", NULL);
    replaces("a(?<n>b)c", "\\g<1>\\g<n>0", "abc", "bb0");
    replaces("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", "\\100", "abcdefghij", "j0");
    replaces("x", "\\g<1", "x", "\\g<1");
    replaces("(a)|(b)", "<\\1\\2>", "ab", "<a><b>"); /* one has no part in each match */
}

static void fails(const char *from, const char *to, const char *text, const char *wanted)
{
    struct err err = {""};
    struct pattern *p = pattern_new(from, false, &err);
    char *got;
    assert_int_equal(pattern_replace(p, text, to, &got, &err), -1);
    assert_null(got);
    assert_non_null(strstr(err.text, wanted));
    pattern_free(p);
}

static void pattern_replace__tells_why_it_fails(void **state)
{
    (void)state;
    fails("(x)", "\\2", "x", "'\\2' is no replacement: unknown substring");
    fails("(x)", "\\g<no>", "x", "unknown substring");
    fails("^(a+)+$", "b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "limit");
}

static void edit__changes_action_and_adds_options(void **state)
{
    (void)state;
    char *drop = edit_to_drop(raw), *more = edit_add_option(raw, "metadata: a b");
    assert_string_equal(drop, "drop tcp any any -> any any (msg:\"ET Heartbleed\"; sid:7; rev:1;)");
    assert_non_null(strstr(more, "rev:1; metadata: a b;)"));
    free(drop);
    free(more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matcher_holds__by_number),
        cmocka_unit_test(matcher_holds__by_text_file_and_metadata),
        cmocka_unit_test(matcher_new__refuses_what_it_does_not_know),
        cmocka_unit_test(edit_words__cuts_as_a_shell_does),
        cmocka_unit_test(pattern_replace__knows_both_notations_of_groups),
        cmocka_unit_test(pattern_replace__tells_why_it_fails),
        cmocka_unit_test(edit__changes_action_and_adds_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
