/* test_rfb.c - how a VNC session was secured. */
#include "said.h"

#define INIT   "\5\0\3\x20\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x08\0\0\0\0\0\0\0\2me"
#define SECRET "0123456789abcdef"

static const struct line session[] = {
    LINE(TO_CLIENT, "RFB 003.008\n"),
    LINE(TO_SERVER, "RFB 003.008\n"),
    LINE(TO_CLIENT, "\2\1\2"),
    LINE(TO_SERVER, "\2"),
    LINE(TO_CLIENT, SECRET),
    LINE(TO_SERVER, SECRET),
    LINE(TO_CLIENT, "\0\0\0\0"),
    LINE(TO_SERVER, "\1"),
    LINE(TO_CLIENT, INIT),
};
static const struct said said = {.port = 5900, .lines = session, .count = LINES(session)};

static void rfb_sectype__is_compared(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "rfb.sectype:2;"), 1);
    assert_fires(&said, "rfb.sectype:>1;");
    assert_quiet(&said, "rfb.sectype:!2;");
    assert_refused("rfb.sectype:vnc;", "no number or range");
}

static void rfb_secresult__by_name(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "rfb.secresult:ok;"), 1);
    assert_fires(&said, "rfb.secresult:ok; rfb.name; content:\"me\";");
    assert_quiet(&said, "rfb.secresult:fail;");
    assert_quiet(&said, "rfb.secresult:unknown;");
    assert_refused("rfb.secresult:maybe;", "none of ok, fail, toomany, unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfb_sectype__is_compared),
        cmocka_unit_test(rfb_secresult__by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
