/* From the first packet to the established session. */
#include "tests/unit/sensor/stream/rig.h"

static void stream_packet__three_way_handshake_establishes(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    assert_state(&r, "syn_sent");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    assert_state(&r, "syn_recv");
    assert_int_equal(r.f.state, FLOW_NEW);
    rig_client(&r, 0, 0, "");
    assert_state(&r, "established");
    assert_int_equal(r.f.state, FLOW_ESTABLISHED);
    assert_false(r.p.flags & PACKET_ESTABLISHED); /* it was not yet when this packet came */
    rig_client(&r, 0, 0, "x");
    assert_true(r.p.flags & PACKET_ESTABLISHED);
    assert_no_events(&r);
    assert_int_equal(stream_summary(&r.f)->all_flags, TCP_SYN | TCP_ACK);
    rig_release(&r);
}

static void stream_packet__midstream_packets_have_no_session_by_default(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "data");
    assert_state(&r, "no session");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    assert_state(&r, "no session");
    rig_send(&r, TO_SERVER, TCP_RST, CLIENT_ISN, 0, "");
    assert_event(&r, STREAM_RST_BUT_NO_SESSION);
    rig_send(&r, TO_SERVER, TCP_FIN | TCP_ACK, CLIENT_ISN, 1, "");
    assert_event(&r, STREAM_FIN_BUT_NO_SESSION);
    rig_handshake(&r);
    assert_state(&r, "established");
    rig_release(&r);
}

static void stream_packet__midstream_option_picks_up_both_directions(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){.midstream = true});
    rig_client(&r, 0, 0, "GET /");
    assert_true(stream_summary(&r.f)->midstream);
    assert_int_equal(r.f.state, FLOW_ESTABLISHED);
    rig_server(&r, 0, 5, "200");
    assert_got(&r, TO_SERVER, "GET /");
    rig_client(&r, 5, 3, "");
    assert_got(&r, TO_CLIENT, "200");
    assert_int_equal(stream_counters(r.e)->midstream, 1);
    rig_release(&r);
}

static void stream_packet__midstream_pick_up_goes_by_well_known_ports(void **state)
{
    (void)state;
    struct stream_options o = {.midstream = true};
    struct stream_engine *e = stream_engine_new(&o, NULL);
    struct flow f = {.tuple = {.port = {445, 40000}}, .packets = {1, 0}};
    struct packet p = {.sport = 445, .dport = 40000, .tcp = {.flags = TCP_ACK, .seq = 7}};
    enum direction dir = TO_SERVER;
    stream_packet(e, &f, &p, &dir);
    assert_int_equal(dir, TO_CLIENT);
    assert_int_equal(f.tuple.port[TO_CLIENT], 445);
    assert_int_equal(f.packets[TO_CLIENT], 1);
    stream_swap(&f);
    assert_int_equal(f.tuple.port[TO_SERVER], 445);
    assert_int_equal(f.tcp_isn, 6);
    stream_session_free(e, &f);
    stream_engine_free(e);
}

static void stream_packet__midstream_synack_turns_the_flow_round(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){.midstream = true});
    r.f.tuple.port[TO_SERVER] = 80; /* the first packet seen is the server's */
    r.f.tuple.port[TO_CLIENT] = 40000;
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    assert_int_equal(r.dir, TO_CLIENT);
    assert_int_equal(r.f.tuple.port[TO_CLIENT], 80);
    rig_client(&r, 0, 0, "GET");
    assert_state(&r, "established");
    rig_server(&r, 0, 3, "");
    assert_got(&r, TO_SERVER, "GET");
    rig_release(&r);
}

static void stream_packet__async_takes_one_direction_alone(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){.async_oneside = true});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    rig_client(&r, 0, 0, "");
    assert_state(&r, "established");
    assert_true(stream_summary(&r.f)->async);
    rig_client(&r, 0, 0, "GET /");
    assert_got(&r, TO_SERVER, "GET /");
    rig_client(&r, 5, 200, "POST /");
    assert_got(&r, TO_SERVER, "GET /POST /");
    rig_release(&r);
}

static void stream_packet__async_wrong_sequence_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){.async_oneside = true});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    rig_client(&r, 99, 0, "");
    assert_event(&r, STREAM_3WHS_ASYNC_WRONG_SEQ);
    assert_state(&r, "syn_sent");
    rig_release(&r);
}

static void stream_packet__simultaneous_open_establishes(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    rig_send(&r, TO_CLIENT, TCP_SYN, SERVER_ISN, 0, "");
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_ACK, CLIENT_ISN, SERVER_ISN + 9, "");
    assert_event(&r, STREAM_4WHS_SYNACK_WITH_WRONG_ACK);
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_ACK, CLIENT_ISN + 9, SERVER_ISN + 1, "");
    assert_event(&r, STREAM_4WHS_SYNACK_WITH_WRONG_SYN);
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_ACK, CLIENT_ISN, SERVER_ISN + 1, "");
    assert_state(&r, "syn_recv");
    rig_send(&r, TO_CLIENT, TCP_ACK, SERVER_ISN + 5, CLIENT_ISN + 1, "");
    assert_event(&r, STREAM_4WHS_WRONG_SEQ);
    rig_server(&r, 0, 0, "");
    assert_state(&r, "established");
    rig_client(&r, 0, 0, "hello");
    rig_server(&r, 0, 5, "");
    assert_got(&r, TO_SERVER, "hello");
    rig_release(&r);
}

static void stream_packet__wrong_answers_to_a_syn_are_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 2, "");
    assert_event(&r, STREAM_3WHS_SYNACK_WITH_WRONG_ACK);
    assert_true(r.p.flags & PACKET_STREAM_BAD);
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_ACK, CLIENT_ISN, SERVER_ISN, "");
    assert_event(&r, STREAM_3WHS_SYNACK_IN_WRONG_DIRECTION);
    rig_send(&r, TO_SERVER, TCP_RST, CLIENT_ISN + 1, 0, ""); /* refuses the wrong answer */
    assert_state(&r, "syn_sent");
    rig_send(&r, TO_CLIENT, TCP_RST | TCP_ACK, 0, CLIENT_ISN + 77, "");
    assert_state(&r, "syn_sent");
    rig_send(&r, TO_CLIENT, TCP_RST | TCP_ACK, 0, CLIENT_ISN + 1, "");
    assert_state(&r, "closed");
    assert_int_equal(r.f.state, FLOW_CLOSED);
    rig_release(&r);
}

static void stream_packet__wrong_packets_after_the_synack_are_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN + 5, 0, "");
    assert_event(&r, STREAM_3WHS_SYN_RESEND_DIFF_SEQ_ON_SYN_RECV);
    rig_send(&r, TO_CLIENT, TCP_SYN, SERVER_ISN, 0, "");
    assert_event(&r, STREAM_3WHS_SYN_TOCLIENT_ON_SYN_RECV);
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_ACK, CLIENT_ISN, SERVER_ISN + 1, "");
    assert_event(&r, STREAM_3WHS_SYNACK_TOSERVER_ON_SYN_RECV);
    rig_client(&r, 0, 50, "");
    assert_event(&r, STREAM_3WHS_RIGHT_SEQ_WRONG_ACK_EVASION);
    rig_send(&r, TO_SERVER, TCP_ACK, CLIENT_ISN - 50, SERVER_ISN - 9, "");
    assert_event(&r, STREAM_3WHS_WRONG_SEQ_WRONG_ACK);
    assert_state(&r, "syn_recv");
    rig_client(&r, 0, 0, "");
    assert_state(&r, "established");
    rig_release(&r);
}

static void stream_packet__many_different_syns_are_told(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    for (uint32_t i = 0; i < 6; i++) {
        rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN + 7 * i, 0, "");
        assert_no_events(&r);
    }
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN + 7, 0, ""); /* one of them again */
    assert_no_events(&r);
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN + 70, 0, "");
    assert_event(&r, STREAM_3WHS_SYN_FLOOD);
    rig_release(&r);
}

static void stream_packet__the_clients_ack_chooses_among_synacks(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, 77, CLIENT_ISN + 1, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    assert_event(&r, STREAM_3WHS_SYNACK_RESEND_WITH_DIFF_SEQ);
    for (uint32_t i = 0; i < 4; i++) {
        rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, 90000 * (i + 1), CLIENT_ISN + 1, "");
        assert_false(r.p.flags & PACKET_STREAM_BAD);
    }
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, 12345, CLIENT_ISN + 1, "");
    assert_event(&r, STREAM_3WHS_SYNACK_FLOOD);
    rig_client(&r, 0, 0, "GET");
    assert_state(&r, "established");
    rig_server(&r, 0, 3, "200");
    rig_client(&r, 3, 3, "");
    assert_got(&r, TO_SERVER, "GET");
    assert_got(&r, TO_CLIENT, "200");
    rig_release(&r);
}

static void stream_packet__server_may_speak_first_when_the_last_ack_was_lost(void **state)
{
    (void)state;
    for (int inline_mode = 0; inline_mode <= 1; inline_mode++) {
        struct rig r;
        rig_init(&r, (struct stream_options){.inline_mode = inline_mode});
        rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
        rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
        rig_server(&r, 0, 0, "220 ready");
        if (inline_mode)
            assert_event(&r, STREAM_3WHS_ACK_DATA_INJECT);
        assert_state(&r, inline_mode ? "syn_recv" : "established");
        rig_release(&r);
    }
}

static void stream_packet__fast_open_data_is_delivered_when_acknowledged(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.fastopen = true;
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "GET /");
    r.fastopen = false;
    assert_got(&r, TO_SERVER, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 6, "");
    assert_got(&r, TO_SERVER, "GET /");
    rig_client(&r, 5, 0, "more");
    assert_state(&r, "established");
    rig_server(&r, 0, 9, "");
    assert_got(&r, TO_SERVER, "GET /more");
    rig_release(&r);
}

static void stream_packet__fast_open_data_is_delivered_at_once_inline(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){.inline_mode = true});
    r.fastopen = true;
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "GET /");
    assert_got(&r, TO_SERVER, "GET /");
    r.fastopen = false;
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    rig_client(&r, 0, 0, "GET /more");
    assert_got(&r, TO_SERVER, "GET /more");
    rig_release(&r);
}

static void stream_packet__ignored_fast_open_data_is_sent_again(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.fastopen = true;
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "EVIL!");
    r.fastopen = false;
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    assert_event(&r, STREAM_3WHS_SYNACK_TFO_DATA_IGNORED);
    rig_client(&r, 0, 0, "GET /");
    rig_server(&r, 0, 5, "");
    assert_got(&r, TO_SERVER, "GET /");
    rig_release(&r);
}

static void stream_packet__window_scale_needs_both_offers(void **state)
{
    (void)state;
    for (int8_t offer = -1; offer <= 4; offer += 5) {
        struct rig r;
        rig_init(&r, (struct stream_options){0});
        r.window = 1000;
        r.wscale = offer;
        rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
        r.wscale = 4;
        rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
        rig_client(&r, 0, 0, "");
        rig_server(&r, 0, 0, "");
        rig_client(&r, 2000, 0, "beyond 1000, within 16000");
        assert_int_equal(packet_has_event(&r.p, EVENT_STREAM_EST_PACKET_OUT_OF_WINDOW), offer < 0);
        rig_release(&r);
    }
}

static void stream_packet__the_servers_answer_chooses_among_syns(void **state)
{
    (void)state;
    static const uint32_t decoys[][2] = {{77, CLIENT_ISN}, {CLIENT_ISN, 77}};
    for (int i = 0; i < 2; i++) {
        struct rig r;
        rig_init(&r, (struct stream_options){0});
        rig_send(&r, TO_SERVER, TCP_SYN, decoys[i][0], 0, "");
        rig_send(&r, TO_SERVER, TCP_SYN, decoys[i][1], 0, "");
        rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
        rig_client(&r, 0, 0, "GET");
        assert_state(&r, "established");
        rig_server(&r, 0, 3, "");
        assert_got(&r, TO_SERVER, "GET");
        assert_int_equal(stream_counters(r.e)->sessions, 1);
        assert_int_equal(r.f.tcp_isn, CLIENT_ISN);
        rig_release(&r);
    }
}

static void stream_packet__an_answer_must_echo_the_syns_timestamp(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.tsval = 5000;
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    r.tsval = 100;
    r.tsecr = 100;
    rig_send(&r, TO_CLIENT, TCP_RST | TCP_ACK, 0, CLIENT_ISN + 1, "");
    assert_event(&r, STREAM_PKT_INVALID_TIMESTAMP);
    assert_state(&r, "syn_sent");
    r.tsval = 6000;
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    r.tsval = 100;
    r.tsecr = 5000; /* the first SYN was answered, late */
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    assert_state(&r, "syn_recv");
    rig_release(&r);
}

static void stream_packet__a_syn_may_turn_a_flow_round(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.f.tuple.port[TO_SERVER] = 80;
    rig_send(&r, TO_CLIENT, TCP_SYN, CLIENT_ISN, 0, "");
    assert_int_equal(r.dir, TO_SERVER);
    assert_int_equal(r.f.tuple.port[TO_CLIENT], 80);
    rig_release(&r);
}

static void stream_packet__bad_checksum_never_reaches_the_session(void **state)
{
    (void)state;
    for (int ignore = 0; ignore <= 1; ignore++) {
        struct stream_options o = {.ignore_checksums = ignore};
        struct stream_engine *e = stream_engine_new(&o, NULL);
        struct flow f = {0};
        struct packet p = {.flags = PACKET_BAD_L4_CSUM, .tcp = {.flags = TCP_SYN}};
        enum direction dir = TO_SERVER;
        stream_packet(e, &f, &p, &dir);
        assert_int_equal(f.tcp != NULL, ignore);
        assert_int_equal(stream_counters(e)->bad_checksum, !ignore);
        stream_session_free(e, &f);
        stream_engine_free(e);
    }
}

static void stream_packet__a_fin_from_behind_all_the_data_ends_the_handshake(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    rig_send(&r, TO_CLIENT, TCP_FIN | TCP_ACK, SERVER_ISN + 90000, CLIENT_ISN + 1, "");
    assert_event(&r, STREAM_FIN_OUT_OF_WINDOW);
    assert_state(&r, "syn_recv");
    rig_send(&r, TO_CLIENT, TCP_FIN | TCP_ACK, SERVER_ISN + 900, CLIENT_ISN + 200, "");
    assert_no_events(&r);
    assert_state(&r, "fin_wait1");
    rig_release(&r);
}

static void stream_packet__an_rst_that_acknowledges_another_syn_is_told(void **state)
{
    (void)state;
    struct rig r;
    for (enum direction dir = TO_SERVER; dir <= TO_CLIENT; dir++) {
        rig_init(&r, (struct stream_options){0});
        rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
        rig_send(&r, dir, TCP_RST | TCP_ACK, 0, CLIENT_ISN + 500, "");
        assert_event(&r, STREAM_RST_INVALID_ACK);
        assert_state(&r, "syn_sent");
        rig_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_packet__a_fin_from_behind_all_the_data_ends_the_handshake),
        cmocka_unit_test(stream_packet__an_rst_that_acknowledges_another_syn_is_told),
        cmocka_unit_test(stream_packet__three_way_handshake_establishes),
        cmocka_unit_test(stream_packet__midstream_packets_have_no_session_by_default),
        cmocka_unit_test(stream_packet__midstream_option_picks_up_both_directions),
        cmocka_unit_test(stream_packet__midstream_pick_up_goes_by_well_known_ports),
        cmocka_unit_test(stream_packet__midstream_synack_turns_the_flow_round),
        cmocka_unit_test(stream_packet__async_takes_one_direction_alone),
        cmocka_unit_test(stream_packet__async_wrong_sequence_is_told),
        cmocka_unit_test(stream_packet__simultaneous_open_establishes),
        cmocka_unit_test(stream_packet__wrong_answers_to_a_syn_are_refused),
        cmocka_unit_test(stream_packet__wrong_packets_after_the_synack_are_refused),
        cmocka_unit_test(stream_packet__many_different_syns_are_told),
        cmocka_unit_test(stream_packet__the_clients_ack_chooses_among_synacks),
        cmocka_unit_test(stream_packet__server_may_speak_first_when_the_last_ack_was_lost),
        cmocka_unit_test(stream_packet__fast_open_data_is_delivered_when_acknowledged),
        cmocka_unit_test(stream_packet__fast_open_data_is_delivered_at_once_inline),
        cmocka_unit_test(stream_packet__ignored_fast_open_data_is_sent_again),
        cmocka_unit_test(stream_packet__window_scale_needs_both_offers),
        cmocka_unit_test(stream_packet__the_servers_answer_chooses_among_syns),
        cmocka_unit_test(stream_packet__an_answer_must_echo_the_syns_timestamp),
        cmocka_unit_test(stream_packet__a_syn_may_turn_a_flow_round),
        cmocka_unit_test(stream_packet__bad_checksum_never_reaches_the_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
