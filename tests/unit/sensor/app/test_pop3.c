/* POP3: commands with their answers, what stays hidden, STLS. */
#include "talk.h"

static const struct piece session[] = {
    SAY(TO_CLIENT, "+OK ready\r\n"),
    SAY(TO_SERVER, "USER ada\r\nPASS secret\r\n"),
    SAY(TO_CLIENT, "+OK\r\n-ERR no\r\n"),
    SAY(TO_SERVER, "RETR 1\r\n"),
    SAY(TO_CLIENT, "+OK 9 octets\r\nSubject: x\r\n\r\n-ERR body\r\n.\r\n"),
    SAY(TO_SERVER, "QUIT\r\n"),
    SAY(TO_CLIENT, "+OK bye\r\n"),
};

static void pop3__answers_belong_to_their_commands(void **state)
{
    (void)state;
    struct talk t = talk_play_cut(session, PIECES(session), 6, 110, SIZE_MAX, 0);
    assert_int_equal(t.records, 5);
    assert_non_null(strstr(talk_text(&t), "{\"request\":{\"command\":\"PASS\"},\"response\":{"
                                          "\"success\":false,\"status\":\"ERR\","
                                          "\"header\":\"no\"}}"));
    assert_non_null(strstr(talk_text(&t), "{\"request\":{\"command\":\"QUIT\"},\"response\":{"
                                          "\"success\":true,\"status\":\"OK\","
                                          "\"header\":\"bye\"}}"));
    assert_null(strstr(talk_text(&t), "secret"));
    assert_null(strstr(talk_text(&t), "body"));
    talk_free(&t);
}

static void pop3__may_be_cut_anywhere(void **state)
{
    (void)state;
    talk_assert_any_cut(session, PIECES(session), 110);
}

static void pop3__stls_hands_over_to_tls(void **state)
{
    (void)state;
    static const struct piece stls[] = {
        SAY(TO_CLIENT, "+OK ready\r\n"),
        SAY(TO_SERVER, "STLS\r\n"),
        SAY(TO_CLIENT, "+OK go\r\n"),
        SAY(TO_SERVER, "\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03"
                       "0123456789abcdef0123456789abcdef"
                       "\x00\x00\x02\x13\x01\x01\x00"),
    };
    struct talk t = talk_play_cut(stls, PIECES(stls), 6, 110, SIZE_MAX, 0);
    assert_int_equal(app_flow_proto(t.flow), APP_TLS);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_POP3);
    talk_free(&t);
}

static void pop3__unknown_command_is_an_event(void **state)
{
    (void)state;
    static const struct piece odd = SAY(TO_SERVER, "HACK me\r\n");
    struct talk t = talk_start(6, 40000, 110);
    talk_say(&t, &session[0]);
    talk_say(&t, &odd);
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_int_equal(tx->event_count, 1);
    assert_string_equal(app_event_name(APP_POP3, tx->events[0]), "unknown_command");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pop3__answers_belong_to_their_commands),
        cmocka_unit_test(pop3__may_be_cut_anywhere),
        cmocka_unit_test(pop3__stls_hands_over_to_tls),
        cmocka_unit_test(pop3__unknown_command_is_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
