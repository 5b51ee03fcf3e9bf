/* Telnet: recognised by its negotiation. */
#include "talk.h"

static enum app_proto proto_of(uint16_t port, const struct piece *p)
{
    struct talk t = talk_start(6, 40000, port);
    talk_say(&t, p);
    enum app_proto proto = app_flow_proto(t.flow);
    talk_free(&t);
    return proto;
}

static void telnet__two_commands_tell_on_any_port_one_on_its_own(void **state)
{
    (void)state;
    static const struct piece one = SAY(TO_CLIENT, "\xff\xfd\x18login: ");
    static const struct piece two = SAY(TO_CLIENT, "\xff\xfd\x18\xff\xfb\x01");
    static const struct piece none = SAY(TO_CLIENT, "\xff\xd8\xff\xe0");
    assert_int_equal(proto_of(23, &one), APP_TELNET);
    assert_int_equal(proto_of(2323, &two), APP_TELNET);
    assert_int_not_equal(proto_of(2323, &one), APP_TELNET);
    assert_int_not_equal(proto_of(23, &none), APP_TELNET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telnet__two_commands_tell_on_any_port_one_on_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
