/* IMAP: commands with their answers, literals, mails either way, what stays hidden, TLS. */
#include "talk.h"

static const struct piece starttls[] = {
    SAY(TO_CLIENT, "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"),
    SAY(TO_SERVER, "a1 STARTTLS\r\n"),
    SAY(TO_CLIENT, "* 1 EXISTS\r\na1 OK go\r\n"),
    SAY(TO_SERVER, "\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03"
                   "0123456789abcdef0123456789abcdef"
                   "\x00\x00\x02\x13\x01\x01\x00"),
};

static void imap__is_found_from_either_side(void **state)
{
    (void)state;
    static const struct piece client = SAY(TO_SERVER, "1 capability\r\n");
    struct talk t = talk_start(6, 40000, 1143);
    talk_say(&t, &starttls[0]);
    assert_int_equal(app_flow_proto(t.flow), APP_IMAP);
    talk_free(&t);
    t = talk_start(6, 40000, 1143);
    talk_say(&t, &client);
    assert_int_equal(app_flow_proto(t.flow), APP_IMAP);
    talk_free(&t);
}

static void imap__server_may_begin_in_three_ways(void **state)
{
    (void)state;
    static const struct piece greetings[][2] = {
        {SAY(TO_CLIENT, "* OK ready\r\n"), SAY(TO_SERVER, "a1 NOOP\r\n")},
        {SAY(TO_CLIENT, "* PREAUTH in\r\n"), SAY(TO_SERVER, "a1 NOOP\r\n")},
        {SAY(TO_CLIENT, "* BYE later\r\n"), SAY(TO_SERVER, "a1 NOOP\r\n")},
    };
    for (size_t i = 0; i < PIECES(greetings); i++) {
        struct talk t = talk_play_cut(greetings[i], 2, 6, 1143, SIZE_MAX, 0);
        assert_int_equal(app_flow_proto(t.flow), APP_IMAP);
        assert_int_equal(t.records, 2);
        talk_free(&t);
        talk_assert_any_cut(greetings[i], 2, 1143);
    }
}

static void imap__starttls_hands_over_to_tls(void **state)
{
    (void)state;
    struct talk t = talk_play_cut(starttls, PIECES(starttls), 6, 143, SIZE_MAX, 0);
    assert_int_equal(app_flow_proto(t.flow), APP_TLS);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_IMAP);
    assert_non_null(strstr(talk_text(&t), "{\"tag\":\"a1\",\"command\":\"STARTTLS\"},\"response\":{"
                                          "\"success\":true,\"status\":\"OK\",\"text\":\"go\"}"));
    talk_free(&t);
    talk_assert_any_cut(starttls, PIECES(starttls), 143);
}

/* The report of a conversation, the same in every cut, holds each of the texts up to NULL. */
static void assert_report(const struct piece *pieces, size_t count, unsigned records, ...)
{
    struct talk t = talk_play_cut(pieces, count, 6, 143, SIZE_MAX, 0);
    const char *report = talk_text(&t), *want;
    va_list list;
    va_start(list, records);
    while ((want = va_arg(list, const char *)))
        if (!strstr(report, want))
            fail_msg("no %s in:\n%s", want, report);
    va_end(list);
    if (strstr(report, "secret") || strstr(report, "c2VjcmV0"))
        fail_msg("a secret in:\n%s", report);
    assert_int_equal(t.records, records);
    talk_free(&t);
    talk_assert_any_cut(pieces, count, 143);
}

#define GREETING SAY(TO_CLIENT, "* OK IMAP4rev1 ready\r\n")

static void imap__command_and_answer_are_one_record(void **state)
{
    (void)state;
    static const struct piece session[] = {
        GREETING,
        SAY(TO_SERVER, "a1 login ada secret\r\n"),
        SAY(TO_CLIENT, "a1 NO [AUTHENTICATIONFAILED] no\r\n"),
        SAY(TO_SERVER, "a2 LOGIN \"ada\" \"secret \\\" {5}\"\r\n"),
        SAY(TO_CLIENT, "a2 OK in\r\n"),
        SAY(TO_SERVER, "a3 SELECT \"Sent Mail\"\r\n"),
        SAY(TO_CLIENT, "* 172 EXISTS\r\n* OK [UNSEEN 12] first {3}\r\na3 OK [READ-WRITE] ok\r\n"),
        SAY(TO_SERVER, "a4 UID FETCH 1:* (FLAGS)\r\n\r\na5 LOGOUT\r\n"),
        SAY(TO_CLIENT, "* 1 FETCH (UID 5 FLAGS ())\r\na4 OK ok\r\n* BYE bye\r\na5 OK done\r\n"),
    };
    assert_report(
        session, PIECES(session), 6,
        "{\"event_type\":\"imap\",\"imap\":{\"response\":{\"success\":true,\"status\":"
        "\"OK\",\"text\":\"IMAP4rev1 ready\"}}}",
        "{\"tag\":\"a1\",\"command\":\"LOGIN\",\"user\":\"ada\"},\"response\":{\"success\":"
        "false,\"status\":\"NO\",\"text\":\"[AUTHENTICATIONFAILED] no\"}",
        "{\"tag\":\"a2\",\"command\":\"LOGIN\",\"user\":\"ada\"},\"response\":{\"success\":"
        "true,",
        "{\"tag\":\"a3\",\"command\":\"SELECT\",\"mailbox\":\"Sent Mail\"},\"response\":{"
        "\"success\":true,\"status\":\"OK\",\"text\":\"[READ-WRITE] ok\",\"exists\":172}",
        "{\"tag\":\"a4\",\"command\":\"UID FETCH\",\"argument\":\"1:* (FLAGS)\"}",
        "{\"tag\":\"a5\",\"command\":\"LOGOUT\"},\"response\":{\"success\":true", NULL);
}

static void imap__answers_find_their_commands_by_tag(void **state)
{
    (void)state;
    static const struct piece session[] = {
        GREETING,
        SAY(TO_SERVER, "a1 NOOP\r\na2 CHECK\r\na3 CLOSE\r\n"),
        SAY(TO_CLIENT, "a2 OK two\r\na9 OK nobody\r\na1 NO one\r\na3 BAD three\r\n"),
    };
    assert_report(
        session, PIECES(session), 5,
        "{\"tag\":\"a1\",\"command\":\"NOOP\"},\"response\":{\"success\":false,\"status\":"
        "\"NO\",\"text\":\"one\"}",
        "{\"tag\":\"a2\",\"command\":\"CHECK\"},\"response\":{\"success\":true,\"status\":"
        "\"OK\",\"text\":\"two\"}",
        "{\"tag\":\"a3\",\"command\":\"CLOSE\"},\"response\":{\"success\":false,\"status\":"
        "\"BAD\",\"text\":\"three\"}",
        "\"text\":\"nobody\"}},\"events\":[\"response_without_command\"]", NULL);
}

static void imap__literal_is_an_argument_and_hides_no_command(void **state)
{
    (void)state;
    static const struct piece session[] = {
        GREETING,
        SAY(TO_SERVER, "a1 LOGIN {3}\r\n"),
        SAY(TO_CLIENT, "+ go\r\n"),
        SAY(TO_SERVER, "ada {19}\r\n"),
        SAY(TO_CLIENT, "+ go\r\n"),
        SAY(TO_SERVER, "secret\r\na2 LOGOUT\r\n\r\n"),
        SAY(TO_CLIENT, "a1 OK in\r\n"),
        SAY(TO_SERVER, "a3 SELECT {7+}\r\na\"b\r\nc \r\na4 NOOP {0+}\r\n\r\n"),
        SAY(TO_CLIENT, "a3 OK\r\na4 OK\r\n"),
    };
    assert_report(
        session, PIECES(session), 4,
        "{\"tag\":\"a1\",\"command\":\"LOGIN\",\"user\":\"ada\"},\"response\":{\"success\":"
        "true,\"status\":\"OK\",\"text\":\"in\"}",
        "{\"tag\":\"a3\",\"command\":\"SELECT\",\"mailbox\":\"a\\\\\\\"b\\r\\nc \"}",
        "{\"tag\":\"a4\",\"command\":\"NOOP\"},\"response\":{\"success\":true", NULL);
}

static void imap__refused_literal_never_comes(void **state)
{
    (void)state;
    static const struct piece session[] = {
        GREETING,
        SAY(TO_SERVER, "a1 APPEND Sent {999}\r\n"),
        SAY(TO_CLIENT, "a1 NO [TRYCREATE] no such mailbox\r\n"),
        SAY(TO_SERVER, "a2 CREATE Sent\r\n"),
        SAY(TO_CLIENT, "a2 OK made\r\n"),
    };
    assert_report(session, PIECES(session), 3,
                  "{\"tag\":\"a1\",\"command\":\"APPEND\",\"mailbox\":\"Sent\"},\"response\":{"
                  "\"success\":false,",
                  "{\"tag\":\"a2\",\"command\":\"CREATE\",\"mailbox\":\"Sent\"},\"response\":{"
                  "\"success\":true,",
                  NULL);
}

/* base64 of "\0ada\0secret", "ada" and "secret". */
static void imap__authenticate_tells_the_user_and_no_secret(void **state)
{
    (void)state;
    static const struct piece session[] = {
        GREETING,
        SAY(TO_SERVER, "a1 CAPABILITY\r\na2 AUTHENTICATE PLAIN\r\n"),
        SAY(TO_CLIENT, "* CAPABILITY IMAP4rev1\r\na1 OK\r\n+ \r\n"),
        SAY(TO_SERVER, "AGFkYQBzZWNyZXQ=\r\n"),
        SAY(TO_CLIENT, "a2 NO no\r\n"),
        SAY(TO_SERVER, "a3 AUTHENTICATE plain AGFkYQBzZWNyZXQ=\r\n"),
        SAY(TO_CLIENT, "a3 NO no\r\n"),
        SAY(TO_SERVER, "a4 AUTHENTICATE LOGIN\r\n"),
        SAY(TO_CLIENT, "+ VXNlcm5hbWU6\r\n"),
        SAY(TO_SERVER, "YWRh\r\n"),
        SAY(TO_CLIENT, "+ UGFzc3dvcmQ6\r\n"),
        SAY(TO_SERVER, "c2VjcmV0\r\n"),
        SAY(TO_CLIENT, "a4 OK in\r\n"),
        SAY(TO_SERVER, "a5 IDLE\r\n"),
        SAY(TO_CLIENT, "+ idling\r\n* 4 EXISTS\r\n"),
        SAY(TO_SERVER, "DONE\r\n"),
        SAY(TO_CLIENT, "a5 OK done\r\n"),
    };
    assert_report(session, PIECES(session), 6,
                  "{\"tag\":\"a2\",\"command\":\"AUTHENTICATE\",\"mechanism\":\"PLAIN\",\"user\":"
                  "\"ada\"},\"response\":{\"success\":false,",
                  "{\"tag\":\"a3\",\"command\":\"AUTHENTICATE\",\"mechanism\":\"plain\",\"user\":"
                  "\"ada\"},\"response\":{\"success\":false,",
                  "{\"tag\":\"a4\",\"command\":\"AUTHENTICATE\",\"mechanism\":\"LOGIN\",\"user\":"
                  "\"ada\"},\"response\":{\"success\":true,",
                  "{\"tag\":\"a5\",\"command\":\"IDLE\"},\"response\":{\"success\":true,", NULL);
}

/* 122 bytes. */
#define MAIL                                                                                       \
    "Subject: plan\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"                           \
    "--b\r\nContent-Disposition: attachment; filename=a\r\n\r\nabc\r\n--b--"

static void imap__fetched_mail_is_read_with_its_attachments(void **state)
{
    (void)state;
    static const struct piece session[] = {
        GREETING,
        SAY(TO_SERVER, "a1 EXAMINE Archive\r\na2 FETCH 3:4 (BODY[HEADER] BODY[])\r\n"),
        SAY(TO_CLIENT, "a1 OK\r\n"
                       "* 3 FETCH (BODY[HEADER] {17}\r\nSubject: plan\r\n\r\n"
                       " BODY[] {122}\r\n" MAIL " FLAGS (\\Seen))\r\n"
                       "* 4 FETCH (BODY[]<0> {19}\r\nSubject: half\r\n\r\nab)\r\n"
                       "* 5 FETCH (RFC822 {0}\r\n)\r\na2 OK done\r\n"),
    };
    assert_int_equal(sizeof MAIL - 1, 122);
    assert_report(session, PIECES(session), 6,
                  "{\"event_type\":\"imap\",\"imap\":{\"mail\":{\"command\":\"FETCH\",\"mailbox\":"
                  "\"Archive\",\"number\":3,\"size\":122}},\"email\":{\"status\":\"PARSE_DONE\","
                  "\"attachment\":[\"a\"],\"subject\":\"plan\"",
                  "\"fileinfo\":{\"filename\":\"a\",\"gaps\":false,\"state\":\"CLOSED\",\"stored\":"
                  "false,\"size\":3,",
                  "\"number\":4,\"size\":19}},\"email\":{\"status\":\"BODY_STARTED\",\"subject\":"
                  "\"half\"",
                  "{\"tag\":\"a2\",\"command\":\"FETCH\",\"argument\":\"3:4 (BODY[HEADER] "
                  "BODY[])\"},\"response\":{\"success\":true",
                  NULL);
}

static void imap__mail_that_is_fetched_in_parts_is_one(void **state)
{
    (void)state;
    static const struct piece session[] = {
        GREETING,
        SAY(TO_SERVER, "a1 UID FETCH 5 (BODY.PEEK[]<0.60>)\r\n"),
        SAY(TO_CLIENT, "* 3 FETCH (UID 5 BODY[]<0> {60}\r\n"
                       "Subject: plan\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
                       ")\r\na1 OK\r\n"),
        SAY(TO_SERVER, "a2 UID FETCH 5 (BODY.PEEK[]<60.60>)\r\n"),
        SAY(TO_CLIENT, "* 3 FETCH (UID 5 BODY[]<60> {60}\r\n"
                       "--b\r\nContent-Disposition: attachment; filename=a\r\n\r\nabcdefgh"
                       ")\r\na2 OK\r\n"),
        SAY(TO_SERVER, "a3 UID FETCH 5 (BODY.PEEK[]<120.60>)\r\n"),
        SAY(TO_CLIENT, "* 3 FETCH (UID 5 BODY[]<120> {10}\r\ni\r\n--b--\r\n)\r\na3 OK\r\n"),
        SAY(TO_SERVER, "a4 FETCH 4 BODY[]<0.20>\r\n"),
        SAY(TO_CLIENT, "* 4 FETCH (BODY[]<0> {20}\r\nSubject: preview\r\n\r\n)\r\na4 OK\r\n"),
        SAY(TO_SERVER, "a5 FETCH 4 BODY[]<0.20>\r\n"),
        SAY(TO_CLIENT, "* 4 FETCH (BODY[]<0> {20}\r\nSubject: preview\r\n\r\n)\r\na5 OK\r\n"),
        SAY(TO_SERVER, "a6 FETCH 4 BODY[]<20.20>\r\n"),
        SAY(TO_CLIENT, "* 4 FETCH (BODY[]<20> {0}\r\n)\r\na6 OK\r\n"),
        SAY(TO_SERVER, "a7 FETCH 4 BODY[]<500.20>\r\n"),
        SAY(TO_CLIENT, "* 4 FETCH (BODY[]<500> {9}\r\n123456789)\r\na7 OK\r\n"),
    };
    assert_report(session, PIECES(session), 12,
                  "\"number\":3,\"size\":130}},\"email\":{\"status\":\"PARSE_DONE\","
                  "\"attachment\":[\"a\"],\"subject\":\"plan\"",
                  "\"fileinfo\":{\"filename\":\"a\",\"gaps\":false,\"state\":\"CLOSED\",\"stored\":"
                  "false,\"size\":9,",
                  "\"number\":4,\"size\":20}},\"email\":{\"status\":\"HEADER_DONE\"",
                  "\"number\":4,\"size\":20}},\"email\":{\"status\":\"PARSE_DONE\"", NULL);
}

static void imap__appended_mail_is_read_too(void **state)
{
    (void)state;
    static const struct piece session[] = {
        GREETING,
        SAY(TO_SERVER, "a1 APPEND {4+}\r\nSent (\\Seen) \"28-Nov-2026 09:00:00 +0000\" {122}\r\n"),
        SAY(TO_CLIENT, "+ go\r\n"),
        SAY(TO_SERVER, MAIL "\r\na2 NOOP\r\n"),
        SAY(TO_CLIENT, "a1 OK [APPENDUID 1 2] done\r\na2 OK\r\n"),
    };
    assert_report(
        session, PIECES(session), 5,
        "{\"mail\":{\"command\":\"APPEND\",\"mailbox\":\"Sent\",\"size\":122}},\"email\":{"
        "\"status\":\"PARSE_DONE\",\"attachment\":[\"a\"],\"subject\":\"plan\"",
        "\"fileinfo\":{\"filename\":\"a\",\"gaps\":false,\"state\":\"CLOSED\"",
        "{\"tag\":\"a1\",\"command\":\"APPEND\",\"mailbox\":\"Sent\"},\"response\":{"
        "\"success\":true",
        "{\"tag\":\"a2\",\"command\":\"NOOP\"},\"response\":{\"success\":true", NULL);
}

static void imap__gap_in_a_mail_leaves_the_rest_readable(void **state)
{
    (void)state;
    static const struct piece session[] = {
        GREETING,
        SAY(TO_SERVER, "a1 FETCH 1 BODY[]\r\n"),
        SAY(TO_CLIENT, "* 1 FETCH (BODY[] {122}\r\nSubject: plan\r\n"),
        {TO_CLIENT, {0}, APP_FEED_GAP, 107},
        SAY(TO_CLIENT, ")\r\na1 OK done\r\n"),
        SAY(TO_SERVER, "a2 APPEND Sent {100+}\r\nSubject: lost\r\n"),
        {TO_SERVER, {0}, APP_FEED_GAP, 500},
        SAY(TO_SERVER, "half a line\r\na3 NOOP\r\n"),
        SAY(TO_CLIENT, "a3 OK\r\n"),
    };
    struct talk t = talk_play_cut(session, PIECES(session), 6, 143, SIZE_MAX, 0);
    assert_int_equal(t.records, 5);
    assert_non_null(strstr(talk_text(&t), "\"size\":122}},\"email\":{\"status\":\"PARSE_DONE\","
                                          "\"subject\":\"plan\""));
    assert_non_null(strstr(talk_text(&t), "{\"tag\":\"a1\",\"command\":\"FETCH\",\"argument\":"
                                          "\"1 BODY[]\"},\"response\":{\"success\":true"));
    assert_non_null(
        strstr(talk_text(&t), "\"size\":100}},\"email\":{\"status\":\"HEADER_STARTED\""));
    assert_non_null(strstr(talk_text(&t), "{\"tag\":\"a3\",\"command\":\"NOOP\"},\"response\":{"));
    talk_free(&t);
}

static void imap__odd_lines_raise_events(void **state)
{
    (void)state;
    static const struct piece session[] = {
        GREETING,
        SAY(TO_SERVER, "hunter2secret\r\na1 hack secret\r\na2 NOOP\r\n"),
        SAY(TO_CLIENT, "a1 BAD what\r\na2 WELL\r\n"),
    };
    assert_report(session, PIECES(session), 4,
                  "{\"request\":{\"command\":\"unknown\"}},\"events\":[\"malformed_command\"]",
                  "{\"request\":{\"command\":\"unknown\"},\"response\":{\"success\":false,"
                  "\"status\":\"BAD\",\"text\":\"what\"}},\"events\":[\"unknown_command\"]",
                  "{\"request\":{\"tag\":\"a2\",\"command\":\"NOOP\"},\"response\":{\"success\":"
                  "false,\"status\":\"unknown\",\"text\":\"WELL\"}},\"events\":["
                  "\"malformed_response\"]",
                  NULL);
}

static void imap__long_command_is_cut_and_the_next_one_read(void **state)
{
    (void)state;
    static char text[20000] = "a1 SEARCH TEXT ";
    size_t n = strlen(text);
    memset(text + n, 'x', sizeof text - n);
    memcpy(text + sizeof text - 11, "\r\na2 NOOP\r\n", 11);
    struct piece session[] = {GREETING, {TO_SERVER, bytes_of(text, sizeof text), 0, 0}};
    for (unsigned seed = 0; seed < 20; seed++) {
        struct talk t = talk_play_random(session, 2, 6, 143, seed, 4000);
        assert_int_equal(t.records, 3);
        assert_non_null(strstr(talk_text(&t), "xxx\"}},\"events\":[\"command_too_long\"]"));
        assert_non_null(strstr(talk_text(&t), "{\"tag\":\"a2\",\"command\":\"NOOP\"}"));
        talk_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imap__is_found_from_either_side),
        cmocka_unit_test(imap__server_may_begin_in_three_ways),
        cmocka_unit_test(imap__starttls_hands_over_to_tls),
        cmocka_unit_test(imap__command_and_answer_are_one_record),
        cmocka_unit_test(imap__answers_find_their_commands_by_tag),
        cmocka_unit_test(imap__literal_is_an_argument_and_hides_no_command),
        cmocka_unit_test(imap__refused_literal_never_comes),
        cmocka_unit_test(imap__authenticate_tells_the_user_and_no_secret),
        cmocka_unit_test(imap__fetched_mail_is_read_with_its_attachments),
        cmocka_unit_test(imap__mail_that_is_fetched_in_parts_is_one),
        cmocka_unit_test(imap__appended_mail_is_read_too),
        cmocka_unit_test(imap__gap_in_a_mail_leaves_the_rest_readable),
        cmocka_unit_test(imap__odd_lines_raise_events),
        cmocka_unit_test(imap__long_command_is_cut_and_the_next_one_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
