/* DHCP: records as Suricata 7 writes them, damaged options. */
#include "talk.h"

#define HEADER_BYTES 240

/* A message: opcode, then options as given. */
struct message {
    uint8_t bytes[HEADER_BYTES + 300];
    size_t len;
};

static struct message message_of(uint8_t op, struct bytes options)
{
    struct message m = {.len = HEADER_BYTES + options.len};
    static const uint8_t fixed[] = {0, 1, 6, 0, 0, 0, 0x3d, 0x1d};
    static const uint8_t addresses[] = {0, 0, 0, 0, 192, 0, 2,    10,   192, 0,    2,
                                        1, 0, 0, 0, 0,   0, 0x0b, 0x82, 1,   0xfc, 0x42};
    static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};
    memcpy(m.bytes, fixed, sizeof fixed);
    m.bytes[0] = op;
    memcpy(m.bytes + 12, addresses, sizeof addresses);
    memcpy(m.bytes + 236, cookie, sizeof cookie);
    memcpy(m.bytes + HEADER_BYTES, options.p, options.len);
    return m;
}

static struct talk say(uint16_t port, enum direction dir, uint8_t op, struct bytes options)
{
    struct talk t = talk_start(17, 68, port);
    struct message m = message_of(op, options);
    struct piece p = {dir, bytes_of(m.bytes, m.len), 0, 0};
    talk_say(&t, &p);
    talk_log(&t, false);
    return t;
}

static void dhcp__request_and_its_options(void **state)
{
    (void)state;
    struct talk t = say(67, TO_SERVER, 1,
                        BYTES_LIT("\x35\x01\x03\x3d\x07\x01\x00\x0b\x82\x01\xfc\x42"
                                  "\x32\x04\xc0\x00\x02\x0a\x37\x04\x01\x03\x06\x2c"
                                  "\x0c\x03nas\x3c\x08MSFT 5.0\x00\x00\xff"));
    assert_string_equal(
        talk_text(&t),
        "{\"event_type\":\"dhcp\",\"dhcp\":{\"type\":\"request\",\"id\":15645,\"client_mac\":"
        "\"00:0b:82:01:fc:42\",\"assigned_ip\":\"192.0.2.10\",\"client_ip\":\"0.0.0.0\","
        "\"dhcp_type\":\"request\",\"client_id\":\"00:0b:82:01:fc:42\",\"requested_ip\":"
        "\"192.0.2.10\",\"params\":[\"subnet_mask\",\"router\",\"dns_server\"],\"hostname\":"
        "\"nas\",\"vendor_class_identifier\":\"MSFT 5.0\"}}");
    talk_free(&t);
}

static void dhcp__reply_shows_what_was_leased(void **state)
{
    (void)state;
    struct talk t =
        say(67, TO_CLIENT, 2,
            BYTES_LIT("\x35\x01\x05\x33\x04\x00\x00\x0e\x10\x3a\x04\x00\x00\x07\x08"
                      "\x3b\x04\x00\x00\x0c\x4e\x01\x04\xff\xff\x00\x00\x03\x04\xc0\x00\x02\x01"
                      "\x06\x08\xc0\x00\x02\x02\xc0\x00\x02\x03\xff"));
    assert_string_equal(
        talk_text(&t),
        "{\"event_type\":\"dhcp\",\"dhcp\":{\"type\":\"reply\",\"id\":15645,\"client_mac\":"
        "\"00:0b:82:01:fc:42\",\"assigned_ip\":\"192.0.2.10\",\"client_ip\":\"0.0.0.0\","
        "\"relay_ip\":\"0.0.0.0\",\"next_server_ip\":\"192.0.2.1\",\"dhcp_type\":\"ack\","
        "\"lease_time\":3600,\"renewal_time\":1800,\"rebinding_time\":3150,\"subnet_mask\":"
        "\"255.255.0.0\",\"routers\":[\"192.0.2.1\"],\"dns_servers\":[\"192.0.2.2\","
        "\"192.0.2.3\"]}}");
    talk_free(&t);
}

static void dhcp__options_that_end_early_are_truncated(void **state)
{
    (void)state;
    struct talk t = say(67, TO_SERVER, 1, BYTES_LIT("\x35\x01\x01\x0c\x20nas"));
    assert_non_null(strstr(talk_text(&t), "\"events\":[\"truncated_options\"]"));
    talk_free(&t);
    t = say(67, TO_SERVER, 1, BYTES_LIT("\x35\x01\x01")); /* no end option */
    assert_non_null(strstr(talk_text(&t), "\"events\":[\"truncated_options\"]"));
    talk_free(&t);
}

static void dhcp__option_of_a_wrong_length_is_malformed(void **state)
{
    (void)state;
    struct talk t =
        say(67, TO_SERVER, 1, BYTES_LIT("\x35\x01\x01\x33\x02\x00\x01\x3d\x01\x01\xff"));
    assert_non_null(strstr(talk_text(&t), "\"events\":[\"malformed_options\"]"));
    assert_null(strstr(talk_text(&t), "lease_time"));
    talk_free(&t);
}

static void dhcp__repeated_option_is_shown_once(void **state)
{
    (void)state;
    struct talk t = say(67, TO_SERVER, 1,
                        BYTES_LIT("\x0c\x01"
                                  "a\x0c\x01"
                                  "b\xff"));
    assert_non_null(strstr(talk_text(&t), "\"hostname\":\"a\"}"));
    talk_free(&t);
}

static void dhcp__is_told_by_its_cookie_on_any_port(void **state)
{
    (void)state;
    struct talk t = say(4011, TO_SERVER, 1, BYTES_LIT("\xff"));
    assert_int_equal(app_flow_proto(t.flow), APP_DHCP);
    talk_free(&t);
    t = say(4011, TO_SERVER, 3, BYTES_LIT("\xff"));
    assert_int_equal(app_flow_proto(t.flow), APP_FAILED);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dhcp__request_and_its_options),
        cmocka_unit_test(dhcp__reply_shows_what_was_leased),
        cmocka_unit_test(dhcp__options_that_end_early_are_truncated),
        cmocka_unit_test(dhcp__option_of_a_wrong_length_is_malformed),
        cmocka_unit_test(dhcp__repeated_option_is_shown_once),
        cmocka_unit_test(dhcp__is_told_by_its_cookie_on_any_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
