/* HTTP: buffers, records, events, bodies, tunnels, and that cuts in the bytes do not matter. */
#include "talk.h"
#include "sensor/app/protocols/http.h"

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

/* One of the records is text, but for what follows it. */
static void assert_has(struct talk *t, const char *text)
{
    if (!strstr(talk_text(t), text))
        fail_msg("no %s in %s", text, talk_text(t));
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
    assert_bytes(talk_buffer(&t, tx, "http.uri", TO_SERVER, 0), "/a/c.php?x=A&y=1");
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
    assert_true(app_tx_is_done(tx));
    talk_log(&t, false);
    assert_int_equal(t.records, 3);
    assert_has(
        &t,
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

/* ---- bodies ---- */

/* "hello hello hello hello" by gzip. */
#define GZIP_HELLO                                                                                 \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9"                                     \
    "\xc9\x57\xc8\x40\x27\x01\xe3\x51\x3d\x8d\x17\x00\x00\x00"

static const struct piece zipped[] = {
    SAY(TO_SERVER, "GET /z HTTP/1.1\r\nHost: a\r\n\r\n"),
    SAY(TO_CLIENT,
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 28\r\n\r\n" GZIP_HELLO),
};

static void http__response_body_is_decompressed(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, zipped, 2);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "file.data", TO_CLIENT, 0), "hello hello hello hello");
    assert_int_equal(http_body_bytes(tx, TO_CLIENT), 23);
    talk_free(&t);
    talk_assert_any_cut(zipped, PIECES(zipped), 80);
}

static const struct piece upload[] = {
    SAY(TO_SERVER,
        "POST /up HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=\"XX\"\r\n"
        "Content-Length: 216\r\n\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nfirst\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"g\"\r\n\r\nno file\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"h\"; filename=b\r\n\r\nsec--XYond\r\n"
        "--XX--\r\n"),
    SAY(TO_CLIENT, "HTTP/1.1 204 No Content\r\n\r\n"),
};

static void http__multipart_files_are_shown_one_by_one(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, upload, 2);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "file.data", TO_SERVER, 0), "first");
    assert_bytes(talk_buffer(&t, tx, "file.data", TO_SERVER, 1), "sec--XYond");
    assert_int_equal(talk_buffer(&t, tx, "file.data", TO_SERVER, 2).len, 0);
    talk_free(&t);
    talk_assert_any_cut(upload, PIECES(upload), 80);
}

static void http__body_is_kept_up_to_the_cap(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    static const struct piece head[] = {
        SAY(TO_SERVER, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"),
        SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 409600\r\n\r\n"),
    };
    static uint8_t block[4096];
    play(&t, head, 2);
    for (int i = 0; i < 100; i++) {
        struct piece p = {TO_CLIENT, bytes_of(block, sizeof block), 0, 0};
        talk_say(&t, &p);
    }
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_int_equal(talk_buffer(&t, tx, "http.response_body", TO_CLIENT, 0).len, 100 << 10);
    assert_int_equal(http_body_bytes(tx, TO_CLIENT), 409600);
    assert_true(app_tx_is_done(tx));
    talk_free(&t);
}

/* ---- order of things ---- */

static const struct piece pipelined[] = {
    SAY(TO_SERVER,
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /3 HTTP/1.1\r\n"
        "Host: a\r\n\r\n"),
    SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 404 "
                   "No\r\nContent-Length: 2\r\n\r\n22"
                   "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
};

static void http__pipelined_requests_find_their_answers(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, pipelined, 2);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "http.response_body", TO_CLIENT, 0), "1");
    assert_bytes(talk_buffer(&t, tx->next, "http.stat_code", TO_CLIENT, 0), "404");
    assert_bytes(talk_buffer(&t, tx->next->next, "http.uri", TO_SERVER, 0), "/3");
    assert_true(app_tx_is_done(tx->next->next));
    assert_int_equal(tx->next->next->id, 2);
    talk_free(&t);
    talk_assert_any_cut(pipelined, PIECES(pipelined), 80);
}

static void http__done_transactions_are_reaped(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, pipelined, 2);
    talk_log(&t, false);
    for (struct app_tx *tx = app_flow_txs(t.flow); tx; tx = tx->next)
        tx->inspected[TO_SERVER] = tx->inspected[TO_CLIENT] = true;
    app_flow_reap(t.app, t.flow, false);
    assert_null(app_flow_txs(t.flow));
    play(&t, simple, 2);
    assert_int_equal(app_flow_txs(t.flow)->id, 3);
    talk_free(&t);
}

static void http__unfinished_request_is_logged_at_the_end(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, simple, 1);
    talk_log(&t, false);
    assert_int_equal(t.records, 1); /* what it uploaded */
    talk_end(&t);
    assert_int_equal(t.records, 2);
    assert_null(strstr(talk_text(&t), "status"));
    talk_free(&t);
}

static const struct piece tunnel[] = {
    SAY(TO_SERVER, "CONNECT a.example:8080 HTTP/1.1\r\nHost: a.example:8080\r\n\r\n"),
    SAY(TO_CLIENT, "HTTP/1.1 200 Connection established\r\n\r\n"),
    SAY(TO_SERVER, "GET /inside HTTP/1.1\r\nHost: a.example\r\n\r\n"),
    SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
};

static void http__connect_leads_to_the_protocol_inside(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 3128);
    play(&t, tunnel, 4);
    talk_end(&t);
    assert_int_equal(t.records, 3); /* both requests and the inner one's answer as a file */
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_HTTP);
    struct app_tx *inside = app_flow_txs(t.flow)->next;
    assert_int_equal(inside->id, 0);
    assert_bytes(talk_buffer(&t, inside, "http.uri", TO_SERVER, 0), "/inside");
    talk_free(&t);
    talk_assert_any_cut(tunnel, PIECES(tunnel), 3128);
}

static void http__what_follows_a_connect_is_not_its_body(void **state)
{
    (void)state;
    static const struct piece tls[] = {
        SAY(TO_SERVER, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\n"),
        SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n\x16\x03\x03\x00\x04\x0e\x00\x00\x00"),
    };
    struct talk t = talk_start(6, 40000, 3128);
    play(&t, tls, 2);
    assert_int_equal(app_flow_proto(t.flow), APP_TLS);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_HTTP);
    assert_true(app_tx_is_done(app_flow_txs(t.flow)));
    talk_free(&t);
}

static void http__gap_in_a_body_does_not_stop_the_flow(void **state)
{
    (void)state;
    static const struct piece after_gap[] = {
        SAY(TO_CLIENT, "xy"),
        SAY(TO_SERVER, "GET /after HTTP/1.1\r\nHost: a\r\n\r\n"),
        SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    };
    static const struct piece before[] = {
        SAY(TO_SERVER, "GET /gap HTTP/1.1\r\nHost: a\r\n\r\n"),
        SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"),
        {.dir = TO_CLIENT, .flags = APP_FEED_GAP, .gap_bytes = 6},
    };
    struct talk t = talk_start(6, 40000, 80);
    play(&t, before, 3);
    play(&t, after_gap, 3);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "http.response_body", TO_CLIENT, 0), "abxy");
    assert_bytes(talk_buffer(&t, tx->next, "http.uri", TO_SERVER, 0), "/after");
    assert_true(app_tx_is_done(tx->next));
    talk_free(&t);
}

/* ---- what is odd ---- */

static void assert_event(const struct app_tx *tx, const char *name)
{
    for (unsigned i = 0; i < tx->event_count; i++)
        if (strcmp(app_event_name(tx->proto, tx->events[i]), name) == 0)
            return;
    fail_msg("no event %s", name);
}

static void http__odd_request_becomes_events(void **state)
{
    (void)state;
    static const struct piece odd[] = {
        SAY(TO_SERVER, "GET /x HTTP/1.1\r\nNoColonHere\r\nContent-Length: abc\r\n\r\n"),
    };
    struct talk t = talk_start(6, 40000, 80);
    play(&t, odd, 1);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_event(tx, "REQUEST_FIELD_MISSING_COLON");
    assert_event(tx, "MISSING_HOST_HEADER");
    assert_event(tx, "INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST");
    talk_free(&t);
}

static void http__odd_response_becomes_events(void **state)
{
    (void)state;
    static const struct piece odd[] = {
        SAY(TO_SERVER, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
        SAY(TO_CLIENT,
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, squeeze\r\nContent-Length: 3\r\n\r\nabc"),
    };
    struct talk t = talk_start(6, 40000, 80);
    play(&t, odd, 2);
    assert_event(app_flow_txs(t.flow), "ABNORMAL_CE_HEADER");
    assert_event(app_flow_txs(t.flow), "GZIP_DECOMPRESSION_FAILED");
    talk_free(&t);
}

static void http__answer_without_request_is_an_event(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, simple + 1, 1);
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP);
    assert_event(app_flow_txs(t.flow), "UNABLE_TO_MATCH_RESPONSE_TO_REQUEST");
    talk_free(&t);
}

static const struct piece extended[] = {
    SAY(TO_SERVER, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "3\r\na;b\r\n1;x=y\r\nc\r\n0\r\n\r\n"
                   "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "3\r\na;b\r\n0\r\n\r\n"),
    SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n;\r\n0\r\n\r\n"
                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n;\r\n0;\r\n\r\n"),
};

static void http__chunk_extension_is_an_event(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, extended, PIECES(extended));
    struct app_tx *first = app_flow_txs(t.flow);
    assert_int_equal(first->event_count, 1);
    assert_string_equal(app_event_name(APP_HTTP, first->events[0]), "REQUEST_CHUNK_EXTENSION");
    assert_int_equal(first->next->event_count, 1);
    assert_string_equal(app_event_name(APP_HTTP, first->next->events[0]),
                        "RESPONSE_CHUNK_EXTENSION");
    talk_free(&t);
    talk_assert_any_cut(extended, PIECES(extended), 80);
}

static void http__upgrade_that_nobody_asked_for_is_an_event(void **state)
{
    (void)state;
    static const struct piece unasked[] = {
        SAY(TO_SERVER, "CONNECT a.example:8080 HTTP/1.1\r\nHost: a.example:8080\r\n\r\n"),
        SAY(TO_CLIENT, "HTTP/1.1 200 Connection established\r\n\r\n"),
        SAY(TO_CLIENT, "HTTP/1.1 101\r\nUpgrade:websocket\r\n\r\n\x81\x01x"),
    };
    struct talk t = talk_start(6, 40000, 3128);
    play(&t, unasked, PIECES(unasked));
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP);
    struct app_tx *inside = app_flow_txs(t.flow)->next;
    bool told = false;
    for (unsigned i = 0; i < inside->event_count; i++)
        told |= strcmp(app_event_name(APP_HTTP, inside->events[i]), "FAILED_PROTOCOL_CHANGE") == 0;
    assert_true(told);
    talk_free(&t);
}

static void http__start_is_made_of_headers_once_they_are_all_there(void **state)
{
    (void)state;
    static const struct piece line_feeds[] = {
        SAY(TO_SERVER, "GET / HTTP/1.1\nHost:  a\n"),
        SAY(TO_SERVER, "Accept: b\n\n"),
    };
    struct talk t = talk_start(6, 40000, 80);
    talk_say(&t, &line_feeds[0]);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_int_equal(talk_buffer(&t, tx, "http.start", TO_SERVER, 0).len, 0);
    assert_int_equal(talk_buffer(&t, tx, "http.header", TO_SERVER, 0).len, 0);
    talk_say(&t, &line_feeds[1]);
    assert_bytes(talk_buffer(&t, tx, "http.start", TO_SERVER, 0),
                 "GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n");
    talk_free(&t);
}

static void http__answer_seen_first_is_known_for_one(void **state)
{
    (void)state;
    struct app_endpoints e = {.port = {8080, 40000}, .transport = 6};
    assert_true(talk_is_reversed(&e, BYTES_LIT("HTTP/1.1 200 OK\r\n"), true));
    assert_false(talk_is_reversed(&e, BYTES_LIT("GET / HTTP/1.1\r\n"), true));
    assert_false(talk_is_reversed(&e, BYTES_LIT("HTTP"), true));
    assert_true(talk_is_reversed(&e, BYTES_LIT("http/1.0 200 ok\r\n"), true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http__request_buffers_hold_what_rules_expect),
        cmocka_unit_test(http__response_buffers_hold_what_rules_expect),
        cmocka_unit_test(http__any_cut_gives_the_same_report),
        cmocka_unit_test(http__response_body_is_decompressed),
        cmocka_unit_test(http__multipart_files_are_shown_one_by_one),
        cmocka_unit_test(http__body_is_kept_up_to_the_cap),
        cmocka_unit_test(http__pipelined_requests_find_their_answers),
        cmocka_unit_test(http__done_transactions_are_reaped),
        cmocka_unit_test(http__unfinished_request_is_logged_at_the_end),
        cmocka_unit_test(http__connect_leads_to_the_protocol_inside),
        cmocka_unit_test(http__what_follows_a_connect_is_not_its_body),
        cmocka_unit_test(http__gap_in_a_body_does_not_stop_the_flow),
        cmocka_unit_test(http__odd_request_becomes_events),
        cmocka_unit_test(http__odd_response_becomes_events),
        cmocka_unit_test(http__answer_without_request_is_an_event),
        cmocka_unit_test(http__chunk_extension_is_an_event),
        cmocka_unit_test(http__start_is_made_of_headers_once_they_are_all_there),
        cmocka_unit_test(http__answer_seen_first_is_known_for_one),
        cmocka_unit_test(http__upgrade_that_nobody_asked_for_is_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
