/* BitTorrent DHT: queries, answers, errors, and damage. */
#include "talk.h"

#define ID    "abcdefghij0123456789"
#define QUERY "d1:ad2:id20:" ID "9:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe"

static const char *say_second(struct talk *t, const char *text)
{
    struct piece pieces[] = {SAY(TO_SERVER, QUERY), {TO_CLIENT, bytes_str(text), 0, 0}};
    *t = talk_play_cut(pieces, 2, 17, 6881, SIZE_MAX, 0);
    return talk_text(t);
}

static void dht__a_query_and_an_answer_are_two_txs(void **state)
{
    (void)state;
    struct talk t;
    const char *text = say_second(&t, "d1:rd2:id20:" ID "5:nodes26:" ID "\x7f\x01\x01\x01\x1a\xe1"
                                      "5:token2:xy6:valuesl6:axje.uee1:t2:aa1:v4:UT011:y1:re");
    assert_int_equal(t.records, 2);
    assert_non_null(strstr(text, "\"request_type\":\"get_peers\",\"request\":{\"id\":"
                                 "\"6162636465666768696a30313233343536373839\",\"info_hash\":"
                                 "\"6d6e6f707172737475767778797a313233343536\"}"));
    assert_non_null(strstr(text, "\"transaction_id\":\"6161\",\"client_version\":\"55543031\","
                                 "\"response\":{"));
    assert_non_null(strstr(text, "\"ip\":\"127.1.1.1\",\"port\":6881}],"
                                 "\"values\":[{\"ip\":\"97.120.106.101\",\"port\":11893}],"
                                 "\"token\":\"7879\"}"));
    talk_free(&t);
}

static void dht__an_answer_tells_it_too(void **state)
{
    (void)state;
    static const struct piece answer[] = {SAY(TO_SERVER, "d1:rd2:id20:" ID "e1:t2:aa1:y1:re")};
    struct talk t = talk_play_cut(answer, 1, 17, 6881, SIZE_MAX, 0);
    assert_int_equal(app_flow_proto(t.flow), APP_BITTORRENT_DHT);
    assert_int_equal(t.records, 1);
    talk_free(&t);
}

static void dht__errors_have_a_number_and_a_text(void **state)
{
    (void)state;
    struct talk t;
    (void)say_second(&t, "d1:eli201e4:oh noe1:t2:aa1:y1:ee");
    assert_int_equal(t.records, 1);
    talk_free(&t);
    assert_non_null(strstr(say_second(&t, "d1:eli201e5:oh noe1:t2:aa1:y1:ee"),
                           "\"error\":{\"num\":201,\"msg\":\"oh no\"}"));
    talk_free(&t);
}

static void dht__damage_is_an_event(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "d1:ad2:id20:",
        "d1:ade1:q4:ping1:t2:aa1:y1:qe",
        "d1:ad2:id20:" ID "4:porti65536ee1:q4:ping1:t2:aa1:y1:qe",
        "d1:rd2:id20:" ID "6:valuesl3:abcee1:t2:aa1:y1:re",
        "d1:rd2:id20:" ID "1:xlllleeeeee1:t2:aa1:y1:re",
        "d1:rd2:id99999999999999999999:" ID "e1:t2:aa1:y1:re",
        "d1:rd2:id20:" ID "e1:y1:re",
    };
    for (size_t i = 0; i < PIECES(cases); i++) {
        struct talk t;
        (void)say_second(&t, cases[i]);
        struct app_tx *tx = app_flow_txs(t.flow)->next;
        assert_int_equal(tx->event_count, 1);
        assert_string_equal(app_event_name(APP_BITTORRENT_DHT, tx->events[0]), "malformed_packet");
        assert_int_equal(t.records, 1);
        talk_free(&t);
    }
}

static void dht__what_else_uses_the_socket_is_left_alone(void **state)
{
    (void)state;
    struct talk t;
    (void)say_second(&t, "\x21\x02not the hash table");
    assert_null(app_flow_txs(t.flow)->next);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dht__a_query_and_an_answer_are_two_txs),
        cmocka_unit_test(dht__an_answer_tells_it_too),
        cmocka_unit_test(dht__errors_have_a_number_and_a_text),
        cmocka_unit_test(dht__damage_is_an_event),
        cmocka_unit_test(dht__what_else_uses_the_socket_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
