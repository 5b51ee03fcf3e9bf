/* SOCKS 4, 4a and 5: requests, logins without passwords, what comes behind them, damage. */
#include "talk.h"

#define HTTP_GET "GET /x HTTP/1.1\r\nHost: example.jp\r\n\r\n"

static const struct piece v5[] = {
    SAY(TO_SERVER, "\x05\x02\x00\x02"),
    SAY(TO_CLIENT, "\x05\x02"),
    SAY(TO_SERVER, "\x01\x03"
                   "bob\x06secret"),
    SAY(TO_CLIENT, "\x01\x00"),
    SAY(TO_SERVER, "\x05\x01\x00\x03\x0a"
                   "example.jp\x00\x50"),
    SAY(TO_CLIENT, "\x05\x00\x00\x01\x0a\x00\x00\x01\x04\x38"),
    SAY(TO_SERVER, HTTP_GET),
    SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
};
static const struct piece v4a[] = {
    SAY(TO_SERVER, "\x04\x01\x01\xbb\x00\x00\x00\x01me\x00"
                   "example.jp\x00"),
    SAY(TO_CLIENT, "\x00\x5b\x00\x00\x00\x00\x00\x00"),
};

static struct talk play(const struct piece *pieces, size_t count)
{
    struct talk t = talk_start(6, 40000, 1080);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &pieces[i]);
    return t;
}

static void socks5__tunnel_is_read_as_what_it_carries(void **state)
{
    (void)state;
    struct talk t = play(v5, PIECES(v5));
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_SOCKS);
    struct app_tx *request = app_flow_txs(t.flow)->next;
    assert_bytes(talk_buffer(&t, request, "http.uri", TO_SERVER, 0), "/x");
    talk_free(&t);
}

static void socks5__record_has_the_user_and_no_password(void **state)
{
    (void)state;
    struct talk t = play(v5, 6);
    talk_log(&t, false);
    assert_string_equal(talk_text(&t),
                        "{\"event_type\":\"socks\",\"socks\":{\"version\":5,\"login\":true,"
                        "\"user\":\"bob\",\"command\":\"connect\",\"hostname\":\"example.jp\","
                        "\"port\":80,\"status\":0,\"granted\":true}}");
    talk_free(&t);
}

static void socks__may_be_cut_anywhere(void **state)
{
    (void)state;
    talk_assert_any_cut(v5, PIECES(v5), 1080);
    talk_assert_any_cut(v4a, PIECES(v4a), 1080);
}

static void socks4a__refusal_ends_it(void **state)
{
    (void)state;
    struct talk t = play(v4a, PIECES(v4a));
    talk_log(&t, false);
    assert_string_equal(talk_text(&t),
                        "{\"event_type\":\"socks\",\"socks\":{\"version\":4,\"user\":\"me\","
                        "\"command\":\"connect\",\"hostname\":\"example.jp\",\"port\":443,"
                        "\"status\":91,\"granted\":false}}");
    assert_int_equal(app_flow_proto(t.flow), APP_SOCKS);
    talk_free(&t);
}

static void socks5__eager_client_is_understood(void **state)
{
    static const struct piece eager[] = {
        SAY(TO_SERVER, "\x05\x01\x00\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50" HTTP_GET),
        SAY(TO_CLIENT, "\x05\x00\x05\x00\x00\x01\x0a\x00\x00\x01\x04\x38"),
    };
    (void)state;
    struct talk t = play(eager, PIECES(eager));
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP);
    talk_free(&t);
}

static void socks5__nonsense_is_an_event(void **state)
{
    static const struct piece odd[] = {SAY(TO_SERVER, "\x05\x01\x00"), SAY(TO_CLIENT, "\x05\x00"),
                                       SAY(TO_SERVER, "GET / HTTP/1.0\r\n\r\n")};
    (void)state;
    struct talk t = play(odd, PIECES(odd));
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_int_equal(tx->event_count, 1);
    assert_string_equal(app_event_name(APP_SOCKS, tx->events[0]), "malformed_data");
    assert_true(app_tx_is_done(tx));
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socks5__tunnel_is_read_as_what_it_carries),
        cmocka_unit_test(socks5__record_has_the_user_and_no_password),
        cmocka_unit_test(socks__may_be_cut_anywhere),
        cmocka_unit_test(socks4a__refusal_ends_it),
        cmocka_unit_test(socks5__eager_client_is_understood),
        cmocka_unit_test(socks5__nonsense_is_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
