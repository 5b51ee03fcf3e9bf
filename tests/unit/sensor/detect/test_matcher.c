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

static bool all(const void *ctx, uint32_t rule)
{
    (void)ctx;
    (void)rule;
    return true;
}

static void on_hit(void *ctx, uint32_t rule)
{
    ((struct hits *)ctx)->times[rule]++;
}

static bool none(const void *ctx, uint32_t rule)
{
    (void)ctx;
    (void)rule;
    return false;
}

static void note_hit(void *ctx, uint32_t rule)
{
    ((bool *)ctx)[rule] = true;
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

static void check(const struct set *set, const struct matcher_part *p, struct literals_seen *seen,
                  struct bytes in)
{
    struct hits hits = {{0}};
    matcher_scan(p, seen, (struct literals_view){.bytes = in}, on_hit, &hits);
    for (size_t i = 0; i < set->count; i++)
        assert_int_equal(hits.times[i], is_there(in, bytes_str(set->text[i]), set->nocase[i]));
}

static void check_everywhere(const struct set *set)
{
    struct matcher_builder b = {0};
    struct literals_seen seen = {0};
    for (size_t i = 0; i < set->count; i++)
        matcher_add(&b, bytes_str(set->text[i]), set->nocase[i], false, LITERAL_ANYWHERE,
                    (uint32_t)i);
    struct matcher *m = matcher_build(&b, 0);
    assert_non_null(m);
    struct matcher_part *parts = NULL, *p = matcher_part(m, all, NULL, &parts);
    matcher_grow_seen(m, &seen);
    for (size_t i = 0; i < set->count; i++)
        for (size_t before = 0; before < 300; before += before < 160 ? 3 : 29)
            for (size_t after = 0; after < 300; after += 1 + after * 7) {
                _Alignas(64) uint8_t room[800];
                uint8_t *buffer = room + (before * 7 + after * 3) % 64;
                struct bytes literal = bytes_str(set->text[i]);
                memset(room, 'x', sizeof room);
                memcpy(buffer + before, literal.p, literal.len);
                check(set, p, &seen, bytes_of(buffer, before + literal.len + after));
            }
    literals_seen_release(&seen);
    matcher_parts_free(parts);
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
    matcher_add(&b, BYTES_LIT("a"), true, false, LITERAL_ANYWHERE, 0);
    struct matcher *m = matcher_build(&b, 0);
    struct matcher_part *parts = NULL, *p = matcher_part(m, all, NULL, &parts);
    matcher_grow_seen(m, &seen);
    check(&set, p, &seen, BYTES_LIT("banana, Anna"));
    check(&set, p, &seen, BYTES_LIT("nothing"));
    literals_seen_release(&seen);
    matcher_parts_free(parts);
    matcher_free(m);
}

static unsigned whole_hits(const struct matcher_part *p, struct literals_seen *seen, const char *in,
                           uint32_t rule)
{
    struct hits hits = {{0}};
    matcher_scan(p, seen, (struct literals_view){.bytes = bytes_str(in)}, on_hit, &hits);
    return hits.times[rule];
}

static void matcher__finds_whole_names_beside_parts_of_them(void **state)
{
    (void)state;
    struct matcher_builder b = {0};
    struct literals_seen seen = {0};
    matcher_add(&b, BYTES_LIT("example.jp"), true, true, LITERAL_ANYWHERE, 0);
    matcher_add(&b, BYTES_LIT("Example.jp"), false, true, LITERAL_ANYWHERE, 1);
    matcher_add(&b, BYTES_LIT("example.jp"), true, true, LITERAL_ANYWHERE, 2);
    matcher_add(&b, BYTES_LIT(".jp"), false, false, LITERAL_ANYWHERE, 3);
    struct matcher *m = matcher_build(&b, 0);
    assert_non_null(m);
    struct matcher_part *parts = NULL, *p = matcher_part(m, all, NULL, &parts);
    matcher_grow_seen(m, &seen);
    assert_int_equal(whole_hits(p, &seen, "Example.jp", 0), 1);
    assert_int_equal(whole_hits(p, &seen, "Example.jp", 1), 1);
    assert_int_equal(whole_hits(p, &seen, "EXAMPLE.JP", 1), 0);
    assert_int_equal(whole_hits(p, &seen, "EXAMPLE.JP", 2), 1);
    assert_int_equal(whole_hits(p, &seen, "www.example.jp", 0), 0);
    assert_int_equal(whole_hits(p, &seen, "www.example.jp", 3), 1);
    assert_int_equal(whole_hits(p, &seen, "", 0), 0);
    literals_seen_release(&seen);
    matcher_parts_free(parts);
    matcher_free(m);
}

static void matcher__of_whole_names_alone_needs_no_database(void **state)
{
    (void)state;
    struct matcher_builder b = {0};
    struct literals_seen seen = {0};
    matcher_add(&b, BYTES_LIT("d69eab8c471fd12a39df0bb60c1b7f3f"), false, true, LITERAL_ANYWHERE,
                0);
    struct matcher *m = matcher_build(&b, 0);
    assert_non_null(m);
    struct matcher_part *parts = NULL, *p = matcher_part(m, all, NULL, &parts);
    matcher_grow_seen(m, &seen);
    assert_null(seen.stamps);
    assert_int_equal(whole_hits(p, &seen, "d69eab8c471fd12a39df0bb60c1b7f3f", 0), 1);
    assert_int_equal(whole_hits(p, &seen, "d69eab8c471fd12a39df0bb60c1b7f3", 0), 0);
    matcher_parts_free(parts);
    matcher_free(m);
}

/* Long and short ones, many and few of them, alike and not: every way of looking takes part. */
static void literals__of_all_lengths_are_found_in_any_number(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 20, 40, 70, 200, 900};
    uint32_t seed = 5;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        struct matcher_builder b = {0};
        struct literals_seen seen = {0};
        struct matcher_part *parts = NULL;
        static char words[900][24];
        for (size_t i = 0; i < counts[c]; i++) {
            size_t len = 3 + i % 18;
            for (size_t k = 0; k < len; k++) {
                seed = seed * 1664525 + 1013904223;
                words[i][k] = "aAbB/.%-09zq \x01\xff\x80"[(seed >> 24) % 16];
            }
            words[i][len] = 0;
            matcher_add(&b, bytes_of(words[i], len), false, false, LITERAL_ANYWHERE, (uint32_t)i);
        }
        struct matcher *m = matcher_build(&b, 0);
        struct matcher_part *p = matcher_part(m, all, NULL, &parts);
        matcher_grow_seen(m, &seen);
        for (size_t i = 0; i < counts[c]; i++)
            for (size_t before = 0; before < 70; before++) {
                char text[160];
                size_t len = 3 + i % 18, after = (before * 5 + i) % 60;
                memset(text, 'x', sizeof text);
                memcpy(text + before, words[i], len);
                bool found[900] = {0};
                matcher_scan(p, &seen,
                             (struct literals_view){.bytes = bytes_of(text, before + len + after)},
                             note_hit, found);
                assert_true(found[i]);
                for (size_t k = 0; k < counts[c]; k++)
                    if (found[k])
                        assert_true(is_there(bytes_of(text, before + len + after),
                                             bytes_of(words[k], 3 + k % 18), false));
            }
        literals_seen_release(&seen);
        matcher_parts_free(parts);
        matcher_free(m);
    }
}

static bool found_in(const struct matcher_part *p, struct literals_seen *seen, const char *in,
                     size_t before, bool start_only)
{
    bool found[1] = {0};
    matcher_scan(
        p, seen,
        (struct literals_view){.bytes = bytes_str(in), .before = before, .start_only = start_only},
        note_hit, found);
    return found[0];
}

static void matcher__literal_that_counts_near_the_beginning_is_found_there(void **state)
{
    (void)state;
    struct matcher_builder b = {0};
    struct literals_seen seen = {0};
    struct matcher_part *parts = NULL;
    matcher_add(&b, BYTES_LIT("needle"), false, false, 10, 0);
    struct matcher *m = matcher_build(&b, 0);
    struct matcher_part *p = matcher_part(m, all, NULL, &parts);
    matcher_grow_seen(m, &seen);
    assert_true(found_in(p, &seen, "needle", 0, false));
    assert_true(found_in(p, &seen, "0123needle", 0, false));
    assert_true(found_in(p, &seen, "0123needle and more of it", 0, true));
    assert_true(found_in(p, &seen, "23needle and more of it", 2, false));
    assert_false(found_in(p, &seen, "01234567890123456789needle, and more", 0, false));
    assert_false(found_in(p, &seen, "needle", 60, false));
    literals_seen_release(&seen);
    matcher_parts_free(parts);
    matcher_free(m);
}

static bool even(const void *ctx, uint32_t rule)
{
    return rule % *(const uint32_t *)ctx == 0;
}

static void matcher__parts_look_for_what_is_wanted_and_are_shared(void **state)
{
    (void)state;
    struct matcher_builder b = {0};
    struct literals_seen seen = {0};
    struct matcher_part *parts = NULL;
    matcher_add(&b, BYTES_LIT("first"), false, false, LITERAL_ANYWHERE, 0);
    matcher_add(&b, BYTES_LIT("second"), false, false, LITERAL_ANYWHERE, 1);
    matcher_add(&b, BYTES_LIT("third"), false, false, LITERAL_ANYWHERE, 2);
    struct matcher *m = matcher_build(&b, 0);
    const uint32_t two = 2, one = 1, four = 4;
    struct matcher_part *some = matcher_part(m, even, &two, &parts);
    assert_ptr_equal(matcher_part(m, even, &two, &parts), some);
    assert_ptr_not_equal(matcher_part(m, even, &one, &parts), some);
    assert_ptr_not_equal(matcher_part(m, even, &four, &parts), some);
    assert_null(matcher_part(m, none, NULL, &parts));
    matcher_grow_seen(m, &seen);
    bool found[3] = {0};
    matcher_scan(some, &seen, (struct literals_view){.bytes = BYTES_LIT("first, second, third")},
                 note_hit, found);
    assert_true(found[0] && !found[1] && found[2]);
    literals_seen_release(&seen);
    matcher_parts_free(parts);
    matcher_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matcher__sets_that_differ_in_a_byte_are_found),
        cmocka_unit_test(matcher__random_sets_are_found),
        cmocka_unit_test(matcher__hit_of_a_lone_byte_comes_once),
        cmocka_unit_test(matcher__finds_whole_names_beside_parts_of_them),
        cmocka_unit_test(literals__of_all_lengths_are_found_in_any_number),
        cmocka_unit_test(matcher__literal_that_counts_near_the_beginning_is_found_there),
        cmocka_unit_test(matcher__parts_look_for_what_is_wanted_and_are_shared),
        cmocka_unit_test(matcher__of_whole_names_alone_needs_no_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
