/* tests/unit/sensor/decode/test_ip.c - IPv4 and IPv6 headers, options, extension headers. */
#include "tests/unit/sensor/decode/build.h"

static struct built hello(void)
{
    return udp(53, 5353, text("hello"));
}

static void decode_ipv4__reads_the_header(void **state)
{
    (void)state;
    struct packet *p = decode_ip(ipv4_with(17, 0x4000, hex(""), hello()));
    assert_int_equal(p->ip_version, 4);
    assert_int_equal(p->ttl, 64);
    assert_int_equal(p->proto, 17);
    assert_int_equal(p->ip_id, 0x1234);
    assert_true(p->dont_fragment);
    assert_false(p->more_fragments);
    assert_int_equal(p->ip_hdr_len, 20);
    assert_address(p->src, "192.0.2.1");
    assert_address(p->dst, "198.51.100.2");
    assert_int_equal(p->l4.len, 13);
    assert_int_equal(p->flags, 0);
}

static void decode_ipv4__broken_headers_are_invalid_and_have_no_ip(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *event;
    } cases[] = {
        {"45 00 00", "decoder.ipv4.pkt_too_small"},
        {"65 00 00 14 0000 0000 4011 0000 c0000201 c6336402", "decoder.ipv4.wrong_ip_version"},
        {"44 00 00 14 0000 0000 4011 0000 c0000201 c6336402", "decoder.ipv4.hlen_too_small"},
        {"45 00 00 13 0000 0000 4011 0000 c0000201 c6336402",
         "decoder.ipv4.iplen_smaller_than_hlen"},
        {"45 00 00 15 0000 0000 4011 0000 c0000201 c6336402", "decoder.ipv4.trunc_pkt"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct packet *p = &decode_alone(228, hex(cases[i].bytes))->p[0];
        assert_raised(p, cases[i].event);
        assert_int_equal(p->flags & PACKET_INVALID, PACKET_INVALID);
        assert_int_equal(p->ip_version, 0);
    }
}

static void decode_ipv4__checksum_is_checked(void **state)
{
    (void)state;
    struct built b = ipv4(17, hello());
    b.b[8] = 63;
    assert_int_equal(decode_ip(b)->flags, PACKET_BAD_IP_CSUM);
}

static void decode_ipv4__option_faults_are_told_and_do_not_stop_decoding(void **state)
{
    (void)state;
    static const struct {
        const char *options, *event;
    } cases[] = {
        {"94 04 00 00", "decoder.ipv4.opt_pad_required"},
        {"94 05 00 00 00 00 00 00", "decoder.ipv4.opt_invalid_len"},
        {"82 02 00 00 00 00 00 00", "decoder.ipv4.opt_invalid_len"},
        {"44 04 05 00 00 00 00 00", "decoder.ipv4.opt_invalid_len"},
        {"01 01 01 01 01 01 01 94", "decoder.ipv4.opt_eol_required"},
        {"07 07 03 00 00 00 00 00", "decoder.ipv4.opt_malformed"},
        {"94 04 00 00 94 04 00 00", "decoder.ipv4.opt_duplicate"},
        {"44 08 06 00 00 00 00 00", "decoder.ipv4.opt_malformed"},
        {"86 0a 00 00 00 01 01 06 00 00 00 00 00 00 00 00", "decoder.ipv4.opt_malformed"},
        {"f1 04 00 00 00 00 00 00", "decoder.ipv4.opt_invalid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct packet *p = decode_ip(ipv4_with(17, 0, hex(cases[i].options), hello()));
        assert_raised(p, cases[i].event);
        assert_bytes(p->payload, "hello");
    }
}

static void decode_ipv4__option_beyond_the_header_makes_the_packet_invalid(void **state)
{
    (void)state;
    struct packet *p = decode_ip(ipv4_with(17, 0, hex("07 40 04 00 00 00 00 00"), hello()));
    assert_raised(p, "decoder.ipv4.opt_invalid_len");
    assert_int_equal(p->flags & PACKET_INVALID, PACKET_INVALID);
    assert_int_equal(p->ip_version, 0);
    assert_int_equal(p->payload.len, 0);
}

static void decode_ipv4__sound_options_raise_nothing(void **state)
{
    (void)state;
    static const char *const sound[] = {"94 04 00 00 01 01 01 00", "07 07 04 00 00 00 00 00",
                                        "44 08 05 00 00 00 00 00",
                                        "86 0a 00 00 00 01 01 04 00 00 00 00 00 00 00 00",
                                        "82 0b 00 00 00 00 00 00 00 00 00 00 00 00 00 00"};
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++)
        assert_int_equal(decode_ip(ipv4_with(17, 0, hex(sound[i]), hello()))->event_count, 0);
}

static void decode_ipv4__each_broken_option_is_an_event_of_its_own(void **state)
{
    (void)state;
    struct packet *p = decode_ip(ipv4_with(17, 0, hex("82 02 f1 35 00 00 00 00"), hello()));
    assert_int_equal(p->event_count, 2);
    assert_int_equal(p->events[0], EVENT_IPV4_OPT_INVALID_LEN);
    assert_int_equal(p->events[1], EVENT_IPV4_OPT_INVALID_LEN);
}

static void decode_ipv6__reads_the_header(void **state)
{
    (void)state;
    struct built b = ipv6(17, hello());
    b.b[0] = 0x6a;
    b.b[1] = 0xb0;
    struct packet *p = decode_ip(b);
    assert_int_equal(p->ip_version, 6);
    assert_int_equal(p->tos, 0xab);
    assert_int_equal(p->ttl, 64);
    assert_int_equal(p->proto, 17);
    assert_int_equal(p->ip_hdr_len, 40);
    assert_address(p->src, "2001:db8::1");
    assert_address(p->dst, "2001:db8::2");
    assert_bytes(p->payload, "hello");
}

static void decode_ipv6__broken_headers_are_invalid(void **state)
{
    (void)state;
    assert_raised(&decode_alone(229, cut(ipv6(17, hello()), 39))->p[0],
                  "decoder.ipv6.pkt_too_small");
    assert_raised(&decode_alone(229, cut(ipv6(17, hello()), 52))->p[0], "decoder.ipv6.trunc_pkt");
    struct built b = ipv6(17, hello());
    b.b[0] = 0x40;
    assert_raised(&decode_alone(229, b)->p[0], "decoder.ipv6.wrong_ip_version");
}

static void decode_ipv6__extension_headers_are_passed(void **state)
{
    (void)state;
    struct built chain = hex("3c 00 05 02 00 00 00 00"             /* hop by hop: router alert */
                             "2b 00 c2 04 00 00 00 00"             /* destination: jumbo */
                             "33 00 02 00 00 00 00 00"             /* routing */
                             "3c 01 00 00 00 00 00 00 00 00 00 00" /* authentication */
                             "11 00 c2 04 00 00 00 00");           /* destination again */
    struct packet *p = decode_ip(ipv6(0, join(chain, hello())));
    assert_int_equal(p->proto, 17);
    assert_int_equal(p->ip_hdr_len, 40 + 44);
    assert_bytes(p->payload, "hello");
    assert_int_equal(p->event_count, 0);
}

static void decode_ipv6__odd_extension_headers_are_told(void **state)
{
    (void)state;
    static const struct {
        unsigned first;
        const char *bytes, *event;
    } cases[] = {
        {0, "11 00 01 00 00 00 00 00", "decoder.ipv6.zero_len_padn"},
        {0, "11 00 01 04 00 00 00 00", "decoder.ipv6.hopopts_only_padding"},
        {60, "11 00 00 00 00 00 00 00", "decoder.ipv6.dstopts_only_padding"},
        {0, "11 00 3e 04 00 00 00 00", "decoder.ipv6.hopopts_unknown_opt"},
        {60, "11 00 3e 04 00 00 00 00", "decoder.ipv6.dstopts_unknown_opt"},
        {0, "11 00 05 01 00 00 00 00", "decoder.ipv6.exthdr_invalid_optlen"},
        {0, "11 00 05 40 00 00 00 00", "decoder.ipv6.exthdr_invalid_optlen"},
        {43, "11 00 00 00 00 00 00 00", "decoder.ipv6.rh_type_0"},
        {43, "2b 00 02 00 00 00 00 00 11 00 02 00 00 00 00 00", "decoder.ipv6.exthdr_dupl_rh"},
        {0, "00 00 05 02 00 00 01 00 11 00 05 02 00 00 01 00", "decoder.ipv6.exthdr_dupl_hh"},
        {51, "11 01 00 01 00 00 00 00 00 00 00 00", "decoder.ipv6.exthdr_ah_res_not_null"},
        {51, "33 01 00 00 00000000 00000000 11 01 00 00 00000000 00000000",
         "decoder.ipv6.exthdr_dupl_ah"},
        {44, "11 00 00 00 00 00 00 01", "decoder.ipv6.exthdr_useless_fh"},
        {44, "11 07 00 01 00 00 00 01", "decoder.ipv6.fh_non_zero_reserved_field"},
        {44, "2c 00 00 00 00 00 00 01 11 00 00 00 00 00 00 01", "decoder.ipv6.exthdr_dupl_fh"},
        {59, "00", "decoder.ipv6.data_after_none_header"},
        {200, "00", "decoder.ipv6.unknown_next_header"},
        {0, "11 01 c2 04 00000000 01 06 000000000000", "decoder.ipv6.hopopts_only_padding"},
        {1, "08 00 00 00 00 00 00 00", "decoder.ipv6.icmpv4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_raised(decode_ip(ipv6(cases[i].first, join(hex(cases[i].bytes), hello()))),
                      cases[i].event);
}

static void decode_ipv6__cut_extension_headers_end_the_packet(void **state)
{
    (void)state;
    static const char *const cut_short[] = {"11 00 01", "11 09 01 04 00 00 00 00", ""};
    for (size_t i = 0; i < 3; i++) {
        struct packet *p = decode_ip(ipv6(i == 2 ? 0 : 60, hex(cut_short[i])));
        assert_raised(p, "decoder.ipv6.trunc_exthdr");
        assert_int_equal(p->payload.len, 0);
    }
    assert_raised(decode_ip(ipv6(44, hex("06 00 00 00 00 00 00 01"))), "decoder.ipv6.trunc_exthdr");
}

static void decode_ipv6__atomic_fragment_is_read_on(void **state)
{
    (void)state;
    struct seen *s =
        decode_alone(LINK_RAW, ipv6(44, join(hex("11 00 00 00 00 00 00 01"), hello())));
    assert_int_equal(s->count, 1);
    assert_bytes(s->p[0].payload, "hello");
    assert_int_equal(s->p[0].flags & PACKET_FRAGMENT, 0);
}

static void decode_ipv6__a_chain_beyond_64k_ends(void **state)
{
    (void)state;
    static uint8_t frame[40 + 65535];
    struct built first = ipv6(60, hex(""));
    memcpy(frame, first.b, 40);
    frame[4] = frame[5] = 0xff;
    for (size_t at = 40; at + 8 <= sizeof frame; at += 8)
        frame[at] = 60;
    struct frame f = {.number = 1,
                      .linktype = LINK_RAW,
                      .wire_len = sizeof frame,
                      .data = bytes_of(frame, sizeof frame)};
    struct decoder_options o = {.checksums = CHECKSUM_ALL};
    struct decoder *d = decoder_new(&o);
    struct seen s = {.count = 0};
    decode_frame(d, &f, see, &s);
    assert_int_equal(s.count, 1);
    assert_raised(&s.p[0], "decoder.ipv6.exthdr_dupl_dh");
    assert_int_equal(s.p[0].event_count, PACKET_EVENTS_MAX);
    assert_int_equal(s.p[0].payload.len, 0);
    seen_release(&s);
    decoder_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_ipv4__reads_the_header),
        cmocka_unit_test(decode_ipv4__broken_headers_are_invalid_and_have_no_ip),
        cmocka_unit_test(decode_ipv4__checksum_is_checked),
        cmocka_unit_test(decode_ipv4__option_faults_are_told_and_do_not_stop_decoding),
        cmocka_unit_test(decode_ipv4__option_beyond_the_header_makes_the_packet_invalid),
        cmocka_unit_test(decode_ipv4__sound_options_raise_nothing),
        cmocka_unit_test(decode_ipv4__each_broken_option_is_an_event_of_its_own),
        cmocka_unit_test(decode_ipv6__reads_the_header),
        cmocka_unit_test(decode_ipv6__broken_headers_are_invalid),
        cmocka_unit_test(decode_ipv6__extension_headers_are_passed),
        cmocka_unit_test(decode_ipv6__odd_extension_headers_are_told),
        cmocka_unit_test(decode_ipv6__cut_extension_headers_end_the_packet),
        cmocka_unit_test(decode_ipv6__atomic_fragment_is_read_on),
        cmocka_unit_test(decode_ipv6__a_chain_beyond_64k_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
