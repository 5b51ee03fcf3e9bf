/* tests/unit/sensor/decode/test_transport.c - TCP, UDP, SCTP, ICMP, ESP and their checksums. */
#include "tests/unit/sensor/decode/build.h"

static void decode_tcp__reads_header_and_payload(void **state)
{
    (void)state;
    struct packet *p = decode_ip(ipv4(6, tcp(TCP_PSH | TCP_ACK, hex(""), text("GET"))));
    assert_int_equal(p->sport, 40000);
    assert_int_equal(p->dport, 80);
    assert_int_equal(p->tcp.seq, 1000);
    assert_int_equal(p->tcp.ack, 2000);
    assert_int_equal(p->tcp.window, 512);
    assert_int_equal(p->tcp.flags, TCP_PSH | TCP_ACK);
    assert_int_equal(p->tcp.hdr_len, 20);
    assert_int_equal(p->tcp.wscale, -1);
    assert_int_equal(p->tcp.mss, 0);
    assert_bytes(p->payload, "GET");
}

static void decode_tcp__reads_options(void **state)
{
    (void)state;
    struct packet *p = decode_ip(
        ipv4(6, tcp(TCP_SYN, hex("02 04 05 b4 04 02 08 0a 00 00 00 07 00 00 00 09 01 03 03 07"),
                    hex(""))));
    assert_int_equal(p->tcp.mss, 1460);
    assert_true(p->tcp.sack_ok);
    assert_true(p->tcp.has_ts);
    assert_int_equal(p->tcp.tsval, 7);
    assert_int_equal(p->tcp.tsecr, 9);
    assert_int_equal(p->tcp.wscale, 7);
    assert_false(p->tcp.has_fastopen);
    assert_int_equal(p->tcp.options.len, 20);
    assert_int_equal(p->event_count, 0);
    p = decode_ip(ipv4(6, tcp(TCP_SYN, hex("22 02 01 01"), hex(""))));
    assert_true(p->tcp.has_fastopen);
    p = decode_ip(ipv4(6, tcp(TCP_SYN, hex("fe 04 f9 89"), hex(""))));
    assert_true(p->tcp.has_fastopen);
}

static void decode_tcp__broken_options_are_told_and_do_not_stop_decoding(void **state)
{
    (void)state;
    static const struct {
        const char *options, *event;
    } cases[] = {
        {"02 03 05 00", "decoder.tcp.opt_invalid_len"},
        {"02 00 00 00", "decoder.tcp.opt_invalid_len"},
        {"02 09 00 00", "decoder.tcp.opt_invalid_len"},
        {"fe 05 f9 89 00 01 01 01", "decoder.tcp.opt_invalid_len"},
        {"03 03 01 03 03 02 01 00", "decoder.tcp.opt_duplicate"},
        {"1d 03 00 00", "decoder.tcp.opt_invalid_len"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct packet *p = decode_ip(ipv4(6, tcp(TCP_SYN, hex(cases[i].options), text("x"))));
        assert_raised(p, cases[i].event);
        assert_int_equal(p->flags & PACKET_INVALID, 0);
        assert_bytes(p->payload, "x");
    }
}

static void decode_tcp__broken_header_length_is_invalid(void **state)
{
    (void)state;
    struct built b = tcp(TCP_SYN, hex(""), hex(""));
    b.b[12] = 0x40;
    assert_raised(decode_ip(ipv4(6, b)), "decoder.tcp.invalid_optlen");
    b.b[12] = 0x60;
    assert_raised(decode_ip(ipv4(6, b)), "decoder.tcp.hlen_too_small");
    struct packet *p = decode_ip(ipv4(6, cut(b, 19)));
    assert_raised(p, "decoder.tcp.pkt_too_small");
    assert_int_equal(p->flags & PACKET_INVALID, PACKET_INVALID);
}

static void decode_udp__length_field_bounds_the_payload(void **state)
{
    (void)state;
    struct built b = udp(1, 2, text("hello"));
    b.b[5] = 10;
    struct packet *p = decode_ip(ipv4(17, b));
    assert_bytes(p->payload, "he");
    assert_int_equal(p->event_count, 0);
    b.b[5] = 14;
    assert_raised(decode_ip(ipv4(17, b)), "decoder.udp.pkt_too_small");
    b.b[5] = 7;
    assert_raised(decode_ip(ipv4(17, b)), "decoder.udp.len_invalid");
    assert_raised(decode_ip(ipv4(17, cut(b, 7))), "decoder.udp.hlen_too_small");
}

static void decode_sctp__reads_ports(void **state)
{
    (void)state;
    struct packet *p = decode_ip(ipv4(132, hex("0b 59 0b 5a 00 00 00 01 00 00 00 00 01 02")));
    assert_int_equal(p->sport, 2905);
    assert_int_equal(p->dport, 2906);
    assert_int_equal(p->payload.len, 2);
    assert_raised(decode_ip(ipv4(132, hex("0b 59"))), "decoder.sctp.pkt_too_small");
}

static void decode_esp__shorter_than_its_header_is_told(void **state)
{
    (void)state;
    assert_int_equal(decode_ip(ipv4(50, hex("00 00 00 7b 00 00 00 01 aa")))->payload.len, 1);
    assert_raised(decode_ip(ipv4(50, hex("00 00 00 7b"))), "decoder.esp.pkt_too_small");
}

static void decode_icmpv4__echo_has_id_and_seq(void **state)
{
    (void)state;
    struct packet *p = decode_ip(ipv4(1, hex("08 00 00 00 12 34 00 05 61 62")));
    assert_int_equal(p->icmp.type, 8);
    assert_int_equal(p->icmp.id, 0x1234);
    assert_int_equal(p->icmp.seq, 5);
    assert_bytes(p->payload, "ab");
    assert_int_equal(p->flags & PACKET_ICMP_EMBEDDED, 0);
}

static void decode_icmpv4__error_gives_the_quoted_tuple(void **state)
{
    (void)state;
    struct built quoted = ipv4(17, udp(4000, 53, text("")));
    struct packet *p = decode_ip(ipv4(1, join(hex("03 03 00 00 00 00 00 00"), quoted)));
    assert_int_equal(p->flags & PACKET_ICMP_EMBEDDED, PACKET_ICMP_EMBEDDED);
    assert_address(p->inner_src, "192.0.2.1");
    assert_address(p->inner_dst, "198.51.100.2");
    assert_int_equal(p->inner_proto, 17);
    assert_int_equal(p->inner_sport, 4000);
    assert_int_equal(p->inner_dport, 53);
}

static void decode_icmpv4__odd_messages_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *event;
    } cases[] = {
        {"08 00 00", "decoder.icmpv4.pkt_too_small"},
        {"63 00 00 00 00 00 00 00", "decoder.icmpv4.unknown_type"},
        {"03 10 00 00 00 00 00 00", "decoder.icmpv4.unknown_code"},
        {"0d 00 00 00 00 00 00 00", "decoder.icmpv4.ipv4_trunc_pkt"},
        {"09 00 00 00 02 02 00 00 01 02 03 04", "decoder.icmpv4.ipv4_trunc_pkt"},
        {"03 03 00 00 00 00 00 00 45 00", "decoder.icmpv4.ipv4_trunc_pkt"},
        {"03 03 00 00 00 00 00 00 65000014 00000000 40110000 c0000201 c6336402",
         "decoder.icmpv4.ipv4_unknown_ver"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_raised(decode_ip(ipv4(1, hex(cases[i].bytes))), cases[i].event);
}

static void decode_icmpv6__error_gives_the_quoted_tuple_and_mtu(void **state)
{
    (void)state;
    struct built quoted = ipv6(6, tcp(TCP_SYN, hex(""), hex("")));
    struct packet *p = decode_ip(ipv6(58, join(hex("02 00 00 00 00 00 05 00"), quoted)));
    assert_int_equal(p->icmp.mtu, 1280);
    assert_int_equal(p->flags & PACKET_ICMP_EMBEDDED, PACKET_ICMP_EMBEDDED);
    assert_address(p->inner_dst, "2001:db8::2");
    assert_int_equal(p->inner_proto, 6);
    assert_int_equal(p->inner_sport, 40000);
    assert_int_equal(p->inner_dport, 80);
}

static void decode_icmpv6__payload_begins_behind_the_header_of_its_type(void **state)
{
    (void)state;
    struct packet *p = decode_ip(ipv6(58, hex("80 00 00 00 00 01 00 02 61 62")));
    assert_true(bytes_eq(p->payload, BYTES_LIT("ab")));
    p = decode_ip(ipv6(58, hex("87 00 00 00 61 62 63 64 65 66 67 68 69 6a 6b 6c")));
    assert_true(bytes_eq(p->payload, BYTES_LIT("abcd")));
    p = decode_ip(ipv6(58, hex("87 00 00 00 61 62 63 64")));
    assert_int_equal(p->payload.len, 0);
}

static void decode_icmpv6__odd_messages_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *event;
    } cases[] = {
        {"80 00 00", "decoder.icmpv6.pkt_too_small"},
        {"00 00 00 00 00 00 00 00", "decoder.icmpv6.unknown_type"},
        {"c8 00 00 00 00 00 00 00", "decoder.icmpv6.experimentation_type"},
        {"05 00 00 00 00 00 00 00", "decoder.icmpv6.unassigned_type"},
        {"80 01 00 00 00 00 00 00", "decoder.icmpv6.unknown_code"},
        {"82 00 00 00 00 00 00 00", "decoder.icmpv6.mld_message_with_invalid_hl"},
        {"01 00 00 00 00 00 00 00 60", "decoder.icmpv6.ipv6_trunc_pkt"},
        {"01 00 00 00 00 00 00 00 40000000 00003b40 00000000000000000000000000000000"
         "00000000000000000000000000000000",
         "decoder.icmpv6.ipv6_unknown_version"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_raised(decode_ip(ipv6(58, hex(cases[i].bytes))), cases[i].event);
    assert_raised(decode_ip(ipv4(58, hex("80 00 00 00 00 00 00 00"))), "decoder.ipv4.icmpv6");
}

/* Puts the right checksum at `at` of the transport header that begins at `l4`. */
static void seal(struct built *b, size_t l4, size_t at, uint8_t proto)
{
    struct packet p = {.ip_version = l4 == 20 ? 4 : 6};
    p.src = l4 == 20 ? addr_v4(b->b + 12) : addr_v6(b->b + 8);
    p.dst = l4 == 20 ? addr_v4(b->b + 16) : addr_v6(b->b + 24);
    for (unsigned sum = 0; sum <= 0xffff; sum++) {
        b->b[l4 + at] = (uint8_t)(sum >> 8);
        b->b[l4 + at + 1] = (uint8_t)sum;
        if (checksum_l4_holds(&p, bytes_of(b->b + l4, b->len - l4), proto))
            return;
    }
    fail();
}

static void checksums__right_ones_raise_no_flag_and_wrong_ones_do(void **state)
{
    (void)state;
    struct built packets[] = {ipv4(6, tcp(TCP_ACK, hex(""), text("odd"))),
                              ipv6(6, tcp(TCP_ACK, hex(""), text("even"))),
                              ipv4(17, udp(1, 2, text("odd"))), ipv6(17, udp(1, 2, text("even"))),
                              ipv6(58, hex("80 00 00 00 00 01 00 01 61"))};
    static const size_t l4[] = {20, 40, 20, 40, 40}, at[] = {16, 16, 6, 6, 2};
    static const uint8_t proto[] = {6, 6, 17, 17, 58};
    for (size_t i = 0; i < 5; i++) {
        seal(&packets[i], l4[i], at[i], proto[i]);
        assert_int_equal(decode_ip(packets[i])->flags, 0);
        packets[i].b[packets[i].len - 1] ^= 1;
        assert_int_equal(decode_ip(packets[i])->flags, PACKET_BAD_L4_CSUM);
    }
}

static void checksums__known_vector_sums_up(void **state)
{
    (void)state;
    /* RFC 1071 section 3: 0001 f203 f4f5 f6f7 sums to ddf2 */
    struct built b = hex("00 01 f2 03 f4 f5 f6 f7");
    uint16_t sum = checksum_add(0, view(&b));
    assert_memory_equal(&sum, "\xdd\xf2", 2);
    b = ipv4(1, hex("08 00 f7 fd 00 01 00 01"));
    assert_int_equal(decode_ip(b)->flags & PACKET_BAD_L4_CSUM, 0);
}

static void checksums__auto_gives_up_when_many_of_the_first_thousand_are_bad(void **state)
{
    (void)state;
    struct decoder_options o = {.checksums = CHECKSUM_AUTO};
    struct built bad = ipv4(6, tcp(TCP_ACK, hex(""), text("x")));
    for (int many = 0; many < 2; many++) {
        struct decoder *d = decoder_new(&o);
        struct seen s = {.count = 0};
        struct built good = bad;
        seal(&good, 20, 16, 6);
        for (int i = 0; i < 1000; i++) {
            decode_at(d, &s, 1, LINK_RAW, i < 100 + many ? bad : good);
            if (i == 0)
                assert_int_equal(s.p[0].flags, PACKET_BAD_L4_CSUM);
        }
        decode_at(d, &s, 1, LINK_RAW, bad);
        assert_int_equal(s.p[0].flags, many ? 0 : PACKET_BAD_L4_CSUM);
        seen_release(&s);
        decoder_free(d);
    }
}

/* Flags of the packet at a decoder that judges checksums so. */
static uint32_t flags_with(enum checksum_mode mode, bool unfinished, struct built b)
{
    const struct decoder_options o = {.checksums = mode};
    struct decoder *d = decoder_new(&o);
    struct seen s = {.count = 0};
    struct frame f = {.linktype = LINK_RAW,
                      .wire_len = (uint32_t)b.len,
                      .data = bytes_of(b.b, b.len),
                      .csum_unfinished = unfinished};
    decode_frame(d, &f, see, &s);
    uint32_t flags = s.p[0].flags;
    seen_release(&s);
    decoder_free(d);
    return flags;
}

static void checksums__unfinished_one_is_taken_where_the_kernel_says_so_only(void **state)
{
    (void)state;
    /* the pseudo-headers' sums by hand: addresses, protocol, length */
    struct built segment = ipv4(6, tcp(TCP_ACK, hex(""), text("x")));
    struct built datagram = ipv6(17, udp(1, 2, text("odd")));
    static const size_t l4[] = {20, 40}, at[] = {16, 6}, from[] = {12, 8};
    static const unsigned proto[] = {6, 17};
    struct built *packets[] = {&segment, &datagram};
    for (int i = 0; i < 2; i++) {
        struct built *b = packets[i];
        unsigned sum = proto[i] + (unsigned)(b->len - l4[i]);
        for (size_t k = from[i]; k < l4[i]; k += 2)
            sum += (unsigned)(b->b[k] << 8 | b->b[k + 1]);
        sum = (sum & 0xffff) + (sum >> 16);
        b->b[l4[i] + at[i]] = (uint8_t)(sum >> 8);
        b->b[l4[i] + at[i] + 1] = (uint8_t)sum;
        assert_int_equal(flags_with(CHECKSUM_AUTO, true, *b), PACKET_UNFINISHED_CSUM);
        assert_int_equal(flags_with(CHECKSUM_AUTO, false, *b), PACKET_BAD_L4_CSUM);
        assert_int_equal(flags_with(CHECKSUM_ALL, true, *b), PACKET_BAD_L4_CSUM);
        b->b[l4[i] + at[i]] ^= 1;
        assert_int_equal(flags_with(CHECKSUM_AUTO, true, *b), PACKET_BAD_L4_CSUM);
    }
}

static void checksums__none_raises_no_flag(void **state)
{
    (void)state;
    struct decoder_options o = {.checksums = CHECKSUM_NONE};
    struct decoder *d = decoder_new(&o);
    struct seen s = {.count = 0};
    struct built b = ipv4(6, tcp(TCP_ACK, hex(""), text("x")));
    b.b[10] ^= 1;
    decode_at(d, &s, 1, LINK_RAW, b);
    assert_int_equal(s.p[0].flags, 0);
    seen_release(&s);
    decoder_free(d);
}

static void packet_event__names_are_found_again(void **state)
{
    (void)state;
    for (int e = 0; e < EVENT_COUNT; e++)
        assert_int_equal(packet_event_find(bytes_str(packet_event_name((enum packet_event)e))), e);
    assert_int_equal(packet_event_find(bytes_str("decoder.nonsense")), -1);
    assert_int_equal(packet_event_find(bytes_str("Decoder.IPV6.trunc_pkt")), EVENT_IPV6_TRUNC_PKT);
    assert_int_equal(packet_event_find(bytes_str("stream.est_synack_resend_with_different_ack")),
                     packet_event_find(bytes_str("stream.est_synack_resend_with_diff_ack")));
}

static void packet_event__is_kept_once_and_overflow_is_counted(void **state)
{
    (void)state;
    struct packet p = {0};
    for (int e = 0; e < PACKET_EVENTS_MAX + 2; e++) {
        packet_event(&p, (enum packet_event)e);
        packet_event(&p, (enum packet_event)e);
    }
    assert_int_equal(p.event_count, PACKET_EVENTS_MAX);
    assert_int_equal(p.events_lost, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_tcp__reads_header_and_payload),
        cmocka_unit_test(decode_tcp__reads_options),
        cmocka_unit_test(decode_tcp__broken_options_are_told_and_do_not_stop_decoding),
        cmocka_unit_test(decode_tcp__broken_header_length_is_invalid),
        cmocka_unit_test(decode_udp__length_field_bounds_the_payload),
        cmocka_unit_test(decode_sctp__reads_ports),
        cmocka_unit_test(decode_esp__shorter_than_its_header_is_told),
        cmocka_unit_test(decode_icmpv4__echo_has_id_and_seq),
        cmocka_unit_test(decode_icmpv4__error_gives_the_quoted_tuple),
        cmocka_unit_test(decode_icmpv4__odd_messages_are_told),
        cmocka_unit_test(decode_icmpv6__error_gives_the_quoted_tuple_and_mtu),
        cmocka_unit_test(decode_icmpv6__payload_begins_behind_the_header_of_its_type),
        cmocka_unit_test(decode_icmpv6__odd_messages_are_told),
        cmocka_unit_test(checksums__right_ones_raise_no_flag_and_wrong_ones_do),
        cmocka_unit_test(checksums__known_vector_sums_up),
        cmocka_unit_test(checksums__auto_gives_up_when_many_of_the_first_thousand_are_bad),
        cmocka_unit_test(checksums__unfinished_one_is_taken_where_the_kernel_says_so_only),
        cmocka_unit_test(checksums__none_raises_no_flag),
        cmocka_unit_test(packet_event__names_are_found_again),
        cmocka_unit_test(packet_event__is_kept_once_and_overflow_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
