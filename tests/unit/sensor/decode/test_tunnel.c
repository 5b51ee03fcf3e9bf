/* tests/unit/sensor/decode/test_tunnel.c - packets within packets. */
#include "tests/unit/sensor/decode/build.h"

static struct built hello(void)
{
    return ipv4(17, udp(53, 5353, text("hello")));
}

/* The outer packet comes first, then the one it carries, a layer deeper. */
static void assert_carries_hello(struct seen *s)
{
    assert_int_equal(s->count, 2);
    assert_int_equal(s->p[0].recursion, 0);
    assert_int_equal(s->p[1].recursion, 1);
    assert_int_equal(s->p[1].number, 7);
    assert_int_equal(s->p[1].dport, 5353);
    assert_bytes(s->p[1].payload, "hello");
    assert_int_equal(s->p[0].flags & PACKET_INVALID, 0);
}

static void decode_gre__carries_ip_with_key_and_sequence(void **state)
{
    (void)state;
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(47, join(hex("00 00 08 00"), hello()))));
    struct built full = hex("b0 00 08 00 00000000 00000001 00000002");
    struct seen *s = decode_alone(LINK_RAW, ipv4(47, join(full, hello())));
    assert_carries_hello(s);
    assert_int_equal(s->p[0].proto, 47);
    assert_int_equal(s->p[0].payload.len, 0);
}

static void decode_gre__carries_ethernet_vlan_and_ppp(void **state)
{
    (void)state;
    struct built bridged = join(hex("00 00 65 58"), ethernet(0x0800, hello()));
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(47, bridged)));
    struct built tagged = join(hex("00 00 81 00 00 09 08 00"), hello());
    struct seen *s = decode_alone(LINK_RAW, ipv4(47, tagged));
    assert_carries_hello(s);
    assert_int_equal(s->p[1].vlan[0], 9);
    struct built pptp = join(hex("30 81 88 0b 00 23 00 01 00000001 00000002 ff 03 00 21"), hello());
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(47, pptp)));
    assert_int_equal(
        decode_alone(LINK_RAW, ipv4(47, hex("20 81 88 0b 00 00 00 01 00000002")))->count, 1);
}

static void decode_gre__faults_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *event;
    } cases[] = {
        {"00 00", "decoder.gre.pkt_too_small"},
        {"00 02 08 00", "decoder.gre.wrong_version"},
        {"01 00 08 00", "decoder.gre.version0_recur"},
        {"00 08 08 00", "decoder.gre.version0_flags"},
        {"80 00 08 00", "decoder.gre.version0_hdr_too_big"},
        {"40 00 08 00 00000000 0800 00 ff", "decoder.gre.version0_malformed_sre_hdr"},
        {"80 01 88 0b", "decoder.gre.version1_chksum"},
        {"40 01 88 0b", "decoder.gre.version1_route"},
        {"08 01 88 0b", "decoder.gre.version1_ssr"},
        {"01 01 88 0b", "decoder.gre.version1_recur"},
        {"00 09 88 0b", "decoder.gre.version1_flags"},
        {"20 01 08 00", "decoder.gre.version1_wrong_protocol"},
        {"00 01 88 0b", "decoder.gre.version1_no_key"},
        {"20 01 88 0b", "decoder.gre.version1_hdr_too_big"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_raised(decode_ip(ipv4(47, hex(cases[i].bytes))), cases[i].event);
}

static void decode_gre__source_routes_are_passed(void **state)
{
    (void)state;
    struct built routed = hex("40 00 08 00 00000000 0800 00 02 aa bb 0000 00 00");
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(47, join(routed, hello()))));
}

static void decode_erspan__type_2_gives_frame_and_vlan(void **state)
{
    (void)state;
    struct built head = hex("10 00 88 be 00000001 10 17 00 00 00 00 00 00");
    struct seen *s = decode_alone(LINK_RAW, ipv4(47, join(head, ethernet(0x0800, hello()))));
    assert_carries_hello(s);
    assert_int_equal(s->p[1].vlan[0], 23);
    assert_true(s->p[1].has_mac);
    struct built type1 = join(hex("00 00 88 be"), ethernet(0x0800, hello()));
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(47, type1)));
}

static void decode_erspan__type_3_gives_frame_and_vlan(void **state)
{
    (void)state;
    struct built frame = ethernet(0x0800, hello());
    struct built head = hex("10 00 22 eb 00000001 20 17 00 01 00000000 0000 80 00");
    struct seen *s = decode_alone(LINK_RAW, ipv4(47, join(head, frame)));
    assert_carries_hello(s);
    assert_int_equal(s->p[1].vlan[0], 23);
    assert_int_equal(s->p[1].source, SOURCE_GRE);
    struct built platform =
        hex("10 00 22 eb 00000001 20 00 00 01 00000000 0000 80 01 0000000000000000");
    s = decode_alone(LINK_RAW, ipv4(47, join(platform, frame)));
    assert_carries_hello(s);
    assert_int_equal(s->p[1].vlan_count, 0);
    struct built bare = hex("10 00 22 eb 00000001 20 00 00 01 00000000 0000 08 00");
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(47, join(bare, hello()))));
}

static void decode_erspan__faults_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *event;
    } cases[] = {
        {"10 00 88 be 00000001 30 17 00 00 00 00 00 00", "decoder.erspan.unsupported_version"},
        {"10 00 88 be 00000001 10 17", "decoder.erspan.header_too_small"},
        {"10 00 22 eb 00000001 20 17 00 00 00 00 00 00", "decoder.erspan.header_too_small"},
        {"10 00 22 eb 00000001 20 17 00 01 00000000 0000 80 01 00",
         "decoder.erspan.header_too_small"},
        {"10 00 88 be 00000001 10 17 00 00 00 00 00 00", "decoder.ethernet.pkt_too_small"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen *s = decode_alone(LINK_RAW, ipv4(47, hex(cases[i].bytes)));
        assert_int_equal(s->count, 2);
        assert_raised(&s->p[1], cases[i].event);
        assert_int_equal(s->p[1].flags & PACKET_INVALID, PACKET_INVALID);
    }
}

static void decode_erspan__a_fourth_tag_is_too_many(void **state)
{
    (void)state;
    struct built b =
        join(hex("10 00 88 be 00000001 10 17 00 00 00 00 00 00"),
             ethernet(0x8100, join(hex("00 02 81 00 00 03 81 00 00 04 08 00"), hello())));
    assert_raised(&decode_alone(LINK_RAW, ipv4(47, b))->p[1], "decoder.vlan.too_many_layers");
    /* GRE may carry tags that stand before the mirrored frame's own */
    struct built tags = join(hex("00 00 81 00 00 02 81 00 00 03 81 00 00 04 08 00"), hello());
    struct seen *s = decode_alone(LINK_RAW, ipv4(47, tags));
    assert_carries_hello(s);
    assert_int_equal(s->p[1].vlan_count, 3);
}

static void decode_gtpu__carries_users_packets(void **state)
{
    (void)state;
    struct built plain = hex("30 ff 00 21 00000001"),
                 numbered = hex("32 ff 00 25 00000001 0007 00 00"),
                 extended = hex("34 ff 00 29 00000001 0000 00 85 01 00 09 00");
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(17, udp(2152, 2152, join(plain, hello())))));
    assert_carries_hello(
        decode_alone(LINK_RAW, ipv4(17, udp(2152, 9999, join(numbered, hello())))));
    struct seen *s = decode_alone(LINK_RAW, ipv4(17, udp(2152, 2152, join(extended, hello()))));
    assert_carries_hello(s);
    assert_int_equal(s->p[1].source, SOURCE_GTPU);
    struct built six = ipv6(17, udp(53, 5353, text("hello")));
    assert_carries_hello(
        decode_alone(LINK_RAW, ipv4(17, udp(2152, 2152, join(hex("30 ff 00 35 00000001"), six)))));
}

static void decode_gtpu__what_does_not_fit_is_none(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "30 ff 00 20 00000001",                        /* a byte too many follows */
        "30 ff 00 22 00000001",                        /* a byte too few */
        "30 01 00 21 00000001",                        /* an echo request */
        "20 ff 00 21 00000001",                        /* GTP' */
        "50 ff 00 21 00000001",                        /* version 2 */
        "34 ff 00 29 00000001 0000 00 85 00 00 09 00", /* an extension without length */
        "34 ff 00 29 00000001 0000 00 85 01 00 09 85", /* a chain that does not end */
        "34 ff 00 29 00000001 0000 00 85 ff 00 09 00", /* one that leads out */
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        assert_int_equal(
            decode_alone(LINK_RAW, ipv4(17, udp(2152, 2152, join(hex(heads[i]), hello()))))->count,
            1);
    struct built right = join(hex("30 ff 00 21 00000001"), hello());
    assert_int_equal(decode_alone(LINK_RAW, ipv4(17, udp(2153, 2153, right)))->count, 1);
    assert_int_equal(decode_alone(LINK_RAW, ipv4(17, udp(2152, 2152, hex("30 ff"))))->count, 1);
}

/* Every packet tells what it was taken out of, and the ends of the frame's own packet. */
static void decode_frame__inner_packets_know_the_outermost_ends(void **state)
{
    (void)state;
    struct built deep = ipv4(47, join(hex("00 00 86 dd"), ipv6(4, hello())));
    struct seen *s = decode_alone(LINK_RAW, deep);
    assert_int_equal(s->count, 3);
    assert_int_equal(s->p[0].source, SOURCE_WIRE);
    assert_int_equal(s->p[0].outer.src.version, 0);
    assert_int_equal(s->p[1].source, SOURCE_GRE);
    assert_int_equal(s->p[2].source, SOURCE_IPV6);
    for (int i = 1; i < 3; i++) {
        assert_address(s->p[i].outer.src, "192.0.2.1");
        assert_address(s->p[i].outer.dst, "198.51.100.2");
        assert_int_equal(s->p[i].outer.proto, 47);
    }
    s = decode_alone(LINK_RAW, ipv4(17, udp(3544, 1234, ipv6(17, udp(53, 5353, text("hello"))))));
    assert_int_equal(s->p[1].source, SOURCE_TEREDO);
    assert_int_equal(s->p[1].outer.sport, 3544);
    assert_int_equal(s->p[1].outer.dport, 1234);
}

static void decode_ip_inside__all_four_kinds(void **state)
{
    (void)state;
    struct built six = ipv6(17, udp(53, 5353, text("hello")));
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(4, hello())));
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(41, six)));
    assert_carries_hello(decode_alone(LINK_RAW, ipv6(4, hello())));
    assert_carries_hello(decode_alone(LINK_RAW, ipv6(41, six)));
}

static void decode_ip_inside__faults_within_ipv6_are_told_on_the_outer_packet(void **state)
{
    (void)state;
    static const struct {
        unsigned next;
        const char *bytes, *event;
    } cases[] = {
        {4, "45 00", "decoder.ipv6.ipv4_in_ipv6_too_small"},
        {41, "60 00", "decoder.ipv6.ipv6_in_ipv6_too_small"},
        {4, "65000014 00000000 40110000 c0000201 c6336402",
         "decoder.ipv6.ipv4_in_ipv6_wrong_version"},
        {41, "40000000 00003b40 00000000000000000000000000000000 00000000000000000000000000000000",
         "decoder.ipv6.ipv6_in_ipv6_wrong_version"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen *s = decode_alone(LINK_RAW, ipv6(cases[i].next, hex(cases[i].bytes)));
        assert_int_equal(s->count, 1);
        assert_raised(&s->p[0], cases[i].event);
    }
}

static void decode_vxlan__carries_ethernet_on_its_port_only(void **state)
{
    (void)state;
    struct built frame = join(hex("08 00 00 00 00 00 7b 00"), ethernet(0x0800, hello()));
    struct seen *s = decode_alone(LINK_RAW, ipv4(17, udp(5000, 4789, frame)));
    assert_carries_hello(s);
    assert_int_equal(s->p[0].dport, 4789);
    assert_true(s->p[0].flags & PACKET_CARRIES);
    assert_false(s->p[1].flags & PACKET_CARRIES);
    assert_int_equal(decode_alone(LINK_RAW, ipv4(17, udp(5000, 4790, frame)))->count, 1);
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(17, udp(4789, 4790, frame))));
    frame = join(hex("08 00 00 00 00 00 7b 00"), ethernet(0xcafe, hello()));
    s = decode_alone(LINK_RAW, ipv4(17, udp(5000, 4789, frame)));
    assert_int_equal(s->count, 1);
    assert_raised(&s->p[0], "decoder.vxlan.unknown_payload_type");
}

static void decode_vxlan__what_is_no_ip_is_a_payload_too(void **state)
{
    (void)state;
    struct built arp = ethernet(0x0806, hex("00 01 08 00 06 04 00 01"));
    arp = join(hex("08 00 00 00 00 00 7b 00"), arp);
    struct seen *s = decode_alone(LINK_RAW, ipv4(17, udp(5000, 4789, arp)));
    assert_false(s->p[0].flags & PACKET_CARRIES);
}

static void decode_udp__ports_of_tunnels_can_be_set(void **state)
{
    (void)state;
    struct decoder_options o = {.vxlan = {.set = true, .ports = {8472, 9999}},
                                .teredo = {.set = true},
                                .gtpu = {.set = true, .any = true}};
    struct decoder *d = decoder_new(&o);
    struct seen s = {.count = 0};
    struct built frame = join(hex("08 00 00 00 00 00 7b 00"), ethernet(0x0800, hello()));
    decode_at(d, &s, 1, LINK_RAW, ipv4(17, udp(5000, 9999, frame)));
    assert_int_equal(s.count, 2);
    decode_at(d, &s, 1, LINK_RAW, ipv4(17, udp(5000, 4789, frame)));
    assert_int_equal(s.count, 1);
    decode_at(d, &s, 1, LINK_RAW, ipv4(17, udp(5000, 3544, ipv6(59, text("")))));
    assert_int_equal(s.count, 1); /* turned off */
    decode_at(d, &s, 1, LINK_RAW, ipv4(17, udp(5, 6, join(hex("30 ff 00 21 00000001"), hello()))));
    assert_int_equal(s.count, 2); /* on any port */
    seen_release(&s);
    decoder_free(d);
}

static void decode_geneve__carries_ethernet_or_ip_behind_options(void **state)
{
    (void)state;
    struct built bridged =
        join(hex("01 00 65 58 00 00 7b 00 de ad be 00"), ethernet(0x0800, hello()));
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(17, udp(5000, 6081, bridged))));
    struct built plain = join(hex("00 00 08 00 00 00 7b 00"), hello());
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(17, udp(5000, 6081, plain))));
    struct seen *s =
        decode_alone(LINK_RAW, ipv4(17, udp(5000, 6081, hex("00 00 ca fe 00 00 7b 00 01"))));
    assert_raised(&s->p[0], "decoder.geneve.unknown_payload_type");
    assert_int_equal(
        decode_alone(LINK_RAW, ipv4(17, udp(5000, 6081, hex("3f 00 08 00 00 00 7b 00"))))->count,
        1);
}

static void decode_teredo__needs_an_exact_ipv6_packet(void **state)
{
    (void)state;
    struct built six = ipv6(17, udp(53, 5353, text("hello")));
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(17, udp(3544, 1234, six))));
    struct built origin = join(hex("00 00 11 22 33 44 55 66"), six);
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(17, udp(1234, 3544, origin))));
    struct built both = join(hex("00 01 00 00 0102030405060708 00 00 00 11 22 33 44 55 66"), six);
    assert_carries_hello(decode_alone(LINK_RAW, ipv4(17, udp(1234, 3544, both))));
    struct built longer = join(six, text("x"));
    assert_int_equal(decode_alone(LINK_RAW, ipv4(17, udp(1234, 3544, longer)))->count, 1);
    assert_int_equal(decode_alone(LINK_RAW, ipv4(17, udp(1234, 3545, six)))->count, 1);
    six.b[7] = 0; /* no hop left */
    assert_int_equal(decode_alone(LINK_RAW, ipv4(17, udp(1234, 3544, six)))->count, 1);
}

/* Any payload may look like IPv6 by its length. */
static void decode_teredo__a_broken_packet_is_a_payload_too(void **state)
{
    (void)state;
    struct seen *s = decode_alone(LINK_RAW, ipv4(17, udp(3544, 1234, ipv6(17, text("short")))));
    assert_int_equal(s->count, 2);
    assert_true(s->p[1].flags & PACKET_INVALID);
    assert_false(s->p[0].flags & PACKET_CARRIES);
    s = decode_alone(LINK_RAW, ipv4(17, udp(3544, 1234, ipv6(17, udp(53, 5353, text("hello"))))));
    assert_true(s->p[0].flags & PACKET_CARRIES);
}

static void decode_frame__nesting_ends_at_sixteen_layers(void **state)
{
    (void)state;
    struct built b = hello();
    for (int i = 0; i < 40; i++)
        b = ipv4(4, b);
    struct seen *s = decode_alone(228, b);
    assert_int_equal(s->count, 17);
    assert_raised(&s->p[16], "decoder.too_many_layers");
    assert_int_equal(s->p[15].recursion, 15);
}

static void decode_frame__inner_packet_has_its_own_tags(void **state)
{
    (void)state;
    struct built tagged = join(hex("00 05 08 00"), ipv4(4, hello()));
    struct seen *s = decode_alone(LINK_ETHERNET, ethernet(0x8100, tagged));
    assert_carries_hello(s);
    assert_int_equal(s->p[0].vlan_count, 1);
    assert_int_equal(s->p[1].vlan_count, 0);
    assert_false(s->p[1].has_mac);
    assert_int_equal(s->p[1].raw.len, 33);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_gre__carries_ip_with_key_and_sequence),
        cmocka_unit_test(decode_gre__carries_ethernet_vlan_and_ppp),
        cmocka_unit_test(decode_gre__faults_are_told),
        cmocka_unit_test(decode_gre__source_routes_are_passed),
        cmocka_unit_test(decode_erspan__type_2_gives_frame_and_vlan),
        cmocka_unit_test(decode_erspan__type_3_gives_frame_and_vlan),
        cmocka_unit_test(decode_erspan__faults_are_told),
        cmocka_unit_test(decode_erspan__a_fourth_tag_is_too_many),
        cmocka_unit_test(decode_gtpu__carries_users_packets),
        cmocka_unit_test(decode_gtpu__what_does_not_fit_is_none),
        cmocka_unit_test(decode_frame__inner_packets_know_the_outermost_ends),
        cmocka_unit_test(decode_ip_inside__all_four_kinds),
        cmocka_unit_test(decode_ip_inside__faults_within_ipv6_are_told_on_the_outer_packet),
        cmocka_unit_test(decode_vxlan__carries_ethernet_on_its_port_only),
        cmocka_unit_test(decode_vxlan__what_is_no_ip_is_a_payload_too),
        cmocka_unit_test(decode_udp__ports_of_tunnels_can_be_set),
        cmocka_unit_test(decode_geneve__carries_ethernet_or_ip_behind_options),
        cmocka_unit_test(decode_teredo__needs_an_exact_ipv6_packet),
        cmocka_unit_test(decode_teredo__a_broken_packet_is_a_payload_too),
        cmocka_unit_test(decode_frame__nesting_ends_at_sixteen_layers),
        cmocka_unit_test(decode_frame__inner_packet_has_its_own_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
