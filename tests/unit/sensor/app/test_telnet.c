/* Telnet: recognised by its negotiation, or by text on its port. */
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

static void telnet__is_told_by_text_on_its_port_only(void **state)
{
    (void)state;
    static const struct piece welcome = SAY(TO_CLIENT, "Welcome to router7\r\n\r\nlogin: ");
    static const struct piece binary = SAY(TO_CLIENT, "\x01\x02\x03\x04");
    assert_int_equal(proto_of(23, &welcome), APP_TELNET);
    assert_int_not_equal(proto_of(2323, &welcome), APP_TELNET);
    assert_int_not_equal(proto_of(23, &binary), APP_TELNET);
}

static void telnet__leaves_other_protocols_on_its_port_alone(void **state)
{
    (void)state;
    static const struct piece ssh = SAY(TO_CLIENT, "SSH-2.0-OpenSSH_9.2p1\r\n");
    static const struct piece http = SAY(TO_SERVER, "GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(proto_of(23, &ssh), APP_SSH);
    assert_int_equal(proto_of(23, &http), APP_HTTP);
}

static void telnet__prompt_in_pieces_is_told_like_a_whole_one(void **state)
{
    (void)state;
    static const char welcome[] = "Welcome to router7\r\nlogin: ";
    struct talk t = talk_start(6, 40000, 23);
    for (size_t i = 0; i + 1 < sizeof welcome; i++) {
        struct piece p = {TO_CLIENT, bytes_of(welcome + i, 1), 0, 0};
        talk_say(&t, &p);
    }
    assert_int_equal(app_flow_proto(t.flow), APP_TELNET);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telnet__two_commands_tell_on_any_port_one_on_its_own),
        cmocka_unit_test(telnet__is_told_by_text_on_its_port_only),
        cmocka_unit_test(telnet__leaves_other_protocols_on_its_port_alone),
        cmocka_unit_test(telnet__prompt_in_pieces_is_told_like_a_whole_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
