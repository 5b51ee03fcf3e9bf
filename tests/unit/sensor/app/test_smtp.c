/* SMTP and MIME: records as Suricata 7 writes them, files, order of replies, odd input. */
#include "talk.h"

#define GREETING SAY(TO_CLIENT, "220 mx.example.jp ESMTP\r\n")
#define HELLO                                                                                      \
    SAY(TO_SERVER, "EHLO client.example.jp\r\n"),                                                  \
        SAY(TO_CLIENT, "250-mx.example.jp\r\n250-CHUNKING\r\n250 8BITMIME\r\n")
#define ENVELOPE                                                                                   \
    SAY(TO_SERVER, "MAIL FROM:<a@example.jp> SIZE=900\r\n"), SAY(TO_CLIENT, "250 ok\r\n"),         \
        SAY(TO_SERVER, "RCPT TO:<b@example.jp>\r\nRCPT TO: <c@example.jp>\r\n"),                   \
        SAY(TO_CLIENT, "250 ok\r\n250 ok\r\n")
#define MAIL                                                                                       \
    "From: Ada <a@example.jp>\r\nTo: b@example.jp,\r\n \"C, the third\" <c@example.jp>\r\n"        \
    "Subject: parts\r\nContent-Type: multipart/mixed; boundary=\"=_one\"\r\n\r\nno MIME here\r\n"  \
    "--=_one\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"   \
    "see HTTP://Example.JP/a=\r\nb=3D1 and https://example.jp\r\n"                                 \
    "--=_one\r\nContent-Type: application/octet-stream; name=\"x\"\r\n"                            \
    "Content-Disposition: attachment; filename*0=\"ab\"; filename*1=\"c.bin\"\r\n"                 \
    "Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\nREVG Rw==\r\n--=_one--\r\n"

static const struct piece by_data[] = {
    GREETING,
    HELLO,
    ENVELOPE,
    SAY(TO_SERVER, "DATA\r\n"),
    SAY(TO_CLIENT, "354 go ahead\r\n"),
    SAY(TO_SERVER, MAIL ".\r\n"),
    SAY(TO_CLIENT, "250 queued\r\n"),
};
static const char email[] =
    "\"smtp\":{\"helo\":\"client.example.jp\",\"mail_from\":\"<a@example.jp>\",\"rcpt_to\":["
    "\"<b@example.jp>\",\"<c@example.jp>\"]},\"email\":{\"status\":\"PARSE_DONE\",\"from\":\"Ada "
    "<a@example.jp>\",\"to\":[\"b@example.jp\",\"\\\"C, the third\\\" <c@example.jp>\"],"
    "\"attachment\":[\"abc.bin\"],\"url\":[\"example.jp/ab=1\",\"example.jp\"]";

static struct talk play(const struct piece *pieces, size_t count)
{
    struct talk t = talk_start(6, 40000, 25);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &pieces[i]);
    return t;
}

static bool has_event(const struct app_tx *tx, const char *name)
{
    for (unsigned i = 0; i < tx->event_count; i++)
        if (strcmp(app_event_name(tx->proto, tx->events[i]), name) == 0)
            return true;
    return false;
}

/* Many protocols greet with 220, so it names none. */
static void smtp__greeting_alone_does_not_tell_its_direction(void **state)
{
    (void)state;
    struct talk t = play(by_data, PIECES(by_data));
    assert_int_equal(app_flow_proto_dir(t.flow, TO_SERVER), APP_SMTP);
    assert_int_equal(app_flow_proto_dir(t.flow, TO_CLIENT), APP_FAILED);
    talk_free(&t);
}

static void smtp__mail_is_a_transaction_with_headers_urls_and_attachments(void **state)
{
    (void)state;
    struct talk t = play(by_data, PIECES(by_data));
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_non_null(tx);
    assert_int_equal(tx->event_count, 0);
    talk_log(&t, false);
    assert_int_equal(t.records, 2);
    assert_non_null(strstr(talk_text(&t), email));
    assert_non_null(strstr(talk_text(&t), "\"subject\":\"parts\""));
    assert_non_null(strstr(talk_text(&t), "\"filename\":\"abc.bin\",\"gaps\":false,\"state\":"
                                          "\"CLOSED\",\"stored\":false,\"size\":7"));
    assert_bytes(talk_buffer(&t, tx, "file.data", TO_SERVER, 0), "ABCDEFG");
    assert_bytes(talk_buffer(&t, tx, "file.name", TO_SERVER, 0), "abc.bin");
    talk_free(&t);
}

static void smtp__may_be_cut_anywhere(void **state)
{
    (void)state;
    talk_assert_any_cut(by_data, PIECES(by_data), 25);
}

static void smtp__chunks_hold_the_same_mail(void **state)
{
    (void)state;
    static const struct piece chunks[] = {
        GREETING,
        HELLO,
        ENVELOPE,
        SAY(TO_SERVER, "BDAT 36\r\nFrom: Ada <a@example.jp>\r\nTo: b@examBDAT 24 LAST\r\n"
                       "ple.jp\r\n\r\nhttp://x.jp/\r\nQUIT\r\n"),
        SAY(TO_CLIENT, "250 ok\r\n250 queued\r\n221 bye\r\n"),
    };
    struct talk t = play(chunks, PIECES(chunks));
    talk_log(&t, false);
    assert_non_null(strstr(talk_text(&t), "\"email\":{\"status\":\"PARSE_DONE\",\"from\":\"Ada "
                                          "<a@example.jp>\",\"to\":[\"b@example.jp\"],\"url\":["
                                          "\"x.jp/\"]"));
    assert_int_equal(app_flow_txs(t.flow)->event_count, 0);
    talk_free(&t);
    talk_assert_any_cut(chunks, PIECES(chunks), 25);
}

static void smtp__pipelined_mail_needs_no_go_ahead(void **state)
{
    (void)state;
    static const struct piece pipelined[] = {
        GREETING,
        SAY(TO_SERVER, "EHLO me\r\n"),
        SAY(TO_CLIENT, "250-mx\r\n250-PIPELINING\r\n250 DSN\r\n"),
        SAY(TO_SERVER, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n.\r\n"),
        SAY(TO_CLIENT, "250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n"),
        SAY(TO_SERVER, "MAIL FROM:<e@f>\r\n"),
        SAY(TO_CLIENT, "250 ok\r\n"),
    };
    struct talk t = play(pipelined, PIECES(pipelined));
    talk_log(&t, true);
    assert_non_null(strstr(talk_text(&t), "PARSE_DONE"));
    assert_non_null(strstr(talk_text(&t), "\"mail_from\":\"<e@f>\""));
    assert_non_null(app_flow_txs(t.flow)->next);
    talk_free(&t);
}

static void smtp__starttls_hands_over_to_tls(void **state)
{
    (void)state;
    static const struct piece starttls[] = {
        GREETING,
        HELLO,
        SAY(TO_SERVER, "STARTTLS\r\n"),
        SAY(TO_CLIENT, "220 go\r\n"),
        SAY(TO_SERVER, "\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03"
                       "0123456789abcdef0123456789abcdef"
                       "\x00\x00\x02\x13\x01\x01\x00"),
    };
    struct talk t = play(starttls, PIECES(starttls));
    assert_int_equal(app_flow_proto(t.flow), APP_TLS);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_SMTP);
    talk_free(&t);
}

static void smtp__odd_mails_raise_events(void **state)
{
    (void)state;
    static const struct {
        const char *mail, *event;
    } rows[] = {
        {"Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\r\nx\r\n.\r\n",
         "MIME_MALFORMED_MSG"},
        {"Content-Transfer-Encoding: base64\r\n\r\nQU*D\r\n.\r\n", "MIME_INVALID_BASE64"},
        {"Content-Transfer-Encoding: quoted-printable\r\n\r\na=ZZ\r\n.\r\n", "MIME_INVALID_QP"},
        {"From: a\r\n\r\nx\r\n.\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", "DUPLICATE_FIELDS"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk t = play(by_data, 9);
        struct piece p = {.dir = TO_SERVER, .data = bytes_str(rows[i].mail)};
        bool found = false;
        talk_say(&t, &p);
        for (struct app_tx *tx = app_flow_txs(t.flow); tx; tx = tx->next)
            found = found || has_event(tx, rows[i].event);
        if (!found)
            fail_msg("no %s", rows[i].event);
        talk_free(&t);
    }
}

/* "a\r\n.\r\n" ends a mail for everyone; what ends it for some only is an event. */
static void smtp__end_that_servers_read_differently_is_an_event(void **state)
{
    (void)state;
    static const struct {
        const char *mail;
        bool ambiguous;
    } rows[] = {
        {"x\r\n\r\na\r\n.\r\n", false},
        {"x\r\n\r\na\n..\n.b\r\n.\r\n", false},
        {".\r\n", false},
        {"x\r\n\r\na\n.\r\nMAIL FROM:<x@y>\r\n", true},
        {"x\r\n\r\na\n.\n", true},
        {"x\r\n\r\na\r\n.\n", true},
        {"x\r\n\r\na\r.\r\nb\r\n.\r\n", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct piece pieces[10];
        memcpy(pieces, by_data, 9 * sizeof *pieces);
        pieces[9] = (struct piece){.dir = TO_SERVER, .data = bytes_str(rows[i].mail)};
        struct talk t = play(pieces, 10);
        struct app_tx *tx = app_flow_txs(t.flow);
        if (has_event(tx, "AMBIGUOUS_END_OF_DATA") != rows[i].ambiguous)
            fail_msg("row %zu", i);
        talk_free(&t);
        talk_assert_any_cut(pieces, 10, 25);
    }
}

static void assert_mail(const char *mail, ...)
{
    struct talk t = play(by_data, 9);
    struct piece p = {.dir = TO_SERVER, .data = bytes_str(mail)};
    const char *want;
    va_list list;
    talk_say(&t, &p);
    talk_log(&t, true);
    va_start(list, mail);
    while ((want = va_arg(list, const char *)))
        if (!strstr(talk_text(&t), want))
            fail_msg("no %s in:\n%s", want, talk_text(&t));
    va_end(list);
    talk_free(&t);
}

static void smtp__dots_that_were_doubled_are_single_again(void **state)
{
    (void)state;
    assert_mail(
        "Content-Disposition: attachment; filename=f\r\n\r\n..\r\n...\r\n.a\r\na..\r\n.\r\n",
        "\"size\":13,", NULL);
    struct talk t = play(by_data, 9);
    static const struct piece mail =
        SAY(TO_SERVER, "Content-Disposition: attachment; filename=f\r\n\r\n..\r\n..a\r\n.\r\n");
    talk_say(&t, &mail);
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow), "file.data", TO_SERVER, 0), ".\r\n.a");
    talk_free(&t);
}

static void smtp__message_within_a_message_is_looked_into(void **state)
{
    (void)state;
#define INNER(header)                                                                              \
    "Subject: outer\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"                   \
    "Content-Type: message/rfc822\r\n" header "\r\nSubject: inner\r\n"                             \
    "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n"                                     \
    "Content-Disposition: attachment; filename=run.exe\r\n\r\nMZ\r\n--i--\r\n\r\n--o--\r\n.\r\n"
    static const char file[] = "\"fileinfo\":{\"filename\":\"run.exe\",\"gaps\":false,"
                               "\"state\":\"CLOSED\",\"stored\":false,\"size\":2,";
    assert_mail(INNER(""), "\"subject\":\"outer\"", file, "PARSE_DONE", NULL);
    assert_mail(INNER("Content-Disposition: attachment; filename=fw.eml\r\n"),
                "\"attachment\":[\"fw.eml\"]", "\"subject\":\"outer\"", file, "PARSE_DONE", NULL);
}

/* Encoded words (RFC 2047) stay as they are, as with Suricata; names by RFC 2231 are put together.
 */
static void smtp__names_and_encoded_words(void **state)
{
    (void)state;
    assert_mail("Subject: =?UTF-8?B?w6k=?=\r\n =?UTF-8?Q?_x?=\r\n\r\n.\r\n",
                "\"subject\":\"=?UTF-8?B?w6k=?= =?UTF-8?Q?_x?=\"", NULL);
    assert_mail(
        "Content-Disposition: attachment;\r\n"
        " filename*0*=UTF-8'en'%c3%a9t%C3%A9;\r\n filename*1=\".e\";\r\n filename*2*=x%65\r\n"
        "\r\n.\r\n",
        "\"filename\":\"\xc3\xa9t\xc3\xa9.exe\"", NULL);
    assert_mail("Content-Disposition: attachment; filename=\"a \\\"b\\\".exe\"\r\n\r\n.\r\n",
                "\"filename\":\"a \\\"b\\\".exe\"", NULL);
    assert_mail("Content-Disposition: attachment; filename*=iso-8859-1''%41.exe\r\n\r\n.\r\n",
                "\"filename\":\"A.exe\"", NULL);
}

static void smtp__boundary_too_long_is_a_parse_error(void **state)
{
    (void)state;
    struct talk t = play(by_data, 9);
    char mail[600];
    int n =
        snprintf(mail, sizeof mail, "Content-Type: multipart/mixed; boundary=%0400d\r\n\r\n", 7);
    struct piece p = {.dir = TO_SERVER, .data = bytes_of(mail, (size_t)n)};
    talk_say(&t, &p);
    assert_true(has_event(app_flow_txs(t.flow), "MIME_LONG_BOUNDARY"));
    talk_log(&t, true);
    assert_non_null(strstr(talk_text(&t), "\"status\":\"PARSE_ERROR\""));
    talk_free(&t);
}

static void smtp__gap_in_a_mail_leaves_a_file_with_a_gap(void **state)
{
    (void)state;
    static const struct piece head =
        SAY(TO_SERVER, "Content-Disposition: attachment; filename=f\r\n\r\nabc\r\n");
    static const struct piece tail = SAY(TO_SERVER, "lost\r\ndef\r\n.\r\n");
    struct piece gap = {.dir = TO_SERVER, .flags = APP_FEED_GAP, .gap_bytes = 10};
    struct talk t = play(by_data, 9);
    talk_say(&t, &head);
    talk_say(&t, &gap);
    talk_say(&t, &tail);
    talk_log(&t, false);
    assert_non_null(strstr(talk_text(&t), "\"gaps\":true,\"state\":\"TRUNCATED\""));
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smtp__greeting_alone_does_not_tell_its_direction),
        cmocka_unit_test(smtp__mail_is_a_transaction_with_headers_urls_and_attachments),
        cmocka_unit_test(smtp__may_be_cut_anywhere),
        cmocka_unit_test(smtp__chunks_hold_the_same_mail),
        cmocka_unit_test(smtp__pipelined_mail_needs_no_go_ahead),
        cmocka_unit_test(smtp__starttls_hands_over_to_tls),
        cmocka_unit_test(smtp__odd_mails_raise_events),
        cmocka_unit_test(smtp__end_that_servers_read_differently_is_an_event),
        cmocka_unit_test(smtp__dots_that_were_doubled_are_single_again),
        cmocka_unit_test(smtp__message_within_a_message_is_looked_into),
        cmocka_unit_test(smtp__names_and_encoded_words),
        cmocka_unit_test(smtp__boundary_too_long_is_a_parse_error),
        cmocka_unit_test(smtp__gap_in_a_mail_leaves_a_file_with_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
