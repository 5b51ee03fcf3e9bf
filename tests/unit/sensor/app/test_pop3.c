/* POP3: commands with their answers, mails, what stays hidden, STLS. */
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
    assert_null(strstr(talk_text(&t), "-ERR body"));
    talk_free(&t);
}

static void pop3__may_be_cut_anywhere(void **state)
{
    (void)state;
    talk_assert_any_cut(session, PIECES(session), 110);
}

#define MAIL                                                                                       \
    "From: ada@example.org\r\nSubject: plan\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"  \
    "--b\r\nContent-Type: text/plain\r\n\r\nsee http://example.org/x\r\n..\r\n"                    \
    "--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nplan\r\n..b\r\n--b--\r\n.\r\n"

static void pop3__mail_is_read_with_its_attachments(void **state)
{
    (void)state;
    static const struct piece mail[] = {
        SAY(TO_CLIENT, "+OK ready\r\n"),
        SAY(TO_SERVER, "RETR 1\r\nTOP 1 9\r\nNOOP\r\n"),
        SAY(TO_CLIENT, "+OK\r\n" MAIL "+OK\r\nSubject: plan\r\n\r\n.\r\n+OK noop\r\n"),
    };
    struct talk t = talk_play_cut(mail, PIECES(mail), 6, 110, SIZE_MAX, 0);
    assert_int_equal(t.records, 5);
    assert_non_null(strstr(talk_text(&t),
                           "\"email\":{\"status\":\"PARSE_DONE\",\"from\":\"ada@example.org\","
                           "\"attachment\":[\"a.txt\"],\"url\":[\"example.org/x\"],"
                           "\"subject\":\"plan\""));
    assert_non_null(strstr(talk_text(&t), "\"fileinfo\":{\"filename\":\"a.txt\",\"gaps\":false,"
                                          "\"state\":\"CLOSED\",\"stored\":false,\"size\":8,"));
    assert_non_null(strstr(talk_text(&t), "\"argument\":\"1 9\"},\"response\":{\"success\":true,"
                                          "\"status\":\"OK\",\"header\":\"\"}},\"email\":{"
                                          "\"status\":\"HEADER_DONE\",\"subject\":\"plan\""));
    assert_non_null(strstr(talk_text(&t), "\"header\":\"noop\""));
    talk_free(&t);
    talk_assert_any_cut(mail, PIECES(mail), 110);
}

static void pop3__answers_of_several_lines_end_with_a_dot(void **state)
{
    (void)state;
    static const struct piece lists[] = {
        SAY(TO_CLIENT, "+OK ready\r\n"),
        SAY(TO_SERVER, "CAPA\r\nAUTH\r\nUIDL 1\r\nUIDL\r\nLIST\r\nLANG\r\nNOOP\r\n"),
        SAY(TO_CLIENT, "+OK\r\n-ERR no answer\r\n.\r\n+OK\r\nPLAIN\r\n.\r\n+OK 1 x\r\n"
                       "+OK\r\n1 x\r\n.\r\n-ERR none\r\n+OK\r\nen English\r\n.\r\n+OK last\r\n"),
    };
    struct talk t = talk_play_cut(lists, PIECES(lists), 6, 110, SIZE_MAX, 0);
    assert_int_equal(t.records, 8);
    assert_null(strstr(talk_text(&t), "no answer"));
    assert_non_null(
        strstr(talk_text(&t), "{\"command\":\"LIST\"},\"response\":{\"success\":false"));
    assert_non_null(strstr(talk_text(&t), "{\"command\":\"NOOP\"},\"response\":{\"success\":true,"
                                          "\"status\":\"OK\",\"header\":\"last\"}"));
    talk_free(&t);
    talk_assert_any_cut(lists, PIECES(lists), 110);
}

/* base64 of "\0ada\0secret", "ada" and "secret". */
static void pop3__auth_tells_the_user_and_no_secret(void **state)
{
    (void)state;
    static const struct piece auth[] = {
        SAY(TO_CLIENT, "+OK ready\r\n"),
        SAY(TO_SERVER, "CAPA\r\nAUTH PLAIN AGFkYQBzZWNyZXQ=\r\n"),
        SAY(TO_CLIENT, "+OK\r\n.\r\n-ERR no\r\n"),
        SAY(TO_SERVER, "AUTH LOGIN\r\n"),
        SAY(TO_CLIENT, "+ VXNlcm5hbWU6\r\n"),
        SAY(TO_SERVER, "YWRh\r\n"),
        SAY(TO_CLIENT, "+ UGFzc3dvcmQ6\r\n"),
        SAY(TO_SERVER, "c2VjcmV0\r\n"),
        SAY(TO_CLIENT, "+OK in\r\n"),
        SAY(TO_SERVER, "STAT\r\n"),
        SAY(TO_CLIENT, "+OK 0 0\r\n"),
    };
    struct talk t = talk_play_cut(auth, PIECES(auth), 6, 110, SIZE_MAX, 0);
    assert_int_equal(t.records, 5);
    assert_non_null(strstr(talk_text(&t), "{\"command\":\"AUTH\",\"argument\":\"PLAIN\","
                                          "\"user\":\"ada\"},\"response\":{\"success\":false"));
    assert_non_null(strstr(talk_text(&t), "{\"command\":\"AUTH\",\"argument\":\"LOGIN\","
                                          "\"user\":\"ada\"},\"response\":{\"success\":true"));
    assert_null(strstr(talk_text(&t), "secret"));
    assert_null(strstr(talk_text(&t), "c2VjcmV0"));
    assert_non_null(strstr(talk_text(&t), "\"header\":\"0 0\""));
    talk_free(&t);
    talk_assert_any_cut(auth, PIECES(auth), 110);
}

static void pop3__cut_off_mail_leaves_a_truncated_file(void **state)
{
    (void)state;
    static const struct piece cut[] = {
        SAY(TO_CLIENT, "+OK ready\r\n"),
        SAY(TO_SERVER, "RETR 1\r\n"),
        SAY(TO_CLIENT, "+OK\r\nContent-Disposition: attachment; filename=a\r\n\r\nabc\r\nde"),
    };
    struct talk t = talk_play_cut(cut, PIECES(cut), 6, 110, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "\"state\":\"TRUNCATED\",\"stored\":false,\"size\":"));
    talk_free(&t);
    talk_assert_any_cut(cut, PIECES(cut), 110);
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

static void pop3__answer_that_is_none_is_an_event(void **state)
{
    (void)state;
    static const struct piece odd[] = {
        SAY(TO_CLIENT, "+OK ready\r\n"),
        SAY(TO_SERVER, "STAT\r\n"),
        SAY(TO_CLIENT, "WELL, yes\r\n"),
    };
    struct talk t = talk_play_cut(odd, PIECES(odd), 6, 110, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "\"response\":{\"success\":false,\"status\":\"unknown\","
                                          "\"header\":\"WELL, yes\"}},\"events\":["
                                          "\"malformed_response\"]"));
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
        cmocka_unit_test(pop3__mail_is_read_with_its_attachments),
        cmocka_unit_test(pop3__answers_of_several_lines_end_with_a_dot),
        cmocka_unit_test(pop3__auth_tells_the_user_and_no_secret),
        cmocka_unit_test(pop3__cut_off_mail_leaves_a_truncated_file),
        cmocka_unit_test(pop3__stls_hands_over_to_tls),
        cmocka_unit_test(pop3__answer_that_is_none_is_an_event),
        cmocka_unit_test(pop3__unknown_command_is_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
