/* test_dcerpc.c - DCE/RPC over TCP and UDP: binds, calls in fragments, what gets lost. */
#include "talk.h"

#define ZERO8  "\0\0\0\0\0\0\0\0"
#define ZERO16 ZERO8 ZERO8
#define UUID   "\x82\6\xf7\x1f\x51\x0a\xe8\x30\7\x6d\x74\x0b\xe8\xce\xe9\x8b"

#define PDU(type, flags, len, call, body)                                                          \
    "\5\0" type flags "\x10\0\0\0" len "\0\0\0" call "\0\0\0" body
#define BIND                                                                                       \
    PDU("\x0b", "\3", "\x48", "\1",                                                                \
        "\xb8\x10\xb8\x10\0\0\0\0\1\0\0\0\0\0\1\0" UUID "\1\0\0\0" ZERO16 "\2\0\0\0")
#define BIND_ACK                                                                                   \
    PDU("\x0c", "\3", "\x3c", "\1",                                                                \
        "\xb8\x10\xb8\x10\1\0\0\0\4\0"                                                             \
        "135\0"                                                                                    \
        "\0\0"                                                                                     \
        "\1\0\0\0\0\0\0\0" ZERO16 "\2\0\0\0")
#define REQUEST(flags, call, opnum, stub)                                                          \
    PDU("\0", flags, "\x1c", call, "\4\0\0\0\0\0" opnum "\0" stub)
#define RESPONSE(flags, call, stub) PDU("\2", flags, "\x1c", call, "\4\0\0\0\0\0\0\0" stub)

#define DATAGRAM(type, sequence, opnum, body)                                                      \
    "\4" type "\x08\0\x10\0\0\0" ZERO16 UUID UUID "\0\0\0\0\1\0\0\0" sequence "\0\0\0" opnum "\0"  \
    "\xff\xff\xff\xff\4\0\0\0\0\0" body

static const struct piece calls[] = {
    SAY(TO_SERVER, BIND),
    SAY(TO_CLIENT, BIND_ACK),
    SAY(TO_SERVER, REQUEST("\3", "\2", "\x0f", "abcd")),
    SAY(TO_CLIENT, RESPONSE("\3", "\2", "wxyz")),
    SAY(TO_SERVER, REQUEST("\1", "\3", "\4", "abcd") REQUEST("\2", "\3", "\4", "efgh")),
    SAY(TO_CLIENT, RESPONSE("\1", "\3", "1234") RESPONSE("\2", "\3", "5678")),
};

static struct talk play(uint8_t transport, const struct piece *p, size_t count)
{
    struct talk t = talk_start(transport, 40000, 50135);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &p[i]);
    talk_log(&t, false);
    return t;
}

static void assert_says(struct talk *t, const char *text)
{
    if (!strstr(talk_text(t), text))
        fail_msg("no %s in\n%s", text, talk_text(t));
}

static void dcerpc__binds_and_calls_are_told_by_content(void **state)
{
    (void)state;
    struct talk t = play(6, calls, PIECES(calls));
    assert_int_equal(app_flow_proto(t.flow), APP_DCERPC);
    assert_int_equal(t.records, 3);
    assert_says(&t, "\"request\":\"BIND\",\"interfaces\":[{\"uuid\":"
                    "\"1ff70682-0a51-30e8-076d-740be8cee98b\",\"version\":\"1.0\","
                    "\"ack_result\":0}],\"response\":\"BINDACK\",\"call_id\":1,"
                    "\"rpc_version\":\"5.0\"");
    assert_says(&t, "\"req\":{\"opnum\":15,\"frag_cnt\":1,\"stub_data_size\":4}");
    talk_free(&t);
}

static void dcerpc__fragments_are_put_together(void **state)
{
    (void)state;
    struct talk t = play(6, calls, PIECES(calls));
    struct app_tx *last = app_flow_txs(t.flow)->next->next;
    assert_says(&t, "\"req\":{\"opnum\":4,\"frag_cnt\":2,\"stub_data_size\":8}");
    assert_bytes(talk_buffer(&t, last, "dcerpc.stub_data", TO_SERVER, 0), "abcdefgh");
    talk_free(&t);
}

static void dcerpc__every_cut_gives_the_same(void **state)
{
    (void)state;
    talk_assert_any_cut(calls, PIECES(calls), 50135);
}

static void dcerpc__an_answer_without_its_request_is_shown(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_CLIENT, RESPONSE("\3", "\2", "wxyz"))};
    struct talk t = play(6, said, PIECES(said));
    assert_says(&t, "\"request\":\"REQUEST_LOST\",\"response\":\"RESPONSE\"");
    talk_free(&t);
}

static void dcerpc__after_a_gap_calls_go_on(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, REQUEST("\3", "\2", "\x0f", "abcd")),
        {TO_SERVER, {0}, APP_FEED_GAP, 28},
        SAY(TO_SERVER, REQUEST("\3", "\4", "\7", "abcd")),
        SAY(TO_CLIENT, RESPONSE("\3", "\4", "wxyz")),
    };
    struct talk t = play(6, said, PIECES(said));
    assert_says(&t, "\"opnum\":7,");
    talk_free(&t);
}

static unsigned count_events(struct talk *t)
{
    unsigned count = 0;
    for (struct app_tx *tx = app_flow_txs(t->flow); tx; tx = tx->next)
        for (unsigned i = 0; i < tx->event_count; i++)
            count += strcmp(app_event_name(tx->proto, tx->events[i]), "malformed_data") == 0;
    return count;
}

#define DAMAGED_BIND PDU("\x0b", "\3", "\x1c", "\2", "\xb8\x10\xb8\x10\0\0\0\0\xff\0\0\0")
#define GARBAGE      "no PDU at all \5\0\xff\3 nor \5 this"

static void dcerpc__damage_is_an_event_and_calls_go_on(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, BIND),
        SAY(TO_SERVER, DAMAGED_BIND REQUEST("\3", "\4", "\7", "abcd")),
        SAY(TO_SERVER, GARBAGE REQUEST("\3", "\5", "\x08", "abcd")),
    };
    struct talk t = play(6, said, PIECES(said));
    talk_end(&t);
    assert_says(&t, "\"opnum\":7,");
    assert_says(&t, "\"opnum\":8,");
    assert_int_equal(t.records, 4);
    assert_int_equal(count_events(&t), 2);
    talk_free(&t);
    talk_assert_any_cut(said, PIECES(said), 50135);
}

static void dcerpc__after_a_gap_the_next_pdu_is_looked_for(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, BIND),
        {TO_SERVER, {0}, APP_FEED_GAP, 28},
        SAY(TO_SERVER, "rest of a stub" REQUEST("\3", "\4", "\7", "abcd")),
    };
    struct talk t = play(6, said, PIECES(said));
    talk_end(&t);
    assert_says(&t, "\"opnum\":7,");
    assert_int_equal(count_events(&t), 0);
    talk_free(&t);
}

#define ALTER                                                                                      \
    PDU("\x0e", "\3", "\x48", "\1",                                                                \
        "\xb8\x10\xb8\x10\0\0\0\0\1\0\0\0\1\0\1\0" UUID "\2\0\0\0" ZERO16 "\2\0\0\0")

static void dcerpc__a_changed_context_shows_its_own_interfaces(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, BIND), SAY(TO_CLIENT, BIND_ACK),
                                        SAY(TO_SERVER, ALTER)};
    struct talk t = play(6, said, PIECES(said));
    talk_end(&t);
    assert_says(&t, "\"request\":\"ALTER_CONTEXT\",\"interfaces\":[{\"uuid\":"
                    "\"1ff70682-0a51-30e8-076d-740be8cee98b\",\"version\":\"2.0\"}]");
    talk_free(&t);
}

static void dcerpc__the_first_fragment_says_what_is_called(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, BIND),
        SAY(TO_SERVER, REQUEST("\1", "\3", "\4", "abcd") REQUEST("\2", "\3", "\5", "efgh")),
    };
    struct talk t = play(6, said, PIECES(said));
    talk_end(&t);
    assert_says(&t, "\"req\":{\"opnum\":4,\"frag_cnt\":2,");
    talk_free(&t);
}

static void dcerpc__damaged_datagrams_are_an_event(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, DATAGRAM("\0", "\5", "\1", "abcd")),
                                        SAY(TO_SERVER, DATAGRAM("\0", "\6", "\1", "abc"))};
    struct talk t = play(17, said, PIECES(said));
    assert_int_equal(count_events(&t), 1);
    talk_free(&t);
}

static void dcerpc__datagrams_find_their_call(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, DATAGRAM("\0", "\5", "\1", "abcd")),
                                        SAY(TO_CLIENT, DATAGRAM("\2", "\5", "\1", "wxyz"))};
    struct talk t = play(17, said, PIECES(said));
    assert_int_equal(t.records, 1);
    assert_says(&t, "\"req\":{\"opnum\":1,\"frag_cnt\":1,\"stub_data_size\":4},"
                    "\"response\":\"RESPONSE\",\"res\":{\"frag_cnt\":1,\"stub_data_size\":4},"
                    "\"activityuuid\":\"1ff70682-0a51-30e8-076d-740be8cee98b\",\"seqnum\":5,"
                    "\"rpc_version\":\"4.0\"");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dcerpc__binds_and_calls_are_told_by_content),
        cmocka_unit_test(dcerpc__fragments_are_put_together),
        cmocka_unit_test(dcerpc__every_cut_gives_the_same),
        cmocka_unit_test(dcerpc__an_answer_without_its_request_is_shown),
        cmocka_unit_test(dcerpc__after_a_gap_calls_go_on),
        cmocka_unit_test(dcerpc__damage_is_an_event_and_calls_go_on),
        cmocka_unit_test(dcerpc__after_a_gap_the_next_pdu_is_looked_for),
        cmocka_unit_test(dcerpc__a_changed_context_shows_its_own_interfaces),
        cmocka_unit_test(dcerpc__the_first_fragment_says_what_is_called),
        cmocka_unit_test(dcerpc__damaged_datagrams_are_an_event),
        cmocka_unit_test(dcerpc__datagrams_find_their_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
