/* frame: what parsers point out, whole and in pieces. */
#include "tests/unit/sensor/detect/rig.h"

static const uint8_t query[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                               "\x07"
                               "example\x02xy\x00\x00\x01\x00\x01";

static struct rig *open_on(uint16_t port, const char *rules)
{
    struct rig *r = rig_open(rules);
    r->server_port = port;
    return r;
}

static void frame__is_a_datagram_or_a_message_of_a_stream(void **state)
{
    (void)state;
    static const char rules[] =
        "alert dns any any -> any any (frame:pdu; content:\"|12 34|\"; startswith; sid:1;)\n"
        "alert udp any any -> any any (frame:dns.pdu; content:\"example\"; sid:2;)\n"
        "alert tcp any any -> any any (frame:dns.pdu; content:\"|00 01|\"; endswith; sid:3;)";
    struct rig *r = open_on(53, rules);
    rig_udp(r, TO_SERVER, bytes_of(query, sizeof query - 1));
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 1);
    assert_int_equal(rig_fired(r, 3), 0);
    rig_close(r);
    r = open_on(53, rules);
    uint8_t message[sizeof query + 1] = {0, sizeof query - 1};
    memcpy(message + 2, query, sizeof query - 1);
    rig_connect(r);
    rig_say_bytes(r, TO_SERVER, bytes_of(message, 9));
    rig_say_bytes(r, TO_SERVER, bytes_of(message + 9, sizeof message - 9));
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 0);
    assert_int_equal(rig_fired(r, 3), 1);
    rig_close(r);
}

static void frame__of_a_stream_grows_to_its_end(void **state)
{
    (void)state;
    static char filler[3001];
    memset(filler, 'x', sizeof filler - 1);
    struct rig *r = open_on(
        80, "alert http any any -> any any (frame:stream; content:\"GET /\"; startswith; sid:1;)\n"
            "alert http any any -> any any (frame:stream; content:\"late\"; sid:2;)\n"
            "alert http any any -> any any (frame:stream; content:\"x\"; endswith; sid:3;)");
    rig_connect(r);
    rig_say(r, TO_SERVER, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3005\r\n\r\n");
    rig_say(r, TO_SERVER, filler);
    rig_say(r, TO_SERVER, " late");
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 1);
    assert_int_equal(rig_fired(r, 3), 0);
    rig_close(r);
}

static void frame__of_http_is_a_message(void **state)
{
    (void)state;
    struct rig *r = open_on(
        80,
        "alert http any any -> any any (frame:request; content:\"GET /1\"; startswith; "
        "content:\"|0d 0a 0d 0a|\"; endswith; bsize:28; sid:1;)\n"
        "alert http any any -> any any (frame:request; content:\"GET /2\"; startswith; sid:2;)\n"
        "alert http any any -> any any (frame:response; content:\"ok\"; endswith; sid:3;)");
    rig_connect(r);
    rig_say(r, TO_SERVER, "GET /1 HTTP/1.1\r\nHo");
    rig_say(r, TO_SERVER, "st: h\r\n\r\n");
    rig_say(r, TO_SERVER, "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    rig_say(r, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
    rig_say(r, TO_CLIENT, "kHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 1);
    assert_int_equal(rig_fired(r, 3), 1);
    rig_close(r);
}

static void frame__of_tls_is_a_record_however_it_is_cut(void **state)
{
    (void)state;
    static const char hello[] = "\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03";
    static const char alert[] = "\x15\x03\x01\x00\x02\x02\x28";
    for (size_t cut = 1; cut < sizeof alert - 1; cut++) {
        struct rig *r = open_on(
            443,
            "alert tls any any -> any any (frame:hdr; content:\"|15 03 01 00 02|\"; bsize:5; "
            "sid:1;)\n"
            "alert tls any any -> any any (frame:pdu; bsize:7; sid:2;)\n"
            "alert tls any any -> any any (frame:alert; content:\"|02 28|\"; bsize:2; sid:3;)");
        rig_connect(r);
        rig_say_bytes(r, TO_SERVER, bytes_of(hello, sizeof hello - 1));
        rig_say_bytes(r, TO_SERVER, bytes_of(alert, cut));
        rig_say_bytes(r, TO_SERVER, bytes_of(alert + cut, sizeof alert - 1 - cut));
        rig_end(r);
        for (uint32_t sid = 1; sid <= 3; sid++)
            assert_int_equal(rig_fired(r, sid), 1);
        rig_close(r);
    }
}

static void frame__of_telnet_is_a_command_or_a_line(void **state)
{
    (void)state;
    struct rig *r = open_on(
        23,
        "alert telnet any any -> any any (frame:ctl; content:\"|ff fd 18|\"; bsize:3; sid:1;)\n"
        "alert telnet any any -> any any (frame:ctl; content:\"|ff fa|\"; startswith; bsize:5; "
        "sid:2;)\n"
        "alert telnet any any -> any any (frame:ctl; content:\"|ff f0|\"; bsize:2; sid:3;)\n"
        "alert telnet any any -> any any (frame:data; content:\"login: \"; bsize:7; sid:4;)\n"
        "alert telnet any any -> any any (frame:pdu; content:\"root|0d 0a|\"; bsize:6; sid:5;)");
    static const char option[] = "\xff\xfa\x18\x01\x02\xff\xf0";
    rig_connect(r);
    rig_say(r, TO_CLIENT, "\xff\xfd\x18\xff");
    rig_say(r, TO_CLIENT, "\xfd\x18");
    rig_say_bytes(r, TO_SERVER, bytes_of(option, sizeof option - 1));
    rig_say(r, TO_CLIENT, "log");
    rig_say(r, TO_CLIENT, "in: ");
    rig_say(r, TO_SERVER, "ro");
    rig_say(r, TO_SERVER, "ot\r\n");
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 2);
    for (uint32_t sid = 2; sid <= 5; sid++)
        assert_int_equal(rig_fired(r, sid), 1);
    rig_close(r);
}

static void frame__may_be_transformed(void **state)
{
    (void)state;
    struct rig *r = open_on(53, "alert dns any any -> any any (frame:pdu; to_uppercase; "
                                "content:\"EXAMPLE\"; sid:1;)");
    rig_udp(r, TO_SERVER, bytes_of(query, sizeof query - 1));
    assert_int_equal(rig_fired(r, 1), 1);
    rig_close(r);
}

static void frame__needs_no_fast_pattern(void **state)
{
    (void)state;
    struct rig *r = open_on(53, "alert dns any any -> any any (frame:pdu; bsize:28; sid:1;)\n"
                                "alert dns any any -> any any (frame:pdu; content:!\"x\"; sid:2;)");
    rig_udp(r, TO_SERVER, bytes_of(query, sizeof query - 1));
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 0);
    rig_close(r);
}

static void frame__wrong_names_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header, *options, *complaint;
    } rows[] = {
        {"tcp", "frame:pdu; content:\"a\";", "needs its protocol"},
        {"dns", "frame:hdr; content:\"a\";", "dns has no frame called 'hdr'"},
        {"mqtt", "frame:dns.pdu; content:\"a\";", "mqtt"},
        {"udp", "frame:mqtt.pdu; content:\"a\";", "no frame"},
        {"tcp-pkt", "frame:dns.pdu; content:\"a\";", "wants a rule about"},
        {"icmp", "frame:dns.pdu; content:\"a\";", "wants a rule about"},
        {"dns", "content:\"b\"; frame:pdu; content:\"a\";", "payload cannot go"},
        {"dns", "dns.query; content:\"b\"; frame:pdu; content:\"a\";", "cannot go together"},
        {"dns", "frame:pdu;", "nothing is asked"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char rule[256];
        snprintf(rule, sizeof rule, "alert %s any any -> any any (%s sid:1;)", rows[i].header,
                 rows[i].options);
        const char *said = rig_complaint(rule);
        if (!strstr(said, rows[i].complaint))
            fail_msg("%s: \"%s\"", rule, said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame__is_a_datagram_or_a_message_of_a_stream),
        cmocka_unit_test(frame__of_a_stream_grows_to_its_end),
        cmocka_unit_test(frame__of_http_is_a_message),
        cmocka_unit_test(frame__of_tls_is_a_record_however_it_is_cut),
        cmocka_unit_test(frame__of_telnet_is_a_command_or_a_line),
        cmocka_unit_test(frame__may_be_transformed),
        cmocka_unit_test(frame__needs_no_fast_pattern),
        cmocka_unit_test(frame__wrong_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
