/* The established session, its end, and what hosts would refuse. */
#include "tests/unit/sensor/stream/rig.h"

enum { FIN = TCP_FIN | TCP_ACK };

static void client_fin(struct rig *r, uint32_t at, uint32_t acked)
{
    rig_send(r, TO_SERVER, FIN, CLIENT_ISN + 1 + at, SERVER_ISN + 1 + acked, "");
}
static void server_fin(struct rig *r, uint32_t at, uint32_t acked)
{
    rig_send(r, TO_CLIENT, FIN, SERVER_ISN + 1 + at, CLIENT_ISN + 1 + acked, "");
}

static void stream_packet__client_closes_first(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, FIN, CLIENT_ISN + 1, SERVER_ISN + 1, "bye");
    assert_state(&r, "close_wait");
    assert_int_equal(r.got[TO_SERVER].eofs, 0);
    rig_server(&r, 0, 4, "");
    assert_got(&r, TO_SERVER, "bye");
    assert_int_equal(r.got[TO_SERVER].eofs, 1);
    assert_int_equal(r.f.state, FLOW_ESTABLISHED);
    server_fin(&r, 0, 4);
    assert_state(&r, "last_ack");
    assert_int_equal(r.f.state, FLOW_CLOSED);
    rig_server(&r, 1, 4, "");
    assert_state(&r, "last_ack");
    rig_client(&r, 4, 1, "");
    assert_state(&r, "closed");
    assert_int_equal(r.got[TO_CLIENT].eofs, 1);
    assert_true(r.f.tcp_done);
    rig_client(&r, 4, 1, "after the end");
    stream_flush(r.e, &r.f, TO_SERVER);
    stream_flush(r.e, &r.f, TO_CLIENT);
    assert_got(&r, TO_SERVER, "bye");
    assert_int_equal(r.got[TO_SERVER].eofs, 1);
    rig_release(&r);
}

static void stream_packet__server_closes_first(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    server_fin(&r, 0, 0);
    assert_state(&r, "fin_wait1");
    rig_client(&r, 0, 1, "");
    assert_state(&r, "fin_wait2");
    rig_client(&r, 0, 1, "still talking");
    rig_server(&r, 1, 13, "");
    assert_got(&r, TO_SERVER, "still talking");
    client_fin(&r, 13, 1);
    assert_state(&r, "time_wait");
    rig_server(&r, 1, 14, "");
    assert_state(&r, "closed");
    assert_no_events(&r);
    rig_release(&r);
}

static void stream_packet__both_close_at_once(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    server_fin(&r, 0, 0);
    client_fin(&r, 0, 0);
    assert_state(&r, "closing");
    rig_client(&r, 1, 1, "");
    assert_state(&r, "time_wait");
    rig_server(&r, 1, 1, "");
    assert_state(&r, "closed");
    rig_release(&r);
}

static void stream_packet__a_fin_that_an_ack_overtook_closes(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    client_fin(&r, 0, 0);
    rig_server(&r, 1, 1, "");
    server_fin(&r, 0, 0);
    assert_no_events(&r);
    assert_state(&r, "last_ack");
    rig_client(&r, 1, 1, "");
    assert_state(&r, "closed");
    rig_release(&r);
}

static void stream_packet__rst_with_the_next_number_closes(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "unacknowledged");
    rig_send(&r, TO_CLIENT, TCP_RST, SERVER_ISN + 900, 0, "");
    assert_state(&r, "established");
    assert_true(r.p.flags & PACKET_STREAM_BAD);
    rig_send(&r, TO_CLIENT, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 900000, "");
    assert_event(&r, STREAM_RST_INVALID_ACK);
    rig_send(&r, TO_CLIENT, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1, "denied");
    assert_state(&r, "closed");
    assert_got(&r, TO_SERVER, "unacknowledged");
    assert_got(&r, TO_CLIENT, ""); /* what an RST carries is no part of the stream */
    assert_false(r.p.flags & PACKET_STREAM_ADDED);
    assert_int_equal(r.got[TO_SERVER].eofs, 1);
    assert_int_equal(r.got[TO_CLIENT].eofs, 1);
    rig_release(&r);
}

static void stream_packet__an_injected_rst_does_not_blind(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_send(&r, TO_CLIENT, TCP_RST, SERVER_ISN + 1, 0, "");
    assert_state(&r, "closed");
    rig_client(&r, 0, 0, "GET /secret");
    assert_state(&r, "closed");
    rig_server(&r, 0, 11, "200");
    assert_event(&r, STREAM_SUSPECTED_RST_INJECT);
    assert_state(&r, "established");
    assert_got(&r, TO_SERVER, "GET /secret");
    rig_client(&r, 11, 3, "");
    assert_got(&r, TO_CLIENT, "200");
    rig_release(&r);
}

static void stream_packet__packets_that_pass_twice_do_not_disown_an_rst(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_send(&r, TO_SERVER, TCP_RST | TCP_ACK, CLIENT_ISN + 4, SERVER_ISN + 1, "");
    for (int copy = 0; copy < 2; copy++) {
        rig_client(&r, copy ? 0 : 3, 0, copy ? "abc" : "");
        assert_no_events(&r);
        assert_state(&r, "closed");
    }
    rig_client(&r, 3, 0, "def");
    assert_event(&r, STREAM_SUSPECTED_RST_INJECT);
    assert_state(&r, "established");
    rig_release(&r);
}

static void stream_packet__data_after_a_true_rst_is_not_delivered(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_send(&r, TO_CLIENT, TCP_RST, SERVER_ISN + 1, 0, "");
    rig_client(&r, 0, 0, "too late");
    stream_flush(r.e, &r.f, TO_SERVER);
    stream_flush(r.e, &r.f, TO_CLIENT);
    assert_got(&r, TO_SERVER, "");
    rig_release(&r);
}

static void stream_packet__data_after_an_rst_is_its_packets_too(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_send(&r, TO_CLIENT, TCP_RST, SERVER_ISN + 1, 0, "");
    rig_client(&r, 0, 0, "too late");
    assert_false(r.p.flags & PACKET_STREAM_ADDED);
    rig_release(&r);
}

/* What rules have not looked at yet they see in the stream, and not twice. */
static void stream_packet__the_latest_bytes_again_are_the_streams(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "one");
    rig_client(&r, 3, 0, "two");
    rig_server(&r, 0, 6, "");
    rig_client(&r, 3, 0, "two");
    assert_event(&r, STREAM_PKT_SPURIOUS_RETRANSMISSION);
    assert_true(r.p.flags & PACKET_STREAM_ADDED);
    rig_client(&r, 0, 0, "one");
    assert_false(r.p.flags & PACKET_STREAM_ADDED);
    stream_raw_done(&r.f, TO_SERVER);
    rig_client(&r, 3, 0, "two");
    assert_false(r.p.flags & PACKET_STREAM_ADDED);
    rig_release(&r);
}

static void stream_packet__a_fin_again_brings_no_bytes_of_its_own(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    for (int copy = 0; copy < 2; copy++) {
        rig_send(&r, TO_SERVER, TCP_FIN | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "bye");
        assert_true(r.p.flags & PACKET_STREAM_ADDED);
    }
    rig_server(&r, 0, 4, "");
    assert_got(&r, TO_SERVER, "bye");
    rig_release(&r);
}

static void stream_packet__late_syns_are_told_apart(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    assert_event(&r, STREAM_EST_SYN_RESEND);
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN + 4, 0, "");
    assert_event(&r, STREAM_EST_SYN_RESEND_DIFF_SEQ);
    rig_send(&r, TO_CLIENT, TCP_SYN, SERVER_ISN, 0, "");
    assert_event(&r, STREAM_EST_SYN_TOCLIENT);
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    assert_no_events(&r); /* our ACK was lost on its way */
    rig_server(&r, 0, 0, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    assert_event(&r, STREAM_EST_SYNACK_RESEND);
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 5, "");
    assert_event(&r, STREAM_EST_SYNACK_RESEND_WITH_DIFFERENT_ACK);
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN + 5, CLIENT_ISN + 1, "");
    assert_event(&r, STREAM_EST_SYNACK_RESEND_WITH_DIFF_SEQ);
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_ACK, CLIENT_ISN, SERVER_ISN + 1, "");
    assert_event(&r, STREAM_EST_SYNACK_TOSERVER);
    server_fin(&r, 0, 0);
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    assert_event(&r, STREAM_SHUTDOWN_SYN_RESEND);
    rig_release(&r);
}

static void stream_packet__impossible_acks_are_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 900000, "data");
    assert_event(&r, STREAM_PKT_INVALID_ACK);
    assert_event(&r, STREAM_EST_INVALID_ACK);
    assert_false(r.p.flags & PACKET_STREAM_ADDED);
    server_fin(&r, 0, 0);
    rig_client(&r, 0, 900000, "");
    assert_event(&r, STREAM_FIN1_INVALID_ACK);
    rig_release(&r);
}

static void stream_packet__windows_bound_what_is_taken(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, RIG_WINDOW, 0, "x");
    assert_event(&r, STREAM_EST_PACKET_OUT_OF_WINDOW);
    rig_client(&r, RIG_WINDOW - 1, 0, "x");
    assert_no_events(&r);
    rig_send(&r, TO_SERVER, FIN, CLIENT_ISN + 1 + 2 * RIG_WINDOW, SERVER_ISN + 1, "");
    assert_event(&r, STREAM_FIN_OUT_OF_WINDOW);
    rig_release(&r);
}

static void stream_packet__bytes_beyond_the_window_count_once_acknowledged(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.window = 4;
    rig_handshake(&r);
    rig_server(&r, 0, 0, "");
    rig_client(&r, 0, 0, "abcd");
    rig_client(&r, 4, 0, "efgh");
    assert_event(&r, STREAM_EST_PACKET_OUT_OF_WINDOW);
    rig_server(&r, 0, 8, ""); /* the window was opened behind our back */
    assert_got(&r, TO_SERVER, "abcdefgh");
    assert_no_events(&r);
    rig_client(&r, 8, 0, "ijkl");
    assert_no_events(&r);
    rig_release(&r);
}

/* A host cuts such a segment at the edge, so its part within is a first copy. */
static void stream_packet__a_segment_counts_up_to_the_windows_edge(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.window = 8;
    rig_handshake(&r);
    rig_server(&r, 0, 0, "");
    rig_client(&r, 0, 0, "abcd");
    rig_client(&r, 4, 0, "evilBEYOND");
    assert_event(&r, STREAM_EST_PACKET_OUT_OF_WINDOW);
    rig_client(&r, 4, 0, "good");
    assert_event(&r, STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
    rig_server(&r, 0, 8, "");
    assert_got(&r, TO_SERVER, "abcdevil");
    rig_client(&r, 8, 0, "again");
    rig_server(&r, 0, 13, "");
    assert_got(&r, TO_SERVER, "abcdevilagain");
    rig_release(&r);
}

static void stream_packet__bytes_beyond_the_window_are_no_first_copy(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.window = 4;
    rig_handshake(&r);
    rig_server(&r, 0, 0, "");
    rig_client(&r, 4, 0, "EVIL");
    assert_event(&r, STREAM_EST_PACKET_OUT_OF_WINDOW);
    rig_client(&r, 0, 0, "abcd");
    rig_server(&r, 0, 4, "");
    rig_client(&r, 4, 0, "good");
    rig_server(&r, 0, 8, "");
    assert_got(&r, TO_SERVER, "abcdgood");
    rig_release(&r);
}

static void stream_packet__acknowledged_data_again_is_told_by_one_name(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_client(&r, 0, 0, "abc");
    assert_no_events(&r); /* nobody acknowledged it yet */
    rig_server(&r, 0, 3, "");
    for (uint32_t at = 0; at < 2; at++) {
        rig_client(&r, at, 0, at ? "bc" : "ab");
        assert_event(&r, STREAM_PKT_SPURIOUS_RETRANSMISSION);
        assert_int_equal(r.p.event_count, 1);
        assert_false(r.p.flags & PACKET_STREAM_BAD);
        assert_int_equal((r.p.flags & PACKET_STREAM_ADDED) != 0, at == 1); /* the latest bytes */
    }
    rig_client(&r, 0, 0, "XY");
    assert_event(&r, STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
    rig_client(&r, 1, 0, "");
    assert_event(&r, STREAM_EST_PKT_BEFORE_LAST_ACK);
    rig_release(&r);
}

static void stream_packet__acknowledged_data_again_is_not_refused_by_its_timestamp(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.tsval = 1000;
    rig_handshake(&r);
    rig_client(&r, 0, 0, "abc");
    rig_server(&r, 0, 3, "");
    r.tsval = 900;
    rig_client(&r, 0, 0, "abc");
    assert_event(&r, STREAM_PKT_SPURIOUS_RETRANSMISSION);
    assert_int_equal(r.p.event_count, 1);
    rig_release(&r);
}

static void stream_packet__a_late_retransmission_still_fills_a_hole(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_server(&r, 0, 6, "");
    rig_client(&r, 0, 0, "abc");
    assert_event(&r, STREAM_PKT_SPURIOUS_RETRANSMISSION);
    assert_true(r.p.flags & PACKET_STREAM_ADDED);
    assert_got(&r, TO_SERVER, "abc");
    rig_release(&r);
}

static void stream_packet__a_fin_with_acknowledged_data_is_taken(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_server(&r, 0, 3, "");
    rig_send(&r, TO_SERVER, TCP_FIN | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "abc");
    assert_state(&r, "close_wait");
    rig_release(&r);
}

static void stream_packet__an_overtaken_acknowledgement_is_nothing_to_tell(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.window = 4;
    rig_handshake(&r);
    for (uint32_t at = 0; at < 64; at += 4) {
        rig_client(&r, at, 0, "abcd");
        rig_server(&r, 0, at + 4, "");
    }
    rig_server(&r, 0, 8, ""); /* older than a whole window */
    assert_no_events(&r);
    rig_release(&r);
}

static void stream_packet__old_timestamps_are_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.tsval = 1000;
    rig_handshake(&r);
    r.tsval = 900;
    rig_client(&r, 0, 0, "decoy");
    assert_event(&r, STREAM_PKT_INVALID_TIMESTAMP);
    r.tsval = 1001;
    rig_client(&r, 0, 0, "truth");
    rig_server(&r, 0, 5, "");
    assert_got(&r, TO_SERVER, "truth");
    r.tsval = 1;
    r.ts_us += UINT64_C(25) * 24 * 3600 * 1000000; /* the clock may have wrapped meanwhile */
    rig_client(&r, 5, 0, "later");
    assert_true(r.p.flags & PACKET_STREAM_ADDED);
    rig_release(&r);
}

static void stream_packet__a_segment_that_overtook_another_does_not_make_it_old(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.tsval = 1000;
    rig_handshake(&r);
    const struct {
        uint32_t at, tsval;
    } order[] = {{0, 1001}, {6, 1003}, {9, 1004}, {3, 1002}};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        r.tsval = order[i].tsval;
        rig_client(&r, order[i].at, 0, "abc");
        assert_no_events(&r);
    }
    r.tsval = 5000;
    rig_server(&r, 0, 12, "");
    assert_got(&r, TO_SERVER, "abcabcabcabc");
    rig_release(&r);
}

static void stream_packet__keepalives_and_window_probes_change_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_server(&r, 0, 3, "");
    rig_client(&r, 2, 0, "Z");
    assert_no_events(&r);
    rig_client(&r, 2, 0, "");
    assert_no_events(&r);
    r.window = 0;
    rig_server(&r, 0, 3, "");
    r.window = RIG_WINDOW;
    rig_server(&r, 0, 3, "");
    rig_client(&r, 3, 0, "d");
    rig_server(&r, 0, 4, "");
    assert_got(&r, TO_SERVER, "abcd");
    rig_release(&r);
}

static void stream_packet__broken_ack_field_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 5, "");
    assert_event(&r, STREAM_PKT_BROKEN_ACK);
    rig_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_packet__client_closes_first),
        cmocka_unit_test(stream_packet__server_closes_first),
        cmocka_unit_test(stream_packet__both_close_at_once),
        cmocka_unit_test(stream_packet__a_fin_that_an_ack_overtook_closes),
        cmocka_unit_test(stream_packet__rst_with_the_next_number_closes),
        cmocka_unit_test(stream_packet__an_injected_rst_does_not_blind),
        cmocka_unit_test(stream_packet__data_after_a_true_rst_is_not_delivered),
        cmocka_unit_test(stream_packet__data_after_an_rst_is_its_packets_too),
        cmocka_unit_test(stream_packet__the_latest_bytes_again_are_the_streams),
        cmocka_unit_test(stream_packet__a_fin_again_brings_no_bytes_of_its_own),
        cmocka_unit_test(stream_packet__late_syns_are_told_apart),
        cmocka_unit_test(stream_packet__impossible_acks_are_refused),
        cmocka_unit_test(stream_packet__windows_bound_what_is_taken),
        cmocka_unit_test(stream_packet__bytes_beyond_the_window_count_once_acknowledged),
        cmocka_unit_test(stream_packet__a_segment_counts_up_to_the_windows_edge),
        cmocka_unit_test(stream_packet__bytes_beyond_the_window_are_no_first_copy),
        cmocka_unit_test(stream_packet__acknowledged_data_again_is_told_by_one_name),
        cmocka_unit_test(stream_packet__acknowledged_data_again_is_not_refused_by_its_timestamp),
        cmocka_unit_test(stream_packet__a_late_retransmission_still_fills_a_hole),
        cmocka_unit_test(stream_packet__a_fin_with_acknowledged_data_is_taken),
        cmocka_unit_test(stream_packet__an_overtaken_acknowledgement_is_nothing_to_tell),
        cmocka_unit_test(stream_packet__old_timestamps_are_refused),
        cmocka_unit_test(stream_packet__packets_that_pass_twice_do_not_disown_an_rst),
        cmocka_unit_test(stream_packet__a_segment_that_overtook_another_does_not_make_it_old),
        cmocka_unit_test(stream_packet__keepalives_and_window_probes_change_nothing),
        cmocka_unit_test(stream_packet__broken_ack_field_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
