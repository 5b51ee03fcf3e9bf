/* tests/unit/sensor/decode/test_defrag.c - fragments back into datagrams. */
#include "tests/unit/sensor/decode/build.h"

#define SECOND 1000000u

struct bench {
    struct decoder *d;
    struct seen s;
};

static void start(struct bench *b, size_t cap_bytes)
{
    struct decoder_options o = {.checksums = CHECKSUM_ALL, .defrag_cap_bytes = cap_bytes};
    *b = (struct bench){.d = decoder_new(&o)};
}

static void stop(struct bench *b)
{
    seen_release(&b->s);
    decoder_free(b->d);
}

static struct built slice(struct built whole, size_t from, size_t len)
{
    struct built out = {.len = 0};
    put(&out, whole.b + from, whole.len - from < len ? whole.len - from : len);
    return out;
}

/* A piece of an IPv4 payload as a fragment. */
static struct built piece4(struct built whole, size_t from, size_t len)
{
    bool more = from + len < whole.len;
    return ipv4_with(17, (unsigned)(from / 8) | (more ? 0x2000u : 0), hex(""),
                     slice(whole, from, len));
}

static struct built piece6(struct built whole, size_t from, size_t len)
{
    bool more = from + len < whole.len;
    struct built header = hex("11 00");
    put_u16(&header, (unsigned)from | more);
    header = join(header, hex("00 00 00 2a"));
    return ipv6(44, join(header, slice(whole, from, len)));
}

static struct built datagram(void)
{
    struct built data = {.len = 0};
    for (unsigned i = 0; i < 45; i++)
        put_u16(&data, i);
    return udp(53, 5353, data); /* 98 bytes */
}

static void assert_whole(const struct bench *b)
{
    struct built want = datagram();
    const struct packet *p = &b->s.p[1];
    assert_int_equal(b->s.count, 2);
    assert_int_equal(p->flags, PACKET_REASSEMBLED);
    assert_int_equal(p->recursion, 0);
    assert_int_equal(p->dport, 5353);
    assert_true(bytes_eq(p->l4, view(&want)));
    assert_int_equal(p->event_count, 0);
}

static void defrag__ipv4_pieces_in_any_order_make_the_datagram(void **state)
{
    (void)state;
    static const size_t orders[][3] = {{0, 40, 80}, {80, 40, 0}, {40, 0, 80}, {80, 0, 40}};
    for (size_t i = 0; i < 4; i++) {
        struct bench b;
        start(&b, 0);
        for (size_t k = 0; k < 3; k++) {
            decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), orders[i][k], 40));
            assert_int_equal(b.s.p[0].flags, PACKET_FRAGMENT);
            assert_int_equal(b.s.p[0].payload.len, 0);
            assert_int_equal(b.s.count, k == 2 ? 2 : 1);
        }
        assert_whole(&b);
        assert_int_equal(b.s.p[1].linktype, LINK_RAW);
        assert_int_equal(decode_counters(b.d)->defrag_ipv4.fragments, 3);
        assert_int_equal(decode_counters(b.d)->defrag_ipv4.reassembled, 1);
        stop(&b);
    }
}

static void defrag__ipv6_header_names_the_payload_again(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 0);
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece6(datagram(), 64, 64));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece6(datagram(), 0, 64));
    assert_whole(&b);
    assert_int_equal(b.s.p[1].raw.p[6], 17);
    assert_int_equal(b.s.p[1].raw.len, 40 + 98);
    assert_int_equal(b.s.p[1].linktype, LINK_RAW);
    stop(&b);
}

static void defrag__first_copy_wins_and_overlap_is_told(void **state)
{
    (void)state;
    struct bench b;
    struct built other = datagram();
    memset(other.b + 8, 'x', other.len - 8);
    start(&b, 0);
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), 0, 48));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(other, 40, 8));
    assert_raised(&b.s.p[0], "decoder.ipv4.frag_overlap");
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), 48, 50));
    assert_whole(&b);
    stop(&b);
}

static void defrag__a_second_end_does_not_change_the_length(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 0);
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), 80, 40));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(slice(datagram(), 0, 64), 40, 24));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), 0, 40));
    assert_int_equal(b.s.count, 1);
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), 40, 40));
    assert_whole(&b);
    stop(&b);
}

static void defrag__odd_length_before_the_end_is_cut_for_ipv4(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 0);
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), 0, 45)); /* 40 of them count */
    assert_int_equal(b.s.p[0].event_count, 0);
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), 48, 50));
    assert_int_equal(b.s.count, 1);
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), 40, 8));
    assert_whole(&b);
    stop(&b);
}

static void defrag__datagrams_of_other_hosts_ids_and_tags_do_not_mix(void **state)
{
    (void)state;
    struct bench b;
    struct built first = piece4(datagram(), 0, 48), second = piece4(datagram(), 48, 50);
    start(&b, 0);
    decode_at(b.d, &b.s, SECOND, LINK_ETHERNET, ethernet(0x0800, first));
    second.b[15] ^= 1; /* another source */
    decode_at(b.d, &b.s, SECOND, LINK_ETHERNET, ethernet(0x0800, second));
    assert_int_equal(b.s.count, 1);
    second.b[15] ^= 1;
    second.b[5] ^= 1; /* another id */
    decode_at(b.d, &b.s, SECOND, LINK_ETHERNET, ethernet(0x0800, second));
    assert_int_equal(b.s.count, 1);
    second.b[5] ^= 1;
    decode_at(b.d, &b.s, SECOND, LINK_ETHERNET, ethernet(0x8100, join(hex("00 05 08 00"), second)));
    assert_int_equal(b.s.count, 1);
    decode_at(b.d, &b.s, SECOND, LINK_ETHERNET, ethernet(0x0800, second));
    assert_whole(&b);
    assert_true(b.s.p[1].has_mac);
    stop(&b);
}

/* As one frame would have been: its bytes count the same and can be shown as a packet. */
static void defrag__link_headers_of_the_first_fragment_stand_before_the_datagram(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 0);
    struct built tag = hex("00 05 08 00");
    struct built last = ethernet(0x8100, join(tag, piece4(datagram(), 48, 50)));
    last.b[5] = 9; /* from another router */
    decode_at(b.d, &b.s, SECOND, LINK_ETHERNET, last);
    struct built first = ethernet(0x8100, join(tag, piece4(datagram(), 0, 48)));
    decode_at(b.d, &b.s, SECOND, LINK_ETHERNET, first);
    assert_whole(&b);
    const struct packet *p = &b.s.p[1];
    struct built datagram_ = datagram();
    struct built whole = ethernet(0x8100, join(tag, ipv4(17, datagram_)));
    assert_int_equal(p->linktype, LINK_ETHERNET);
    assert_true(bytes_eq(p->raw, view(&whole)));
    assert_int_equal(p->ip.p - p->raw.p, 18);
    assert_int_equal(p->vlan[0], 5);
    stop(&b);
}

static void defrag__link_headers_without_room_are_left_out(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 0);
    struct built options = hex("2c 18"); /* destination options of 200 bytes */
    put_u16(&options, 0x01 << 8 | 196);
    for (int i = 0; i < 98; i++)
        put_u16(&options, 0);
    for (int i = 0; i < 2; i++) {
        struct built header = hex("11 00");
        put_u16(&header, i ? 64 : 1);
        struct built part =
            join(join(header, hex("00 00 00 2a")), slice(datagram(), i ? 64u : 0, 64));
        decode_at(
            b.d, &b.s, SECOND, LINK_ETHERNET,
            ethernet(0x8100, join(hex("00 05 81 00 00 06 86 dd"), ipv6(60, join(options, part)))));
    }
    assert_int_equal(b.s.count, 2);
    assert_int_equal(b.s.p[1].linktype, 229);
    assert_ptr_equal(b.s.p[1].ip.p, b.s.p[1].raw.p);
    assert_int_equal(b.s.p[1].dport, 5353);
    stop(&b);
}

static void defrag__a_datagram_is_given_up_after_a_minute_of_packet_time(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 0);
    decode_at(b.d, &b.s, 10 * SECOND, LINK_RAW, piece4(datagram(), 0, 48));
    decode_at(b.d, &b.s, 71 * SECOND, LINK_RAW, piece4(datagram(), 48, 50));
    assert_int_equal(b.s.count, 1);
    assert_int_equal(decode_counters(b.d)->defrag_timeout, 1);
    stop(&b);
}

static void defrag__spent_memory_gives_up_the_oldest(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 16 << 10); /* room for four */
    for (unsigned id = 0; id < 100; id++) {
        struct built f = piece4(datagram(), 0, 48);
        f.b[5] = (uint8_t)id;
        decode_at(b.d, &b.s, SECOND + id, LINK_RAW, f);
    }
    assert_true(decode_counters(b.d)->defrag_memcap >= 90);
    struct built last = piece4(datagram(), 48, 50);
    last.b[5] = 99;
    decode_at(b.d, &b.s, 2 * SECOND, LINK_RAW, last);
    assert_int_equal(b.s.count, 2);
    last.b[5] = 0;
    decode_at(b.d, &b.s, 2 * SECOND, LINK_RAW, last);
    assert_int_equal(b.s.count, 1);
    stop(&b);
}

static void defrag__a_datagram_beyond_the_budget_is_refused(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 4 << 10);
    struct built far = ipv4_with(17, 0x2000 | 4096 / 8, hex(""), text("01234567"));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, far);
    assert_raised(&b.s.p[0], "decoder.ipv4.frag_ignored");
    struct built far6 = ipv6(44, hex("11 00 20 01 00 00 00 2a 0102030405060708"));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, far6);
    assert_raised(&b.s.p[0], "decoder.ipv6.frag_ignored");
    assert_true(decode_counters(b.d)->defrag_memory_bytes <= 4 << 10);
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), 0, 48));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece4(datagram(), 48, 50));
    assert_whole(&b);
    stop(&b);
}

static void defrag__pieces_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 0);
    struct built far = ipv4_with(17, 0x1fff, hex(""), text("0123456789abcdef"));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, far);
    assert_raised(&b.s.p[0], "decoder.ipv4.frag_pkt_too_large");
    struct built odd = ipv6(44, hex("11 00 00 01 00 00 00 2a 01 02 03"));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, odd);
    assert_raised(&b.s.p[0], "decoder.ipv6.frag_invalid_length");
    struct built far6 = ipv6(44, hex("11 00 ff f8 00 00 00 2a 0102030405060708 09"));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, far6);
    assert_raised(&b.s.p[0], "decoder.ipv6.frag_pkt_too_large");
    stop(&b);
}

/* Fragments of a datagram that holds the last fragment of another one: both are put together, and
 * what the first one holds can still be read when the second is there. */
static void defrag__a_datagram_completes_another_inside_it(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 0);
    decode_at(b.d, &b.s, SECOND, LINK_RAW, ipv4(4, piece4(datagram(), 0, 48)));
    assert_int_equal(b.s.count, 2);
    struct built payload = piece4(datagram(), 48, 50);
    struct built first = ipv4_with(4, 0x2000, hex(""), slice(payload, 0, 32)),
                 second = ipv4_with(4, 32 / 8, hex(""), slice(payload, 32, payload.len));
    decode_at(b.d, &b.s, SECOND, LINK_RAW, first);
    assert_int_equal(b.s.count, 1);
    decode_at(b.d, &b.s, SECOND, LINK_RAW, second);
    struct built want = datagram();
    assert_int_equal(b.s.count, 4);
    assert_int_equal(b.s.p[1].flags, PACKET_REASSEMBLED | PACKET_CARRIES);
    assert_int_equal(b.s.p[1].recursion, 0);
    assert_int_equal(b.s.p[2].flags, PACKET_FRAGMENT);
    assert_int_equal(b.s.p[2].recursion, 1);
    assert_true(bytes_eq(b.s.p[2].raw, view(&payload)));
    assert_int_equal(b.s.p[3].flags, PACKET_REASSEMBLED);
    assert_int_equal(b.s.p[3].recursion, 1);
    assert_true(bytes_eq(b.s.p[3].l4, view(&want)));
    assert_int_equal(decode_counters(b.d)->defrag_ipv4.reassembled, 2);
    stop(&b);
}

static void defrag__ipv6_later_fragments_may_name_any_payload(void **state)
{
    (void)state;
    struct bench b;
    start(&b, 0);
    struct built later = piece6(datagram(), 64, 64);
    later.b[40] = 6; /* TCP, says the fragment header */
    decode_at(b.d, &b.s, SECOND, LINK_RAW, later);
    assert_int_equal(b.s.p[0].proto, IPP_FRAGMENT); /* the fragment itself is of none */
    decode_at(b.d, &b.s, SECOND, LINK_RAW, piece6(datagram(), 0, 64));
    assert_whole(&b);
    assert_int_equal(b.s.p[1].proto, 17);
    stop(&b);
}

static void defrag__the_time_a_datagram_waits_can_be_set(void **state)
{
    (void)state;
    struct decoder_options o = {.checksums = CHECKSUM_ALL, .defrag_timeout_s = 5};
    struct bench b = {.d = decoder_new(&o)};
    decode_at(b.d, &b.s, 10 * SECOND, LINK_RAW, piece4(datagram(), 0, 48));
    decode_at(b.d, &b.s, 15 * SECOND, LINK_RAW, piece4(datagram(), 48, 50));
    assert_whole(&b);
    decode_at(b.d, &b.s, 20 * SECOND, LINK_RAW, piece4(datagram(), 0, 48));
    decode_at(b.d, &b.s, 26 * SECOND, LINK_RAW, piece4(datagram(), 48, 50));
    assert_int_equal(b.s.count, 1);
    stop(&b);
}

/* However a datagram is cut, shuffled and repeated, the same bytes come out. */
static void defrag__random_cuts_and_repeats_agree(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    struct built want = datagram();
    for (int round = 0; round < 300; round++) {
        struct bench b;
        start(&b, 0);
        bool done = false;
        for (int tries = 0; tries < 2000 && !done; tries++) {
            seed = seed * 1664525 + 1013904223;
            size_t from = (seed >> 8) % 13 * 8, len = ((seed >> 16) % 5 + 1) * 8;
            struct built f = round & 1 ? piece6(want, from, len) : piece4(want, from, len);
            decode_at(b.d, &b.s, SECOND, LINK_RAW, f);
            done = b.s.count == 2;
        }
        assert_true(done);
        assert_true(bytes_eq(b.s.p[1].l4, view(&want)));
        stop(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defrag__ipv4_pieces_in_any_order_make_the_datagram),
        cmocka_unit_test(defrag__ipv6_header_names_the_payload_again),
        cmocka_unit_test(defrag__first_copy_wins_and_overlap_is_told),
        cmocka_unit_test(defrag__a_second_end_does_not_change_the_length),
        cmocka_unit_test(defrag__odd_length_before_the_end_is_cut_for_ipv4),
        cmocka_unit_test(defrag__datagrams_of_other_hosts_ids_and_tags_do_not_mix),
        cmocka_unit_test(defrag__link_headers_of_the_first_fragment_stand_before_the_datagram),
        cmocka_unit_test(defrag__link_headers_without_room_are_left_out),
        cmocka_unit_test(defrag__a_datagram_is_given_up_after_a_minute_of_packet_time),
        cmocka_unit_test(defrag__spent_memory_gives_up_the_oldest),
        cmocka_unit_test(defrag__a_datagram_beyond_the_budget_is_refused),
        cmocka_unit_test(defrag__pieces_that_cannot_be_are_refused),
        cmocka_unit_test(defrag__a_datagram_completes_another_inside_it),
        cmocka_unit_test(defrag__ipv6_later_fragments_may_name_any_payload),
        cmocka_unit_test(defrag__the_time_a_datagram_waits_can_be_set),
        cmocka_unit_test(defrag__random_cuts_and_repeats_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
