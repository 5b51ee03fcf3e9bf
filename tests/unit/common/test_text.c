/* Text that is safe to show, times, numbers. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <cmocka.h>
#include "common/err.h"
#include "common/text.h"

static void text_scrub__control_characters_become_question_marks(void **state)
{
    (void)state;
    char s[] = "a\x1b[31m\r\n\t\x7f\xc2\x9b"
               "b \xe5\xb1\xb1";
    text_scrub(s);
    assert_string_equal(s, "a?[31m??????b \xe5\xb1\xb1");
}

static void text_utf8_valid__stops_at_what_rfc_3629_forbids(void **state)
{
    (void)state;
    assert_int_equal(text_utf8_valid(BYTES_LIT("\xe5\xb1\xb1 ok \xf0\x9f\x8d\xa3")), 11);
    assert_int_equal(text_utf8_valid(BYTES_LIT("a\xc0\xaf")), 1);         /* overlong */
    assert_int_equal(text_utf8_valid(BYTES_LIT("a\xe0\x80\xaf")), 1);     /* overlong */
    assert_int_equal(text_utf8_valid(BYTES_LIT("a\xf0\x80\x80\xaf")), 1); /* overlong */
    assert_int_equal(text_utf8_valid(BYTES_LIT("a\xed\xa0\x80")), 1);     /* surrogate */
    assert_int_equal(text_utf8_valid(BYTES_LIT("a\xf4\x90\x80\x80")), 1); /* beyond U+10FFFF */
    assert_int_equal(text_utf8_valid(BYTES_LIT("ab\xe5\xb1")), 2);        /* cut short */
    assert_int_equal(text_utf8_valid((struct bytes){0}), 0);
}

static void text_base64_digit__knows_the_alphabet_and_nothing_else(void **state)
{
    (void)state;
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 0; c < 256; c++) {
        const char *at = c ? strchr(alphabet, c) : NULL;
        assert_int_equal(text_base64_digit((uint8_t)c), at ? at - alphabet : -1);
    }
}

static void text_base64_quads__stop_at_the_first_that_has_another_byte(void **state)
{
    (void)state;
    uint8_t out[9] = {0};
    assert_int_equal(text_base64_quads(BYTES_LIT("QUJDREVG/+9="), 9, out), 2);
    assert_memory_equal(out, "ABCDEF\0\0\0", 9);
    assert_int_equal(text_base64_quads(BYTES_LIT("////++++"), 1, out), 1);
    assert_memory_equal(out,
                        "\xff\xff\xff"
                        "DEF",
                        6);
    assert_int_equal(text_base64_quads(BYTES_LIT("QUJ"), 9, out), 0);
}

static void text_u64__takes_whole_numbers_within_bounds_only(void **state)
{
    (void)state;
    uint64_t n = 7;
    assert_true(text_u64(BYTES_LIT("18446744073709551615"), 0, UINT64_MAX, &n));
    assert_true(n == UINT64_MAX);
    assert_false(text_u64(BYTES_LIT("18446744073709551616"), 0, UINT64_MAX, &n));
    assert_false(text_u64(BYTES_LIT(""), 0, 9, &n));
    assert_false(text_u64(BYTES_LIT("-1"), 0, 9, &n));
    assert_false(text_u64(BYTES_LIT("1 "), 0, 9, &n));
    assert_false(text_u64(BYTES_LIT("10"), 0, 9, &n));
    assert_false(text_u64(BYTES_LIT("1"), 2, 9, &n));
    assert_true(n == UINT64_MAX); /* untouched */
}

static void text_time__what_is_written_is_read_again(void **state)
{
    (void)state;
    static const uint64_t times[] = {
        0, 1, 951782400000000, 1709164799999999, 1794787200000001, 4102444799999999};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char text[TEXT_TIME_MAX];
        uint64_t again;
        size_t len = text_time_eve(times[i], text);
        assert_int_equal(len, strlen(text));
        assert_true(text_time_parse(bytes_of(text, len), &again));
        assert_int_equal(again, times[i]);
    }
}

static void text_time_eve__has_suricatas_form(void **state)
{
    (void)state;
    char text[TEXT_TIME_MAX];
    text_time_eve(1794787200000001, text);
    assert_string_equal(text, "2026-11-16T00:00:00.000001+0000");
}

/* The oracle is the C library, on every day until 2400. */
static void text_time_eve__knows_the_calendar(void **state)
{
    (void)state;
    for (uint64_t day = 0; day < 430 * UINT64_C(365); day++) {
        char text[TEXT_TIME_MAX], expected[64];
        time_t s = (time_t)(day * 86400 + day * 7919 % 86400);
        struct tm tm;
        gmtime_r(&s, &tm);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000042+0000", &tm);
        text_time_eve((uint64_t)s * 1000000 + 42, text);
        assert_string_equal(text, expected);
    }
}

static void text_u64_put__writes_every_length(void **state)
{
    (void)state;
    uint64_t n = 0;
    for (unsigned digits = 1; digits <= TEXT_U64_MAX; digits++, n = n * 10 + digits % 10) {
        char text[TEXT_U64_MAX + 1] = "", expected[32];
        text[text_u64_put(n, text)] = 0;
        snprintf(expected, sizeof expected, "%" PRIu64, n);
        assert_string_equal(text, expected);
    }
    char most[TEXT_U64_MAX];
    assert_int_equal(text_u64_put(UINT64_MAX, most), TEXT_U64_MAX);
}

static void text_time_parse__understands_zones_and_fractions(void **state)
{
    (void)state;
    uint64_t a, b, c;
    assert_true(text_time_parse(BYTES_LIT("2026-11-16T09:00:00.5+09:00"), &a));
    assert_true(text_time_parse(BYTES_LIT("2026-11-15T19:00:00.500000123-0500"), &b));
    assert_true(text_time_parse(BYTES_LIT("2026-11-16 00:00:00.5Z"), &c));
    assert_int_equal(a, 1794787200500000);
    assert_int_equal(a, b);
    assert_int_equal(a, c);
}

static void text_time_parse__refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-11-16T00:00:00",
                                      "2026-13-01T00:00:00Z",
                                      "2026-11-16T24:00:00Z",
                                      "2026-11-16T00:00:00Zx",
                                      "1969-12-31T23:59:59Z",
                                      "2026-11-16T00:60:00Z",
                                      "2026-11-16T00:00:00+9",
                                      "xxxx-11-16T00:00:00Z"};
    uint64_t t;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (text_time_parse(bytes_str(bad[i]), &t))
            fail_msg("took %s", bad[i]);
}

static void text_thousands__groups_by_three(void **state)
{
    (void)state;
    char out[32];
    assert_string_equal(text_thousands(0, out), "0");
    assert_string_equal(text_thousands(999, out), "999");
    assert_string_equal(text_thousands(1234567, out), "1,234,567");
    assert_string_equal(text_thousands(UINT64_MAX, out), "18,446,744,073,709,551,615");
}

static void text_hex__is_lower_case_and_ended(void **state)
{
    (void)state;
    char out[9];
    text_hex(BYTES_LIT("\x00\xff\x0aZ"), out);
    assert_string_equal(out, "00ff0a5a");
}

static void err_set__is_cut_and_scrubbed(void **state)
{
    (void)state;
    struct err err;
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    assert_int_equal(err_set(&err, "%s", longer), -1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_int_equal(err_set(&err, "bad\033[2J name"), -1);
    assert_string_equal(err.text, "bad?[2J name");
    assert_int_equal(err_in(&err, "%s:%d", "rules", 17), -1);
    assert_string_equal(err.text, "rules:17: bad?[2J name");
    assert_int_equal(err_set(NULL, "nobody listens"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_scrub__control_characters_become_question_marks),
        cmocka_unit_test(text_utf8_valid__stops_at_what_rfc_3629_forbids),
        cmocka_unit_test(text_base64_digit__knows_the_alphabet_and_nothing_else),
        cmocka_unit_test(text_base64_quads__stop_at_the_first_that_has_another_byte),
        cmocka_unit_test(text_u64__takes_whole_numbers_within_bounds_only),
        cmocka_unit_test(text_time__what_is_written_is_read_again),
        cmocka_unit_test(text_time_eve__has_suricatas_form),
        cmocka_unit_test(text_time_eve__knows_the_calendar),
        cmocka_unit_test(text_u64_put__writes_every_length),
        cmocka_unit_test(text_time_parse__understands_zones_and_fractions),
        cmocka_unit_test(text_time_parse__refuses_what_is_no_time),
        cmocka_unit_test(text_thousands__groups_by_three),
        cmocka_unit_test(text_hex__is_lower_case_and_ended),
        cmocka_unit_test(err_set__is_cut_and_scrubbed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
