/* tests/unit/sensor/detect/test_analysis.c - what the engine says of rules. */
#include "rig.h"
#include <cjson/cJSON.h>

/* The n-th row for these rules; the caller deletes it. */
static cJSON *row_of(const char *rules, int n)
{
    char path[] = "/tmp/sekisho-analysis-XXXXXX", *text = NULL;
    size_t len = 0;
    struct err err = {""};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, rules, strlen(rules)), (ssize_t)strlen(rules));
    close(fd);
    struct ruleset_options o = {.files = (const char *const[]){path}, .file_count = 1};
    FILE *out = open_memstream(&text, &len);
    assert_int_equal(rules_analyse(&o, out, &err), 0);
    fclose(out);
    unlink(path);
    char *line = text;
    while (n-- && line)
        line = (line = strchr(line, '\n')) ? line + 1 : NULL;
    cJSON *row = line && *line ? cJSON_ParseWithOpts(line, NULL, false) : NULL;
    free(text);
    return row;
}

static const char *text_of(const cJSON *row, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(row, name));
    return text ? text : "";
}

static bool remarks(const char *rule, const char *list, const char *what)
{
    cJSON *row = row_of(rule, 0), *one;
    bool found = false;
    assert_non_null(row);
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(row, list)) found |=
        strncmp(cJSON_GetStringValue(one), what, strlen(what)) == 0;
    cJSON_Delete(row);
    return found;
}

static void rules_analyse__tells_type_buffers_and_fast_pattern(void **state)
{
    (void)state;
    cJSON *row = row_of("alert http any any -> any 80 (msg:\"m\"; http.uri; content:\"/a b\"; "
                        "content:\"longer\"; flowbits:set,x; sid:7; rev:3; metadata:k v;)\n",
                        0);
    assert_string_equal(text_of(row, "type"), "app_tx");
    assert_string_equal(text_of(row, "app_proto"), "http");
    assert_string_equal(text_of(row, "msg"), "m");
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(row, "id")), 7);
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(row, "rev")), 3);
    const cJSON *mpm = cJSON_GetObjectItem(row, "mpm");
    assert_string_equal(text_of(mpm, "buffer"), "http.uri");
    assert_string_equal(text_of(mpm, "pattern"), "longer");
    const cJSON *engine = cJSON_GetArrayItem(cJSON_GetObjectItem(row, "engines"), 0);
    assert_string_equal(text_of(engine, "direction"), "toserver");
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(engine, "matches"), 0);
    assert_string_equal(text_of(cJSON_GetObjectItem(first, "content"), "pattern"), "/a|20|b");
    cJSON_Delete(row);
}

static void rules_analyse__shows_rules_that_are_off_or_wrong(void **state)
{
    (void)state;
    static const char rules[] = "# a remark\n"
                                "#alert tcp any any -> any any (msg:\"off\"; sid:1;)\n"
                                "alert tcp any any -> any any (msg:\"bad\"; nonsense; sid:2;)\n";
    cJSON *off = row_of(rules, 0), *bad = row_of(rules, 1), *none = row_of(rules, 2);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(off, "enabled")));
    assert_string_equal(text_of(off, "raw"), "alert tcp any any -> any any (msg:\"off\"; sid:1;)");
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(off, "line")), 2);
    assert_non_null(strstr(text_of(bad, "error"), "unknown keyword 'nonsense'"));
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(bad, "id")), 2);
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(bad, "column")), 42);
    assert_null(none);
    cJSON_Delete(off);
    cJSON_Delete(bad);
}

static void rules_analyse__tells_the_bytes_of_a_rule_that_is_no_utf8(void **state)
{
    (void)state;
    cJSON *latin = row_of("alert tcp any any -> any any (msg:\"\xe9\"; sid:1;)", 0);
    cJSON *utf8 = row_of("alert tcp any any -> any any (msg:\"\xc3\xa9\"; sid:1;)", 0);
    assert_non_null(strstr(text_of(latin, "raw"), "msg:\"\\xe9\";"));
    assert_non_null(strstr(text_of(latin, "raw_hex"), "6d73673a22e9223b"));
    assert_non_null(strstr(text_of(utf8, "raw"), "msg:\"\xc3\xa9\";"));
    assert_string_equal(text_of(utf8, "raw_hex"), "");
    cJSON_Delete(latin);
    cJSON_Delete(utf8);
}

static void rules_analyse__rules_that_look_for_the_same_have_one_hash(void **state)
{
    (void)state;
    cJSON *a = row_of("alert tcp any any -> any 1 (msg:\"a\"; content:\"x\"; sid:1;)", 0);
    cJSON *b = row_of("alert tcp any any -> any 1 (content: \"x\"; sid:2; rev:4; msg:\"b\";)", 0);
    cJSON *c = row_of("alert tcp any any -> any 1 (msg:\"a\"; content:\"y\"; sid:1;)", 0);
    assert_string_equal(text_of(a, "match_hash"), text_of(b, "match_hash"));
    assert_string_not_equal(text_of(a, "match_hash"), text_of(c, "match_hash"));
    cJSON_Delete(a);
    cJSON_Delete(b);
    cJSON_Delete(c);
}

#define RULE(options) "alert tcp any any -> any any (" options " sid:1;)\n"

static void rules_analyse__warns_of_what_cannot_match(void **state)
{
    (void)state;
    assert_true(remarks(RULE("flowbits:isset,a; flowbits:isnotset,a;"), "warnings", "never"));
    assert_false(remarks(RULE("flowbits:isset,a; flowbits:isnotset,b;"), "warnings", "never"));
    assert_true(remarks(RULE("content:\"abcd\"; noalert;"), "warnings", "dead"));
    assert_false(remarks(RULE("content:\"abcd\"; flowbits:set,a; noalert;"), "warnings", "dead"));
}

static void rules_analyse__notes_what_is_slow(void **state)
{
    (void)state;
    assert_true(remarks(RULE("content:\"ab\";"), "notes", "slow"));
    assert_false(remarks(RULE("content:\"abc\";"), "notes", "slow"));
    assert_true(remarks(RULE("pcre:\"/abc/\";"), "notes", "slow: an expression"));
    assert_true(remarks(RULE("content:!\"abcd\";"), "notes", "slow: no fast pattern"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_analyse__tells_type_buffers_and_fast_pattern),
        cmocka_unit_test(rules_analyse__shows_rules_that_are_off_or_wrong),
        cmocka_unit_test(rules_analyse__tells_the_bytes_of_a_rule_that_is_no_utf8),
        cmocka_unit_test(rules_analyse__rules_that_look_for_the_same_have_one_hash),
        cmocka_unit_test(rules_analyse__warns_of_what_cannot_match),
        cmocka_unit_test(rules_analyse__notes_what_is_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
