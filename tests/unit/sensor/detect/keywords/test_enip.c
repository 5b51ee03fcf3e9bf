/* test_enip.c - commands of EtherNet/IP and services of CIP. */
#include "said.h"

#define HEADER(command, length) command "\0" length "\0\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ITEMS(length)           "\0\0\0\0\0\0\2\0\0\0\0\0\xb2\0" length "\0"
/* Get attribute 3 of class 1, instance 1. */
#define GET HEADER("\x6f", "\x18") ITEMS("\x08") "\x0e\3\x20\1\x24\1\x30\3"
/* Two services in one: reset of class 2, a list of attributes 5 and 6 of class 4. */
#define SEVERAL                                                                                    \
    HEADER("\x6f", "\x2a")                                                                         \
    ITEMS("\x1a") "\x0a\2\x20\2\x24\1\2\0\6\0\x0a\0\5\1\x20\2\3\1\x20\4\2\0\5\0\6\0"

static const struct line talk[] = {
    LINE(TO_SERVER, "\x65\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"),
    LINE(TO_CLIENT, "\x65\0\4\0\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"),
    LINE(TO_SERVER, GET),
    LINE(TO_SERVER, SEVERAL),
};
static const struct said said = {.port = 44818, .lines = talk, .count = LINES(talk)};

static void enip_command__of_either_direction(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "enip_command:101;"), 2);
    assert_int_equal(said_fires(&said, "enip_command:111; flow:to_server;"), 2);
    assert_quiet(&said, "enip_command:99;");
    assert_refused("enip_command:70000;", "no number or range");
}

static void cip_service__with_class_and_attribute(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "cip_service:14;"), 1);
    assert_fires(&said, "cip_service:14,1;");
    assert_fires(&said, "cip_service:14,1,3;");
    assert_fires(&said, "cip_service:14,1,!4;");
    assert_quiet(&said, "cip_service:14,2;");
    assert_quiet(&said, "cip_service:14,1,4;");
    assert_quiet(&said, "cip_service:14,1,!3;");
}

static void cip_service__several_in_one(void **state)
{
    (void)state;
    assert_fires(&said, "cip_service:10;");
    assert_fires(&said, "cip_service:5;");
    assert_fires(&said, "cip_service:3,4,6;");
    assert_quiet(&said, "cip_service:3,4,7;");
    assert_quiet(&said, "cip_service:16;");
    assert_refused("cip_service:128;", "no number up to 127");
    assert_refused("cip_service:1,2,3,4;", "service,class,attribute");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enip_command__of_either_direction),
        cmocka_unit_test(cip_service__with_class_and_attribute),
        cmocka_unit_test(cip_service__several_in_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
