/* Rules over packets, streams and transactions of whole conversations. */
#include "rig.h"

static const char *const request = "GET /a/evil.php?q=1 HTTP/1.1\r\nHost: Example.org\r\n"
                                   "User-Agent: bad-agent/1.0\r\n\r\n";
static const char *const answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                                  "Content-Length: 12\r\n\r\nhello secret";

static void browse(struct rig *r)
{
    rig_connect(r);
    rig_say(r, TO_SERVER, request);
    rig_say(r, TO_CLIENT, answer);
    rig_segment(r, TO_SERVER, TCP_FIN | TCP_ACK, (struct bytes){0});
    rig_segment(r, TO_CLIENT, TCP_FIN | TCP_ACK, (struct bytes){0});
    rig_segment(r, TO_SERVER, TCP_ACK, (struct bytes){0});
    rig_end(r);
}

static size_t fires(const char *header, const char *options)
{
    char rule[4096];
    snprintf(rule, sizeof rule, "%s (%s sid:1;)", header, options);
    struct rig *r = rig_open(rule);
    browse(r);
    size_t n = rig_fired(r, 1);
    rig_close(r);
    return n;
}

static void stream__pattern_across_segments_fires_once(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert tcp any any -> any any (content:\"spl|69|t-word\"; sid:1;)\n"
                             "alert tcp-pkt any any -> any any (content:\"split-word\"; sid:2;)\n"
                             "alert tcp any any -> any any (content:\"word\"; sid:3;)");
    r->server_port = 4444;
    rig_connect(r);
    rig_say(r, TO_SERVER, "xx split");
    rig_say(r, TO_SERVER, "-word yy");
    rig_say(r, TO_SERVER, "and more");
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 1);
    assert_true(r->alerts[0].stream);
    assert_int_equal(rig_fired(r, 2), 0);
    assert_int_equal(rig_fired(r, 3), 1);
    rig_close(r);
}

/* The FIN makes the stream be looked at before anything of it was acknowledged. */
static void stream__what_is_absent_is_absent_where_nothing_can_be_looked_at_yet(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert tcp any any -> any any (content:!\"word\"; sid:1;)\n"
                             "alert tcp any any -> any any (content:!\"w\"; depth:1; sid:2;)\n"
                             "alert tcp any any -> any any (content:\"word\"; sid:3;)");
    r->server_port = 4444;
    rig_connect(r);
    rig_segment(r, TO_SERVER, TCP_PSH | TCP_ACK, BYTES_LIT("word"));
    assert_int_equal(r->alert_count, 0);
    rig_segment(r, TO_SERVER, TCP_FIN | TCP_ACK, (struct bytes){0});
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 1);
    assert_int_equal(rig_fired(r, 3), 0);
    rig_end(r);
    assert_int_equal(rig_fired(r, 3), 1);
    rig_close(r);
}

/* What the two go on with is followed here alone. */
static void stream__is_not_cut_where_a_mailbox_is_sealed(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert tcp any any -> any any (content:\"STLS\"; startswith; "
                             "content:\"|16 03|\"; distance:2; within:2; sid:1;)");
    r->server_port = 110;
    rig_connect(r);
    rig_say(r, TO_CLIENT, "+OK ready\r\n");
    rig_say(r, TO_SERVER, "STLS\r\n");
    rig_say(r, TO_CLIENT, "+OK begin\r\n");
    rig_say_bytes(r, TO_SERVER, BYTES_LIT("\x16\3\1\0\x40\1\0\0\x3c\3\3"));
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 1);
    rig_close(r);
}

/* A stream is looked at in pieces; nobody hides between two of them. */
static void stream__pattern_across_two_looks_is_found(void **state)
{
    (void)state;
    static char first[1300], second[1300];
    struct rig *r = rig_open("alert tcp any any -> any any (content:\"split-word\"; sid:1;)");
    memset(first, 'x', sizeof first - 1);
    memset(second, 'y', sizeof second - 1);
    memcpy(first + sizeof first - 6, "split", 5);
    memcpy(second, "-word", 5);
    r->server_port = 4444;
    rig_connect(r);
    rig_say(r, TO_SERVER, second);
    rig_say(r, TO_SERVER, first);
    rig_say(r, TO_SERVER, second);
    rig_say(r, TO_SERVER, first);
    rig_say(r, TO_SERVER, "end");
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 1);
    rig_close(r);
}

/* Not behind a whole one either that was found in the look before. */
static void stream__a_match_in_both_looks_hides_none_across_them(void **state)
{
    (void)state;
    static char first[2600], second[2600];
    struct rig *r =
        rig_open("alert tcp any any -> any any (content:\"split-word\"; sid:1;)\n"
                 "alert tcp any any -> any any (content:\"split\"; content:\"-word\"; sid:2;)\n"
                 "alert tcp any any -> any any (content:\"split\"; pcre:\"/^-[a-z]ord/R\"; "
                 "sid:3;)");
    memset(first, 'x', sizeof first - 1);
    memset(second, 'y', sizeof second - 1);
    memcpy(first + sizeof first - 100, "split-word", 10);
    memcpy(first + sizeof first - 6, "split", 5);
    memcpy(second, "-word", 5);
    r->server_port = 4444;
    rig_connect(r);
    rig_say(r, TO_SERVER, first);
    rig_say(r, TO_SERVER, second);
    rig_say(r, TO_SERVER, "end");
    rig_end(r);
    for (uint32_t sid = 1; sid <= 3; sid++)
        assert_int_equal(rig_fired(r, sid), 2);
    rig_close(r);
}

/* [MS-SMB2] 2.2.21: what comes before 50000 bytes that are written to a file. */
#define SMB2_WRITE                                                                                 \
    "\0\0\xc3\xc0\xfeSMB\x40\0\0\0\0\0\0\0\x09\0\1\0\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0"              \
    "\xff\xfe\0\0\1\0\0\0\5\0\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                         \
    "\x31\0\x70\0\x50\xc3\0\0\0\0\0\0\0\0\0\0\x4d\0\0\0\0\0\0\0\x09\0\0\0\xff\xff\xff\xff"         \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

/* Where calls have a body of another name, the file is what grows. */
static void transaction__a_file_over_smb_is_looked_at_as_it_grows(void **state)
{
    (void)state;
    static uint8_t data[40000];
    struct rig *r = rig_open("alert smb any any -> any any (file.data; content:\"MZ\"; sid:1;)");
    r->server_port = 445;
    memcpy(data, "MZ", 2);
    rig_connect(r);
    rig_say_bytes(r, TO_SERVER, bytes_of(SMB2_WRITE, sizeof SMB2_WRITE - 1));
    rig_say_bytes(r, TO_SERVER, bytes_of(data, 10000));
    assert_int_equal(rig_fired(r, 1), 0);
    rig_say_bytes(r, TO_SERVER, bytes_of(data + 10000, 30000));
    rig_segment(r, TO_SERVER, TCP_ACK, (struct bytes){0});
    assert_int_equal(rig_fired(r, 1), 1);
    rig_close(r);
}

static void flow_age__counts_from_the_first_packet(void **state)
{
    (void)state;
    struct rig *r =
        rig_open("alert tcp-pkt any any -> any any (content:\"late\"; flow.age:>59; sid:1;)\n"
                 "alert tcp-pkt any any -> any any (content:\"early\"; flow.age:>59; sid:2;)");
    r->server_port = 4444;
    rig_connect(r);
    rig_say(r, TO_SERVER, "early");
    rig_say(r, TO_CLIENT, "yes");
    r->ts_us += 60 * UINT64_C(1000000);
    rig_say(r, TO_SERVER, "late");
    rig_say(r, TO_CLIENT, "yes");
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 0);
    rig_close(r);
}

/* What an RST carries is no part of the stream. */
static void stream__only_stream_does_not_look_at_packets(void **state)
{
    (void)state;
    struct rig *r =
        rig_open("alert tcp any any -> any any (content:\"denied\"; sid:1;)\n"
                 "alert tcp any any -> any any (flow:only_stream; content:\"denied\"; sid:2;)");
    r->server_port = 4444;
    rig_connect(r);
    rig_segment(r, TO_CLIENT, TCP_RST | TCP_ACK, BYTES_LIT("access denied"));
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 0);
    rig_close(r);
}

/* What stands in a packet's headers is about its own bytes, not about those of the stream. */
static void stream__a_rule_about_one_packet_looks_at_its_own_payload(void **state)
{
    (void)state;
    static const char *const conditions[] = {"dsize:>0",     "ttl:>0",    "tos:0",     "flags:A+",
                                             "fragoffset:0", "window:>0", "ip_proto:6"};
    enum { COUNT = sizeof conditions / sizeof conditions[0] };
    char rules[2048];
    size_t n = 0;
    for (size_t i = 0; i < COUNT; i++) {
        int len = snprintf(rules + n, sizeof rules - n,
                           "alert ip any any -> any any (%s; content:\"whole\"; sid:%zu;)\n"
                           "alert ip any any -> any any (%s; content:\"split\"; sid:%zu;)\n",
                           conditions[i], i + 1, conditions[i], i + 101);
        assert_in_range(len, 1, sizeof rules - n - 1);
        n += (size_t)len;
    }
    struct rig *r = rig_open(rules);
    r->server_port = 4444;
    rig_connect(r);
    rig_say(r, TO_SERVER, "a whole one");
    rig_say(r, TO_SERVER, " and one that is sp");
    rig_say(r, TO_SERVER, "lit");
    rig_end(r);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(rig_fired(r, i + 1), 1);
        assert_int_equal(rig_fired(r, i + 101), 0);
    }
    assert_false(r->alerts[0].stream);
    rig_close(r);
}

static void stream__a_size_in_the_rule_has_it_look_at_packets_too(void **state)
{
    (void)state;
    struct rig *r = rig_open(
        "alert tcp any any -> any any (stream_size:client,<,100; content:\"evil\"; sid:1;)");
    r->server_port = 4444;
    rig_connect(r);
    rig_say(r, TO_SERVER, "some ev");
    rig_say(r, TO_SERVER, "il and evil");
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 2); /* the packet, and at the end the stream */
    rig_close(r);
}

static void http__sticky_and_legacy_buffers(void **state)
{
    (void)state;
    const char *h = "alert http any any -> any any";
    assert_int_equal(fires(h, "http.uri; content:\"/evil.php\";"), 1);
    assert_int_equal(fires(h, "content:\"/evil.php\"; http_uri;"), 1);
    assert_int_equal(fires("alert tcp any any -> any any", "http.uri; content:\"/evil.php\";"), 1);
    assert_int_equal(fires(h, "http.uri; content:\"/good.php\";"), 0);
    assert_int_equal(fires(h, "http.method; content:\"GET\"; http.uri; content:!\"good\";"), 1);
    assert_int_equal(fires(h, "pcre:\"/evil\\.ph[p]/U\";"), 1);
    assert_int_equal(fires(h, "urilen:15;"), 1);
    assert_int_equal(fires(h, "urilen:>16;"), 0);
    assert_int_equal(fires(h, "http.host; content:\"example.org\"; bsize:11;"), 1);
    assert_int_equal(fires(h, "http.host; dotprefix; content:\".example.org\"; endswith;"), 1);
    assert_int_equal(fires(h, "flow:established,to_client; http.stat_code; content:\"200\";"), 1);
    assert_int_equal(fires(h, "flow:established,to_server; file.data; content:\"secret\";"), 0);
    assert_int_equal(fires(h, "flow:established,to_client; file.data; content:\"secret\";"), 1);
    assert_int_equal(fires(h, "http.uri; to_md5; content:\"|00 01 02|\";"), 0);
    assert_int_equal(fires(h, "http.uri; xor:\"00\"; content:\"/evil.php\";"), 1);
    assert_int_equal(fires(h, "http.uri; content:\"/evil\"; to_uppercase; content:\"/EVIL\";"), 1);
    assert_int_equal(fires(h, "http.uri; content:\"/EVIL\"; to_uppercase; content:\"/EVIL\";"), 0);
    assert_int_equal(fires(h, "http.uri; pcrexform:\"q=([0-9]+)\"; content:\"1\"; bsize:1;"), 1);
    assert_int_equal(fires("alert tls any any -> any any", "tls.sni; content:\"x\";"), 0);
}

/* The client's "port unreachable", quoting what the server sent. */
static void say_unreachable(struct rig *r)
{
    uint8_t error[8 + 20 + 8] = {3, 3};
    uint8_t *ip = error + 8;
    ip[0] = 0x45;
    put16(ip + 2, 40);
    ip[8] = 64;
    ip[9] = IPP_TCP;
    memcpy(ip + 12, (const uint8_t[]){203, 0, 113, 5, 10, 0, 0, 1}, 8);
    put16(ip + 20, r->server_port);
    put16(ip + 22, r->client_port);
    put32(ip + 24, r->seq[TO_CLIENT]);
    rig_ip(r, TO_SERVER, IPP_ICMP, bytes_of(error, sizeof error));
}

static void icmp_error__hides_nothing_of_the_flow_it_quotes(void **state)
{
    (void)state;
    struct rig *r = rig_open(
        "alert http any any -> any any (http.uri; content:\"/evil\"; sid:1;)\n"
        "alert tcp any any -> any any (content:\"/evil\"; sid:2;)\n"
        "alert http any any -> any any (flow:to_server; http.method; content:\"GET\"; sid:3;)\n"
        "alert icmp any any -> any any (itype:3; sid:4;)\n");
    rig_connect(r);
    rig_say(r, TO_SERVER, "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n");
    say_unreachable(r);
    rig_segment(r, TO_SERVER, TCP_ACK, (struct bytes){0});
    for (uint32_t sid = 1; sid <= 4; sid++)
        assert_int_equal(rig_fired(r, sid), 1);
    rig_close(r);
}

static void http__payload_and_buffer_in_one_rule(void **state)
{
    (void)state;
    const char *h = "alert tcp any any -> any any";
    assert_int_equal(fires(h, "content:\"bad-agent\"; http.uri; content:\"evil\"; "
                              "fast_pattern;"),
                     1);
    assert_int_equal(fires(h, "content:\"bad-agent\"; fast_pattern; http.uri; content:\"evil\";"),
                     1);
    assert_int_equal(fires(h, "content:\"no-agent\"; http.uri; content:\"evil\";"), 0);
}

static void http__answer_behind_an_interim_one_is_looked_at(void **state)
{
    (void)state;
    struct rig *r =
        rig_open("alert http any any -> any any (http.stat_code; content:\"100\"; sid:1;)\n"
                 "alert http any any -> any any (http.stat_code; content:\"200\"; sid:2;)\n"
                 "alert http any any -> any any (http.stat_code; pcre:\"/200/\"; sid:3;)\n"
                 "alert http any any -> any any (http.stat_code; pcre:\"/[12]00/\"; sid:4;)");
    rig_connect(r);
    rig_say(r, TO_SERVER,
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
            "Content-Length: 1\r\n\r\n");
    rig_say(r, TO_CLIENT, "HTTP/1.1 100 Continue\r\n\r\n");
    rig_say(r, TO_SERVER, "x");
    rig_say(r, TO_CLIENT, answer);
    rig_end(r);
    for (unsigned sid = 1; sid <= 4; sid++)
        assert_int_equal(rig_fired(r, sid), 1);
    rig_close(r);
}

static void http__buffers_of_both_directions_cannot_mix(void **state)
{
    (void)state;
    assert_string_equal(rig_complaint("alert http any any -> any any (http.uri; content:\"a\"; "
                                      "http.stat_code; content:\"200\"; sid:7;)"),
                        "1: sid 7: buffer 'http.stat_code' does not go the way the rule looks");
    assert_string_equal(rig_complaint("alert http any any -> any any (tls.sni; content:\"a\"; "
                                      "sid:7;)"),
                        "1: sid 7: tls.sni: rule is about http already, not tls");
}

static void flow__direction_and_state(void **state)
{
    (void)state;
    const char *h = "alert tcp any any -> any any";
    assert_int_equal(fires(h, "flow:to_server; flags:S;"), 1);
    assert_int_equal(fires(h, "flow:to_client; flags:S;"), 0);
    assert_int_equal(fires(h, "flow:not_established; flags:SA;"), 1);
    assert_int_equal(fires(h, "flow:established; flags:S;"), 0);
    assert_int_equal(fires(h, "flow:established,to_server; content:\"GET\";"), 1);
    assert_int_equal(fires(h, "flow:established,to_client; content:\"GET\";"), 0);
    assert_string_equal(rig_option_complaint("flow:to_server,to_client;"),
                        "1: sid 7: flow: to_server and to_client exclude each other");
    assert_string_equal(rig_option_complaint("flow:upwards;"),
                        "1: sid 7: flow: unknown option 'upwards'");
}

static void header__addresses_ports_and_directions(void **state)
{
    (void)state;
    const char *o = "flags:S;";
    assert_int_equal(fires("alert tcp 10.0.0.0/8 any -> any 80", o), 1);
    assert_int_equal(fires("alert tcp any any -> 10.0.0.0/8 80", o), 0);
    assert_int_equal(fires("alert tcp any any <> 10.0.0.0/8 any", o), 1);
    assert_int_equal(fires("alert tcp $HOME_NET any -> $EXTERNAL_NET $HTTP_PORTS", o), 1);
    assert_int_equal(fires("alert tcp any any -> any !80", o), 0);
    assert_int_equal(fires("alert udp any any -> any any", ""), 0);
    assert_int_equal(fires("alert ipv6 any any -> any any", o), 0);
    assert_int_equal(fires("alert ip any any -> any any", ""), 2);
    assert_int_equal(fires("alert tcp 10.0.0.1 any -> any any", ""), 1);
}

static void flowbits__setters_run_before_testers(void **state)
{
    (void)state;
    struct rig *r = rig_open(
        "alert tcp any any -> any any (content:\"evil\"; flowbits:isset,seen; sid:1;)\n"
        "alert tcp any any -> any any (content:\"GET\"; flowbits:set,seen; flowbits:noalert; "
        "sid:2;)\n"
        "alert tcp any any -> any any (content:\"evil\"; flowbits:isnotset,seen; sid:3;)\n"
        "alert tcp any any -> any any (content:\"evil\"; flowbits:isset,other|seen; sid:4;)\n"
        "alert http any any -> any any (flow:to_client; http.stat_code; content:\"200\"; "
        "flowbits:unset,seen; sid:5;)");
    browse(r);
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 0);
    assert_int_equal(rig_fired(r, 3), 0);
    assert_int_equal(rig_fired(r, 4), 1);
    assert_int_equal(rig_fired(r, 5), 1);
    rig_close(r);
    assert_string_equal(rig_option_complaint("flowbits:fly,x;"),
                        "1: sid 7: flowbits: unknown command 'fly': "
                        "set, unset, toggle, isset, isnotset or noalert");
}

static void detect_vars_json__tells_flowbits_and_integers(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert tcp any any -> any any (content:\"GET\"; flowbits:set,seen; "
                             "flowint:n,+,2; sid:1;)");
    browse(r);
    struct bytes text = json_bytes(&r->vars);
    assert_true(bytes_eq(text, BYTES_LIT("{\"metadata\":{\"flowbits\":[\"seen\"],"
                                         "\"flowints\":{\"n\":2}}}")));
    rig_close(r);
}

static void flowbits__isnotset_of_several_wants_one_that_is_not(void **state)
{
    (void)state;
    struct rig *r =
        rig_open("alert udp any any -> any any (content:\"x\"; flowbits:set,a; sid:1;)\n"
                 "alert udp any any -> any any (content:\"y\"; flowbits:set,b; sid:2;)\n"
                 "alert udp any any -> any any (flowbits:isnotset,a|b; content:\"z\"; sid:3;)");
    r->server_port = 9999;
    rig_udp(r, TO_SERVER, BYTES_LIT("x"));
    rig_udp(r, TO_SERVER, BYTES_LIT("z"));
    assert_int_equal(rig_fired(r, 3), 1);
    rig_udp(r, TO_SERVER, BYTES_LIT("y"));
    rig_udp(r, TO_SERVER, BYTES_LIT("z"));
    assert_int_equal(rig_fired(r, 3), 1);
    rig_close(r);
}

static void flowint__counts_and_compares(void **state)
{
    (void)state;
    struct rig *r =
        rig_open("alert udp any any -> any any (content:\"x\"; flowint:n,+,1; noalert; "
                 "sid:1;)\n"
                 "alert udp any any -> any any (content:\"x\"; flowint:n,==,3; sid:2;)");
    r->server_port = 9999;
    for (unsigned i = 0; i < 5; i++)
        rig_udp(r, TO_SERVER, BYTES_LIT("x"));
    assert_int_equal(rig_fired(r, 2), 1);
    rig_close(r);
    assert_string_equal(rig_option_complaint("flowint:n,**,3;"),
                        "1: sid 7: flowint: unknown operator '**'");
}

static void pass__stops_the_alerts_of_packet_and_flow(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert tcp any any -> any any (content:\"evil\"; sid:1;)\n"
                             "pass tcp any any -> any any (content:\"GET\"; sid:2;)\n"
                             "alert http any any -> any any (flow:to_client; http.stat_code; "
                             "content:\"200\"; sid:3;)");
    browse(r);
    assert_int_equal(r->alert_count, 0);
    assert_true(detect_counters(r->detect)->passed > 0);
    rig_close(r);
}

/* What nobody parses is inspected by the chunk, not by the segment: what a rule says of all of it
 * must hold of all of it. */
static void stream__is_seen_whole_until_there_is_much(void **state)
{
    (void)state;
    struct rig *r =
        rig_open("alert tcp any any -> any any (content:\"ab\"; content:!\"yz\"; sid:1;)\n"
                 "alert tcp any any -> any any (content:\"cd\"; isdataat:!4; sid:2;)\n"
                 "alert tcp any any -> any any (content:\"bc\"; sid:3;)\n");
    rig_connect(r);
    rig_say(r, TO_SERVER, "\x01\x02 ab");
    rig_say(r, TO_SERVER, "cd yz");
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 0);
    assert_int_equal(rig_fired(r, 2), 0);
    assert_int_equal(rig_fired(r, 3), 1);
    rig_close(r);
}

/* A request is over: its bytes are looked at before the next one comes. */
static void stream__is_seen_at_the_end_of_a_message(void **state)
{
    (void)state;
    struct rig *r =
        rig_open("alert tcp any any -> any any (content:\"/one\"; content:!\"/two\"; sid:1;)\n");
    rig_connect(r);
    rig_say(r, TO_SERVER, "GET /one HTTP/1.1\r\nHost: a\r\n\r\n");
    rig_say(r, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    rig_say(r, TO_SERVER, "GET /two HTTP/1.1\r\nHost: a\r\n\r\n");
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 1);
    rig_close(r);
}

/* Twenty rules that match every "x". */
static struct rig *open_twenty(const struct ruleset_options *more)
{
    char rules[8192] = "";
    size_t at = 0;
    for (unsigned i = 0; i < 20; i++)
        at += (size_t)snprintf(rules + at, sizeof rules - at,
                               "alert udp any any -> any any (content:\"x\"; sid:%u;)\n", 20 - i);
    return rig_open_with(rules, more);
}

static void alerts__at_most_fifteen_a_packet(void **state)
{
    (void)state;
    struct rig *r = open_twenty(NULL);
    r->server_port = 9999;
    rig_udp(r, TO_SERVER, BYTES_LIT("x"));
    assert_int_equal(r->alert_count, 15);
    assert_int_equal(r->alerts[0].sid, 1);
    assert_int_equal(r->alerts[14].sid, 15);
    assert_int_equal(detect_counters(r->detect)->alert_overflow, 5);
    rig_close(r);
}

static void alerts__as_many_a_packet_as_asked_for(void **state)
{
    (void)state;
    struct rig *r = open_twenty(&(struct ruleset_options){.packet_alert_max = 18});
    r->server_port = 9999;
    rig_udp(r, TO_SERVER, BYTES_LIT("x"));
    assert_int_equal(r->alert_count, 18);
    rig_close(r);
}

static void tx__fires_once_for_each_transaction(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert http any any -> any any (http.uri; content:\"evil\"; sid:1;)\n"
                             "alert http any any -> any any (http.uri; pcre:\"/evil/\"; sid:2;)");
    rig_connect(r);
    for (unsigned i = 0; i < 3; i++) {
        rig_say(r, TO_SERVER, request);
        rig_say(r, TO_CLIENT, answer);
    }
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 3);
    assert_int_equal(rig_fired(r, 2), 3);
    assert_true(r->alerts[0].tx);
    rig_close(r);
}

/* The method is known with the first segment, the stream is looked at once the request is over. */
static void tx__waits_for_its_payload(void **state)
{
    (void)state;
    struct rig *r = rig_open(
        "alert http any any -> any any (http.method; content:\"GET\"; pkt_data; pcre:\"/wait.d/\"; "
        "sid:1;)\n"
        "alert http any any -> any any (http.method; content:\"GET\"; pkt_data; content:!\"GET\"; "
        "sid:2;)\n"
        "alert http any any -> any any (http.stat_code; content:\"200\"; pkt_data; "
        "content:\"HTTP\"; offset:4; sid:3;)");
    rig_connect(r);
    for (unsigned i = 0; i < 2; i++) {
        rig_say(r, TO_SERVER, "GET / HTTP/1.1\r\nHost: a\r\n");
        rig_say(r, TO_SERVER, "X-A: waited\r\n\r\n");
        rig_say(r, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 2);
    assert_int_equal(rig_fired(r, 2), 0);
    assert_int_equal(rig_fired(r, 3), 0);
    rig_close(r);
}

/* A final answer counts, not what an interim one said, however many there were. */
static void tx__looks_at_a_revised_answer_anew(void **state)
{
    (void)state;
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    static char many[256 * sizeof interim + 64];
    size_t at = 0;
    for (unsigned i = 0; i < 256; i++)
        at += (size_t)snprintf(many + at, sizeof many - at, "%s", interim);
    snprintf(many + at, sizeof many - at, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    struct rig *r = rig_open(
        "alert http any any -> any any (http.stat_code; content:\"200\"; sid:1;)\n"
        "alert http any any -> any any (http.stat_code; content:!\"200\"; http.response_body; "
        "pcre:\"/ok/\"; sid:2;)");
    rig_connect(r);
    rig_say(r, TO_SERVER, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
    rig_say(r, TO_CLIENT, interim);
    rig_say(r, TO_SERVER, "a");
    rig_say(r, TO_CLIENT, many);
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 0);
    rig_close(r);
}

static void app_layer_protocol__fires_when_it_becomes_known(void **state)
{
    (void)state;
    const char *h = "alert tcp any any -> any any";
    assert_int_equal(fires(h, "flow:to_server; app-layer-protocol:http;"), 1);
    assert_int_equal(fires(h, "flow:to_server; app-layer-protocol:tls;"), 0);
    assert_int_equal(fires(h, "flow:to_server; app-layer-protocol:!tls;"), 1);
    assert_int_equal(fires(h, "app-layer-protocol:http;"), 2);
    assert_true(fires(h, "flow:established; app-layer-protocol:http;") > 2);
    assert_int_equal(fires(h, "app-layer-protocol:http1;"), 2);
    assert_string_equal(rig_option_complaint("app-layer-protocol:nosuch;"),
                        "1: sid 7: app-layer-protocol: unknown protocol 'nosuch'");
}

/* Both sides of a connection that is left open say once more what it was. */
static void app_layer__an_open_end_is_asked_for_its_protocol(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert http any any -> any any (flow:to_server; sid:1;)\n"
                             "alert http any any -> any any (flow:to_client; sid:2;)\n"
                             "alert http any any -> any any (flow:to_server,established; sid:3;)");
    rig_connect(r);
    rig_segment(r, TO_SERVER, TCP_PSH | TCP_ACK, bytes_str(request));
    rig_segment(r, TO_CLIENT, TCP_ACK, (struct bytes){0});
    size_t before = rig_fired(r, 1);
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), before + 1);
    assert_int_equal(rig_fired(r, 2), 2);
    assert_int_equal(rig_fired(r, 3), before);
    rig_close(r);
}

static void ips__drop_marks_the_alert_and_ends_the_flow(void **state)
{
    (void)state;
    struct ruleset_options ips = {.ips = true};
    struct rig *r = rig_open_with("drop tcp any any -> any any (content:\"evil\"; sid:1;)\n"
                                  "alert http any any -> any any (flow:to_client; http.stat_code; "
                                  "content:\"200\"; sid:2;)",
                                  &ips);
    browse(r);
    assert_int_equal(r->alert_count, 1);
    assert_true(r->alerts[0].dropped);
    rig_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream__pattern_across_segments_fires_once),
        cmocka_unit_test(stream__what_is_absent_is_absent_where_nothing_can_be_looked_at_yet),
        cmocka_unit_test(stream__is_not_cut_where_a_mailbox_is_sealed),
        cmocka_unit_test(stream__pattern_across_two_looks_is_found),
        cmocka_unit_test(stream__a_match_in_both_looks_hides_none_across_them),
        cmocka_unit_test(transaction__a_file_over_smb_is_looked_at_as_it_grows),
        cmocka_unit_test(flow_age__counts_from_the_first_packet),
        cmocka_unit_test(stream__only_stream_does_not_look_at_packets),
        cmocka_unit_test(stream__a_rule_about_one_packet_looks_at_its_own_payload),
        cmocka_unit_test(stream__a_size_in_the_rule_has_it_look_at_packets_too),
        cmocka_unit_test(http__sticky_and_legacy_buffers),
        cmocka_unit_test(icmp_error__hides_nothing_of_the_flow_it_quotes),
        cmocka_unit_test(http__payload_and_buffer_in_one_rule),
        cmocka_unit_test(http__answer_behind_an_interim_one_is_looked_at),
        cmocka_unit_test(http__buffers_of_both_directions_cannot_mix),
        cmocka_unit_test(flow__direction_and_state),
        cmocka_unit_test(header__addresses_ports_and_directions),
        cmocka_unit_test(flowbits__setters_run_before_testers),
        cmocka_unit_test(detect_vars_json__tells_flowbits_and_integers),
        cmocka_unit_test(flowbits__isnotset_of_several_wants_one_that_is_not),
        cmocka_unit_test(flowint__counts_and_compares),
        cmocka_unit_test(pass__stops_the_alerts_of_packet_and_flow),
        cmocka_unit_test(stream__is_seen_whole_until_there_is_much),
        cmocka_unit_test(stream__is_seen_at_the_end_of_a_message),
        cmocka_unit_test(alerts__at_most_fifteen_a_packet),
        cmocka_unit_test(alerts__as_many_a_packet_as_asked_for),
        cmocka_unit_test(tx__fires_once_for_each_transaction),
        cmocka_unit_test(tx__waits_for_its_payload),
        cmocka_unit_test(tx__looks_at_a_revised_answer_anew),
        cmocka_unit_test(app_layer_protocol__fires_when_it_becomes_known),
        cmocka_unit_test(app_layer__an_open_end_is_asked_for_its_protocol),
        cmocka_unit_test(ips__drop_marks_the_alert_and_ends_the_flow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
