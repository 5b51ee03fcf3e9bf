/* tests/unit/analyzer/http/test_ring.c - what a viewer gets, misses and is told. */
#include "analyzer/http/ring.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define S 1000000ULL

static struct ring ring;
static struct ring_reader reader;
static char text[1 << 20];

static void add(const char *name, const char *orgs, unsigned severity, const char *json)
{
    ring_add(&ring, &(struct push_event){name, orgs, severity, bytes_str(json)});
}

static void start(const struct push_viewer *v, const char *last_id)
{
    ring_reader_init(&reader, &ring, v, last_id, 10 * S);
}

/* All that is due at that second. */
static const char *read_at(uint64_t second)
{
    size_t len = 0, n;
    do {
        ring_reader_fill(&reader, &ring, second * S);
        n = ring_reader_take(&reader, text + len, sizeof text - 1 - len);
        len += n;
    } while (n);
    text[len] = '\0';
    return text;
}

static size_t count(const char *in, const char *what)
{
    size_t n = 0;
    for (; (in = strstr(in, what)); in += strlen(what))
        n++;
    return n;
}

static int setup(void **state)
{
    (void)state;
    ring = (struct ring){.epoch = 7};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ring_reader_release(&reader);
    ring_release(&ring);
    return 0;
}

static void ring__gives_events_in_order_with_ids(void **state)
{
    (void)state;
    start(&(struct push_viewer){0}, NULL);
    add("alert", "a", 1, "{\"n\":1}");
    add("notice", NULL, 0, "{\"n\":2}");
    const char *got = read_at(10);
    assert_non_null(strstr(got, "id: 7-1\nevent: alert\ndata: {\"n\":1}\n\n"));
    assert_non_null(strstr(got, "id: 7-2\nevent: notice\ndata: {\"n\":2}\n\n"));
    assert_true(strstr(got, "7-1") < strstr(got, "7-2"));
}

static void ring__bound_viewer_sees_only_its_organisations(void **state)
{
    (void)state;
    start(&(struct push_viewer){.bound = true, .orgs = "mof agency-c"}, NULL);
    add("alert", "mof", 1, "{\"n\":1}");
    add("alert", "mofa", 1, "{\"n\":2}");
    add("incident", "meti agency-c", 0, "{\"n\":3}");
    add("sensor", NULL, 0, "{\"n\":4}");
    add("alert", "agency", 1, "{\"n\":5}");
    const char *got = read_at(10);
    assert_int_equal(count(got, "data:"), 2);
    assert_non_null(strstr(got, "\"n\":1"));
    assert_non_null(strstr(got, "\"n\":3"));
}

static void ring__resumes_after_the_last_id(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        add("alert", "a", 1, i == 4 ? "{\"n\":\"last\"}" : "{}");
    start(&(struct push_viewer){0}, "7-4");
    const char *got = read_at(10);
    assert_int_equal(count(got, "event: alert"), 1);
    assert_non_null(strstr(got, "last"));
    assert_int_equal(count(got, "event: lost"), 0);
}

static void ring__unknown_last_id_means_lost(void **state)
{
    (void)state;
    static const char *const ids[] = {"6-1", "7-99", "7", "x-1", "7-", "-"};
    add("alert", "a", 1, "{}");
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        start(&(struct push_viewer){0}, ids[i]);
        const char *got = read_at(10);
        assert_int_equal(count(got, "event: lost"), 1);
        assert_int_equal(count(got, "event: alert"), 0);
        ring_reader_release(&reader);
    }
}

static void ring__slow_viewer_is_told_how_many_it_lost(void **state)
{
    (void)state;
    start(&(struct push_viewer){0}, NULL);
    for (int i = 0; i < RING_SLOTS + 10; i++)
        add("notice", NULL, 0, "{}");
    const char *got = read_at(10);
    assert_non_null(strstr(got, "event: lost\ndata: {\"count\":10}"));
    assert_int_equal(count(got, "event: notice"), RING_SLOTS);
}

static void ring__flood_of_low_severity_does_not_displace_the_gravest(void **state)
{
    (void)state;
    start(&(struct push_viewer){0}, NULL);
    for (int i = 0; i < 3000; i++)
        add("alert", "a", 3, "{}");
    add("alert", "a", 1, "{\"n\":\"needle\"}");
    const char *got = read_at(10);
    assert_non_null(strstr(got, "needle"));
    assert_int_equal(count(got, "event: alert"), 201); /* the burst of severity 3, and the needle */
    assert_non_null(strstr(got, "{\"count\":2800}"));
}

static void ring__events_not_kept_count_as_lost_for_who_resumes(void **state)
{
    (void)state;
    add("alert", "a", 1, "{}");
    ring_skip(&ring);
    add("alert", "a", 1, "{\"n\":3}");
    start(&(struct push_viewer){0}, "7-1");
    assert_non_null(strstr(read_at(10), "event: lost"));
    ring_reader_release(&reader);
    start(&(struct push_viewer){0}, "7-2");
    const char *got = read_at(10);
    assert_non_null(strstr(got, "\"n\":3"));
    assert_null(strstr(got, "lost"));
}

static void ring__says_something_every_15_seconds(void **state)
{
    (void)state;
    start(&(struct push_viewer){0}, NULL);
    assert_non_null(strstr(read_at(10), ": sekisho"));
    assert_string_equal(read_at(20), "");
    assert_non_null(strstr(read_at(26), ": sekisho"));
    assert_string_equal(read_at(27), "");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(ring__gives_events_in_order_with_ids),
        TEST(ring__bound_viewer_sees_only_its_organisations),
        TEST(ring__resumes_after_the_last_id),
        TEST(ring__unknown_last_id_means_lost),
        TEST(ring__slow_viewer_is_told_how_many_it_lost),
        TEST(ring__flood_of_low_severity_does_not_displace_the_gravest),
        TEST(ring__events_not_kept_count_as_lost_for_who_resumes),
        TEST(ring__says_something_every_15_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
