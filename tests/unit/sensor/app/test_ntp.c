/* NTP: recognised by port and shape; damage is an event. */
#include "talk.h"

static struct talk say(uint8_t first, size_t len, uint16_t port)
{
    uint8_t bytes[48] = {first};
    struct talk t = talk_start(17, 40000, port);
    struct piece p = {TO_SERVER, bytes_of(bytes, len), 0, 0};
    talk_say(&t, &p);
    talk_log(&t, false);
    return t;
}

static void ntp__question_is_a_record(void **state)
{
    (void)state;
    struct talk t = say(0x23, 48, 123);
    assert_int_equal(app_flow_proto(t.flow), APP_NTP);
    assert_non_null(app_flow_txs(t.flow));
    assert_true(app_tx_is_done(app_flow_txs(t.flow)));
    assert_string_equal(talk_text(&t), "{\"event_type\":\"ntp\",\"ntp\":{\"version\":4,\"mode\":3,"
                                       "\"stratum\":0,\"reference_id\":0}}");
    talk_free(&t);
    t = say(0x24, 48, 123); /* an answer */
    assert_null(app_flow_txs(t.flow));
    talk_free(&t);
}

static void ntp__other_shapes_and_ports_are_not_it(void **state)
{
    (void)state;
    struct talk t = say(0x23, 47, 123);
    assert_int_equal(app_flow_proto(t.flow), APP_FAILED);
    talk_free(&t);
    t = say(0x3b, 48, 123); /* version 7 */
    assert_int_equal(app_flow_proto(t.flow), APP_FAILED);
    talk_free(&t);
    t = say(0x23, 48, 124);
    assert_int_equal(app_flow_proto(t.flow), APP_FAILED);
    talk_free(&t);
}

static void ntp__short_message_is_malformed(void **state)
{
    (void)state;
    struct talk t = say(0x23, 48, 123);
    static const struct piece cut = SAY(TO_CLIENT, "\x24\x01");
    talk_say(&t, &cut);
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_non_null(tx);
    assert_string_equal(app_event_name(APP_NTP, tx->events[0]), "malformed_data");
    talk_free(&t);
}

static void ntp__questions_about_the_server_show_what_they_ask(void **state)
{
    (void)state;
    static const struct piece talk[] = {
        SAY(TO_SERVER, "\x17\x00\x03\x2a\x00\x00\x00\x00"),
        SAY(TO_CLIENT, "\x97\x00\x03\x2a\x00\x00\x00\x00"),
        SAY(TO_SERVER, "\x16\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")};
    struct talk t = talk_start(17, 40000, 123);
    for (size_t i = 0; i < PIECES(talk); i++)
        talk_say(&t, &talk[i]);
    talk_end(&t);
    assert_int_equal(t.records, 2);
    assert_non_null(
        strstr(talk_text(&t), "\"ntp\":{\"version\":2,\"mode\":7,\"request_code\":42}"));
    assert_non_null(strstr(talk_text(&t), "\"ntp\":{\"version\":2,\"mode\":6,\"opcode\":2}"));
    talk_free(&t);
}

static void ntp__answer_about_the_server_that_nobody_asked_for_is_one_event(void **state)
{
    (void)state;
    static const struct piece flood = SAY(TO_SERVER, "\x97\x00\x03\x2a\x00\x00\x00\x00");
    struct talk t = talk_start(17, 123, 40000);
    talk_say(&t, &flood);
    talk_say(&t, &flood);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_string_equal(app_event_name(APP_NTP, tx->events[0]), "unsolicited_response");
    assert_null(tx->next);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ntp__question_is_a_record),
        cmocka_unit_test(ntp__questions_about_the_server_show_what_they_ask),
        cmocka_unit_test(ntp__answer_about_the_server_that_nobody_asked_for_is_one_event),
        cmocka_unit_test(ntp__other_shapes_and_ports_are_not_it),
        cmocka_unit_test(ntp__short_message_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
