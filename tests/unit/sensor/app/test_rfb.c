/* test_rfb.c - VNC handshakes of 3.3, 3.7 and 3.8, refusals, and what does not fit. */
#include "talk.h"

#define INIT                                                                                       \
    "\x05\x00\x03\x20\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00\x00\x00\x00\x00\x00" \
    "\x02me"
#define SECRET "0123456789abcdef"

static const struct piece session_38[] = {
    SAY(TO_CLIENT, "RFB 003.008\n"),
    SAY(TO_SERVER, "RFB 003.008\n"),
    SAY(TO_CLIENT, "\x02\x01\x02"),
    SAY(TO_SERVER, "\x02"),
    SAY(TO_CLIENT, SECRET),
    SAY(TO_SERVER, SECRET),
    SAY(TO_CLIENT, "\0\0\0\0"),
    SAY(TO_SERVER, "\x01"),
    SAY(TO_CLIENT, INIT),
};

static void rfb__a_session_tells_versions_security_and_screen(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 5999);
    for (size_t i = 0; i < PIECES(session_38); i++)
        talk_say(&t, &session_38[i]);
    assert_true(app_tx_is_done(app_flow_txs(t.flow)));
    assert_false(app_flow_is_broken(t.flow)); /* it only went its way */
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow), "rfb.name", TO_CLIENT, 0), "me");
    talk_end(&t);
    const char *text = talk_text(&t);
    assert_non_null(
        strstr(text, "\"client_protocol_version\":{\"major\":\"003\",\"minor\":\"008\"}"));
    assert_non_null(strstr(text, "\"challenge\":\"30313233343536373839616263646566\""));
    assert_non_null(strstr(text, "\"security_result\":\"OK\"},\"screen_shared\":true,"));
    assert_non_null(strstr(text, "\"width\":1280,\"height\":800,\"name\":\"me\""));
    assert_null(strstr(text, "events"));
    talk_free(&t);
}

static void rfb__every_cut_gives_the_same(void **state)
{
    (void)state;
    talk_assert_any_cut(session_38, PIECES(session_38), 5900);
}

static void check(const struct piece *p, size_t count, const char *wanted)
{
    struct talk t = talk_start(6, 40000, 5900);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &p[i]);
    talk_end(&t);
    if (!strstr(talk_text(&t), wanted))
        fail_msg("no %s in %s", wanted, talk_text(&t));
    talk_free(&t);
}

static void rfb__the_server_of_3_3_decides(void **state)
{
    (void)state;
    static const struct piece old[] = {
        SAY(TO_CLIENT, "RFB 003.003\n"), SAY(TO_SERVER, "RFB 003.003\n"),
        SAY(TO_CLIENT, "\0\0\0\x01"), SAY(TO_SERVER, "\0"), SAY(TO_CLIENT, INIT)};
    check(old, PIECES(old), "\"security_type\":1},\"screen_shared\":false,\"framebuffer\"");
}

static void rfb__a_refusal_says_why(void **state)
{
    (void)state;
    static const struct piece refused[] = {SAY(TO_CLIENT, "RFB 003.008\n"),
                                           SAY(TO_SERVER, "RFB 003.008\n"),
                                           SAY(TO_CLIENT, "\0\0\0\0\x04"
                                                          "full")};
    check(refused, PIECES(refused), "\"server_security_failure_reason\":\"full\"");
}

static void rfb__what_does_not_fit_is_an_event(void **state)
{
    (void)state;
    static const struct piece apple[] = {SAY(TO_CLIENT, "RFB 003.889\n"),
                                         SAY(TO_SERVER, "RFB 003.889\n"),
                                         SAY(TO_CLIENT, "\x01\x1e"), SAY(TO_SERVER, "\x1e")};
    check(apple, PIECES(apple), "unimplemented_security_type");
    static const struct piece noise[] = {SAY(TO_CLIENT, "RFB 003.008\n"),
                                         SAY(TO_SERVER, "GET / HTTP/1.1")};
    check(noise, PIECES(noise), "malformed_message");
    static const struct piece gap[] = {SAY(TO_CLIENT, "RFB 003.008\n"),
                                       {TO_SERVER, {0}, APP_FEED_GAP, 12}};
    check(gap, PIECES(gap), "confused_state");
    static uint8_t ahead[5000];
    const struct piece flood[] = {SAY(TO_CLIENT, "RFB 003.008\n"),
                                  {TO_CLIENT, bytes_of(ahead, sizeof ahead), 0, 0}};
    check(flood, PIECES(flood), "confused_state");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfb__a_session_tells_versions_security_and_screen),
        cmocka_unit_test(rfb__every_cut_gives_the_same),
        cmocka_unit_test(rfb__the_server_of_3_3_decides),
        cmocka_unit_test(rfb__a_refusal_says_why),
        cmocka_unit_test(rfb__what_does_not_fit_is_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
