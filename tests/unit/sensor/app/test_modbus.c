/* Modbus: requests and answers, exceptions, what does not fit. */
#include "talk.h"

#define READ         "\x00\x01\x00\x00\x00\x06\x0a\x03\x00\x10\x00\x02"
#define READ_ANSWER  "\x00\x01\x00\x00\x00\x07\x0a\x03\x04\x00\x01\x00\x02"
#define WRITE        "\x00\x02\x00\x00\x00\x0b\x0a\x10\x00\x10\x00\x02\x04\x00\x01\x00\x02"
#define WRITE_ANSWER "\x00\x02\x00\x00\x00\x03\x0a\x90\x02"
#define SHORT_ANSWER "\x00\x01\x00\x00\x00\x05\x0a\x03\x02\x00\x01"

static const struct piece session[] = {
    SAY(TO_SERVER, READ WRITE),
    SAY(TO_CLIENT, READ_ANSWER WRITE_ANSWER),
};

static void modbus__request_and_answer_are_one_record(void **state)
{
    (void)state;
    struct talk t = talk_play_cut(session, 2, 6, 502, SIZE_MAX, 0);
    const char *text = talk_text(&t);
    assert_int_equal(t.records, 2);
    assert_non_null(
        strstr(text, "{\"id\":1,\"request\":{\"transaction_id\":1,\"protocol_id\":0,\"unit_id\":10,"
                     "\"function_raw\":3,\"function_code\":\"RdHoldRegs\",\"access_type\":"
                     "\"READ | HOLDING\",\"category\":\"PUBLIC_ASSIGNED\",\"error_flags\":\"NONE\","
                     "\"read\":{\"address\":16,\"quantity\":2}},\"response\":{"));
    assert_non_null(strstr(text, "\"read\":{\"data\":\"\\u0000\\u0001\\u0000\\u0002\"}"));
    assert_non_null(strstr(text, "\"exception\":{\"raw\":2,\"code\":\"IllegalDataAddr\"}"));
    talk_free(&t);
    talk_assert_any_cut(session, 2, 502);
}

static void modbus__answer_that_does_not_fit_is_an_event(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_SERVER, READ), SAY(TO_CLIENT, SHORT_ANSWER)};
    struct talk t = talk_play_cut(talk, 2, 6, 502, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "\"events\":[\"value_mismatch\"]"));
    talk_free(&t);
}

static void modbus__answer_without_request_is_an_event(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_CLIENT, READ_ANSWER)};
    struct talk t = talk_play_cut(talk, 1, 6, 502, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "\"events\":[\"unsolicited_response\"]"));
    talk_free(&t);
}

static void modbus__odd_messages_are_events(void **state)
{
    (void)state;
    static const struct {
        struct bytes data;
        const char *event;
    } cases[] = {
        {{(const uint8_t *)"\x00\x01\x00\x00\x00\x06\x0a\x03\x00\x10\x00\x00", 12},
         "invalid_value"},
        {{(const uint8_t *)"\x00\x01\x00\x00\x00\x07\x0a\x03\x00\x10\x00\x02\x00", 13},
         "invalid_length"},
        {{(const uint8_t *)"\x00\x01\x00\x00\x00\x02\x0a\x63", 8}, "invalid_function_code"},
        {{(const uint8_t *)READ "\x00\x02\x00\x00\x00\x00", 18}, "invalid_length"},
        {{(const uint8_t *)READ "\x00\x02\x00\x01\x00\x02\x0a\x07", 20}, "invalid_protocol_id"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct piece p = {TO_SERVER, cases[i].data, 0, 0};
        struct talk t = talk_play_cut(&p, 1, 6, 502, SIZE_MAX, 0);
        bool found = false;
        for (struct app_tx *tx = app_flow_txs(t.flow); tx; tx = tx->next)
            for (unsigned n = 0; n < tx->event_count; n++)
                found |= strcmp(app_event_name(APP_MODBUS, tx->events[n]), cases[i].event) == 0;
        if (!found)
            fail_msg("no %s", cases[i].event);
        talk_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modbus__request_and_answer_are_one_record),
        cmocka_unit_test(modbus__answer_that_does_not_fit_is_an_event),
        cmocka_unit_test(modbus__answer_without_request_is_an_event),
        cmocka_unit_test(modbus__odd_messages_are_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
