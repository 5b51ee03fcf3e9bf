/* The version of IP that carries a packet. */
#include "../rig.h"

static void l3_proto__is_the_version_of_the_packet(void **state)
{
    (void)state;
    assert_true(rig_matches("l3_proto:ipv4;", BYTES_LIT("x")));
    assert_true(rig_matches("l3_proto:IP4;", BYTES_LIT("x")));
    assert_false(rig_matches("l3_proto:ipv6;", BYTES_LIT("x")));
    assert_false(rig_matches("l3_proto:ip6; content:\"x\";", BYTES_LIT("x")));
}

static void l3_proto__refuses(void **state)
{
    (void)state;
    assert_non_null(strstr(rig_option_complaint("l3_proto:ip5;"), "none of ipv4"));
    assert_non_null(strstr(rig_option_complaint("l3_proto:ipv4; l3_proto:ipv6;"), "already"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(l3_proto__is_the_version_of_the_packet),
        cmocka_unit_test(l3_proto__refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
