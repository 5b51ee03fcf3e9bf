/* The literal matcher against a search for one literal after the other, at every place of buffers
 * of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/text.h"
#include "sensor/detect/mpm/matcher.h"

#define LITERALS_MAX 12

struct set {
    size_t count;
    const char *text[LITERALS_MAX]; /* its index is its rule */
    bool nocase[LITERALS_MAX];
};

struct hits {
    unsigned times[LITERALS_MAX];
};

static void on_hit(void *ctx, uint32_t rule)
{
    ((struct hits *)ctx)->times[rule]++;
}

static bool is_there(struct bytes in, struct bytes literal, bool nocase)
{
    for (size_t at = 0; at + literal.len <= in.len; at++) {
        struct bytes here = bytes_of(in.p + at, literal.len);
        if (nocase ? bytes_ieq(here, literal) : bytes_eq(here, literal))
            return true;
    }
    return false;
}

static void check(const struct set *set, const struct matcher *m, struct literals_seen *seen,
                  struct bytes in)
{
    struct hits hits = {{0}};
    matcher_scan(m, seen, in, on_hit, &hits);
    for (size_t i = 0; i < set->count; i++)
        assert_int_equal(hits.times[i], is_there(in, bytes_str(set->text[i]), set->nocase[i]));
}

static void check_everywhere(const struct set *set)
{
    struct matcher_builder b = {0};
    struct literals_seen seen = {0};
    for (size_t i = 0; i < set->count; i++)
        matcher_add(&b, bytes_str(set->text[i]), set->nocase[i], false, (uint32_t)i);
    struct matcher *m = matcher_build(&b);
    assert_non_null(m);
    matcher_grow_seen(m, &seen);
    for (size_t i = 0; i < set->count; i++)
        for (size_t before = 0; before < 300; before += before < 160 ? 3 : 29)
            for (size_t after = 0; after < 300; after += 1 + after * 7) {
                _Alignas(64) uint8_t room[800];
                uint8_t *buffer = room + (before * 7 + after * 3) % 64;
                struct bytes literal = bytes_str(set->text[i]);
                memset(room, 'x', sizeof room);
                memcpy(buffer + before, literal.p, literal.len);
                check(set, m, &seen, bytes_of(buffer, before + literal.len + after));
            }
    literals_seen_release(&seen);
    matcher_free(m);
}

static void matcher__sets_that_differ_in_a_byte_are_found(void **state)
{
    (void)state;
    static const struct set sets[] = {
        {2, {"d1", "d3"}, {0}},
        {2, {"ab", "az"}, {1, 1}},
        {3, {"dd4", "d1b4", "443d1"}, {0, 0, 1}},
        {4, {"31", "23d", "b", "1bb"}, {1, 0, 0, 1}},
        {8, {"bd", "c", "2cdcd", "1c", "da", "3c3dd", "c3c24", "dc"}, {1, 0, 1, 0, 1, 1, 1, 1}},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        check_everywhere(&sets[i]);
}

static void matcher__random_sets_are_found(void **state)
{
    (void)state;
    uint32_t seed = 20261128;
    for (unsigned round = 0; round < 60; round++) {
        char words[LITERALS_MAX][8];
        struct set set = {.count = 1 + round % LITERALS_MAX};
        for (size_t i = 0; i < set.count; i++) {
            size_t len = 1 + (seed >> 20) % 5;
            for (size_t k = 0; k < len; k++) {
                seed = seed * 1664525 + 1013904223;
                words[i][k] = "abcd1234"[seed >> 29];
            }
            words[i][len] = 0;
            set.text[i] = words[i];
            set.nocase[i] = seed >> 28 & 1;
        }
        check_everywhere(&set);
    }
}

static void matcher__hit_of_a_lone_byte_comes_once(void **state)
{
    (void)state;
    const struct set set = {1, {"a"}, {1}};
    struct matcher_builder b = {0};
    struct literals_seen seen = {0};
    matcher_add(&b, BYTES_LIT("a"), true, false, 0);
    struct matcher *m = matcher_build(&b);
    matcher_grow_seen(m, &seen);
    check(&set, m, &seen, BYTES_LIT("banana, Anna"));
    check(&set, m, &seen, BYTES_LIT("nothing"));
    literals_seen_release(&seen);
    matcher_free(m);
}

static unsigned whole_hits(const struct matcher *m, struct literals_seen *seen, const char *in,
                           uint32_t rule)
{
    struct hits hits = {{0}};
    matcher_scan(m, seen, bytes_str(in), on_hit, &hits);
    return hits.times[rule];
}

static void matcher__finds_whole_names_beside_parts_of_them(void **state)
{
    (void)state;
    struct matcher_builder b = {0};
    struct literals_seen seen = {0};
    matcher_add(&b, BYTES_LIT("example.jp"), true, true, 0);
    matcher_add(&b, BYTES_LIT("Example.jp"), false, true, 1);
    matcher_add(&b, BYTES_LIT("example.jp"), true, true, 2);
    matcher_add(&b, BYTES_LIT(".jp"), false, false, 3);
    struct matcher *m = matcher_build(&b);
    assert_non_null(m);
    matcher_grow_seen(m, &seen);
    assert_int_equal(whole_hits(m, &seen, "Example.jp", 0), 1);
    assert_int_equal(whole_hits(m, &seen, "Example.jp", 1), 1);
    assert_int_equal(whole_hits(m, &seen, "EXAMPLE.JP", 1), 0);
    assert_int_equal(whole_hits(m, &seen, "EXAMPLE.JP", 2), 1);
    assert_int_equal(whole_hits(m, &seen, "www.example.jp", 0), 0);
    assert_int_equal(whole_hits(m, &seen, "www.example.jp", 3), 1);
    assert_int_equal(whole_hits(m, &seen, "", 0), 0);
    literals_seen_release(&seen);
    matcher_free(m);
}

static void matcher__of_whole_names_alone_needs_no_database(void **state)
{
    (void)state;
    struct matcher_builder b = {0};
    struct literals_seen seen = {0};
    matcher_add(&b, BYTES_LIT("d69eab8c471fd12a39df0bb60c1b7f3f"), false, true, 0);
    struct matcher *m = matcher_build(&b);
    assert_non_null(m);
    matcher_grow_seen(m, &seen);
    assert_null(seen.stamps);
    assert_int_equal(whole_hits(m, &seen, "d69eab8c471fd12a39df0bb60c1b7f3f", 0), 1);
    assert_int_equal(whole_hits(m, &seen, "d69eab8c471fd12a39df0bb60c1b7f3", 0), 0);
    matcher_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matcher__sets_that_differ_in_a_byte_are_found),
        cmocka_unit_test(matcher__random_sets_are_found),
        cmocka_unit_test(matcher__hit_of_a_lone_byte_comes_once),
        cmocka_unit_test(matcher__finds_whole_names_beside_parts_of_them),
        cmocka_unit_test(matcher__of_whole_names_alone_needs_no_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
