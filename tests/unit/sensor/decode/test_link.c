/* tests/unit/sensor/decode/test_link.c - what stands before IP. */
#include "tests/unit/sensor/decode/build.h"

static struct built hello(void)
{
    return ipv4(17, udp(53, 5353, text("hello")));
}

static void assert_hello(const struct packet *p)
{
    assert_int_equal(p->ip_version, 4);
    assert_int_equal(p->dport, 5353);
    assert_bytes(p->payload, "hello");
    assert_int_equal(p->flags & PACKET_INVALID, 0);
}

static void decode_ethernet__reads_addresses_and_type(void **state)
{
    (void)state;
    struct seen *s = decode_alone(LINK_ETHERNET, ethernet(0x0800, hello()));
    assert_int_equal(s->count, 1);
    assert_hello(&s->p[0]);
    assert_true(s->p[0].has_mac);
    assert_memory_equal(s->p[0].src_mac, "\x02\0\0\0\0\x02", 6);
    assert_memory_equal(s->p[0].dst_mac, "\x02\0\0\0\0\x01", 6);
    assert_int_equal(s->p[0].raw.len, 14 + 33);
    assert_int_equal(s->p[0].number, 7);
    assert_int_equal(s->p[0].linktype, 1);
}

static void decode_ethernet__padding_is_cut_by_the_ip_length(void **state)
{
    (void)state;
    struct seen *s =
        decode_alone(LINK_ETHERNET, ethernet(0x0800, join(hello(), hex("00 00 00 00 00 00"))));
    assert_hello(&s->p[0]);
    assert_int_equal(s->p[0].ip.len, 33);
}

static void decode_ethernet__short_frame_still_gives_a_packet(void **state)
{
    (void)state;
    struct seen *s = decode_alone(LINK_ETHERNET, hex("01 02 03"));
    assert_int_equal(s->count, 1);
    assert_raised(&s->p[0], "decoder.ethernet.pkt_too_small");
    assert_int_equal(s->p[0].flags & PACKET_INVALID, PACKET_INVALID);
    assert_int_equal(s->p[0].ip_version, 0);
}

static void decode_arp__is_a_packet_without_ip(void **state)
{
    (void)state;
    struct seen *s = decode_alone(LINK_ETHERNET, ethernet(0x0806, hex("00 01 08 00 06 04 00 01")));
    assert_int_equal(s->count, 1);
    assert_int_equal(s->p[0].ip_version, 0);
    assert_int_equal(s->p[0].event_count, 0);
}

static void decode_vlan__three_tags_are_kept_and_a_fourth_is_too_many(void **state)
{
    (void)state;
    struct built tagged = join(hex("e0 05 81 00 00 06 81 00 00 07 08 00"), hello());
    struct seen *s = decode_alone(LINK_ETHERNET, ethernet(0x88a8, tagged));
    assert_hello(&s->p[0]);
    assert_int_equal(s->p[0].vlan_count, 3);
    assert_int_equal(s->p[0].vlan[0], 5);
    assert_int_equal(s->p[0].vlan[2], 7);
    s = decode_alone(LINK_ETHERNET, ethernet(0x9100, join(hex("00 01 81 00"), tagged)));
    assert_int_equal(s->p[0].vlan_count, 3);
    s = decode_alone(LINK_ETHERNET, ethernet(0x9100, join(hex("00 01 81 00 00 02 81 00"), tagged)));
    assert_raised(&s->p[0], "decoder.vlan.too_many_layers");
}

static void decode_vlan__short_tag_and_unknown_type_are_told(void **state)
{
    (void)state;
    assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x8100, hex("00 05 08")))->p[0],
                  "decoder.vlan.header_too_small");
    assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x8100, hex("00 05 ca fe 00")))->p[0],
                  "decoder.vlan.unknown_type");
}

static void decode_mpls__bottom_label_shows_the_payload(void **state)
{
    (void)state;
    struct built stack = hex("00 01 10 40 00 01 21 40"); /* labels 17 and 18 */
    assert_hello(&decode_alone(LINK_ETHERNET, ethernet(0x8847, join(stack, hello())))->p[0]);
    struct built pseudowire = join(hex("00 00 00 00"), ethernet(0x0800, hello()));
    assert_hello(&decode_alone(LINK_ETHERNET, ethernet(0x8847, join(stack, pseudowire)))->p[0]);
    assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x8848, join(stack, text("zzzz"))))->p[0],
                  "decoder.mpls.unknown_payload_type");
}

static void decode_mpls__reserved_labels_and_short_stacks_are_told(void **state)
{
    (void)state;
    assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x8847, hex("00 01 10 40 00")))->p[0],
                  "decoder.mpls.header_too_small");
    assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x8847, hex("00 01 11 40 45")))->p[0],
                  "decoder.mpls.pkt_too_small");
    assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x8847, hex("00 00 31 40")))->p[0],
                  "decoder.mpls.bad_label_implicit_null");
    assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x8847, hex("00 00 11 40")))->p[0],
                  "decoder.mpls.bad_label_router_alert");
    struct built reserved = join(hex("00 00 51 40"), hello());
    struct packet *p = &decode_alone(LINK_ETHERNET, ethernet(0x8847, reserved))->p[0];
    assert_raised(p, "decoder.mpls.bad_label_reserved");
    assert_int_equal(p->ip_version, 0);
    reserved.b[1] = 0; /* label 15 may stand anywhere */
    reserved.b[2] = 0xf1;
    assert_hello(&decode_alone(LINK_ETHERNET, ethernet(0x8847, reserved))->p[0]);
}

static void decode_mpls__endless_stack_stops_at_the_layer_limit(void **state)
{
    (void)state;
    struct built labels = hex("");
    for (int i = 0; i < 200; i++)
        labels = join(labels, hex("00 01 10 40"));
    assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x8847, labels))->p[0],
                  "decoder.too_many_layers");
}

static void decode_pppoe__session_carries_ppp(void **state)
{
    (void)state;
    struct built session = join(hex("11 00 00 01 00 23 00 21"), hello());
    assert_hello(&decode_alone(LINK_ETHERNET, ethernet(0x8864, session))->p[0]);
    assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x8864, hex("11 00 00 01 00")))->p[0],
                  "decoder.pppoe.pkt_too_small");
}

static void decode_pppoe__discovery_has_known_codes_and_fits(void **state)
{
    (void)state;
    struct built sound = hex("11 09 00 00 00 0c 01 01 00 00 01 03 00 04 de ad be ef");
    struct seen *s = decode_alone(LINK_ETHERNET, ethernet(0x8863, sound));
    assert_int_equal(s->p[0].event_count, 0);
    s = decode_alone(LINK_ETHERNET, ethernet(0x8863, hex("11 09 00 00 00 07 01 01 00 02 01 03")));
    assert_raised(&s->p[0], "decoder.pppoe.malformed_tags");
    s = decode_alone(LINK_ETHERNET, ethernet(0x8863, hex("11 33 00 00 00 00")));
    assert_raised(&s->p[0], "decoder.pppoe.wrong_code");
}

static void decode_pppoe__session_has_no_address_and_control(void **state)
{
    (void)state;
    struct built framed = join(hex("11 00 00 01 00 25 ff 03 00 21"), hello());
    assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x8864, framed))->p[0],
                  "decoder.ppp.wrong_type");
}

static void decode_ppp__protocol_may_be_framed_or_compressed(void **state)
{
    (void)state;
    assert_hello(&decode_alone(9, join(hex("ff 03 00 21"), hello()))->p[0]);
    assert_hello(&decode_alone(9, join(hex("21"), hello()))->p[0]);
    assert_hello(&decode_alone(9, join(hex("0f 00 08 00"), hello()))->p[0]);
    assert_raised(&decode_alone(9, hex("c0 21 01 01"))->p[0], "decoder.ppp.unsup_proto");
    assert_raised(&decode_alone(9, hex("12 34 01 01"))->p[0], "decoder.ppp.wrong_type");
    assert_raised(&decode_alone(9, hex("00"))->p[0], "decoder.ppp.pkt_too_small");
    assert_raised(&decode_alone(9, hex("00 21 45"))->p[0], "decoder.ppp.ip4_pkt_too_small");
    assert_raised(&decode_alone(9, hex("00 57 60"))->p[0], "decoder.ppp.ip6_pkt_too_small");
    assert_raised(&decode_alone(9, hex("00 2f 45"))->p[0], "decoder.ppp.vju_pkt_too_small");
}

static void decode_link__other_link_types_reach_ip(void **state)
{
    (void)state;
    struct built sll = hex("00 00 00 01 00 06 02 00 00 00 00 02 00 00 08 00");
    struct built sll2 = hex("08 00 00 00 00 00 00 02 00 01 00 06 02 00 00 00 00 02 00 00");
    assert_hello(&decode_alone(113, join(sll, hello()))->p[0]);
    assert_hello(&decode_alone(276, join(sll2, hello()))->p[0]);
    assert_hello(&decode_alone(0, join(hex("02 00 00 00"), hello()))->p[0]);
    assert_hello(&decode_alone(108, join(hex("00 00 00 02"), hello()))->p[0]);
    assert_hello(&decode_alone(104, join(hex("0f 00 08 00"), hello()))->p[0]);
    assert_hello(&decode_alone(228, hello())->p[0]);
    for (unsigned raw = 12; raw; raw = raw == 12 ? 14 : raw == 14 ? 101 : 0)
        assert_hello(&decode_alone(raw, hello())->p[0]);
}

static void decode_link__short_link_headers_are_told(void **state)
{
    (void)state;
    assert_raised(&decode_alone(113, hex("00 00"))->p[0], "decoder.sll.pkt_too_small");
    assert_raised(&decode_alone(276, hex("00 00"))->p[0], "decoder.sll2.pkt_too_small");
    assert_raised(&decode_alone(0, hex("02 00"))->p[0], "decoder.ltnull.pkt_too_small");
    assert_raised(&decode_alone(0, hex("63 00 00 00 45"))->p[0], "decoder.ltnull.unsupported_type");
    assert_raised(&decode_alone(104, hex("0f 00 08"))->p[0], "decoder.chdlc.pkt_too_small");
    assert_raised(&decode_alone(101, hex("75"))->p[0], "decoder.ipraw.invalid_ip_version");
}

/* 802.11 and others: counted, never guessed at. */
static void decode_link__unknown_link_type_is_a_packet_without_ip(void **state)
{
    (void)state;
    static const unsigned wireless[] = {105, 119, 127, 163, 192};
    struct decoder_options o = {.checksums = CHECKSUM_ALL};
    struct decoder *d = decoder_new(&o);
    struct seen s = {.count = 0};
    for (size_t i = 0; i < 5; i++) {
        decode_at(d, &s, 1, wireless[i], hex("08 00 00 00"));
        assert_int_equal(s.count, 1);
        assert_int_equal(s.p[0].ip_version, 0);
        assert_int_equal(s.p[0].event_count, 0);
    }
    assert_int_equal(decode_counters(d)->unknown_linktype, 5);
    seen_release(&s);
    decoder_free(d);
}

static void decode_datacentre_tags__lead_to_ip(void **state)
{
    (void)state;
    struct built vntag = join(hex("00 00 00 00 08 00"), hello());
    assert_hello(&decode_alone(LINK_ETHERNET, ethernet(0x8926, vntag))->p[0]);
    struct built fabric_path = join(hex("00 12"), ethernet(0x0800, hello()));
    assert_hello(&decode_alone(LINK_ETHERNET, ethernet(0x8903, fabric_path))->p[0]);
    struct built backbone = join(hex("00 00 00 05"), ethernet(0x0800, hello()));
    assert_hello(&decode_alone(LINK_ETHERNET, ethernet(0x88e7, backbone))->p[0]);
    for (int i = 0; i < 40; i++) /* bridges are no layers that could be too many */
        backbone = join(hex("00 00 00 05"), ethernet(0x88e7, backbone));
    assert_hello(&decode_alone(LINK_ETHERNET, ethernet(0x88e7, backbone))->p[0]);
    struct built nsh = join(hex("0f c2 02 01 00 00 01 ff"), hello());
    assert_hello(&decode_alone(LINK_ETHERNET, ethernet(0x894f, nsh))->p[0]);
}

static void decode_datacentre_tags__short_and_unknown_ones_are_told(void **state)
{
    (void)state;
    static const struct {
        unsigned type;
        const char *bytes, *event;
    } cases[] = {
        {0x8926, "00 00 00 00 08", "decoder.vntag.header_too_small"},
        {0x8926, "00 00 00 00 ca fe 00", "decoder.vntag.unknown_type"},
        {0x8903, "00 12 02 00 00 00 00 01", "decoder.dce.pkt_too_small"},
        {0x88e7, "00 00 00 05 02 00 00 00 00 01", "decoder.ieee8021ah.header_too_small"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct packet *p =
            &decode_alone(LINK_ETHERNET, ethernet(cases[i].type, hex(cases[i].bytes)))->p[0];
        assert_raised(p, cases[i].event);
        assert_int_equal(p->flags & PACKET_INVALID, PACKET_INVALID);
    }
}

static void decode_ethernet__jumbo_frames_are_whole(void **state)
{
    (void)state;
    static uint8_t frame[14 + 65535];
    static const size_t sizes[] = {9000, 65535};
    for (size_t i = 0; i < 2; i++) {
        struct built head = ethernet(0x0800, ipv4(17, udp(53, 5353, text(""))));
        size_t ip = sizes[i];
        memset(frame, 'j', sizeof frame);
        memcpy(frame, head.b, head.len);
        frame[16] = (uint8_t)(ip >> 8);
        frame[17] = (uint8_t)ip;
        frame[38] = (uint8_t)((ip - 20) >> 8);
        frame[39] = (uint8_t)(ip - 20);
        struct decoder_options o = {.checksums = CHECKSUM_NONE};
        struct decoder *d = decoder_new(&o);
        struct seen s = {.count = 0};
        struct frame f = {.linktype = LINK_ETHERNET,
                          .wire_len = (uint32_t)(14 + ip),
                          .data = bytes_of(frame, 14 + ip)};
        decode_frame(d, &f, see, &s);
        assert_int_equal(s.count, 1);
        assert_int_equal(s.p[0].event_count, 0);
        assert_int_equal(s.p[0].payload.len, ip - 28);
        seen_release(&s);
        decoder_free(d);
    }
}

static void decode_nsh__bad_headers_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *event;
    } cases[] = {
        {"0f c2 02 01", "decoder.nsh.header_too_small"},
        {"4f c2 02 01 00 00 01 ff", "decoder.nsh.unsupported_version"},
        {"0f c1 02 01 00 00 01 ff 00", "decoder.nsh.bad_header_length"},
        {"0f c9 02 01 00 00 01 ff", "decoder.nsh.bad_header_length"},
        {"0f c2 00 01 00 00 01 ff 00", "decoder.nsh.reserved_type"},
        {"0f c2 05 01 00 00 01 ff 00", "decoder.nsh.unsupported_type"},
        {"0f c2 02 09 00 00 01 ff 00", "decoder.nsh.unknown_payload"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_raised(&decode_alone(LINK_ETHERNET, ethernet(0x894f, hex(cases[i].bytes)))->p[0],
                      cases[i].event);
}

static bool is_told_as_cut(bool live)
{
    const struct decoder_options o = {.live = live};
    struct decoder *d = decoder_new(&o);
    struct seen s = {.count = 0};
    struct built b = ipv4(17, udp(1, 2, text("odd")));
    struct frame f = {.number = 7,
                      .ts_us = 1,
                      .linktype = LINK_RAW,
                      .wire_len = (uint32_t)b.len + 1,
                      .data = bytes_of(b.b, b.len)};
    decode_frame(d, &f, see, &s);
    bool told = s.p[0].event_count == 1 && s.p[0].events[0] == EVENT_AFPACKET_TRUNC_PKT;
    assert_true(s.p[0].flags & PACKET_TRUNCATED);
    assert_false(s.p[0].flags & PACKET_INVALID);
    seen_release(&s);
    decoder_free(d);
    return told;
}

static void link__frame_that_was_cut_is_told_where_it_was_captured(void **state)
{
    (void)state;
    assert_true(is_told_as_cut(true));
    assert_false(is_told_as_cut(false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_ethernet__reads_addresses_and_type),
        cmocka_unit_test(decode_ethernet__padding_is_cut_by_the_ip_length),
        cmocka_unit_test(decode_ethernet__short_frame_still_gives_a_packet),
        cmocka_unit_test(decode_arp__is_a_packet_without_ip),
        cmocka_unit_test(decode_vlan__three_tags_are_kept_and_a_fourth_is_too_many),
        cmocka_unit_test(decode_vlan__short_tag_and_unknown_type_are_told),
        cmocka_unit_test(decode_mpls__bottom_label_shows_the_payload),
        cmocka_unit_test(decode_mpls__reserved_labels_and_short_stacks_are_told),
        cmocka_unit_test(decode_mpls__endless_stack_stops_at_the_layer_limit),
        cmocka_unit_test(decode_pppoe__session_carries_ppp),
        cmocka_unit_test(decode_pppoe__discovery_has_known_codes_and_fits),
        cmocka_unit_test(decode_pppoe__session_has_no_address_and_control),
        cmocka_unit_test(decode_ppp__protocol_may_be_framed_or_compressed),
        cmocka_unit_test(decode_link__other_link_types_reach_ip),
        cmocka_unit_test(decode_link__short_link_headers_are_told),
        cmocka_unit_test(decode_link__unknown_link_type_is_a_packet_without_ip),
        cmocka_unit_test(decode_datacentre_tags__lead_to_ip),
        cmocka_unit_test(decode_datacentre_tags__short_and_unknown_ones_are_told),
        cmocka_unit_test(decode_ethernet__jumbo_frames_are_whole),
        cmocka_unit_test(decode_nsh__bad_headers_are_told),
        cmocka_unit_test(link__frame_that_was_cut_is_told_where_it_was_captured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
