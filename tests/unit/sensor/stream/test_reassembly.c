/* Ordered bytes out of segments: order, overlaps, gaps, limits. */
#include "tests/unit/sensor/stream/rig.h"

static void stream_packet__in_order_data_waits_for_its_ack(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "GET / ");
    assert_true(r.p.flags & PACKET_STREAM_ADDED);
    assert_got(&r, TO_SERVER, "");
    rig_server(&r, 0, 6, "");
    assert_got(&r, TO_SERVER, "GET / ");
    rig_client(&r, 6, 0, "HTTP");
    rig_server(&r, 0, 8, "");
    assert_got(&r, TO_SERVER, "GET / HT");
    rig_server(&r, 0, 10, "200");
    assert_got(&r, TO_SERVER, "GET / HTTP");
    rig_client(&r, 10, 3, "");
    assert_got(&r, TO_CLIENT, "200");
    rig_release(&r);
}

static void stream_packet__inline_mode_hands_on_at_once(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.inline_mode = true});
    rig_client(&r, 0, 0, "GET");
    assert_got(&r, TO_SERVER, "GET");
    rig_release(&r);
}

static void stream_packet__late_segment_fills_gap(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 3, 0, "def");
    rig_client(&r, 9, 0, "jkl");
    rig_client(&r, 0, 0, "abc");
    rig_client(&r, 6, 0, "ghi");
    rig_server(&r, 0, 12, "");
    assert_got(&r, TO_SERVER, "abcdefghijkl");
    assert_int_equal(r.got[TO_SERVER].gaps, 0);
    assert_int_equal(stream_counters(r.e)->out_of_order, 2);
    rig_release(&r);
}

static void stream_packet__first_copy_stays_and_difference_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abcdef");
    rig_client(&r, 0, 0, "abcdef");
    assert_false(packet_has_event(&r.p, EVENT_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA));
    rig_client(&r, 3, 0, "XXXghi");
    assert_event(&r, STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
    rig_client(&r, 12, 0, "mno");
    rig_client(&r, 12, 0, "MNO");
    assert_event(&r, STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
    rig_client(&r, 9, 0, "jkl");
    rig_server(&r, 0, 15, "");
    assert_got(&r, TO_SERVER, "abcdefghijklmno");
    rig_release(&r);
}

static void stream_packet__acknowledged_but_unseen_bytes_are_a_gap(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_client(&r, 8, 0, "ijk");
    rig_server(&r, 0, 3, "");
    assert_int_equal(r.got[TO_SERVER].gaps, 0);
    rig_server(&r, 0, 11, "");
    assert_event(&r, STREAM_REASSEMBLY_SEQ_GAP);
    assert_int_equal(r.got[TO_SERVER].gaps, 1);
    assert_int_equal(r.got[TO_SERVER].gap_bytes, 5);
    assert_got(&r, TO_SERVER, "abcijk");
    assert_int_equal(stream_summary(&r.f)->gap_bytes[TO_SERVER], 5);
    rig_release(&r);
}

static void stream_packet__a_gap_before_the_fin_alone_is_no_event(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_send(&r, TO_SERVER, TCP_FIN | TCP_ACK, CLIENT_ISN + 9, SERVER_ISN + 1, "");
    rig_server(&r, 0, 9, "");
    assert_no_events(&r);
    assert_int_equal(r.got[TO_SERVER].gap_bytes, 5);
    assert_int_equal(r.got[TO_SERVER].eofs, 1);
    rig_release(&r);
}

static void stream_packet__ack_that_overtakes_its_data_is_no_gap(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_server(&r, 0, 6, "");
    rig_client(&r, 0, 0, "abc");
    rig_client(&r, 3, 0, "def");
    assert_got(&r, TO_SERVER, "abcdef");
    assert_int_equal(r.got[TO_SERVER].gaps, 0);
    rig_release(&r);
}

static void stream_packet__sequence_numbers_wrap(void **state)
{
    (void)state;
    struct rig r;
    uint32_t isn = UINT32_MAX - 4;
    rig_init(&r, (struct stream_options){0});
    rig_send(&r, TO_SERVER, TCP_SYN, isn, 0, "");
    rig_send(&r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, isn + 1, "");
    rig_send(&r, TO_SERVER, TCP_ACK, isn + 1, SERVER_ISN + 1, "");
    rig_send(&r, TO_SERVER, TCP_ACK, isn + 4, SERVER_ISN + 1, "defghi");
    rig_send(&r, TO_SERVER, TCP_ACK, isn + 1, SERVER_ISN + 1, "abc");
    rig_send(&r, TO_CLIENT, TCP_ACK, SERVER_ISN + 1, isn + 10, "");
    assert_got(&r, TO_SERVER, "abcdefghi");
    rig_release(&r);
}

static void stream_packet__depth_ends_delivery_but_not_counting(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.depth_bytes = 5, .inline_mode = true});
    rig_client(&r, 0, 0, "abc");
    rig_client(&r, 3, 0, "def");
    assert_event(&r, STREAM_REASSEMBLY_DEPTH_REACHED);
    rig_client(&r, 6, 0, "ghi");
    assert_got(&r, TO_SERVER, "abcde");
    assert_false(r.p.flags & PACKET_STREAM_ADDED);
    assert_int_equal(stream_summary(&r.f)->bytes[TO_SERVER], 10);
    assert_int_equal(stream_counters(r.e)->depth_reached, 1);
    rig_release(&r);
}

static void stream_packet__depth_may_be_reached_by_waiting_bytes(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.depth_bytes = 5, .inline_mode = true});
    rig_client(&r, 2, 0, "cdefgh");
    rig_client(&r, 0, 0, "ab");
    assert_event(&r, STREAM_REASSEMBLY_DEPTH_REACHED);
    assert_got(&r, TO_SERVER, "abcde");
    rig_release(&r);
}

/* depth less a beginning before the stream's own would be more than a number holds */
static void stream_no_depth__takes_a_segment_from_before_the_first_byte(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.depth_bytes = 3, .inline_mode = true});
    stream_no_depth(&r.f);
    rig_send(&r, TO_SERVER, TCP_ACK, CLIENT_ISN - 1, SERVER_ISN + 1, "XXabcdef");
    assert_got(&r, TO_SERVER, "abcdef");
    rig_release(&r);
}

static void stream_packet__spent_budget_drops_and_counts(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.cap_bytes = 4096});
    rig_client(&r, 100, 0, "waits");
    rig_client(&r, 9000, 0, "does not fit");
    assert_event(&r, STREAM_REASSEMBLY_NO_SEGMENT);
    assert_event(&r, STREAM_REASSEMBLY_INSERT_MEMCAP);
    assert_int_equal(r.p.exceptions, 1 << EXCEPTION_REASSEMBLY_MEMCAP);
    assert_int_equal(stream_counters(r.e)->memcap, 1);
    rig_release(&r);
}

static void stream_packet__bytes_of_one_stream_that_wait_are_limited(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){.cap_bytes = (size_t)1 << 30, .depth_bytes = UINT32_MAX});
    r.wscale = 14;
    rig_handshake(&r);
    rig_server(&r, 0, 0, ""); /* opens its window wide */
    uint32_t at = 0;
    do {
        rig_client(&r, at += 4096, 0, "x");
    } while (!packet_has_event(&r.p, EVENT_STREAM_REASSEMBLY_INSERT_LIMIT) && at < 64 << 20);
    assert_event(&r, STREAM_REASSEMBLY_INSERT_LIMIT);
    assert_in_range(at, 28 << 20, 33 << 20);
    assert_int_equal(r.p.exceptions, 0);
    rig_release(&r);
}

static void stream_packet__spent_session_memory_leaves_the_flow_alone(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){.session_cap_bytes = 64});
    rig_handshake(&r);
    rig_client(&r, 0, 0, "GET");
    assert_null(r.f.tcp);
    assert_int_equal(r.got[TO_SERVER].len, 0);
    assert_int_equal(stream_counters(r.e)->session_memcap, 1);
    assert_int_equal(stream_counters(r.e)->active, 0);
    rig_release(&r);
}

static void stream_packet__a_session_given_back_makes_room_for_another(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, (struct stream_options){.session_cap_bytes = 500}); /* of one */
    struct flow other = {.tuple.proto = IPP_TCP};
    rig_send(&r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    assert_non_null(r.f.tcp);
    enum direction dir = TO_SERVER;
    stream_packet(r.e, &other, &r.p, &dir);
    assert_null(other.tcp);
    assert_int_equal(r.p.exceptions, 1 << EXCEPTION_SESSION_MEMCAP);
    stream_session_free(r.e, &r.f);
    stream_packet(r.e, &other, &r.p, &dir);
    assert_non_null(other.tcp);
    stream_session_free(r.e, &other);
    rig_release(&r);
}

static void stream_flush__hands_on_what_nobody_acknowledged(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_client(&r, 5, 0, "fgh");
    stream_flush(r.e, &r.f, TO_SERVER);
    stream_flush(r.e, &r.f, TO_CLIENT);
    assert_got(&r, TO_SERVER, "abcfgh");
    assert_int_equal(r.got[TO_SERVER].gap_bytes, 2);
    assert_int_equal(r.got[TO_SERVER].eofs, 1);
    assert_int_equal(r.got[TO_CLIENT].eofs, 1);
    rig_release(&r);
}

static void stream_raw__window_keeps_overlap_and_tells_fresh_bytes(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.inline_mode = true});
    rig_client(&r, 0, 0, "abc");
    struct stream_raw w = stream_raw(&r.f, TO_SERVER);
    assert_true(bytes_eq(w.bytes, BYTES_LIT("abc")));
    assert_int_equal(w.fresh, 0);
    stream_raw_done(&r.f, TO_SERVER);
    w = stream_raw(&r.f, TO_SERVER);
    assert_int_equal(w.fresh, w.bytes.len);
    rig_client(&r, 3, 0, "def");
    w = stream_raw(&r.f, TO_SERVER);
    assert_true(bytes_eq(w.bytes, BYTES_LIT("abcdef")));
    assert_int_equal(w.fresh, 3);
    assert_int_equal(w.offset, 0);
    rig_release(&r);
}

static void stream_raw__window_never_spans_a_gap(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_client(&r, 5, 0, "fgh");
    rig_client(&r, 10, 0, "klm");
    rig_server(&r, 0, 13, "");
    static const struct {
        const char *text;
        uint64_t offset;
    } want[] = {{"abc", 0}, {"fgh", 5}, {"klm", 10}};
    struct stream_raw behind;
    assert_true(stream_raw_piece(&r.f, TO_SERVER, 2, &behind));
    assert_true(bytes_eq(behind.bytes, BYTES_LIT("klm")));
    assert_int_equal(behind.offset, 10);
    assert_false(stream_raw_piece(&r.f, TO_SERVER, 3, &behind));
    for (size_t i = 0; i < 3; i++) {
        struct stream_raw w = stream_raw(&r.f, TO_SERVER);
        assert_true(bytes_eq(w.bytes, bytes_str(want[i].text)));
        assert_int_equal(w.offset, want[i].offset);
        assert_int_equal(w.fresh, 0);
        stream_raw_done(&r.f, TO_SERVER);
    }
    rig_client(&r, 13, 0, "nop");
    rig_server(&r, 0, 16, "");
    struct stream_raw w = stream_raw(&r.f, TO_SERVER);
    assert_true(bytes_eq(w.bytes, BYTES_LIT("klmnop")));
    assert_int_equal(w.fresh, 3);
    rig_release(&r);
}

static void stream_raw__what_is_missing_makes_it_due_too(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_client(&r, 3000, 0, "def");
    assert_true(stream_raw_waits(&r.f, TO_SERVER));
    assert_false(stream_raw_is_due(&r.f, TO_SERVER));
    rig_server(&r, 0, 3003, "");
    assert_true(stream_raw_is_due(&r.f, TO_SERVER));
    rig_release(&r);
}

/* A stream may be longer than its numbers: four gaps of a gigabyte and a bit lead beyond 2^32. */
static void stream_packet__without_a_depth_a_stream_has_no_end(void **state)
{
    (void)state;
    enum { LEAP = (1 << 30) + 999 };
    struct rig r;
    rig_init(&r, (struct stream_options){.depth_bytes = UINT32_MAX, .midstream = true});
    for (uint32_t i = 0; i < 6; i++) {
        rig_client(&r, i * LEAP, 0, "x");
        rig_server(&r, 0, i * LEAP + 1, "");
    }
    assert_got(&r, TO_SERVER, "xxxxxx");
    assert_int_equal(r.got[TO_SERVER].gaps, 5);
    assert_true(r.got[TO_SERVER].gap_bytes == UINT64_C(5) * (LEAP - 1));
    rig_release(&r);
}

static void assert_raw_text(const struct rig *r, const char *want)
{
    uint8_t text[64];
    assert_true(stream_raw_has_gaps(&r->f, TO_SERVER));
    assert_int_equal(stream_raw_text(&r->f, TO_SERVER, text, sizeof text), strlen(want));
    assert_memory_equal(text, want, strlen(want));
}

static void stream_raw_text__tells_what_is_missing(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 4, 0, "GOODDATA");
    rig_server(&r, 0, 12, "");
    assert_raw_text(&r, "[4 bytes missing]GOODDATA");
    rig_release(&r);

    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "VERY");
    rig_server(&r, 0, 4, "");
    assert_false(stream_raw_has_gaps(&r.f, TO_SERVER));
    rig_client(&r, 8, 0, "DATA");
    rig_server(&r, 0, 12, "");
    assert_raw_text(&r, "VERY[4 bytes missing]DATA");
    stream_raw_done(&r.f, TO_SERVER);
    assert_raw_text(&r, "VERY[4 bytes missing]DATA");
    uint8_t text[6];
    assert_int_equal(stream_raw_text(&r.f, TO_SERVER, text, sizeof text), sizeof text);
    assert_memory_equal(text, "VERY[4", sizeof text);
    rig_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_packet__in_order_data_waits_for_its_ack),
        cmocka_unit_test(stream_packet__inline_mode_hands_on_at_once),
        cmocka_unit_test(stream_packet__late_segment_fills_gap),
        cmocka_unit_test(stream_packet__first_copy_stays_and_difference_is_told),
        cmocka_unit_test(stream_packet__acknowledged_but_unseen_bytes_are_a_gap),
        cmocka_unit_test(stream_packet__a_gap_before_the_fin_alone_is_no_event),
        cmocka_unit_test(stream_packet__ack_that_overtakes_its_data_is_no_gap),
        cmocka_unit_test(stream_packet__sequence_numbers_wrap),
        cmocka_unit_test(stream_packet__depth_ends_delivery_but_not_counting),
        cmocka_unit_test(stream_packet__depth_may_be_reached_by_waiting_bytes),
        cmocka_unit_test(stream_no_depth__takes_a_segment_from_before_the_first_byte),
        cmocka_unit_test(stream_packet__spent_budget_drops_and_counts),
        cmocka_unit_test(stream_packet__bytes_of_one_stream_that_wait_are_limited),
        cmocka_unit_test(stream_packet__spent_session_memory_leaves_the_flow_alone),
        cmocka_unit_test(stream_packet__a_session_given_back_makes_room_for_another),
        cmocka_unit_test(stream_flush__hands_on_what_nobody_acknowledged),
        cmocka_unit_test(stream_packet__without_a_depth_a_stream_has_no_end),
        cmocka_unit_test(stream_raw_text__tells_what_is_missing),
        cmocka_unit_test(stream_raw__window_keeps_overlap_and_tells_fresh_bytes),
        cmocka_unit_test(stream_raw__window_never_spans_a_gap),
        cmocka_unit_test(stream_raw__what_is_missing_makes_it_due_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
