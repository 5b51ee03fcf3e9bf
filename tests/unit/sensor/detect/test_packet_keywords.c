/* Keywords about headers of a packet, each seen to parse, refuse, match and not match. */
#include "rig.h"

/* One rule of protocol `proto` on one packet. */
static bool on(const char *proto, const char *options, uint8_t ip_proto, struct bytes l4)
{
    char rule[1024];
    snprintf(rule, sizeof rule, "alert %s any any -> any any (%s sid:1;)", proto, options);
    struct rig *r = rig_open(rule);
    rig_ip(r, TO_SERVER, ip_proto, l4);
    bool fired = rig_fired(r, 1) > 0;
    rig_close(r);
    return fired;
}

static bool on_syn(const char *options)
{
    static const uint8_t syn[24] = {0x9c, 0x40,    0,    80,   0, 0, 3, 0xe8, 0, 0, 0,    0,
                                    0x60, TCP_SYN, 0xea, 0x60, 0, 0, 0, 0,    2, 4, 0x02, 0x18};
    return on("tcp", options, IPP_TCP, bytes_of(syn, sizeof syn));
}

static bool on_ping(const char *options)
{
    return on("icmp", options, IPP_ICMP, BYTES_LIT("\x08\x00\x00\x00\x00\x07\x00\x09ping"));
}

static void tcp__fields(void **state)
{
    (void)state;
    assert_true(on_syn("flags:S;"));
    assert_false(on_syn("flags:A;"));
    assert_true(on_syn("tcp.flags:S,CE;"));
    assert_true(on_syn("flags:*SA;"));
    assert_false(on_syn("flags:SA+;"));
    assert_true(on_syn("flags:!SA;"));
    assert_false(on_syn("flags:0;"));
    assert_true(on_syn("seq:1000; ack:0; window:60000;"));
    assert_false(on_syn("tcp.seq:1001;"));
    assert_false(on_syn("window:!60000;"));
    assert_true(on_syn("tcp.mss:536;"));
    assert_false(on_syn("tcp.mss:<536;"));
    assert_true(on_syn("tcp.hdr; content:\"|02 04 02 18|\"; endswith;"));
    assert_true(on_syn("ipv4.hdr; content:\"|12 34|\"; offset:4; depth:2;"));
    assert_false(on_syn("ipv4.hdr; content:\"|12 35|\";"));
    assert_true(on_syn("tcpv4-csum:invalid;"));
    assert_false(on_syn("tcpv4-csum:valid;"));
    assert_string_equal(rig_option_complaint("flags:X;"),
                        "1: sid 7: tcp.flags: 'X' is none of F S R P A U E C 0");
    assert_string_equal(rig_option_complaint("tcpv4-csum:maybe;"),
                        "1: sid 7: tcpv4-csum: is neither valid nor invalid");
}

static void ip__fields(void **state)
{
    (void)state;
    assert_true(on_syn("ttl:64;"));
    assert_true(on_syn("ttl:60-70;"));
    assert_false(on_syn("ttl:<64;"));
    assert_true(on_syn("ttl:<=64;"));
    assert_true(on_syn("id:4660;"));
    assert_false(on_syn("id:1;"));
    assert_true(on_syn("tos:!8;"));
    assert_false(on_syn("sameip;"));
    assert_false(on_syn("fragbits:M;"));
    assert_true(on_syn("fragbits:!M;"));
    assert_false(on_syn("fragbits:+D;")); /* others must be set beside */
    assert_false(on_syn("fragoffset:<0;"));
    assert_false(on_syn("flow:only_stream;"));
    assert_true(on_syn("fragoffset:0;"));
    assert_false(on_syn("ipopts:any;"));
    assert_true(on("ip", "ip_proto:gre;", IPP_GRE, BYTES_LIT("\x00\x00\x88\x0b")));
    assert_false(on("ip", "ip_proto:!47;", IPP_GRE, BYTES_LIT("\x00\x00\x88\x0b")));
    assert_string_equal(rig_option_complaint("ttl:256;"),
                        "1: sid 7: ttl: '256' is no number or range up to 255");
    assert_string_equal(rig_option_complaint("ipopts:xx;"),
                        "1: sid 7: ipopts: unknown IP option 'xx'");
    assert_string_equal(rig_option_complaint("fragbits:Q;"),
                        "1: sid 7: fragbits: 'Q' is none of M D R + * !");
}

static void icmp__fields(void **state)
{
    (void)state;
    assert_true(on_ping("itype:8; icode:0;"));
    assert_false(on_ping("itype:0;"));
    assert_true(on_ping("itype:>7;"));
    assert_true(on_ping("icmp_id:7; icmp_seq:9;"));
    assert_false(on_ping("icmp_id:8;"));
    assert_true(on_ping("content:\"ping\";"));
    assert_true(on_ping("icmpv4.hdr; content:\"|08 00|\"; depth:2;"));
    assert_true(on_ping("dsize:4;"));
    assert_false(on_ping("icmpv6.mtu:1280;"));
    assert_string_equal(rig_option_complaint("itype:x;"),
                        "1: sid 7: itype: 'x' is no number or range up to 255");
}

static void events__fire_on_odd_packets_only(void **state)
{
    (void)state;
    const char *event = packet_event_name((enum packet_event)0);
    char options[128];
    assert_non_null(strchr(event, '.'));
    snprintf(options, sizeof options, "decode-event:%s;", strchr(event, '.') + 1);
    assert_false(on("pkthdr", options, IPP_GRE, BYTES_LIT("\x00\x00\x88\x0b")));
    struct rig *r =
        rig_open("alert pkthdr any any -> any any (decode-event:ipv4.trunc_pkt; sid:1;)\n"
                 "alert pkthdr any any -> any any (sid:2;)\n"
                 "alert ip 192.0.2.9 any -> any any (decode-event:ipv4.trunc_pkt; sid:3;)\n"
                 "alert tcp any any -> any any (decode-event:ipv4.trunc_pkt; sid:4;)\n"
                 "alert ip any any -> any 80 (decode-event:ipv4.trunc_pkt; sid:5;)");
    struct frame f = {.number = 1,
                      .ts_us = 1,
                      .linktype = LINKTYPE_RAW,
                      .wire_len = 20,
                      .data = BYTES_LIT("\x45\x00\x01\x00\x00\x00\x00\x00\x40\x06\x00\x00"
                                        "\x0a\x00\x00\x01\x0a\x00\x00\x02")};
    decode_frame(r->decoder, &f, rig_on_packet, r);
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 0); /* no IP packet came of it */
    assert_int_equal(rig_fired(r, 3), 1); /* nor an address that could differ */
    assert_int_equal(rig_fired(r, 4), 0);
    assert_int_equal(rig_fired(r, 5), 0);
    rig_close(r);
    assert_string_equal(rig_option_complaint("decode-event:no.such;"),
                        "1: sid 7: decode-event: unknown event 'no.such'");
    char longer[300];
    snprintf(longer, sizeof longer, "decode-event:%0250d;", 0);
    assert_non_null(strstr(rig_option_complaint(longer), "unknown event '0000"));
    assert_string_equal(rig_option_complaint("app-layer-event:no.such;"),
                        "1: sid 7: app-layer-event: unknown event 'no.such'");
}

static void meta__ends_up_in_the_record(void **state)
{
    (void)state;
    char path[] = "/tmp/sekisho-classes-XXXXXX";
    const char *classes = "# x\nconfig classification: bad-thing,A Bad Thing,1\n";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, classes, strlen(classes)), (ssize_t)strlen(classes));
    close(fd);
    struct ruleset_options o = {.classification_file = path, .references = true};
    struct rig *r = rig_open_with("alert udp any any -> any any (msg:\"a \\\"b\\\"\"; "
                                  "classtype:bad-thing; gid:3; rev:4; target:dest_ip; "
                                  "metadata:k one, other x, k two; reference:url,e.org; sid:9;)",
                                  &o);
    unlink(path);
    r->server_port = 9999;
    rig_udp(r, TO_SERVER, BYTES_LIT("x"));
    assert_int_equal(rig_fired(r, 9), 1);
    assert_string_equal(r->last->msg, "a \"b\"");
    assert_string_equal(r->last->category, "A Bad Thing");
    assert_string_equal(r->last->metadata_json, "{\"k\":[\"one\",\"two\"],\"other\":[\"x\"]}");
    assert_string_equal(r->last->references_json, "[\"url,e.org\"]");
    assert_int_equal(r->last->severity, 1);
    assert_int_equal(r->last->gid, 3);
    assert_int_equal(r->last->rev, 4);
    assert_int_equal(r->last->target, 2);
    rig_close(r);
    assert_string_equal(rig_option_complaint("target:me;"),
                        "1: sid 7: target: is neither src_ip nor dest_ip");
    assert_string_equal(rig_option_complaint("priority:0;"),
                        "1: sid 7: priority: '0' is no number from 1 to 255");
}

static void requires__leaves_rules_of_other_versions_out(void **state)
{
    (void)state;
    struct ruleset_report report;
    struct err err = {""};
    struct ruleset *rs =
        rig_load("alert tcp any any -> any any (requires:version >= 7.0.0; sid:1;)\n"
                 "alert tcp any any -> any any (requires:version >= 8.0.0; new_keyword; sid:2;)\n"
                 "alert tcp any any -> any any (requires:feature lua; sid:3;)\n"
                 "alert tcp any any -> any any (requires:version >= 6 < 7 | >= 7.0.3; sid:4;)\n",
                 NULL, &report, &err);
    assert_int_equal(report.loaded, 2);
    assert_int_equal(report.failed, 0);
    ruleset_report_free(&report);
    ruleset_free(rs);
    assert_non_null(strstr(rig_option_complaint("requires:version ~ 7;"), "requires"));
}

static void geoip__without_a_database_never_matches(void **state)
{
    (void)state;
    assert_false(on_syn("geoip:dst,JP;"));
    assert_string_equal(rig_option_complaint("geoip:dst,Japan;"),
                        "1: sid 7: geoip: 'Japan' is no two-letter country code");
}

static void assert_complaint(const char *head, const char *options, const char *part)
{
    char rule[512];
    snprintf(rule, sizeof rule, "alert %s any any -> any any (%s sid:1;)", head, options);
    const char *said = rig_complaint(rule);
    if (!strstr(said, part))
        fail_msg("'%s': '%s' does not say '%s'", rule, said, part);
}

static void headers__rules_that_contradict_themselves_are_refused(void **state)
{
    (void)state;
    assert_complaint("tcp", "ip_proto:6;", "one protocol already");
    assert_complaint("ip", "ip_proto:6; ip_proto:17;", "does not go with");
    assert_complaint("ip", "ip_proto:>6; ip_proto:>17;", "does not go with");
    assert_complaint("tcp", "udp.hdr; content:\"|00|\";", "another protocol");
    assert_complaint("ip", "ip_proto:17; icmpv6.hdr; content:\"|00|\";", "another protocol");
    assert_complaint("ip", "icmpv6.mtu:>1; l3_proto:ip4;", "other version");
    assert_complaint("ip", "flow:established; flow:to_server;", "twice");
}

static void headers__conditions_about_a_packet_go_with_no_transaction(void **state)
{
    (void)state;
    static const char *const conditions[] = {"itype:8;", "icode:0;", "icmp_id:1;", "flow.age:>1;",
                                             "icmpv6.mtu:>1;"};
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        char options[128];
        snprintf(options, sizeof options, "%s http.uri; content:\"a\";", conditions[i]);
        assert_complaint("ip", options, "one packet");
        assert_complaint("tcp-stream", conditions[i], "one packet");
    }
    assert_complaint("ip", "ttl:1; app-layer-event:smb.malformed_data;", "one packet");
    assert_complaint("ip", "ttl:1; filesize:>1;", "one packet");
}

/* Eight bytes of UDP that say they are a hundred. */
static void headers__of_a_packet_broken_below_ip_are_looked_at(void **state)
{
    (void)state;
    struct bytes udp = BYTES_LIT("\x00\x35\x00\x35\x00\x64\x00\x00");
    assert_true(on("ip", "ttl:>0;", 17, udp));
    assert_true(on("udp", "", 17, udp));
    assert_true(on("ip", "flow:to_server;", 17, udp));
    assert_false(on("ip", "flow:to_client;", 17, udp));
    assert_false(on("ip", "flow:stateless;", 17, udp));
    assert_false(on("udp", "udp.hdr; content:!\"x\";", 17, udp));
    assert_false(on("tcp", "", 17, udp));
    assert_false(on("tcp", "seq:0;", 6, udp));
}

static void headers__without_ports_fit_no_rule_about_ports(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert ip any any -> any 0: (ttl:>0; sid:1;)\n"
                             "alert ip any any -> any any (ttl:>0; sid:2;)\n"
                             "alert ip any !80 -> any any (ttl:>0; sid:3;)");
    rig_ip(r, TO_SERVER, IPP_GRE, BYTES_LIT("\x00\x00\x88\x0b"));
    assert_int_equal(rig_fired(r, 1), 0);
    assert_int_equal(rig_fired(r, 2), 1);
    assert_int_equal(rig_fired(r, 3), 0);
    rig_close(r);
}

static void headers__several_conditions_hold_together(void **state)
{
    (void)state;
    struct bytes udp = BYTES_LIT("\x00\x35\x00\x35\x00\x08\x00\x00");
    assert_true(on("ip", "ip_proto:>6; ip_proto:<20; ip_proto:!18;", 17, udp));
    assert_false(on("ip", "ip_proto:>6; ip_proto:<20; ip_proto:!17;", 17, udp));
    assert_true(on("ip", "flow:to_server; flow:stateless;", 17, udp));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp__fields),
        cmocka_unit_test(ip__fields),
        cmocka_unit_test(icmp__fields),
        cmocka_unit_test(headers__rules_that_contradict_themselves_are_refused),
        cmocka_unit_test(headers__conditions_about_a_packet_go_with_no_transaction),
        cmocka_unit_test(headers__several_conditions_hold_together),
        cmocka_unit_test(headers__of_a_packet_broken_below_ip_are_looked_at),
        cmocka_unit_test(headers__without_ports_fit_no_rule_about_ports),
        cmocka_unit_test(events__fire_on_odd_packets_only),
        cmocka_unit_test(meta__ends_up_in_the_record),
        cmocka_unit_test(requires__leaves_rules_of_other_versions_out),
        cmocka_unit_test(geoip__without_a_database_never_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
