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
        "\"GetAttrSingle\",\"path\":[{\"segment_type\":\"class_8bit\",\"value\":1},{"
        "\"segment_type\":\"instance_8bit\",\"value\":1}]}},\"response\":{\"command\":"
        "\"SendRRData\",\"status\":\"Success\",\"cip\":{\"service\":\"GetAttrSingle\","
        "\"status\":5}}}"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enip__request_and_answer_are_one_record),
        cmocka_unit_test(enip__items_that_end_early_are_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
