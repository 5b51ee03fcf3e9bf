/* SIP: messages over datagrams and streams, what they carry, and what is none. */
#include "talk.h"

#define INVITE                                                                                     \
    "INVITE sip:bob@example.net SIP/2.0\r\n"                                                       \
    "Via: SIP/2.0/UDP a.example.org\r\n"                                                           \
    "Content-Type: application/sdp\r\n"                                                            \
    "Content-Length: 97\r\n"                                                                       \
    "\r\n"                                                                                         \
    "v=0\r\no=ada 1 1 IN IP4 192.0.2.1\r\ns=call\r\nc=IN IP4 192.0.2.1\r\n"                        \
    "m=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n"
#define TRYING                                                                                     \
    "SIP/2.0 100 Trying\r\n"                                                                       \
    "l: 0\r\n"                                                                                     \
    "\r\n"

static const struct piece call[] = {
    SAY(TO_SERVER, INVITE "\r\n\r\nACK sip:bob@example.net SIP/2.0\r\n\r\n"),
    SAY(TO_CLIENT, TRYING "BYE sip:ada@example.org SIP/2.0\r\n folded\r\n\r\n"),
};

static void sip__each_message_of_a_stream_is_a_tx(void **state)
{
    (void)state;
    struct talk t = talk_play_cut(call, PIECES(call), 6, 5060, SIZE_MAX, 0);
    assert_int_equal(t.records, 4);
    assert_non_null(strstr(talk_text(&t), "{\"method\":\"INVITE\",\"uri\":\"sip:bob@example.net\","
                                          "\"version\":\"SIP/2.0\",\"request_line\":"
                                          "\"INVITE sip:bob@example.net SIP/2.0\",\"sdp\":{"));
    assert_non_null(strstr(talk_text(&t), "{\"version\":\"SIP/2.0\",\"code\":\"100\",\"reason\":"
                                          "\"Trying\",\"response_line\":\"SIP/2.0 100 Trying\"}"));
    assert_non_null(strstr(talk_text(&t), "\"method\":\"BYE\""));
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

static void sip__may_be_cut_anywhere(void **state)
{
    (void)state;
    talk_assert_any_cut(call, PIECES(call), 5060);
}

static void sip__session_is_described_by_letters(void **state)
{
    (void)state;
    static const struct piece invite[] = {SAY(TO_SERVER, INVITE)};
    struct talk t = talk_play_cut(invite, 1, 17, 5060, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t),
                           "\"sdp\":{\"v\":0,\"o\":\"ada 1 1 IN IP4 192.0.2.1\","
                           "\"s\":\"call\",\"c\":\"IN IP4 192.0.2.1\",\"m\":[{"
                           "\"m\":\"audio 4000 RTP/AVP 0\",\"a\":[\"sendrecv\"]}]}"));
    talk_free(&t);
}

static void sip__buffers_hold_the_start_line(void **state)
{
    (void)state;
    static const struct piece pieces[] = {SAY(TO_SERVER, INVITE), SAY(TO_CLIENT, TRYING)};
    struct talk t = talk_start(17, 40000, 5060);
    talk_say(&t, &pieces[0]);
    talk_say(&t, &pieces[1]);
    struct app_tx *asked = app_flow_txs(t.flow), *answered = asked->next;
    assert_bytes(talk_buffer(&t, asked, "sip.method", TO_SERVER, 0), "INVITE");
    assert_bytes(talk_buffer(&t, asked, "sip.uri", TO_SERVER, 0), "sip:bob@example.net");
    assert_bytes(talk_buffer(&t, asked, "sip.protocol", TO_SERVER, 0), "SIP/2.0");
    assert_bytes(talk_buffer(&t, asked, "sip.stat_code", TO_SERVER, 0), "");
    assert_bytes(talk_buffer(&t, answered, "sip.stat_code", TO_CLIENT, 0), "100");
    assert_bytes(talk_buffer(&t, answered, "sip.stat_msg", TO_CLIENT, 0), "Trying");
    assert_bytes(talk_buffer(&t, answered, "sip.response_line", TO_CLIENT, 0),
                 "SIP/2.0 100 Trying");
    assert_bytes(talk_buffer(&t, answered, "sip.request_line", TO_CLIENT, 0), "");
    talk_free(&t);
}

static struct app_tx *second_tx(struct talk *t, const char *first, const char *second)
{
    struct piece pieces[] = {{TO_SERVER, bytes_str(first), 0, 0},
                             {TO_SERVER, bytes_str(second), 0, 0}};
    *t = talk_start(17, 40000, 5060);
    talk_say(t, &pieces[0]);
    talk_say(t, &pieces[1]);
    return app_flow_txs(t->flow)->next;
}

static void sip__damage_is_an_event(void **state)
{
    (void)state;
    static const struct {
        const char *text, *event;
    } cases[] = {
        {"no message at all\r\n\r\n", "invalid_data"},
        {"no end", "invalid_data"},
        {"BYE sip:x SIP/2.0\r\nno header\r\n\r\n", "invalid_data"},
        {"BYE sip:x SIP/2.0\r\nContent-Length: -1\r\n\r\n", "invalid_data"},
        {"BYE sip:x SIP/2.0\r\nTo: x\r\n", "incomplete_data"},
    };
    for (size_t i = 0; i < PIECES(cases); i++) {
        struct talk t;
        struct app_tx *tx = second_tx(&t, INVITE, cases[i].text);
        assert_int_equal(tx->event_count, 1);
        assert_string_equal(app_event_name(APP_SIP, tx->events[0]), cases[i].event);
        assert_null(tx->next);
        talk_free(&t);
    }
}

static void sip__what_keeps_a_path_open_is_no_message(void **state)
{
    (void)state;
    struct talk t;
    assert_null(second_tx(&t, INVITE, "\r\n\r\n"));
    talk_free(&t);
}

static void sip__goes_on_after_a_gap(void **state)
{
    (void)state;
    static const struct piece pieces[] = {
        SAY(TO_SERVER, "INVITE sip:bob@example.net SIP/2.0\r\nTo: x\r\nFro"),
        {TO_SERVER, {0}, APP_FEED_GAP, 20},
        SAY(TO_SERVER, "est\r\nX: y\r\n\r\nACK sip:bob@example.net SIP/2.0\r\n\r\n"),
    };
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 5060, SIZE_MAX, 0);
    assert_int_equal(t.records, 1);
    assert_non_null(strstr(talk_text(&t), "\"method\":\"ACK\""));
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

static void sip__gap_in_a_body_loses_the_body_only(void **state)
{
    (void)state;
    static const struct piece pieces[] = {
        SAY(TO_SERVER, "MESSAGE sip:x SIP/2.0\r\nl: 30\r\n\r\n12345"),
        {TO_SERVER, {0}, APP_FEED_GAP, 20},
        SAY(TO_SERVER, "12345BYE sip:x SIP/2.0\r\n\r\n"),
    };
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 5060, SIZE_MAX, 0);
    assert_int_equal(t.records, 2);
    talk_free(&t);
}

static void sip__is_told_from_http_by_its_request_line(void **state)
{
    (void)state;
    static const struct piece lines[][1] = {
        {SAY(TO_SERVER, "OPTIONS sip:example.org SIP/2.0\r\nContent-Length: 0\r\n\r\n")},
        {SAY(TO_SERVER, "NOTIFY tel:+815012345 SIP/2.0\r\nl: 0\r\n\r\n")},
        {SAY(TO_SERVER, "SUBSCRIBE SIPS:ada@example.org SIP/2.0\r\nl: 0\r\n\r\n")},
        {SAY(TO_SERVER, "OPTIONS * SIP/2.0\r\nl: 0\r\n\r\n")},
        {SAY(TO_SERVER, "INVITE urn:service:sos SIP/2.0\r\nl: 0\r\n\r\n")},
        {SAY(TO_SERVER, "OPTIONS * HTTP/1.1\r\nHost: example.org\r\n\r\n")},
        {SAY(TO_SERVER, "NOTIFY /upnp HTTP/1.1\r\nHost: example.org\r\n\r\n")},
        {SAY(TO_SERVER, "SUBSCRIBE sip:x HTTP/1.1\r\nHost: example.org\r\n\r\n")},
    };
    for (size_t i = 0; i < PIECES(lines); i++) {
        struct talk t = talk_play_cut(lines[i], 1, 6, 8080, SIZE_MAX, 0);
        assert_int_equal(app_flow_proto(t.flow), i < 5 ? APP_SIP : APP_HTTP);
        assert_int_equal(t.records, 1);
        talk_free(&t);
        talk_assert_any_cut(lines[i], 1, 8080);
    }
}

static void http__long_line_of_a_shared_method_is_its_own(void **state)
{
    (void)state;
    static char text[700] = "OPTIONS /";
    memset(text + 9, 'x', sizeof text - 9);
    struct talk t = talk_start(6, 40000, 80);
    struct piece p = {TO_SERVER, bytes_of(text, 519), 0, 0};
    talk_say(&t, &p);
    assert_int_equal(app_flow_proto(t.flow), APP_UNKNOWN);
    p.data = bytes_of(text + 519, 181);
    talk_say(&t, &p);
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sip__each_message_of_a_stream_is_a_tx),
        cmocka_unit_test(sip__may_be_cut_anywhere),
        cmocka_unit_test(sip__session_is_described_by_letters),
        cmocka_unit_test(sip__is_told_from_http_by_its_request_line),
        cmocka_unit_test(http__long_line_of_a_shared_method_is_its_own),
        cmocka_unit_test(sip__buffers_hold_the_start_line),
        cmocka_unit_test(sip__damage_is_an_event),
        cmocka_unit_test(sip__what_keeps_a_path_open_is_no_message),
        cmocka_unit_test(sip__goes_on_after_a_gap),
        cmocka_unit_test(sip__gap_in_a_body_loses_the_body_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
