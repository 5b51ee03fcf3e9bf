/* Rules about payload that ask for a mark which only rules with buffers set. */
#include "rig.h"

#define SETTER                                                                                     \
    "alert http any any -> any any (http.uri; content:\"evil\"; flowbits:set,seen; noalert; "      \
    "sid:1;)\n"

static void request(struct rig *r)
{
    rig_say(r, TO_SERVER, "GET /evil HTTP/1.1\r\nHost: example.org\r\n\r\n");
    rig_say(r, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
}

static size_t fires(const char *rules, uint32_t sid)
{
    struct rig *r = rig_open(rules);
    rig_connect(r);
    request(r);
    rig_end(r);
    size_t n = rig_fired(r, sid);
    rig_close(r);
    return n;
}

static void turn__matches_in_the_packet_that_sets_the_bit(void **state)
{
    (void)state;
    struct rig *r = rig_open(
        "alert http any any -> any any (http.uri; content:\"evil\"; flowbits:set,seen; sid:1;)\n"
        "alert tcp any any -> any any (content:\"example\"; flowbits:isset,none|seen; sid:2;)\n"
        "alert tcp any any -> any any (flow:to_client; content:\"secret\"; flowbits:isset,seen; "
        "sid:3;)\n"
        "alert tcp any any -> any any (flow:to_server; pcre:\"/exam..e/\"; flowbits:isset,seen; "
        "sid:4;)");
    rig_connect(r);
    request(r);
    request(r);
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 2);
    for (uint32_t sid = 2; sid <= 4; sid++)
        assert_int_equal(rig_fired(r, sid), 2);
    assert_int_equal(r->alerts[0].sid, 1);
    assert_int_equal(r->alerts[1].sid, 2);
    assert_true(r->alerts[1].tx && r->alerts[1].stream);
    assert_true(r->alerts[1].packet == r->alerts[0].packet);
    rig_close(r);
}

static void turn__a_datagram_is_looked_at_itself(void **state)
{
    (void)state;
    static const char query[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\4evil\3org\0\0\1\0\1";
    struct rig *r = rig_open(
        "alert dns any any -> any any (dns.query; content:\"evil\"; flowbits:set,seen; sid:1;)\n"
        "alert udp any any -> any any (content:\"|04|evil\"; flowbits:isset,seen; sid:2;)");
    r->server_port = 53;
    rig_udp(r, TO_SERVER, BYTES_LIT(query));
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 1);
    rig_close(r);
}

/* It stays a rule about packets, which come before transactions. */
static void turn__not_where_a_rule_with_a_buffer_asks_as_well(void **state)
{
    (void)state;
    static const char asks[] = SETTER
        "alert tcp any any -> any any (content:\"example\"; flowbits:isset,seen; sid:2;)\n"
        "alert http any any -> any any (http.method; content:\"GET\"; flowbits:isset,seen; sid:3;)";
    assert_int_equal(fires(asks, 2), 0);
    assert_int_equal(fires(asks, 3), 1);
    assert_int_equal(
        fires(SETTER "alert tcp any any -> any any (content:\"example\"; flowbits:isnotset,seen; "
                     "sid:2;)",
              2),
        1);
    assert_int_equal(
        fires("alert http any any -> any any (http.uri; content:\"evil\"; flowbits:toggle,seen; "
              "sid:1;)\n"
              "alert tcp any any -> any any (content:\"example\"; flowbits:isset,seen; sid:2;)",
              2),
        0);
}

/* A buffer of headers is one; no transaction, no match. */
static void turn__a_flow_without_transactions_has_no_match(void **state)
{
    (void)state;
    struct rig *r = rig_open(
        "alert tcp any any -> any any (tcp.hdr; content:\"|00|\"; flowbits:set,seen; sid:1;)\n"
        "alert tcp any any -> any any (content:\"word\"; flowbits:isset,seen; sid:2;)");
    r->server_port = 4444;
    rig_connect(r);
    rig_say(r, TO_SERVER, "a word");
    rig_end(r);
    assert_true(rig_fired(r, 1) > 0);
    assert_int_equal(rig_fired(r, 2), 0);
    rig_close(r);
}

/* Nor is a transaction beside which only_stream would hold. */
static void turn__only_stream_does_not_hold(void **state)
{
    (void)state;
    assert_int_equal(fires(SETTER "alert tcp any any -> any any (flow:only_stream; "
                                  "content:\"example\"; flowbits:isset,seen; sid:2;)",
                           2),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turn__matches_in_the_packet_that_sets_the_bit),
        cmocka_unit_test(turn__a_datagram_is_looked_at_itself),
        cmocka_unit_test(turn__not_where_a_rule_with_a_buffer_asks_as_well),
        cmocka_unit_test(turn__a_flow_without_transactions_has_no_match),
        cmocka_unit_test(turn__only_stream_does_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
