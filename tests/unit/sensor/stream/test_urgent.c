/* tests/unit/sensor/stream/test_urgent.c - the byte an urgent pointer points at, by policy. */
#include "tests/unit/sensor/stream/rig.h"

/* From the client, with its urgent pointer. */
static void send_urgent(struct rig *r, uint32_t at, uint16_t pointer, const char *text)
{
    r->urgent = pointer;
    rig_send(r, TO_SERVER, TCP_ACK | TCP_URG, CLIENT_ISN + 1 + at, SERVER_ISN + 1, text);
    r->urgent = 0;
}

static const struct stream_summary *summary(const struct rig *r)
{
    return stream_summary(&r->f);
}

static void urgent_oob__the_byte_before_the_pointer_is_left_out(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "GET /e");
    send_urgent(&r, 6, 1, "X");
    rig_client(&r, 7, 0, "vil");
    rig_server(&r, 0, 10, "");
    assert_got(&r, TO_SERVER, "GET /evil");
    assert_int_equal(r.got[TO_SERVER].gaps, 0);
    assert_int_equal(summary(&r)->gap_bytes[TO_SERVER], 0);
    assert_int_equal(summary(&r)->urgent_bytes[TO_SERVER], 1);
    assert_int_equal(stream_counters(r.e)->urgent, 1);
    assert_int_equal(stream_counters(r.e)->urgent_oob, 1);
    rig_release(&r);
}

static void urgent_oob__within_a_segment_and_in_any_order(void **state)
{
    (void)state;
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct rig r;
        rig_open(&r, (struct stream_options){0});
        for (int k = 0; k < 3; k++)
            if (orders[i][k] == 0)
                rig_client(&r, 0, 0, "abc");
            else if (orders[i][k] == 1)
                send_urgent(&r, 3, 2, "dXef");
            else
                rig_client(&r, 7, 0, "gh");
        rig_server(&r, 0, 9, "");
        assert_got(&r, TO_SERVER, "abcdefgh");
        assert_int_equal(r.got[TO_SERVER].gaps, 0);
        rig_release(&r);
    }
}

static void urgent_oob__several_and_their_retransmissions_count_once(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    send_urgent(&r, 0, 2, "aX");
    send_urgent(&r, 0, 2, "aX");
    send_urgent(&r, 2, 1, "Y");
    rig_client(&r, 3, 0, "b");
    rig_server(&r, 0, 4, "");
    send_urgent(&r, 0, 2, "aX");
    rig_client(&r, 4, 0, "c");
    rig_server(&r, 0, 5, "");
    assert_got(&r, TO_SERVER, "abc");
    assert_int_equal(summary(&r)->urgent_bytes[TO_SERVER], 2);
    rig_release(&r);
}

/* The byte came as any other at first: what the header says later holds, as the host reads it. */
static void urgent_oob__a_plain_copy_does_not_bring_the_byte_back(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 1, 0, "Xb");
    send_urgent(&r, 1, 1, "X");
    rig_client(&r, 0, 0, "a");
    rig_server(&r, 0, 3, "");
    assert_got(&r, TO_SERVER, "ab");
    rig_release(&r);
}

static void urgent_oob__a_byte_read_before_stays(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "abc");
    rig_server(&r, 0, 3, "");
    send_urgent(&r, 1, 1, "b");
    rig_client(&r, 3, 0, "d");
    rig_server(&r, 0, 4, "");
    assert_got(&r, TO_SERVER, "abcd");
    assert_int_equal(summary(&r)->urgent_bytes[TO_SERVER], 0);
    rig_release(&r);
}

static void urgent_oob__a_pointer_beyond_the_segment_takes_nothing_of_it(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    send_urgent(&r, 0, 4, "abc");
    rig_server(&r, 0, 3, "");
    assert_got(&r, TO_SERVER, "abc");
    rig_release(&r);
}

static void urgent_oob__pointer_zero_is_the_first_byte_to_linux_only(void **state)
{
    (void)state;
    struct err err;
    static const struct {
        const char *policy, *got;
    } cases[] = {{"linux", "bc"}, {"windows", "abc"}};
    for (size_t i = 0; i < 2; i++) {
        struct host_policies *hosts = host_policies_new();
        assert_int_equal(
            host_policies_add(hosts, bytes_str(cases[i].policy), BYTES_LIT("192.0.2.2"), &err), 0);
        struct rig r;
        rig_open(&r, (struct stream_options){.host_policies = hosts});
        addr_parse(BYTES_LIT("192.0.2.2"), &r.f.tuple.addr[TO_CLIENT]);
        send_urgent(&r, 0, 0, "abc");
        rig_server(&r, 0, 3, "");
        assert_got(&r, TO_SERVER, cases[i].got);
        rig_release(&r);
        host_policies_free(hosts);
    }
}

static void urgent_oob__inline_mode_and_the_end_of_the_stream_step_over_it_too(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.inline_mode = true});
    send_urgent(&r, 0, 2, "aXb");
    assert_got(&r, TO_SERVER, "ab");
    rig_release(&r);

    rig_open(&r, (struct stream_options){0});
    send_urgent(&r, 0, 2, "aXb");
    stream_flush(r.e, &r.f, TO_SERVER);
    stream_flush(r.e, &r.f, TO_CLIENT);
    assert_got(&r, TO_SERVER, "ab");
    assert_int_equal(r.got[TO_SERVER].gaps, 0);
    rig_release(&r);

    rig_open(&r, (struct stream_options){0});
    send_urgent(&r, 0, 2, "aXb");
    rig_send(&r, TO_SERVER, TCP_RST, CLIENT_ISN + 4, 0, "");
    assert_got(&r, TO_SERVER, "ab");
    rig_release(&r);
}

static void urgent_oob__the_last_byte_before_a_fin_ends_the_stream(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    r.urgent = 3;
    rig_send(&r, TO_SERVER, TCP_ACK | TCP_URG | TCP_FIN, CLIENT_ISN + 1, SERVER_ISN + 1, "abX");
    rig_server(&r, 0, 4, "");
    assert_got(&r, TO_SERVER, "ab");
    assert_int_equal(r.got[TO_SERVER].eofs, 1);
    assert_int_equal(r.got[TO_SERVER].gaps, 0);
    rig_release(&r);
}

static void urgent_oob__raw_windows_do_not_break_there(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    send_urgent(&r, 0, 3, "evXil");
    rig_server(&r, 0, 5, "");
    struct stream_raw raw = stream_raw(&r.f, TO_SERVER);
    assert_int_equal(raw.offset, 0);
    assert_int_equal(raw.bytes.len, 4);
    assert_memory_equal(raw.bytes.p, "evil", 4);
    rig_release(&r);
}

static void urgent_inline__every_byte_counts(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.urgent = URGENT_INLINE});
    send_urgent(&r, 0, 2, "aXb");
    rig_server(&r, 0, 3, "");
    assert_got(&r, TO_SERVER, "aXb");
    assert_int_equal(stream_counters(r.e)->urgent, 1);
    assert_int_equal(stream_counters(r.e)->urgent_oob, 0);
    rig_release(&r);
}

static void urgent_gap__the_byte_is_missing(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.urgent = URGENT_GAP});
    send_urgent(&r, 0, 2, "aXb");
    rig_server(&r, 0, 3, "");
    assert_got(&r, TO_SERVER, "ab");
    assert_int_equal(r.got[TO_SERVER].gaps, 1);
    assert_int_equal(r.got[TO_SERVER].gap_bytes, 1);
    assert_int_equal(summary(&r)->gap_bytes[TO_SERVER], 1);
    rig_release(&r);
}

static void urgent_drop__the_packet_changes_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){.urgent = URGENT_DROP, .inline_mode = true});
    send_urgent(&r, 0, 1, "X");
    assert_true(r.p.flags & PACKET_URGENT_DROP);
    rig_client(&r, 0, 0, "abc");
    assert_got(&r, TO_SERVER, "abc");
    assert_no_events(&r);
    rig_release(&r);
}

/* 65535 bytes one at a time, then one more. */
static void exhaust(struct rig *r, enum urgent_policy beyond)
{
    rig_open(r, (struct stream_options){.urgent_beyond = beyond, .inline_mode = true});
    for (uint32_t at = 0; at < UINT16_MAX; at++) {
        send_urgent(r, at, 1, "X");
        if (at % 1024 == 0)
            rig_server(r, 0, at, "");
    }
    assert_no_events(r);
    rig_server(r, 0, UINT16_MAX, "");
    send_urgent(r, UINT16_MAX, 1, "Y");
    assert_event(r, STREAM_REASSEMBLY_URGENT_OOB_LIMIT_REACHED);
}

static void urgent_oob__beyond_its_limit_another_policy_holds(void **state)
{
    (void)state;
    struct rig r;
    exhaust(&r, URGENT_OOB);
    assert_int_equal(r.got[TO_SERVER].len, 0);
    assert_int_equal(summary(&r)->urgent_bytes[TO_SERVER], UINT16_MAX + 1);
    rig_release(&r);
    exhaust(&r, URGENT_INLINE);
    assert_got(&r, TO_SERVER, "Y");
    rig_release(&r);
    exhaust(&r, URGENT_GAP);
    assert_int_equal(r.got[TO_SERVER].gap_bytes, 1);
    rig_release(&r);
    exhaust(&r, URGENT_DROP);
    assert_true(r.p.flags & PACKET_URGENT_DROP);
    assert_int_equal(r.got[TO_SERVER].len, 0);
    rig_release(&r);
}

/* ---- random cuts and orders ---- */
enum { BYTES = 4000, PIECES_MAX = 4000, EACH = 7 };

static bool is_urgent(unsigned at)
{
    return at % 97 % EACH == 3;
}

static uint32_t below(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % n;
}

/* Pieces as senders make them: an urgent byte is the last of its own. */
static unsigned cut(uint32_t *seed, uint16_t begins[PIECES_MAX + 1])
{
    unsigned count = 0;
    begins[0] = 0;
    for (unsigned at = 0; at < BYTES; at++)
        if (is_urgent(at) || below(seed, 20) == 0)
            begins[++count] = (uint16_t)(at + 1);
    if (begins[count] != BYTES)
        begins[++count] = BYTES;
    return count;
}

/* Neighbours change places, some pieces come twice, the receiver acknowledges what it has. */
static void send_shuffled(struct rig *r, uint32_t *seed, const uint8_t *text)
{
    static uint16_t begins[PIECES_MAX + 1], order[PIECES_MAX];
    unsigned count = cut(seed, begins);
    for (unsigned i = 0; i < count; i++)
        order[i] = (uint16_t)i;
    for (unsigned i = 0; i + 6 < count; i++) {
        unsigned j = i + below(seed, 6);
        uint16_t first = order[i];
        order[i] = order[j];
        order[j] = first;
    }
    static bool came[PIECES_MAX];
    memset(came, 0, sizeof came);
    unsigned whole = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned piece = below(seed, 8) == 0 && i > 0 ? order[below(seed, i)] : order[i];
        i -= piece != order[i];
        uint32_t at = begins[piece], len = begins[piece + 1] - at;
        bool urgent = is_urgent(at + len - 1);
        r->urgent = urgent ? (uint16_t)len : 0;
        rig_send_bytes(r, TO_SERVER, urgent ? TCP_ACK | TCP_URG : TCP_ACK, CLIENT_ISN + 1 + at,
                       SERVER_ISN + 1, bytes_of(text + at, len));
        came[piece] = true;
        while (whole < count && came[whole])
            whole++;
        if (below(seed, 3) == 0)
            rig_server(r, 0, begins[whole], "");
    }
    rig_server(r, 0, BYTES, "");
}

static void urgent_oob__any_order_gives_the_same_bytes(void **state)
{
    (void)state;
    uint8_t text[BYTES], want[BYTES];
    size_t len = 0;
    for (unsigned at = 0; at < BYTES; at++) {
        text[at] = (uint8_t)(at * 31 >> 3);
        if (!is_urgent(at))
            want[len++] = text[at];
    }
    for (uint32_t seed = 1; seed <= 200; seed++) {
        uint32_t random = seed;
        struct rig r;
        rig_open(&r, (struct stream_options){.inline_mode = seed % 2});
        send_shuffled(&r, &random, text);
        assert_int_equal(r.got[TO_SERVER].len, len);
        assert_memory_equal(r.got[TO_SERVER].bytes, want, len);
        assert_int_equal(r.got[TO_SERVER].gaps, 0);
        assert_int_equal(summary(&r)->urgent_bytes[TO_SERVER], BYTES - len);
        rig_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urgent_oob__the_byte_before_the_pointer_is_left_out),
        cmocka_unit_test(urgent_oob__within_a_segment_and_in_any_order),
        cmocka_unit_test(urgent_oob__several_and_their_retransmissions_count_once),
        cmocka_unit_test(urgent_oob__a_plain_copy_does_not_bring_the_byte_back),
        cmocka_unit_test(urgent_oob__a_byte_read_before_stays),
        cmocka_unit_test(urgent_oob__a_pointer_beyond_the_segment_takes_nothing_of_it),
        cmocka_unit_test(urgent_oob__pointer_zero_is_the_first_byte_to_linux_only),
        cmocka_unit_test(urgent_oob__inline_mode_and_the_end_of_the_stream_step_over_it_too),
        cmocka_unit_test(urgent_oob__the_last_byte_before_a_fin_ends_the_stream),
        cmocka_unit_test(urgent_oob__raw_windows_do_not_break_there),
        cmocka_unit_test(urgent_oob__any_order_gives_the_same_bytes),
        cmocka_unit_test(urgent_inline__every_byte_counts),
        cmocka_unit_test(urgent_gap__the_byte_is_missing),
        cmocka_unit_test(urgent_drop__the_packet_changes_nothing),
        cmocka_unit_test(urgent_oob__beyond_its_limit_another_policy_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
