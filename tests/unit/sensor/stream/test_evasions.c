/* tests/unit/sensor/stream/test_evasions.c - what is sent to have a sensor read other bytes than
 * the host, or none: after Ptacek and Newsham, "Insertion, Evasion, and Denial of Service" (1998),
 * and what became of it. A packet that the host would refuse must change nothing here. */
#include "tests/unit/sensor/stream/rig.h"

static void syn(struct rig *r)
{
    rig_init(r, (struct stream_options){0});
    rig_send(r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
}

/* Whoever cannot see the connection can only guess a number within the window. */
static void an_rst_that_is_only_within_the_window_is_refused(void **state)
{
    (void)state;
    static const uint32_t at[] = {
        1, 100, RIG_WINDOW - 1, RIG_WINDOW + 1, (uint32_t)-1, (uint32_t)-500};
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        for (int d = TO_SERVER; d <= TO_CLIENT; d++) {
            uint32_t isn = d == TO_SERVER ? CLIENT_ISN : SERVER_ISN;
            rig_send(&r, (enum direction)d, TCP_RST, isn + 1 + at[i], 0, "");
            assert_true(r.p.flags & PACKET_STREAM_BAD);
            assert_state(&r, "established");
        }
    rig_client(&r, 0, 0, "GET /evil");
    rig_server(&r, 0, 9, "");
    assert_got(&r, TO_SERVER, "GET /evil");
    rig_release(&r);
}

static void an_rst_with_an_old_timestamp_is_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    r.tsval = 1000;
    r.tsecr = 1000;
    rig_handshake(&r);
    r.tsval = 10;
    rig_send(&r, TO_SERVER, TCP_RST, CLIENT_ISN + 1, 0, "");
    assert_event(&r, STREAM_PKT_INVALID_TIMESTAMP);
    assert_state(&r, "established");
    rig_release(&r);
}

static void an_rst_with_a_wrong_number_in_the_handshake_is_refused(void **state)
{
    (void)state;
    struct rig r;
    syn(&r);
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    rig_send(&r, TO_SERVER, TCP_RST, CLIENT_ISN + 500, 0, "");
    rig_send(&r, TO_CLIENT, TCP_RST, SERVER_ISN + 500, 0, "");
    assert_state(&r, "syn_recv");
    rig_client(&r, 0, 0, "GET /evil");
    rig_server(&r, 0, 9, "");
    assert_got(&r, TO_SERVER, "GET /evil");
    rig_release(&r);
}

static void a_fin_with_a_wrong_number_does_not_end_the_stream(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "GET ");
    rig_server(&r, 0, 4, "");
    rig_send(&r, TO_SERVER, TCP_FIN | TCP_ACK, CLIENT_ISN + 1 + 70000, SERVER_ISN + 1, "");
    assert_event(&r, STREAM_FIN_OUT_OF_WINDOW);
    rig_send(&r, TO_SERVER, TCP_FIN | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1, "");
    assert_event(&r, STREAM_FIN_OUT_OF_WINDOW);
    assert_state(&r, "established");
    rig_client(&r, 4, 0, "/evil");
    rig_server(&r, 0, 9, "");
    assert_got(&r, TO_SERVER, "GET /evil");
    assert_int_equal(r.got[TO_SERVER].eofs, 0);
    rig_release(&r);
}

/* The FIN waits in the host like any bytes before their turn. */
static void a_fin_ahead_of_bytes_does_not_hide_them(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_FIN | TCP_ACK, CLIENT_ISN + 1 + 9, SERVER_ISN + 1, "");
    rig_client(&r, 0, 0, "GET /evil");
    assert_int_equal(r.got[TO_SERVER].eofs, 0);
    rig_server(&r, 0, 10, "");
    assert_got(&r, TO_SERVER, "GET /evil");
    assert_int_equal(r.got[TO_SERVER].gaps, 0);
    assert_int_equal(r.got[TO_SERVER].eofs, 1);
    rig_release(&r);
}

static void data_without_the_ack_flag_is_not_read(void **state)
{
    (void)state;
    static const uint8_t flags[] = {0, TCP_PSH, TCP_URG, TCP_PSH | TCP_URG};
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    for (size_t i = 0; i < sizeof flags; i++) {
        rig_send(&r, TO_SERVER, flags[i], CLIENT_ISN + 1, 0, "GET /good");
        assert_false(r.p.flags & PACKET_STREAM_ADDED);
    }
    rig_client(&r, 0, 0, "GET /evil");
    rig_server(&r, 0, 9, "");
    assert_got(&r, TO_SERVER, "GET /evil");
    rig_release(&r);
}

static void data_with_a_syn_counts_with_fast_open_only(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "GET /good");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    rig_client(&r, 0, 0, "");
    rig_client(&r, 0, 0, "GET /evil");
    rig_server(&r, 0, 9, "");
    assert_got(&r, TO_SERVER, "GET /evil");
    rig_release(&r);
}

static void a_syn_within_the_session_changes_no_numbers(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN + 90000, 0, "");
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_RST, CLIENT_ISN + 90000, 0, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN + 90000, CLIENT_ISN + 1, "");
    assert_state(&r, "established");
    rig_client(&r, 0, 0, "GET /evil");
    rig_server(&r, 0, 9, "200");
    rig_client(&r, 9, 3, "");
    assert_got(&r, TO_SERVER, "GET /evil");
    assert_got(&r, TO_CLIENT, "200");
    rig_release(&r);
}

/* A server may answer with an ACK and a SYN apart: clients then take part in a simultaneous open.
 */
static void a_split_handshake_is_followed(void **state)
{
    (void)state;
    struct rig r;
    syn(&r);
    rig_send(&r, TO_CLIENT, TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    rig_send(&r, TO_CLIENT, TCP_SYN, SERVER_ISN, 0, "");
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_ACK, CLIENT_ISN, SERVER_ISN + 1, "");
    rig_server(&r, 0, 0, "");
    assert_state(&r, "established");
    rig_client(&r, 0, 0, "GET /evil");
    rig_server(&r, 0, 9, "");
    assert_got(&r, TO_SERVER, "GET /evil");
    rig_release(&r);
}

static void a_split_handshakes_ack_of_unsent_bytes_is_told(void **state)
{
    (void)state;
    struct rig r;
    syn(&r);
    rig_send(&r, TO_CLIENT, TCP_SYN, SERVER_ISN, 0, "");
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_ACK, CLIENT_ISN, SERVER_ISN + 1, "");
    rig_server(&r, 0, 90000, "");
    assert_event(&r, STREAM_4WHS_INVALID_ACK);
    assert_state(&r, "syn_recv");
    rig_release(&r);
}

/* Inline nothing is lost between host and sensor: the server cannot go on before the client did. */
static void inline_the_server_does_not_end_the_handshake(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){.inline_mode = true});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    rig_server(&r, 0, 0, "");
    assert_event(&r, STREAM_3WHS_ACK_IN_WRONG_DIR);
    assert_state(&r, "syn_recv");
    rig_release(&r);
}

/* The first answer is the attacker's; the client's ACK is for the server's own, which holds. */
static void an_answer_that_the_client_did_not_take_is_forgotten(void **state)
{
    (void)state;
    struct rig r;
    syn(&r);
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN + 4000, CLIENT_ISN + 1, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    rig_client(&r, 0, 0, "");
    assert_state(&r, "established");
    rig_client(&r, 0, 0, "GET /evil");
    rig_server(&r, 0, 9, "200");
    rig_client(&r, 9, 3, "");
    assert_got(&r, TO_SERVER, "GET /evil");
    assert_got(&r, TO_CLIENT, "200");
    rig_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_rst_that_is_only_within_the_window_is_refused),
        cmocka_unit_test(an_rst_with_an_old_timestamp_is_refused),
        cmocka_unit_test(an_rst_with_a_wrong_number_in_the_handshake_is_refused),
        cmocka_unit_test(a_fin_with_a_wrong_number_does_not_end_the_stream),
        cmocka_unit_test(a_fin_ahead_of_bytes_does_not_hide_them),
        cmocka_unit_test(data_without_the_ack_flag_is_not_read),
        cmocka_unit_test(data_with_a_syn_counts_with_fast_open_only),
        cmocka_unit_test(a_syn_within_the_session_changes_no_numbers),
        cmocka_unit_test(a_split_handshake_is_followed),
        cmocka_unit_test(a_split_handshakes_ack_of_unsent_bytes_is_told),
        cmocka_unit_test(inline_the_server_does_not_end_the_handshake),
        cmocka_unit_test(an_answer_that_the_client_did_not_take_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
