/* What each state calls a segment from beyond the window, an acknowledgement of bytes never sent
 * and a FIN out of place. */
#include "tests/unit/sensor/stream/rig.h"

enum { FIN = TCP_FIN | TCP_ACK, FAR = 40000 }; /* beyond RIG_WINDOW */

static void server_fin(struct rig *r, uint32_t at, uint32_t acked)
{
    rig_send(r, TO_CLIENT, FIN, SERVER_ISN + 1 + at, CLIENT_ISN + 1 + acked, "");
}
static void client_fin(struct rig *r, uint32_t at, uint32_t acked)
{
    rig_send(r, TO_SERVER, FIN, CLIENT_ISN + 1 + at, SERVER_ISN + 1 + acked, "");
}

static void to_established(struct rig *r)
{
    (void)r;
}
static void to_fin_wait1(struct rig *r)
{
    server_fin(r, 0, 0);
}
static void to_fin_wait2(struct rig *r)
{
    to_fin_wait1(r);
    rig_client(r, 0, 1, "");
}
static void to_close_wait(struct rig *r)
{
    client_fin(r, 0, 0);
}
static void to_closing(struct rig *r)
{
    to_fin_wait1(r);
    client_fin(r, 0, 0);
}
static void to_last_ack(struct rig *r)
{
    to_close_wait(r);
    server_fin(r, 0, 1);
}
static void to_time_wait(struct rig *r)
{
    to_fin_wait2(r);
    client_fin(r, 0, 1);
}

static const struct {
    const char *state;
    void (*reach)(struct rig *);
    enum packet_event bad_seq, bad_ack, bad_fin;
} states[] = {
    {"established", to_established, EVENT_STREAM_EST_PACKET_OUT_OF_WINDOW,
     EVENT_STREAM_EST_INVALID_ACK, EVENT_STREAM_FIN_OUT_OF_WINDOW},
    {"fin_wait1", to_fin_wait1, EVENT_STREAM_FIN1_ACK_WRONG_SEQ, EVENT_STREAM_FIN1_INVALID_ACK,
     EVENT_STREAM_FIN1_FIN_WRONG_SEQ},
    {"fin_wait2", to_fin_wait2, EVENT_STREAM_FIN2_ACK_WRONG_SEQ, EVENT_STREAM_FIN2_INVALID_ACK,
     EVENT_STREAM_FIN2_FIN_WRONG_SEQ},
    {"close_wait", to_close_wait, EVENT_STREAM_CLOSEWAIT_ACK_OUT_OF_WINDOW,
     EVENT_STREAM_CLOSEWAIT_INVALID_ACK, EVENT_STREAM_CLOSEWAIT_FIN_OUT_OF_WINDOW},
    {"closing", to_closing, EVENT_STREAM_CLOSING_ACK_WRONG_SEQ, EVENT_STREAM_CLOSING_INVALID_ACK,
     EVENT_STREAM_CLOSING_ACK_WRONG_SEQ},
    {"last_ack", to_last_ack, EVENT_STREAM_LASTACK_ACK_WRONG_SEQ, EVENT_STREAM_LASTACK_INVALID_ACK,
     EVENT_STREAM_LASTACK_ACK_WRONG_SEQ},
    {"time_wait", to_time_wait, EVENT_STREAM_TIMEWAIT_ACK_WRONG_SEQ,
     EVENT_STREAM_TIMEWAIT_INVALID_ACK, EVENT_STREAM_TIMEWAIT_ACK_WRONG_SEQ},
};

/* In a fresh connection in the state, from each end. */
static void probe(size_t i, enum direction dir, uint8_t flags, uint32_t at, uint32_t acked,
                  enum packet_event want)
{
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    states[i].reach(&r);
    assert_state(&r, states[i].state);
    uint32_t isn[2] = {CLIENT_ISN, SERVER_ISN};
    rig_send(&r, dir, flags, isn[dir] + 1 + at, isn[OTHER(dir)] + 1 + acked,
             flags & TCP_FIN ? "" : "data");
    assert_true(packet_has_event(&r.p, want));
    assert_true(r.p.flags & PACKET_STREAM_BAD);
    assert_state(&r, states[i].state);
    rig_release(&r);
}

static void stream_packet__each_state_names_what_it_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        for (int d = TO_SERVER; d <= TO_CLIENT; d++) {
            enum direction dir = (enum direction)d;
            probe(i, dir, TCP_ACK, FAR, 0, states[i].bad_seq);
            probe(i, dir, TCP_ACK, 0, FAR, states[i].bad_ack);
            probe(i, dir, FIN, FAR, 0, states[i].bad_fin);
            probe(i, dir, FIN, 0, FAR, EVENT_STREAM_FIN_INVALID_ACK);
        }
}

static void stream_packet__a_fin_with_the_syn_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN | TCP_FIN, CLIENT_ISN, 0, "");
    assert_event(&r, STREAM_FIN_SYN);
    rig_release(&r);
}

static void stream_packet__old_bytes_after_the_fin_are_told(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.depth_bytes = 3});
    rig_client(&r, 0, 0, "abc");
    rig_server(&r, 0, 3, "");
    client_fin(&r, 3, 0);
    rig_client(&r, 0, 0, "abc");
    assert_event(&r, STREAM_PKT_RETRANSMISSION);
    assert_event(&r, STREAM_CLOSEWAIT_PKT_BEFORE_LAST_ACK);
    rig_client(&r, 1, 0, "");
    assert_no_events(&r);
    rig_release(&r);
}

static void stream_packet__a_retransmission_after_the_fin_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_client(&r, 0, 0, "abc");
    assert_no_events(&r);
    client_fin(&r, 3, 0);
    rig_client(&r, 0, 0, "abc");
    assert_event(&r, STREAM_PKT_RETRANSMISSION);
    rig_release(&r);
}

static void stream_packet__an_old_number_after_both_fins_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    server_fin(&r, 0, 3);
    client_fin(&r, 3, 1);
    assert_state(&r, "time_wait");
    rig_client(&r, 0, FAR, "");
    assert_event(&r, STREAM_TIMEWAIT_ACK_WRONG_SEQ);
    assert_int_equal(r.p.event_count, 1);
    rig_client(&r, 0, 1, "abc");
    assert_event(&r, STREAM_PKT_SPURIOUS_RETRANSMISSION);
    assert_int_equal(r.p.event_count, 1);
    rig_release(&r);
}

static void stream_packet__data_of_an_rst_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_send(&r, TO_CLIENT, TCP_RST, SERVER_ISN + 1, 0, "out of sockets");
    assert_event(&r, STREAM_RST_WITH_DATA);
    assert_state(&r, "closed");
    rig_release(&r);
}

static void stream_packet__an_answer_with_another_ack_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 9, "");
    assert_event(&r, STREAM_3WHS_SYNACK_RESEND_WITH_DIFFERENT_ACK);
    rig_release(&r);
}

static void stream_packet__a_window_that_shrinks_by_what_is_acknowledged_is_none(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    r.window = RIG_WINDOW - 500;
    rig_server(&r, 5, 500, ""); /* both ends' bytes passed elsewhere */
    assert_no_events(&r);
    rig_release(&r);
}

static void stream_packet__a_shrunken_window_for_bytes_never_sent_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    r.window = 100;
    rig_server(&r, 5, 5, "");
    assert_event(&r, STREAM_PKT_BAD_WINDOW_UPDATE);
    assert_true(r.p.flags & PACKET_STREAM_BAD);
    rig_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_packet__each_state_names_what_it_refuses),
        cmocka_unit_test(stream_packet__a_fin_with_the_syn_is_told),
        cmocka_unit_test(stream_packet__old_bytes_after_the_fin_are_told),
        cmocka_unit_test(stream_packet__a_retransmission_after_the_fin_is_told),
        cmocka_unit_test(stream_packet__an_old_number_after_both_fins_is_told),
        cmocka_unit_test(stream_packet__data_of_an_rst_is_told),
        cmocka_unit_test(stream_packet__a_window_that_shrinks_by_what_is_acknowledged_is_none),
        cmocka_unit_test(stream_packet__an_answer_with_another_ack_is_told),
        cmocka_unit_test(stream_packet__a_shrunken_window_for_bytes_never_sent_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
