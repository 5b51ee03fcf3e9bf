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
        {{(const uint8_t *)READ "\x00\x02\x00\x00\x00\x02\x0a\x80", 20}, "invalid_function_code"},
        {{(const uint8_t *)"\x00\x01\x00\x00\x00\x06\x0a\x08\x00\x02\x00\x01", 12},
         "invalid_value"},
        {{(const uint8_t *)"\x00\x01\x00\x00\x00\x03\x0a\x11\x00", 9}, "invalid_length"},
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

/* The only record of these messages, from the client unless they are answers. */
static void assert_record(const struct piece *talk, size_t count, const char *part)
{
    struct talk t = talk_play_cut(talk, count, 6, 502, SIZE_MAX, 0);
    if (!strstr(talk_text(&t), part))
        fail_msg("no %s in %s", part, talk_text(&t));
    talk_free(&t);
}

static void modbus__names_are_those_of_the_specification(void **state)
{
    (void)state;
#define REQUEST(length, pdu)                                                                       \
    {                                                                                              \
        SAY(TO_SERVER, "\x00\x01\x00\x00\x00" length "\x0a" pdu)                                   \
    }
    static const struct piece coil[] = REQUEST("\x06", "\x05\x00\x01\xff\x00"),
                              mask[] = REQUEST("\x08", "\x16\x00\x01\x00\x00\x00\x00"),
                              overrun[] = REQUEST("\x06", "\x08\x00\x13\x00\x00"),
                              plus[] = REQUEST("\x06", "\x08\x00\x15\x00\x00"),
                              reserved[] = REQUEST("\x06", "\x08\x00\x07\x00\x00"),
                              poll[] = REQUEST("\x02", "\x0a"), vendor[] = REQUEST("\x02", "\x5a"),
                              mei[] = REQUEST("\x03", "\x2b\x01"),
                              cut[] = REQUEST("\x03", "\x03\x00");
    assert_record(coil, 1, "\"access_type\":\"WRITE | COILS | SINGLE | WRITE_SINGLE\"");
    assert_record(mask, 1, "\"access_type\":\"WRITE | HOLDING\"");
    assert_record(overrun, 1, "\"code\":\"RetOverrunErrCount\"");
    assert_record(plus, 1, "\"code\":\"GetClearPlusStats\"");
    assert_record(reserved, 1, "\"category\":\"RESERVED\"");
    assert_record(poll, 1, "\"category\":\"PUBLIC_ASSIGNED\"");
    assert_record(vendor, 1, "\"category\":\"RESERVED\",\"error_flags\":\"NONE\",\"data\":\"\"");
    assert_record(mei, 1, "\"category\":\"RESERVED\"");
    assert_record(cut, 1, "\"error_flags\":\"DATA_LENGTH\",\"data\":\"\\u0000\"");
}

static void modbus__answer_to_a_write_has_to_repeat_it(void **state)
{
    (void)state;
    static const struct piece talk[] = {
        SAY(TO_SERVER, WRITE), SAY(TO_CLIENT, "\x00\x02\x00\x00\x00\x06\x0a\x10\x00\x10\x00\x01")};
    assert_record(talk, 2, "\"events\":[\"value_mismatch\"]");
}

static void modbus__bad_length_does_not_hide_what_follows(void **state)
{
    (void)state;
#define COIL "\x00\x03\x00\x00\x00\x06\x0a\x05\x00\x01\xff\x00"
    static const struct piece talk[] = {
        SAY(TO_SERVER, READ "\x00\x02\x00\x00\xff\xff\x0a\x05\x00\x07\xff\x00" COIL),
    };
    assert_record(talk, 1,
                  "\"transaction_id\":3,\"protocol_id\":0,\"unit_id\":10,"
                  "\"function_raw\":5");
    assert_record(talk, 1, "\"function_raw\":3");
    talk_assert_any_cut(talk, 1, 502);
}

static void modbus__is_told_on_any_port_by_a_whole_message(void **state)
{
    (void)state;
    static const struct piece plain[] = {SAY(TO_SERVER, READ), SAY(TO_CLIENT, READ_ANSWER)},
                              odd[] = {SAY(TO_SERVER, "\x00\x01\x00\x00\x00\x04\x0a\x63zz")};
    struct talk t = talk_play_cut(plain, 2, 6, 5020, SIZE_MAX, 0);
    assert_int_equal(app_flow_proto(t.flow), APP_MODBUS);
    assert_int_equal(app_flow_proto_dir(t.flow, TO_CLIENT), APP_MODBUS);
    talk_free(&t);
    talk_assert_any_cut(plain, 2, 5020);
    t = talk_play_cut(odd, 1, 6, 5020, SIZE_MAX, 0);
    assert_int_not_equal(app_flow_proto(t.flow), APP_MODBUS);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modbus__request_and_answer_are_one_record),
        cmocka_unit_test(modbus__answer_that_does_not_fit_is_an_event),
        cmocka_unit_test(modbus__answer_without_request_is_an_event),
        cmocka_unit_test(modbus__odd_messages_are_events),
        cmocka_unit_test(modbus__names_are_those_of_the_specification),
        cmocka_unit_test(modbus__answer_to_a_write_has_to_repeat_it),
        cmocka_unit_test(modbus__bad_length_does_not_hide_what_follows),
        cmocka_unit_test(modbus__is_told_on_any_port_by_a_whole_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
