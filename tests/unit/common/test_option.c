/* Command lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "common/option.h"

struct given {
    bool test;
    unsigned verbose;
    const char *read;
    uint64_t workers;
    struct option_list rules, rest;
    struct err err;
};

static int parse(struct given *g, const char *const *words)
{
    *g = (struct given){.workers = 1};
    const struct option_row rows[] = {
        {'T', NULL, OPTION_FLAG, &g->test, NULL, "check and leave", 0, 0},
        {'v', "verbose", OPTION_COUNT, &g->verbose, NULL, "say more", 0, 0},
        {'r', "read", OPTION_STRING, &g->read, "FILE", "a capture", 0, 0},
        {0, "workers", OPTION_U64, &g->workers, "N", "threads", 1, 64},
        {'s', NULL, OPTION_LIST, &g->rules, "FILE", "rules", 0, 0}};
    char *argv[80] = {(char *)"program"};
    int argc = 1;
    for (; *words; words++)
        argv[argc++] = (char *)*words;
    return options_parse(rows, OPTIONS_COUNT(rows), argc, argv, &g->rest, &g->err);
}
#define PARSE(g, ...) parse((g), (const char *const[]){__VA_ARGS__, NULL})

static void options__every_way_to_write_them_works(void **state)
{
    (void)state;
    struct given g;
    assert_int_equal(
        PARSE(&g, "-vvT", "-r", "a.pcap", "--workers=4", "-sone", "-s", "two", "word", "--", "-x"),
        0);
    assert_true(g.test);
    assert_int_equal(g.verbose, 2);
    assert_string_equal(g.read, "a.pcap");
    assert_int_equal(g.workers, 4);
    assert_int_equal(g.rules.count, 2);
    assert_string_equal(g.rules.values[1], "two");
    assert_int_equal(g.rest.count, 2);
    assert_string_equal(g.rest.values[1], "-x");
    assert_int_equal(PARSE(&g, "--read", "--strange", "-vr-"), 0);
    assert_string_equal(g.read, "-");
}

static void assert_refused(const char *expected, int rc, const struct given *g)
{
    assert_int_equal(rc, -1);
    if (!strstr(g->err.text, expected))
        fail_msg("\"%s\" does not say \"%s\"", g->err.text, expected);
}

static void options__mistakes_are_named(void **state)
{
    (void)state;
    struct given g;
    assert_refused("unknown option --colour", PARSE(&g, "--colour"), &g);
    assert_refused("unknown option -x", PARSE(&g, "-vx"), &g);
    assert_refused("-r wants FILE", PARSE(&g, "-r"), &g);
    assert_refused("--read wants FILE", PARSE(&g, "--read"), &g);
    assert_refused("wants a number from 1 to 64", PARSE(&g, "--workers", "65"), &g);
    assert_refused("wants a number from 1 to 64", PARSE(&g, "--workers=two"), &g);
    assert_refused("takes no value", PARSE(&g, "--verbose=2"), &g);
}

static void options__too_many_of_a_list_are_refused(void **state)
{
    (void)state;
    struct given g;
    const char *words[OPTION_LIST_MAX + 2];
    for (size_t i = 0; i <= OPTION_LIST_MAX; i++)
        words[i] = "-sx";
    words[OPTION_LIST_MAX + 1] = NULL;
    assert_refused("more than 64 times", parse(&g, words), &g);
}

static void options_print__shows_each_row(void **state)
{
    (void)state;
    bool flag = false;
    uint64_t n = 0;
    const struct option_row rows[] = {
        {'k', NULL, OPTION_FLAG, &flag, NULL, "short only", 0, 0},
        {0, "a-long-name-with-argument", OPTION_U64, &n, "NUMBER", "long only", 0, 9}};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    options_print(out, rows, OPTIONS_COUNT(rows));
    fclose(out);
    assert_non_null(strstr(text, "-k"));
    assert_non_null(strstr(text, "--a-long-name-with-argument NUMBER\n"));
    assert_non_null(strstr(text, "long only\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options__every_way_to_write_them_works),
        cmocka_unit_test(options__mistakes_are_named),
        cmocka_unit_test(options__too_many_of_a_list_are_refused),
        cmocka_unit_test(options_print__shows_each_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
