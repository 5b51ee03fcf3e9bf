/* EtherNet/IP: sessions, identities, CIP services, damage. */
#include "talk.h"

#define HEADER(command, length, session)                                                           \
    command "\x00" length "\x00" session "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"    \
            "\x00\x00\x00"
#define NO_SESSION "\x00\x00\x00\x00"
#define SESSION    "\x07\x00\x00\x00"
#define REGISTER   HEADER("\x65", "\x04", NO_SESSION) "\x01\x00\x00\x00"
#define REGISTERED HEADER("\x65", "\x04", SESSION) "\x01\x00\x00\x00"
/* Get one attribute of class 1, instance 1; and what comes back. */
#define ASK                                                                                        \
    HEADER("\x6f", "\x16", SESSION)                                                                \
    "\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\xb2\x00\x06\x00\x0e\x02\x20\x01\x24\x01"
#define ANSWER                                                                                     \
    HEADER("\x6f", "\x16", SESSION)                                                                \
    "\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\xb2\x00\x06\x00\x8e\x00\x05\x00\x00\x00"

static const struct piece session[] = {SAY(TO_SERVER, REGISTER), SAY(TO_CLIENT, REGISTERED),
                                       SAY(TO_SERVER, ASK), SAY(TO_CLIENT, ANSWER)};

static void enip__request_and_answer_are_one_record(void **state)
{
    (void)state;
    struct talk t = talk_play_cut(session, PIECES(session), 6, 44818, SIZE_MAX, 0);
    assert_int_equal(t.records, 2);
    assert_non_null(strstr(
        talk_text(&t),
        "{\"request\":{\"command\":\"SendRRData\",\"status\":\"Success\",\"cip\":{\"service\":"
        "\"Get Attributes Single\",\"path\":[{\"segment_type\":\"class_8bit\",\"value\":1},{"
        "\"segment_type\":\"instance_8bit\",\"value\":1}],\"class_name\":\"Identity\"}},"
        "\"response\":{\"command\":\"SendRRData\",\"status\":\"Success\",\"cip\":{"
        "\"service\":\"Get Attributes Single\",\"status\":\"Path Destination Unknown\"}}}"));
    talk_free(&t);
    talk_assert_any_cut(session, PIECES(session), 44818);
}

static void enip__items_that_end_early_are_invalid(void **state)
{
    (void)state;
    static const struct piece cut[] = {SAY(
        TO_SERVER, REGISTER HEADER("\x6f", "\x08", SESSION) "\x00\x00\x00\x00\x00\x00\x02\x00")};
    struct talk t = talk_play_cut(cut, 1, 6, 44818, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "\"events\":[\"invalid_pdu\"]"));
    talk_free(&t);
}

static void enip__what_a_device_offers_is_shown(void **state)
{
    (void)state;
    static const struct piece talk[] = {
        SAY(TO_SERVER, HEADER("\x04", "\x00", NO_SESSION)),
        SAY(TO_CLIENT, HEADER("\x04", "\x1a", NO_SESSION) "\x01\x00\x00\x01\x14\x00\x01\x00\x20\x01"
                                                          "Communications\x00\x00")};
    struct talk t = talk_play_cut(talk, 2, 6, 44818, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t),
                           "\"list_services\":{\"protocol_version\":1,\"capabilities\":"
                           "288,\"service_name\":\"Communications\"}"));
    talk_free(&t);
}

static void enip__long_paths_are_shown_in_part(void **state)
{
    (void)state;
#define PATH4 "\x20\x01\x20\x02\x20\x03\x20\x04"
    static const struct piece talk[] = {SAY(
        TO_SERVER, REGISTER HEADER("\x6f", "\x3a",
                                   SESSION) "\x00\x00\x00\x00\x00\x00\x01\x00"
                                            "\xb2\x00\x2e\x00\x0e\x16" PATH4 PATH4 PATH4 PATH4 PATH4
                                            "\x20\x06\x24\x01")};
    struct talk t = talk_play_cut(talk, 1, 6, 44818, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "\"class_name\":\"Assembly\"")); /* the sixteenth */
    talk_free(&t);
}

static void enip__is_told_on_any_port_by_its_session(void **state)
{
    (void)state;
    struct talk t = talk_play_cut(session, PIECES(session), 6, 2404, SIZE_MAX, 0);
    assert_int_equal(t.records, 2);
    assert_int_equal(app_flow_proto_dir(t.flow, TO_CLIENT), APP_ENIP);
    talk_free(&t);
    talk_assert_any_cut(session, PIECES(session), 2404);
}

static void enip__requests_without_answers_are_limited(void **state)
{
    (void)state;
    static const struct piece ask = SAY(TO_SERVER, ASK);
    struct talk t = talk_start(6, 40000, 44818);
    for (unsigned i = 0; i < 256; i++)
        talk_say(&t, &ask);
    assert_false(app_tx_is_done(app_flow_txs(t.flow)));
    talk_say(&t, &ask);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_true(app_tx_is_done(tx));
    assert_string_equal(app_event_name(APP_ENIP, tx->events[0]), "too_many_transactions");
    assert_false(app_tx_is_done(tx->next));
    talk_free(&t);
}

static void enip__end_with_the_port_is_the_server(void **state)
{
    (void)state;
    struct app_endpoints e = {.port = {44818, 40000}, .transport = 6};
    struct bytes data = BYTES_LIT(ANSWER);
    assert_true(talk_is_reversed(&e, data, true));
    e.port[0] = 40000;
    e.port[1] = 44818;
    assert_false(talk_is_reversed(&e, data, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enip__request_and_answer_are_one_record),
        cmocka_unit_test(enip__items_that_end_early_are_invalid),
        cmocka_unit_test(enip__what_a_device_offers_is_shown),
        cmocka_unit_test(enip__long_paths_are_shown_in_part),
        cmocka_unit_test(enip__is_told_on_any_port_by_its_session),
        cmocka_unit_test(enip__requests_without_answers_are_limited),
        cmocka_unit_test(enip__end_with_the_port_is_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
