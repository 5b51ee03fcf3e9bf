/* test_dnp3.c - functions, indications and objects of DNP3's messages. */
#include "said.h"

#define READ "\x05\x64\x0e\xc4\x0a\x00\x01\x00\x25\x29\xc0\xc1\x01\x3c\x02\x06\x3c\x01\x06\xcc\x0f"
#define ANSWER                                                                                     \
    "\x05\x64\x12\x44\x01\x00\x0a\x00\x73\xc7\x41\xc1\x81\x90\x00\x1e\x02\x00\x07\x08\x01\xff"     \
    "\xff\xe5\x1e"                                                                                 \
    "\x05\x64\x0f\x44\x01\x00\x0a\x00\xe7\xdd\x82\x01\x02\x00\x50\x01\x00\x07\x08\x02\xc1\xb5"

static const struct line talk[] = {LINE(TO_SERVER, READ), LINE(TO_CLIENT, ANSWER)};
static const struct said said = {.port = 20000, .lines = talk, .count = LINES(talk)};

static void dnp3_func__by_number_and_name_in_its_direction(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "dnp3_func:read;"), 1);
    assert_int_equal(said_fires(&said, "dnp3.func:129; flow:to_client;"), 1);
    assert_quiet(&said, "dnp3_func:1; flow:to_client;");
    assert_quiet(&said, "dnp3_func:write;");
    assert_refused("dnp3_func:rread;", "no number or range up to 255 and none of confirm");
}

static void dnp3_ind__any_of_the_named_is_enough(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "dnp3_ind:all_stations, device_restart;"), 1);
    assert_fires(&said, "dnp3.ind:0x1000;");
    assert_quiet(&said, "dnp3_ind:class_1_events,object_unknown;");
    assert_refused("dnp3_ind:something;", "none of device_restart");
}

static void dnp3_obj__group_and_variation(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "dnp3_obj:60,1;"), 1);
    assert_int_equal(said_fires(&said, "dnp3.obj:80, 1; dnp3.data; content:\"|81 90|\";"), 1);
    assert_quiet(&said, "dnp3_obj:60,3;");
    assert_refused("dnp3_obj:60;", "group,variation");
    assert_refused("dnp3_obj:60,300;", "group,variation");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dnp3_func__by_number_and_name_in_its_direction),
        cmocka_unit_test(dnp3_ind__any_of_the_named_is_enough),
        cmocka_unit_test(dnp3_obj__group_and_variation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
