/* tests/unit/analyzer/http/test_path.c - one spelling of a path passes, all others are refused. */
#include "analyzer/http/path.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

static void path_decode__takes_plain_and_escaped_names(void **state)
{
    (void)state;
    char out[PATH_MAX_BYTES];
    assert_true(path_decode("/", out));
    assert_string_equal(out, "/");
    assert_true(path_decode("/js/app.js?v=1", out));
    assert_string_equal(out, "/js/app.js");
    assert_true(path_decode("/a%20b/%e7%94%b2#x", out));
    assert_string_equal(out, "/a b/甲");
    assert_true(path_decode("/a/", out));
    assert_true(path_decode("/...", out));
}

static void path_decode__refuses_every_way_out(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",       "*",      "http://h/x", "js/app.js", "/..",       "/../etc/passwd", "/a/../b",
        "/a/..",  "/./a",   "//a",        "/a//b",     "/%2e%2e/a", "/.%2e/a",        "/%2E./a",
        "/a%2fb", "/a%2Fb", "/a%5cb",     "/a\\b",     "/..%5c",    "/a%00.html",     "/a%0d%0ab",
        "/a%",    "/a%2",   "/a%zz",      "/a\tb",     "/%7f",      "/a/%2e",         "/%2e",
    };
    char out[PATH_MAX_BYTES];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (path_decode(bad[i], out))
            fail_msg("taken: %s", bad[i]);
}

static void path_decode__decodes_once(void **state)
{
    (void)state;
    char out[PATH_MAX_BYTES];
    assert_true(path_decode("/%252e%252e/a", out));
    assert_string_equal(out, "/%2e%2e/a");
}

static void path_decode__refuses_what_does_not_fit(void **state)
{
    (void)state;
    char out[PATH_MAX_BYTES], target[PATH_MAX_BYTES + 8];
    memset(target, 'a', sizeof target);
    target[0] = '/';
    target[PATH_MAX_BYTES - 1] = '\0';
    assert_true(path_decode(target, out));
    target[PATH_MAX_BYTES - 1] = 'a';
    target[PATH_MAX_BYTES] = '\0';
    assert_false(path_decode(target, out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_decode__takes_plain_and_escaped_names),
        cmocka_unit_test(path_decode__refuses_every_way_out),
        cmocka_unit_test(path_decode__decodes_once),
        cmocka_unit_test(path_decode__refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
