/* tests/unit/analyzer/directory/test_directory.c - orgs.yaml: what is read, what is refused and
 * where. */
#include "analyzer/directory/directory.h"
#include "common/file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <unistd.h>

#define CENTRES                                                                                    \
    "centres:\n"                                                                                   \
    "  - id: nisc\n"                                                                               \
    "    name: {ja: 一, en: One}\n"                                                               \
    "    contacts: []\n"
/* One organisation from line 6 on; extra lines go between. */
#define ORG(id, kind, rest)                                                                        \
    "  - id: " id "\n"                                                                             \
    "    name: {ja: 甲, en: A}\n"                                                                 \
    "    kind: " kind "\n"                                                                         \
    "    centre: nisc\n"                                                                           \
    "    state: monitored\n"                                                                       \
    "    consent: none\n" rest

#define PLAIN(net) "    networks: [" net "]\n    contacts: []\n"

static char folder[] = "/tmp/test_directory_XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/orgs.yaml", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static struct directory *load(const char *text, struct err *err)
{
    assert_int_equal(file_replace(path, bytes_str(text), err), 0);
    return directory_load(path, err);
}

static void expect_refused(const char *text, const char *at, const char *what)
{
    struct err err = {0};
    char start[128];
    struct directory *d = load(text, &err);
    assert_null(d);
    snprintf(start, sizeof start, "%s:%s:", path, at);
    if (strncmp(err.text, start, strlen(start)) != 0 || !strstr(err.text, what))
        fail_msg("expected '%s ...%s...', got '%s'", start, what, err.text);
}

static void directory_load__reads_organisations_and_sides(void **state)
{
    (void)state;
    struct err err = {0};
    struct directory *d =
        load(CENTRES "organisations:\n" ORG("min-a", "ministry", PLAIN("192.0.2.0/24"))
                 ORG("ag-b", "agency",
                     "    competent_ministry: min-a\n    networks: [198.51.100.0/24]\n"
                     "    internal_networks: [10.0.0.0/8]\n"
                     "    contacts:\n"
                     "      - {lane: management, language: en, name: B, email: b@b.example}\n"),
             &err);
    assert_non_null(d);
    const struct org *b = directory_org(d, "ag-b");
    assert_non_null(b);
    assert_int_equal(b->kind, ORG_AGENCY);
    assert_string_equal(b->competent_ministry, "min-a");
    assert_int_equal(b->contacts[0].lane, LANE_MANAGEMENT);
    struct addr public_a, internal, outside;
    assert_true(addr_parse(BYTES_LIT("192.0.2.9"), &public_a));
    assert_true(addr_parse(BYTES_LIT("10.1.2.3"), &internal));
    assert_true(addr_parse(BYTES_LIT("203.0.113.1"), &outside));
    assert_ptr_equal(directory_owner(d, &public_a), directory_org(d, "min-a"));
    assert_null(directory_owner(d, &internal));
    assert_true(org_holds(b, &internal));
    assert_false(org_holds(directory_org(d, "min-a"), &internal));
    assert_false(org_holds(b, &outside));
    directory_free(d);
}

static void directory_load__sample_is_sound(void **state)
{
    (void)state;
    struct err err = {0};
    struct directory *d = directory_load("analyzer/directory/orgs.sample.yaml", &err);
    assert_string_equal(err.text, "");
    assert_non_null(d);
    assert_int_equal(d->orgs_count, 3);
    directory_free(d);
}

static void directory_load__names_the_line_of_what_is_wrong(void **state)
{
    (void)state;
#define TWO(second) CENTRES "organisations:\n" ORG("a", "ministry", PLAIN("192.0.2.0/24")) second
    expect_refused("", "1:1", "empty");
    expect_refused("centres: [\n", "2:1", "not YAML");
    expect_refused(CENTRES "organisations:\n" ORG("a", "ministry", "    colour: red\n")
                       PLAIN("192.0.2.0/24"),
                   "12:5", "unknown key 'colour'");
    expect_refused(CENTRES "organisations:\n" ORG("a", "ministry", "    networks: []\n"), "12:15",
                   "'contacts' is missing");
    expect_refused(CENTRES "organisations:\n" ORG("a", "kingdom", PLAIN("192.0.2.0/24")), "8:11",
                   "use one of: ministry, agency, corporation");
    expect_refused(CENTRES "organisations:\n" ORG("A B", "ministry", PLAIN("192.0.2.0/24")), "6:9",
                   "cannot be an id");
    expect_refused(TWO(ORG("a", "ministry", PLAIN("198.51.100.0/24"))), "14:9", "there twice");
    expect_refused(TWO(ORG("b", "ministry", PLAIN("192.0.2.128/25"))), "20:16",
                   "192.0.2.128/25 of 'b' overlaps 192.0.2.0/24 of 'a'");
    expect_refused(TWO(ORG("b", "agency", PLAIN("198.51.100.0/24"))), "14:5",
                   "needs its competent_ministry");
    expect_refused(TWO(ORG("b", "agency", "    competent_ministry: zz\n" PLAIN("198.51.100.0/24"))),
                   "20:25", "no organisation 'zz'");
    expect_refused(
        TWO(ORG("b", "corporation", "    competent_ministry: b\n" PLAIN("198.51.100.0/24"))),
        "20:25", "is no ministry");
    expect_refused(TWO(ORG("b", "ministry", PLAIN("300.1.1.0/24"))), "20:16", "is no network");
    expect_refused(CENTRES "organisations:\n" ORG(
                       "a", "ministry",
                       "    networks: []\n    contacts:\n      - {lane: working, language: ja, "
                       "name: x, email: \"a@b.example\\nBcc: c@d\"}\n"),
                   "14:55", "is no mail address");
    expect_refused(
        "centres:\n  - {id: mi5, name: {ja: a, en: b}, contacts: []}\norganisations: []\n", "2:10",
        "use nisc or ipa");
}

static void directory_load__says_when_the_file_is_not_there(void **state)
{
    (void)state;
    struct err err = {0};
    assert_null(directory_load("/nonexistent/orgs.yaml", &err));
    assert_non_null(strstr(err.text, "/nonexistent/orgs.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directory_load__reads_organisations_and_sides),
        cmocka_unit_test(directory_load__sample_is_sound),
        cmocka_unit_test(directory_load__names_the_line_of_what_is_wrong),
        cmocka_unit_test(directory_load__says_when_the_file_is_not_there),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
