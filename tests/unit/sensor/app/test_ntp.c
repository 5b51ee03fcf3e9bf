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

static void ntp__question_is_a_transaction_without_a_record(void **state)
{
    (void)state;
    struct talk t = say(0x23, 48, 123);
    assert_int_equal(app_flow_proto(t.flow), APP_NTP);
    assert_non_null(app_flow_txs(t.flow));
    assert_true(app_tx_is_done(app_flow_txs(t.flow)));
    assert_int_equal(t.records, 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ntp__question_is_a_transaction_without_a_record),
        cmocka_unit_test(ntp__other_shapes_and_ports_are_not_it),
        cmocka_unit_test(ntp__short_message_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
