/* tests/unit/analyzer/correlate/test_rule.c - rule files: what is taken, what is refused and where.
 */
#include "analyzer/correlate/match.h"
#include "analyzer/correlate/rule.h"
#include "common/file.h"
#include "tests/unit/redis_server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Lines 1 to 14; then what a case adds. */
#define TEXTS                                                                                      \
    "title: {ja: あ, en: T}\n"                                                                    \
    "explanation: {ja: あ, en: '{key}'}\n"                                                        \
    "judgement: {ja: あ, en: J}\n"                                                                \
    "action: {ja: あ, en: A}\n"                                                                   \
    "summary: {ja: あ, en: S}\n"
#define HEAD(id, kind, type)                                                                       \
    "id: " id "\n"                                                                                 \
    "kind: " kind "\n"                                                                             \
    "type: " type "\n"                                                                             \
    "severity: 2\n"                                                                                \
    "confidence: low\n"                                                                            \
    "due_hours: 24\n" TEXTS
#define STAGE  "stages:\n  - name: s\n    title: {ja: あ, en: S}\n    where: [{severity_max: 2}]\n"
#define ENOUGH "conditions: [{count: orgs, gte: 2}]\n"

static char dir[] = "/tmp/sekisho-rule-XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/r.yaml", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_remove_tree(dir);
    return 0;
}

static struct rule *load(const char *text, struct err *err)
{
    assert_int_equal(file_replace(path, bytes_str(text), err), 0);
    return rule_load(path, err);
}

static void refused(const char *text, const char *at, const char *why)
{
    struct err err = {0};
    char start[128];
    assert_null(load(text, &err));
    snprintf(start, sizeof start, "%s:%s:", path, at);
    if (strncmp(err.text, start, strlen(start)) != 0 || !strstr(err.text, why))
        fail_msg("expected '%s ...%s...', got '%s'", start, why, err.text);
}

static void rule_load__reads_what_it_should(void **state)
{
    (void)state;
    struct err err = {0};
    struct rule *r =
        load(HEAD("a-b", "campaign",
                  "value_count") "timespan: 64m\nany_of: [outside, ja4]\nvalue: dst\n" STAGE ENOUGH,
             &err);
    assert_string_equal(err.text, "");
    assert_non_null(r);
    assert_int_equal(r->timespan_us, UINT64_C(64) * 60 * 1000000);
    assert_int_equal(r->slice_us, 60 * 1000000);
    assert_int_equal(r->any_of[1], FIELD_JA4);
    assert_int_equal(r->value, FIELD_DST);
    rule_free(r);
}

static void rule_load__names_the_line_of_what_is_wrong(void **state)
{
    (void)state;
#define GOOD HEAD("a", "campaign", "value_count")
    refused(HEAD("A", "campaign", "value_count") "timespan: 1h\nany_of: [src]\n" STAGE ENOUGH,
            "1:5", "a-z, 0-9");
    refused(GOOD "timespan: 1w\nany_of: [src]\n" STAGE ENOUGH, "12:11", "is no timespan");
    refused(GOOD "timespan: 1h\n" STAGE ENOUGH, "1:1", "group_by or any_of");
    refused(GOOD "timespan: 1h\nany_of: [colour]\n" STAGE ENOUGH, "13:10", "colour");
    refused(GOOD "timespan: 1h\nany_of: [src]\n" STAGE, "3:7", "needs conditions");
    refused(GOOD "timespan: 1h\nany_of: [src]\n" STAGE "conditions: [{count: values, gte: 2}]\n",
            "18:14", "say which with `value:`");
    refused(HEAD("a", "campaign", "temporal") "timespan: 1h\nany_of: [src]\n" STAGE, "15:3",
            "two stages");
    refused(HEAD("a", "incident", "value_count") "timespan: 1h\nany_of: [src]\n" STAGE ENOUGH,
            "2:7", "put org into group_by");
    refused(GOOD "timespan: 1h\nany_of: [src]\nhue: 3\n" STAGE ENOUGH, "14:1", "unknown key 'hue'");
}

static void rules_load__takes_the_shipped_ones(void **state)
{
    (void)state;
    struct rules rs;
    struct err err = {0};
    assert_int_equal(rules_load(&rs, "rules/correlation", &err), 0);
    assert_string_equal(err.text, "");
    assert_true(rs.count >= 3);
    rules_release(&rs);
    assert_int_equal(rules_load(&rs, "/nonexistent", &err), -1);
}

static void stage_matches__all_given_and_one_of_each_list(void **state)
{
    (void)state;
    struct err err = {0};
    struct rule *r =
        load(GOOD "timespan: 1h\nany_of: [src]\nstages:\n  - name: s\n    title: {ja: あ, en: S}\n"
                  "    where:\n      - {metadata: [stage=beacon, k=v], severity_max: 2}\n"
                  "      - {host: [evil.example]}\n    except:\n      - {direction: [internal]}\n"
                  "conditions: [{count: events, gte: 1}]\n",
             &err);
    assert_string_equal(err.text, "");
    cJSON *metadata = cJSON_Parse("{\"Stage\":[\"x\",\"BEACON\"]}");
    struct alert_row a = {.severity = 2,
                          .category = "",
                          .detector = "",
                          .direction = "outbound",
                          .app_proto = "",
                          .host = ""};
    struct correlate_alert with = {&a, metadata}, without = {&a, NULL};
    assert_true(stage_matches(&r->stages[0], &with));
    assert_false(stage_matches(&r->stages[0], &without));
    a.severity = 3;
    assert_false(stage_matches(&r->stages[0], &with));
    a.host = "www.Evil.example";
    assert_true(stage_matches(&r->stages[0], &without));
    a.host = "notevil.example";
    assert_false(stage_matches(&r->stages[0], &without));
    a.host = "evil.example";
    a.direction = "internal";
    assert_false(stage_matches(&r->stages[0], &without));
    cJSON_Delete(metadata);
    rule_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_load__reads_what_it_should),
        cmocka_unit_test(rule_load__names_the_line_of_what_is_wrong),
        cmocka_unit_test(rules_load__takes_the_shipped_ones),
        cmocka_unit_test(stage_matches__all_given_and_one_of_each_list),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
