/* S7: jobs and their answers behind the transport's opening. */
#include "talk.h"

#define CONNECT                                                                                    \
    "\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"
#define CONFIRM                                                                                    \
    "\x03\x00\x00\x16\x11\xd0\x00\x01\x00\x02\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"
#define READ                                                                                       \
    "\x03\x00\x00\x1f\x02\xf0\x80\x32\x01\x00\x00\x00\x05\x00\x0e\x00\x00\x04\x01\x12\x0a\x10\x02" \
    "\x00\x01\x00\x01\x84\x00\x00\x00"
#define ANSWER                                                                                     \
    "\x03\x00\x00\x1a\x02\xf0\x80\x32\x03\x00\x00\x00\x05\x00\x02\x00\x05\x85\x04\x04\x01\xff\x04" \
    "\x00\x08\x01"

static const struct piece session[] = {SAY(TO_SERVER, CONNECT), SAY(TO_CLIENT, CONFIRM),
                                       SAY(TO_SERVER, READ), SAY(TO_CLIENT, ANSWER)};

static void s7comm__shows_functions_items_and_errors(void **state)
{
    (void)state;
    struct talk t = talk_play_cut(session, PIECES(session), 6, 102, SIZE_MAX, 0);
    assert_string_equal(
        talk_text(&t),
        "{\"event_type\":\"s7comm\",\"s7comm\":{\"rosctr\":\"job\",\"pdu_reference\":5,"
        "\"function_code\":4,\"function\":\"read_var\",\"item_count\":1}},"
        "{\"event_type\":\"s7comm\",\"s7comm\":{\"rosctr\":\"ack_data\",\"pdu_reference\":5,"
        "\"function_code\":4,\"function\":\"read_var\",\"item_count\":1,\"error_class\":133,"
        "\"error_code\":4}}");
    talk_free(&t);
    talk_assert_any_cut(session, PIECES(session), 102);
}

static void s7comm__other_users_of_the_transport_are_left_alone(void **state)
{
    (void)state;
    static const struct piece other[] = {
        SAY(TO_SERVER, CONNECT "\x03\x00\x00\x0b\x02\xf0\x80\x0d\x01\x02\x03\x04")};
    struct talk t = talk_play_cut(other, 1, 6, 102, SIZE_MAX, 0);
    assert_int_not_equal(app_flow_proto(t.flow), APP_S7COMM);
    talk_free(&t);
}

static void s7comm__cut_header_is_malformed(void **state)
{
    (void)state;
    static const struct piece cut[] = {
        SAY(TO_SERVER, READ "\x03\x00\x00\x0b\x02\xf0\x80\x32\x01\x00\x00")};
    struct talk t = talk_play_cut(cut, 1, 6, 102, SIZE_MAX, 0);
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_non_null(tx);
    assert_string_equal(app_event_name(APP_S7COMM, tx->events[0]), "malformed_message");
    talk_free(&t);
}

static void s7comm__next_packet_is_found_behind_noise(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_SERVER, READ "\x03\x00\x00\x02zz\x03\x03\x00" READ)};
    struct talk t = talk_play_cut(talk, 1, 6, 102, SIZE_MAX, 0);
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_string_equal(app_event_name(APP_S7COMM, tx->events[0]), "malformed_message");
    assert_int_equal(tx->next->event_count, 0);
    assert_null(tx->next->next);
    assert_int_equal(t.records, 2);
    talk_free(&t);
    talk_assert_any_cut(talk, 1, 102);
}

static void s7comm__user_data_shows_its_group(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(
        TO_SERVER, "\x03\x00\x00\x21\x02\xf0\x80\x32\x07\x00\x00\x00\x09\x00\x08\x00\x08\x00\x01"
                   "\x12\x04\x11\x44\x01\x00\xff\x09\x00\x04\x00\x11\x00\x00")};
    struct talk t = talk_play_cut(talk, 1, 6, 102, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "\"function_group\":\"cpu\",\"subfunction\":1"));
    talk_free(&t);
}

static void s7comm__end_with_the_port_is_the_server(void **state)
{
    (void)state;
    struct app_endpoints e = {.port = {102, 40000}, .transport = 6};
    assert_true(talk_is_reversed(&e, BYTES_LIT(ANSWER), true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s7comm__shows_functions_items_and_errors),
        cmocka_unit_test(s7comm__other_users_of_the_transport_are_left_alone),
        cmocka_unit_test(s7comm__cut_header_is_malformed),
        cmocka_unit_test(s7comm__next_packet_is_found_behind_noise),
        cmocka_unit_test(s7comm__user_data_shows_its_group),
        cmocka_unit_test(s7comm__end_with_the_port_is_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
