/* HTTP: buffers, records, events, bodies, tunnels, and that cuts in the bytes do not matter. */
#include "talk.h"
#include "sensor/app/http.h"

static const struct piece simple[] = {
    SAY(TO_SERVER,
        "POST /a%2fb/../c.php?x=%41&y=1 HTTP/1.1\r\nHost: WWW.Example.JP:8080\r\n"
        "User-Agent: curl/8\r\nCookie: id=7\r\nContent-Type: text/plain\r\nReferer: http://r/\r\n"
        "Content-Length: 5\r\n\r\nhello"),
    SAY(TO_CLIENT, "HTTP/1.1 302 Found\r\nServer: nginx\r\nSet-Cookie: s=1\r\nLocation: /there\r\n"
                   "Content-Type: text/html; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "4\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n"),
};

static void play(struct talk *t, const struct piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        talk_say(t, &pieces[i]);
}

static void http__request_buffers_hold_what_rules_expect(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, simple, 1);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_non_null(tx);
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP);
    assert_bytes(talk_buffer(&t, tx, "http.method", TO_SERVER, 0), "POST");
    assert_bytes(talk_buffer(&t, tx, "http.uri.raw", TO_SERVER, 0), "/a%2fb/../c.php?x=%41&y=1");
    assert_bytes(talk_buffer(&t, tx, "http.uri", TO_SERVER, 0), "/a/c.php?x=%41&y=1");
    assert_bytes(talk_buffer(&t, tx, "http.host", TO_SERVER, 0), "www.example.jp");
    assert_bytes(talk_buffer(&t, tx, "http.host.raw", TO_SERVER, 0), "WWW.Example.JP:8080");
    assert_bytes(talk_buffer(&t, tx, "http.cookie", TO_SERVER, 0), "id=7");
    assert_bytes(talk_buffer(&t, tx, "http.protocol", TO_SERVER, 0), "HTTP/1.1");
    assert_bytes(talk_buffer(&t, tx, "http.request_body", TO_SERVER, 0), "hello");
    assert_bytes(talk_buffer(&t, tx, "file.data", TO_SERVER, 0), "hello");
    assert_bytes(talk_buffer(&t, tx, "http.header", TO_SERVER, 0),
                 "Host: WWW.Example.JP:8080\r\nUser-Agent: curl/8\r\nContent-Type: text/plain\r\n"
                 "Referer: http://r/\r\nContent-Length: 5\r\n");
    assert_bytes(
        talk_buffer(&t, tx, "http.header_names", TO_SERVER, 0),
        "\r\nHost\r\nUser-Agent\r\nCookie\r\nContent-Type\r\nReferer\r\nContent-Length\r\n\r\n");
    assert_bytes(talk_buffer(&t, tx, "http.request_header", TO_SERVER, 1), "User-Agent: curl/8");
    assert_bytes(talk_buffer(&t, tx, "http.request_line", TO_SERVER, 0),
                 "POST /a%2fb/../c.php?x=%41&y=1 HTTP/1.1");
    assert_bytes(bytes_slice(talk_buffer(&t, tx, "http.header.raw", TO_SERVER, 0), 0, 27),
                 "Host: WWW.Example.JP:8080\r\n");
    assert_bytes(bytes_slice(talk_buffer(&t, tx, "http.start", TO_SERVER, 0), 39, 8), "\r\nHost: ");
    talk_free(&t);
}

static void http__response_buffers_hold_what_rules_expect(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 8080);
    play(&t, simple, 2);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "http.stat_code", TO_CLIENT, 0), "302");
    assert_bytes(talk_buffer(&t, tx, "http.stat_msg", TO_CLIENT, 0), "Found");
    assert_bytes(talk_buffer(&t, tx, "http.response_line", TO_CLIENT, 0), "HTTP/1.1 302 Found");
    assert_bytes(talk_buffer(&t, tx, "http.server", TO_CLIENT, 0), "nginx");
    assert_bytes(talk_buffer(&t, tx, "http.location", TO_CLIENT, 0), "/there");
    assert_bytes(talk_buffer(&t, tx, "http.cookie", TO_CLIENT, 0), "s=1");
    assert_bytes(talk_buffer(&t, tx, "http.response_body", TO_CLIENT, 0), "abcdefg");
    assert_bytes(talk_buffer(&t, tx, "file.data", TO_CLIENT, 0), "abcdefg");
    assert_true(app_tx_is_done(APP_HTTP, tx));
    talk_log(&t, false);
    assert_int_equal(t.records, 1);
    assert_string_equal(
        talk_text(&t),
        "{\"event_type\":\"http\",\"http\":{\"hostname\":\"WWW.Example.JP\",\"http_port\":8080,"
        "\"url\":\"/a%2fb/../c.php?x=%41&y=1\",\"http_user_agent\":\"curl/8\","
        "\"http_content_type\":\"text/html\",\"http_refer\":\"http://r/\",\"http_method\":\"POST\","
        "\"protocol\":\"HTTP/1.1\",\"status\":302,\"redirect\":\"/there\",\"length\":20}}");
    talk_free(&t);
}

static void http__any_cut_gives_the_same_report(void **state)
{
    (void)state;
    talk_assert_any_cut(simple, PIECES(simple), 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http__request_buffers_hold_what_rules_expect),
        cmocka_unit_test(http__response_buffers_hold_what_rules_expect),
        cmocka_unit_test(http__any_cut_gives_the_same_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
