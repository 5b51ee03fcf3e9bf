/* syslog: both forms of a message, both framings of a stream, and what is no message. */
#include "talk.h"

#define OLD "<34>Oct 11 22:14:15 gate su[812]: failed for ada"
#define NEW "<165>1 2003-10-11T22:14:15.003Z mymachine evntslog - ID47 - text"

static const char *say_datagram(struct talk *t, uint16_t port, const char *text)
{
    struct piece piece = {TO_SERVER, bytes_str(text), 0, 0};
    *t = talk_play_cut(&piece, 1, 17, port, SIZE_MAX, 0);
    return talk_text(t);
}

static void syslog__the_old_form_has_a_tag(void **state)
{
    (void)state;
    struct talk t;
    assert_non_null(strstr(say_datagram(&t, 9999, OLD),
                           "{\"facility\":\"auth\",\"severity\":\"crit\",\"hostname\":\"gate\","
                           "\"program\":\"su\",\"process_id\":\"812\"}"));
    talk_free(&t);
    assert_non_null(strstr(say_datagram(&t, 514, "<191>no time: here"),
                           "{\"facility\":\"local7\",\"severity\":\"debug\"}"));
    talk_free(&t);
}

static void syslog__the_new_form_has_fields(void **state)
{
    (void)state;
    struct talk t;
    assert_non_null(strstr(say_datagram(&t, 9999, NEW),
                           "{\"facility\":\"local4\",\"severity\":\"notice\",\"hostname\":"
                           "\"mymachine\",\"program\":\"evntslog\",\"message_id\":\"ID47\"}"));
    talk_free(&t);
}

static void syslog__is_told_by_its_shape(void **state)
{
    (void)state;
    static const char *const others[] = {"<192>x", "<>x", "34>x", "<a>x", "<1234>x", ""};
    struct talk t;
    for (size_t i = 0; i < PIECES(others); i++) {
        (void)say_datagram(&t, 514, others[i]);
        assert_int_not_equal(app_flow_proto(t.flow), APP_SYSLOG);
        talk_free(&t);
    }
    (void)say_datagram(&t, 9999, "<34>x");
    assert_int_not_equal(app_flow_proto(t.flow), APP_SYSLOG);
    talk_free(&t);
}

static void syslog__stream_is_counted_or_by_line(void **state)
{
    (void)state;
    static const struct piece pieces[] = {
        SAY(TO_SERVER, OLD "\n48 " OLD "64 " NEW "junk\n" OLD "\r\n"),
        SAY(TO_SERVER, "9 <13>b: x\n<14>c: y\n"),
    };
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 514, SIZE_MAX, 0);
    assert_int_equal(t.records, 6);
    assert_non_null(strstr(talk_text(&t), "\"severity\":\"info\",\"program\":\"c\""));
    talk_free(&t);
    talk_assert_any_cut(pieces, PIECES(pieces), 514);
}

static void syslog__long_line_is_one_message(void **state)
{
    (void)state;
    static char text[6000] = OLD;
    memset(text + sizeof OLD - 1, '<', 5000);
    text[5100] = '\n';
    memcpy(text + 5101, OLD "\n", sizeof OLD);
    memset(text + sizeof OLD - 1, '<', 5100 - (sizeof OLD - 1));
    struct piece piece = {TO_SERVER, bytes_str(text), 0, 0};
    struct talk t = talk_play_cut(&piece, 1, 6, 514, SIZE_MAX, 0);
    assert_int_equal(t.records, 2);
    talk_free(&t);
    for (size_t at = 1; at < piece.data.len; at += 97) {
        t = talk_play_cut(&piece, 1, 6, 514, 0, at);
        assert_int_equal(t.records, 2);
        talk_free(&t);
    }
}

static void syslog__goes_on_after_a_gap(void **state)
{
    (void)state;
    static const struct piece pieces[] = {
        SAY(TO_SERVER, OLD "\n<13>lost"),
        {TO_SERVER, {0}, APP_FEED_GAP, 20},
        SAY(TO_SERVER, "<34>rest of a line\n" OLD "\n"),
    };
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 514, SIZE_MAX, 0);
    assert_int_equal(t.records, 2);
    talk_free(&t);
}

static void syslog__damage_is_an_event(void **state)
{
    (void)state;
    static const struct piece pieces[] = {SAY(TO_SERVER, OLD), SAY(TO_SERVER, "no priority")};
    struct talk t = talk_start(17, 40000, 514);
    talk_say(&t, &pieces[0]);
    talk_say(&t, &pieces[1]);
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_int_equal(tx->event_count, 1);
    assert_string_equal(app_event_name(APP_SYSLOG, tx->events[0]), "malformed_message");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syslog__the_old_form_has_a_tag),
        cmocka_unit_test(syslog__the_new_form_has_fields),
        cmocka_unit_test(syslog__is_told_by_its_shape),
        cmocka_unit_test(syslog__stream_is_counted_or_by_line),
        cmocka_unit_test(syslog__long_line_is_one_message),
        cmocka_unit_test(syslog__goes_on_after_a_gap),
        cmocka_unit_test(syslog__damage_is_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
