/* tests/unit/analyzer/enrich/test_enrich.c - direction and country of an alert's addresses. */
#include "analyzer/enrich/enrich.h"
#include "common/file.h"
#include "tests/unit/analyzer/eve_sample.h"
#include "tests/unit/redis_server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct directory *directory_make(char dir[32])
{
    char path[64];
    struct err err;
    snprintf(dir, 32, "/tmp/sekisho-enrich-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/orgs.yaml", dir);
    assert_int_equal(file_replace(path, bytes_str(SAMPLE_ORGS), &err), 0);
    return directory_load(path, &err);
}

static const char *direction_of(const struct enrich *e, const struct org *o, const char *src,
                                const char *dst)
{
    struct addr from = {.version = 0}, to = {.version = 0};
    struct alert_row a = {.direction = NULL};
    struct enrichment place;
    if (*src)
        assert_true(addr_parse(bytes_str(src), &from));
    if (*dst)
        assert_true(addr_parse(bytes_str(dst), &to));
    enrich_alert(e, o, &from, &to, &a, &place);
    assert_string_equal(a.country, "");
    return a.direction;
}

static void enrich_alert__tells_the_direction(void **state)
{
    (void)state;
    char dir[32];
    struct err err;
    struct directory *d = directory_make(dir);
    struct enrich *e = enrich_open(NULL, NULL, &err);
    const struct org *a = directory_org(d, "min-a"), *c = directory_org(d, "ag-c");
    assert_string_equal(direction_of(e, a, "198.18.0.1", "192.0.2.1"), "inbound");
    assert_string_equal(direction_of(e, a, "10.1.1.1", "198.18.0.1"), "outbound");
    assert_string_equal(direction_of(e, a, "10.1.1.1", "192.0.2.1"), "internal");
    assert_string_equal(direction_of(e, a, "198.18.0.1", "198.18.0.2"), "external");
    assert_string_equal(direction_of(e, a, "", "192.0.2.1"), "");
    assert_string_equal(direction_of(e, c, "10.1.1.1", "203.0.113.129"), "inbound");
    enrich_close(e);
    directory_free(d);
    test_remove_tree(dir);
}

static void enrich_open__refuses_what_is_no_database(void **state)
{
    (void)state;
    struct err err = {0};
    assert_null(enrich_open("/nonexistent.mmdb", NULL, &err));
    assert_non_null(strstr(err.text, "/nonexistent.mmdb"));
    assert_null(enrich_open(NULL, "Makefile", &err));
    assert_non_null(strstr(err.text, "Makefile"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enrich_alert__tells_the_direction),
        cmocka_unit_test(enrich_open__refuses_what_is_no_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
