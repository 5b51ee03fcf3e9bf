/* What keywords find in a payload, each seen to parse, refuse, match and not match. */
#include "common/text.h"
#include "rig.h"
#include "sensor/detect/content.h"

static const char *const hello = "GET /index.php?id=42 HTTP/1.1\r\nHost: example.org\r\n\r\n";

static bool on(const char *options, const char *payload)
{
    return rig_matches(options, bytes_str(payload));
}

static void content__place_and_case(void **state)
{
    (void)state;
    assert_true(on("content:\"index\";", hello));
    assert_false(on("content:\"INDEX\";", hello));
    assert_true(on("content:\"INDEX\"; nocase;", hello));
    assert_true(on("content:\"|47 45|T\";", hello));
    assert_true(on("content:\"GET\"; depth:3;", hello));
    assert_false(on("content:\"index\"; depth:8;", hello));
    assert_true(on("content:\"index\"; offset:5; depth:5;", hello));
    assert_false(on("content:\"index\"; offset:6;", hello));
    assert_true(on("content:\"GET\"; startswith;", hello));
    assert_false(on("content:\"index\"; startswith;", hello));
    assert_true(on("content:\"org|0d 0a 0d 0a|\"; endswith;", hello));
    assert_true(on("content:\"org|0d 0a 0d 0a|\"; endswith; endswith;", hello));
    assert_false(on("content:\"org\"; endswith;", hello));
    assert_true(on("content:!\"POST\";", hello));
    assert_false(on("content:!\"GET\";", hello));
    assert_true(on("content:!\"index\"; depth:5;", hello));
}

static uint32_t seed = 7;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 10) % sides;
}

/* The oracle: byte by byte. */
static ptrdiff_t find_plainly(const struct content *c, struct bytes in, size_t from, size_t to)
{
    bool nocase = c->flags & CONTENT_NOCASE;
    for (size_t i = from; i + c->pattern.len <= to; i++) {
        size_t k = 0;
        while (k < c->pattern.len &&
               (nocase ? byte_lower(in.p[i + k]) : in.p[i + k]) == c->pattern.p[k])
            k++;
        if (k == c->pattern.len)
            return (ptrdiff_t)i;
    }
    return -1;
}

static void content_find__agrees_with_looking_byte_by_byte(void **state)
{
    (void)state;
    uint8_t in[200], pattern[6];
    unsigned found = 0;
    for (unsigned round = 0; round < 50000; round++) {
        struct content c = {.pattern = {pattern, 1 + dice(6)}};
        size_t len = dice(sizeof in), from = dice(40),
               to = len - (len ? dice((uint32_t)len) / 4 : 0);
        c.flags = dice(2) ? CONTENT_NOCASE : 0;
        for (size_t i = 0; i < c.pattern.len; i++)
            pattern[i] = (uint8_t)(c.flags ? "ab@[" : "abAB")[dice(4)];
        for (size_t i = 0; i < len; i++)
            in[i] = (uint8_t) "abAB@[`{"[dice(8)];
        uint8_t *exact = malloc(len ? len : 1); /* a sanitizer sees what is read behind it */
        assert_non_null(exact);
        memcpy(exact, in, len);
        ptrdiff_t at = content_find(&c, bytes_of(exact, len), from, to);
        assert_int_equal(at, find_plainly(&c, bytes_of(in, len), from, to));
        found += at >= 0;
        free(exact);
    }
    assert_true(found > 1000);
}

static void content__relative_matches_try_every_occurrence(void **state)
{
    (void)state;
    assert_true(on("content:\"ab\"; content:\"cd\"; distance:0; within:2;", "ab ab abcd"));
    assert_false(on("content:\"ab\"; content:\"cd\"; distance:1; within:2;", "ab ab abcd"));
    assert_true(on("content:\"ab\"; content:\"cd\"; distance:-4; within:2;", "cdab"));
    assert_true(on("content:\"a\"; content:\"b\"; distance:0; within:2; content:\"c\"; "
                   "distance:0; within:1;",
                   "axb a_b abc"));
    assert_true(on("content:\"ab\"; content:!\"cd\"; distance:0; within:2;", "abcd abxx"));
    assert_false(on("content:\"ab\"; content:!\"cd\"; distance:0; within:2;", "abcd abcd"));
    assert_true(on("content:\"a\"; pcre:\"/^b+c/R\";", "a abbc"));
}

/* As Suricata 7.0.10 answers: it tries another start where something counts from it tightly. */
static void content__only_what_depends_on_the_start_tries_another(void **state)
{
    (void)state;
    assert_true(on("content:\"a\"; isdataat:!5,relative;", "a abbc"));
    assert_true(on("content:\"a\"; byte_test:1,=,98,0,relative;", "a abbc"));
    assert_true(on("content:\"a\"; content:!\"a\"; distance:0;", "a abbc"));
    assert_false(on("content:\"a\"; byte_test:1,>,0,0; byte_test:1,=,98,0,relative;", "a abbc"));
    assert_false(on("content:\"a\"; content:\"b\"; distance:0; content:!\"b\"; depth:3;", "ab"));
    assert_true(on("pcre:\"/a/\"; content:\"b\"; within:1;", "a abbc"));
}

static void content__an_end_before_the_buffer_is_none(void **state)
{
    (void)state;
    assert_true(on("content:\"b\"; content:\"c\"; distance:-100; within:3;", "a abbc"));
    assert_false(on("content:\"b\"; content:\"c\"; distance:-3; within:3;", "a abbc"));
    assert_true(on("content:!\"b\"; endswith; offset:2;", "xaaby12"));
}

static void content__what_is_wrong_is_said(void **state)
{
    (void)state;
    assert_string_equal(rig_option_complaint("content:\"|4|\";"),
                        "1: sid 7: content: odd number of hexadecimal digits");
    assert_string_equal(rig_option_complaint("content:\"|4g|\";"),
                        "1: sid 7: content: 'g' between bars is no hexadecimal digit");
    assert_string_equal(rig_option_complaint("content:\"\";"),
                        "1: sid 7: content: pattern is empty");
    assert_string_equal(rig_option_complaint("content;"), "1: sid 7: content: needs a value");
    assert_string_equal(rig_option_complaint("nocase;"),
                        "1: sid 7: nocase: needs a content before it");
    assert_string_equal(rig_option_complaint("content:\"abc\"; nocase:1;"),
                        "1: sid 7: nocase: takes no value");
    assert_string_equal(rig_option_complaint("content:\"abc\"; depth:2;"),
                        "1: sid 7: depth: 2 is less than the content's 3 bytes");
    assert_string_equal(rig_option_complaint("content:\"abc\"; within:10; offset:3;"),
                        "1: sid 7: offset: distance or within cannot go with offset, depth or "
                        "startswith");
    assert_string_equal(rig_option_complaint("content:\"abc\"; offset:no_such;"),
                        "1: sid 7: offset: 'no_such' is no number and no byte_extract or "
                        "byte_math sets it");
    assert_string_equal(rig_option_complaint("content:\"abc\"; fast_pattern:2,2;"),
                        "1: sid 7: fast_pattern: neither 'only' nor 'offset,length' within the "
                        "content");
}

static void pcre__flags_and_negation(void **state)
{
    (void)state;
    assert_true(on("pcre:\"/id=\\d+/\";", hello));
    assert_false(on("pcre:\"/ID=\\d+/\";", hello));
    assert_true(on("pcre:\"/ID=\\d+/i\";", hello));
    assert_true(on("pcre:!\"/ID=\\d+/\";", hello));
    assert_true(on("pcre:\"/^Host/m\";", hello));
    assert_false(on("pcre:\"/^Host/\";", hello));
    assert_true(on("pcre:\"/GET.*org/s\";", hello));
    assert_false(on("pcre:\"/GET.*org/\";", hello));
    assert_string_equal(rig_option_complaint("pcre:\"abc\";"),
                        "1: sid 7: pcre: is not \"/expression/flags\"");
    assert_string_equal(rig_option_complaint("pcre:\"/a/q\";"), "1: sid 7: pcre: unknown flag 'q'");
    assert_non_null(strstr(rig_option_complaint("pcre:\"/(/\";"), "parenthes"));
}

static void isdataat__relative_absolute_and_negated(void **state)
{
    (void)state;
    assert_true(on("isdataat:3;", "abcd"));
    assert_false(on("isdataat:4;", "abcd"));
    assert_true(on("isdataat:!4;", "abcd"));
    assert_true(on("content:\"ab\"; isdataat:2,relative;", "abcd"));
    assert_false(on("content:\"ab\"; isdataat:3,relative;", "abcd"));
    assert_true(on("content:\"cd\"; isdataat:!1,relative;", "abcd"));
    assert_true(on("content:\"a\"; content:!\"bc\"; isdataat:!1,relative;", "abcd"));
    assert_false(on("content:\"a\"; content:!\"cd\"; isdataat:!1,relative;", "abcd"));
    assert_false(
        on("content:!\"bc\"; isdataat:!1,relative;", "abcd")); /* alone: absent altogether */
    assert_non_null(strstr(rig_option_complaint("isdataat:x y;"), "isdataat"));
}

static void byte_test__reads_binary_and_text(void **state)
{
    (void)state;
    assert_true(rig_matches("byte_test:2,=,258,1;", BYTES_LIT("\x00\x01\x02")));
    assert_true(rig_matches("byte_test:2,=,513,1,little;", BYTES_LIT("\x00\x01\x02")));
    assert_true(rig_matches("byte_test:1,&,0x80,0;", BYTES_LIT("\x81")));
    assert_false(rig_matches("byte_test:1,!&,0x80,0;", BYTES_LIT("\x81")));
    struct bytes large = BYTES_LIT("\x93\x38\xbe\xff\x00\x00\x00\x01");
    assert_true(rig_matches("byte_test:8,=,10608438924697141249,0;", large));
    assert_false(rig_matches("byte_test:8,>,10608438924697141249,0;", large));
    assert_true(rig_matches("byte_test:1,!=,5,0;", BYTES_LIT("\x81")));
    assert_false(rig_matches("byte_test:4,>,0,0;", BYTES_LIT("\x81\x82")));
    assert_true(on("content:\"id=\"; byte_test:0,>,41,0,relative,string,dec;", hello));
    assert_false(on("content:\"id=\"; byte_test:0,>,42,0,relative,string,dec;", hello));
    assert_true(on("byte_test:4,=,255,0,string,hex;", "00ffzz"));
    assert_true(rig_matches("byte_test:2,=,0x1,0,bitmask 0xf000;", BYTES_LIT("\x12\x34")));
    assert_true(on("byte_test:4,=,31,0,string;", "0x1f"));
    assert_false(on("byte_test:20,>,0,0,string,dec;", "99999999999999999999"));
    assert_string_equal(rig_option_complaint("byte_test:2,~,1,0;"),
                        "1: sid 7: byte_test: '~' is no comparison");
    assert_string_equal(rig_option_complaint("byte_test:9,=,1,0;"),
                        "1: sid 7: byte_test: 9 bytes are too many for a number");
}

static void byte_jump__moves_the_relative_point(void **state)
{
    (void)state;
    struct bytes in = BYTES_LIT("\x00\x03xxxEND");
    assert_true(rig_matches("byte_jump:2,0; content:\"END\"; distance:0; within:3;", in));
    assert_false(rig_matches("byte_jump:1,1; content:\"END\"; distance:1; within:3;", in));
    assert_true(
        rig_matches("byte_jump:2,0,from_beginning; content:\"xxEND\"; distance:0; within:5;", in));
    assert_true(
        rig_matches("byte_jump:2,0,post_offset -1; content:\"xEND\"; distance:0; within:4;", in));
    assert_true(rig_matches("byte_jump:0,0,from_end,post_offset -3; content:\"END\"; distance:0; "
                            "within:3;",
                            in));
    assert_false(rig_matches("byte_jump:2,0,multiplier 100;", in));
    assert_true(rig_matches("byte_jump:1,1,post_offset 3; isdataat:0,relative;", in));
    assert_false(rig_matches("byte_jump:1,1,post_offset 4;", in));
    assert_true(rig_matches("byte_jump:1,1,post_offset -90; content:\"END\"; distance:5;", in));
    assert_false(rig_matches("byte_jump:8,0;", BYTES_LIT("\x90\x00\x00\x00\x00\x00\x00\x00")));
    assert_string_equal(rig_option_complaint("byte_jump:2,0,sideways;"),
                        "1: sid 7: byte_jump: unknown option 'sideways'");
}

static void byte_extract__gives_numbers_to_other_keywords(void **state)
{
    (void)state;
    struct bytes in = BYTES_LIT("\x02\x05..ABC");
    assert_true(rig_matches("byte_extract:1,0,skip; byte_extract:1,1,five; content:\"ABC\"; "
                            "offset:skip; isdataat:five;",
                            in));
    assert_false(rig_matches("byte_extract:1,1,five; content:\"ABC\"; offset:five;", in));
    assert_true(rig_matches("byte_math:bytes 1, offset 1, oper -, rvalue 1, result four; "
                            "content:\"ABC\"; offset:four; depth:3;",
                            in));
    assert_true(rig_matches("byte_math:bytes 1, offset 0, oper <<, rvalue 1, result four; "
                            "byte_test:1,=,65,four;",
                            in));
    assert_true(
        rig_matches("byte_math:bytes 1, offset 4, oper +, rvalue 1, result one, bitmask 40; "
                    "byte_test:1,=,5,one;",
                    in));
    assert_string_equal(rig_option_complaint("byte_math:bytes 1, offset 1, oper %, rvalue 1, "
                                             "result r;"),
                        "1: sid 7: byte_math: '%' is none of + - * / << >>");
}

static void base64_decode__is_inspected_by_base64_data(void **state)
{
    (void)state;
    const char *in = "v=aGVsbG8gd29ybGQ=;";
    assert_true(on("content:\"v=\"; base64_decode:relative; base64_data; content:\"world\";", in));
    assert_false(on("content:\"v=\"; base64_decode:relative; base64_data; content:\"World\";", in));
    assert_true(
        on("base64_decode:bytes 8, offset 2; base64_data; content:\"hello\"; depth:6;", in));
    assert_false(on("base64_decode:bytes 4, offset 2; base64_data; content:\"hello\";", in));
    /* A digit that a strange byte follows counts, a last one does not; '=' does not end it. */
    assert_true(on("base64_decode; base64_data; content:\"@\"; startswith; endswith;", "Q!"));
    assert_false(on("base64_decode; base64_data; content:\"@\";", "Q"));
    assert_true(on("base64_decode; base64_data; content:\"AABC\";", "QQ==QUJD"));
    assert_false(on("base64_decode:offset 2;", in));
    assert_false(on("base64_decode:offset 4294967295; base64_data; content:\"a\";", in));
    assert_false(on("content:\"v=\"; base64_decode:relative; base64_data; content:\"world\";",
                    "v=!v=aGVsbG8gd29ybGQ="));
    assert_string_equal(rig_option_complaint("base64_data; content:\"x\";"),
                        "1: sid 7: base64_data: needs a base64_decode before it");
}

static void walk__hostile_repetition_ends(void **state)
{
    (void)state;
    static char a[20001];
    memset(a, 'a', 20000);
    assert_false(on("content:\"a\"; content:\"a\"; distance:0; content:\"a\"; distance:0; "
                    "content:\"a\"; distance:1; pcre:\"/b/R\";",
                    a));
}

static void dsize__bounds_exclude_their_ends(void **state)
{
    (void)state;
    assert_true(on("dsize:4;", "abcd"));
    assert_true(on("dsize:3<>5;", "abcd"));
    assert_false(on("dsize:4<>6;", "abcd"));
    assert_true(on("dsize:>3;", "abcd"));
    assert_false(on("dsize:<4;", "abcd"));
    assert_true(on("dsize:!5;", "abcd"));
    assert_false(on("dsize:!5;", ""));
    assert_true(on("dsize:<5;", ""));
    assert_non_null(strstr(rig_option_complaint("dsize:5<>x;"), "is no number or range"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content__place_and_case),
        cmocka_unit_test(content_find__agrees_with_looking_byte_by_byte),
        cmocka_unit_test(content__relative_matches_try_every_occurrence),
        cmocka_unit_test(content__only_what_depends_on_the_start_tries_another),
        cmocka_unit_test(content__an_end_before_the_buffer_is_none),
        cmocka_unit_test(content__what_is_wrong_is_said),
        cmocka_unit_test(pcre__flags_and_negation),
        cmocka_unit_test(isdataat__relative_absolute_and_negated),
        cmocka_unit_test(byte_test__reads_binary_and_text),
        cmocka_unit_test(byte_jump__moves_the_relative_point),
        cmocka_unit_test(byte_extract__gives_numbers_to_other_keywords),
        cmocka_unit_test(base64_decode__is_inspected_by_base64_data),
        cmocka_unit_test(walk__hostile_repetition_ends),
        cmocka_unit_test(dsize__bounds_exclude_their_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
