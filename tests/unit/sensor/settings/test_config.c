/* tests/unit/sensor/test_config.c - settings from YAML and --set. */
#include "sensor/settings/config.h"
#include "common/file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

static char path[] = "/tmp/sekisho-config-XXXXXX";

static struct config *config_of(const char *text, int want, struct err *err)
{
    struct config *c = config_new();
    assert_int_equal(file_replace(path, bytes_str(text), err), 0);
    assert_int_equal(config_read(c, path, err), want);
    return c;
}

static void config_read__nested_values_get_dotted_names(void **state)
{
    (void)state;
    struct err err;
    struct config *c =
        config_of("%YAML 1.1\n---\nvars:\n  address-groups:\n    HOME_NET: \"[10.0.0.0/8]\"\n"
                  "rule-files: [a.rules, b.rules]\n",
                  0, &err);
    assert_string_equal(config_get(c, "vars.address-groups.HOME_NET"), "[10.0.0.0/8]");
    assert_string_equal(config_get(c, "rule-files.1"), "b.rules");
    assert_null(config_get(c, "rule-files.2"));
    config_free(c);
}

static void config_read__broken_yaml_is_told_with_line_and_column(void **state)
{
    (void)state;
    struct err err;
    struct config *c = config_of("vars:\n  a: [1, 2\nb: 3\n", -1, &err);
    assert_non_null(strstr(err.text, ":3:"));
    assert_non_null(strstr(err.text, "not YAML"));
    config_free(c);
}

static void config_read__alias_loops_and_deep_nesting_are_refused(void **state)
{
    (void)state;
    struct err err;
    struct config *c = config_of("a: &x [*x]\n", -1, &err);
    config_free(c);
    c = config_of("[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]\n", -1, &err);
    assert_non_null(strstr(err.text, "nested deeper"));
    config_free(c);
}

static void config_set__later_value_wins_and_needs_an_equals_sign(void **state)
{
    (void)state;
    struct err err;
    struct config *c = config_of("stream: {midstream: no}\n", 0, &err);
    bool on = false;
    assert_int_equal(config_set(c, "stream.midstream=true", &err), 0);
    assert_int_equal(config_bool(c, "stream.midstream", false, &on, &err), 0);
    assert_true(on);
    assert_int_equal(config_set(c, "stream.midstream", &err), -1);
    assert_int_equal(config_set(c, "stream.midstream=perhaps", &err), 0);
    assert_int_equal(config_bool(c, "stream.midstream", false, &on, &err), -1);
    config_free(c);
}

static void config_check_known__a_typing_error_is_named_with_its_place(void **state)
{
    (void)state;
    struct err err;
    static const char *const known[] = {"sekisho.org", "sekisho.organisations.#.networks.#"};
    struct config *c = config_of(
        "sekisho:\n  org: a\n  organisations: [{networks: [10.0.0.0/8]}]\n  rog: b\n", 0, &err);
    assert_int_equal(config_check_known(c, known, 2, &err), -1);
    assert_non_null(strstr(err.text, ":4:8: unknown setting 'sekisho.rog'"));
    config_free(c);
}

static void config_size__reads_numbers_with_units(void **state)
{
    (void)state;
    struct err err;
    uint64_t n;
    struct config *c =
        config_of("a: 4096\nb: 64mb\nc: 1.5 GiB\nd: 8k\ne: 12parsec\nf: mb\ng: -1\n", 0, &err);
    static const struct {
        const char *key;
        uint64_t bytes;
    } right[] = {{"a", 4096}, {"b", 64u << 20}, {"c", 3ull << 29}, {"d", 8192}, {"none", 7}};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        assert_int_equal(config_size(c, right[i].key, 7, &n, &err), 0);
        assert_int_equal(n, right[i].bytes);
    }
    static const char *const wrong[] = {"e", "f", "g"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(config_size(c, wrong[i], 7, &n, &err), -1);
    assert_non_null(strstr(err.text, ":7:4: g is '-1'"));
    config_free(c);
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_read__nested_values_get_dotted_names),
        cmocka_unit_test(config_read__broken_yaml_is_told_with_line_and_column),
        cmocka_unit_test(config_read__alias_loops_and_deep_nesting_are_refused),
        cmocka_unit_test(config_set__later_value_wins_and_needs_an_equals_sign),
        cmocka_unit_test(config_size__reads_numbers_with_units),
        cmocka_unit_test(config_check_known__a_typing_error_is_named_with_its_place),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return rc;
}
