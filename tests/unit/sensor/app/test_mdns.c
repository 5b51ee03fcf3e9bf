/* test_mdns.c - multicast DNS is read as DNS is, under its own name. */
#include "talk.h"

#define QUESTION                                                                                   \
    "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04host\x05local\x00\x00\x01\x80\x01"
#define ANSWER                                                                                     \
    "\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x04host\x05local\x00\x00\x01\x80\x01"        \
    "\x00\x00\x00\x78\x00\x04\xc0\x00\x02\x01"

static void mdns__questions_and_announcements_are_records(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, QUESTION), SAY(TO_SERVER, ANSWER)};
    struct talk t = talk_start(17, 5353, 5353);
    talk_say(&t, &said[0]);
    talk_say(&t, &said[1]);
    assert_int_equal(app_flow_proto(t.flow), APP_MDNS);
    talk_end(&t);
    assert_int_equal(t.records, 2);
    assert_non_null(strstr(talk_text(&t),
                           "\"event_type\":\"mdns\",\"mdns\":{\"version\":2,\"type\":\"query\""));
    assert_non_null(strstr(talk_text(&t), "\"rdata\":\"192.0.2.1\""));
    talk_free(&t);
}

static void mdns__nobody_has_to_ask_first(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, ANSWER), SAY(TO_SERVER, QUESTION),
                                        SAY(TO_CLIENT, ANSWER)};
    struct talk t = talk_start(17, 5353, 5353);
    for (size_t i = 0; i < PIECES(said); i++)
        talk_say(&t, &said[i]);
    talk_end(&t);
    assert_int_equal(t.records, 3);
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

static void mdns__other_ports_and_noise_are_not(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, QUESTION), SAY(TO_SERVER, "\xff\xff\xff")};
    for (int i = 0; i < 2; i++) {
        struct talk t = talk_start(17, 40000, i ? 5353 : 5354);
        talk_say(&t, &said[i]);
        assert_int_not_equal(app_flow_proto(t.flow), APP_MDNS);
        talk_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mdns__questions_and_announcements_are_records),
        cmocka_unit_test(mdns__nobody_has_to_ask_first),
        cmocka_unit_test(mdns__other_ports_and_noise_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
