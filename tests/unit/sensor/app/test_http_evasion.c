/* HTTP/1 that servers and sensors may read differently: framing, lines, names of the host. Each
 * shape, what is made of it, and the event that tells of it. */
#include "talk.h"
#include "common/text.h"
#include "sensor/app/protocols/http.h"

static struct talk play(const struct piece *pieces, size_t count)
{
    struct talk t = talk_start(6, 40000, 80);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &pieces[i]);
    return t;
}

static bool has_event(struct talk *t, const char *name)
{
    for (const struct app_tx *tx = app_flow_txs(t->flow); tx; tx = tx->next)
        for (unsigned i = 0; i < tx->event_count; i++)
            if (strcmp(app_event_name(tx->proto, tx->events[i]), name) == 0)
                return true;
    return false;
}

static void assert_event(struct talk *t, const char *name)
{
    if (has_event(t, name))
        return;
    talk_log(t, true);
    fail_msg("no %s in %s", name, talk_text(t));
}

static unsigned txs(const struct talk *t)
{
    unsigned n = 0;
    for (const struct app_tx *tx = app_flow_txs(t->flow); tx; tx = tx->next)
        n++;
    return n;
}

static struct app_tx *nth(struct talk *t, unsigned n)
{
    struct app_tx *tx = app_flow_txs(t->flow);
    while (tx && n--)
        tx = tx->next;
    assert_non_null(tx);
    return tx;
}

/* The second request of a connection: the event it has to give. */
static void request_gives(struct bytes text, const char *event)
{
    const struct piece p[] = {SAY(TO_SERVER, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                              SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                              {TO_SERVER, text, 0, 0}};
    struct talk t = play(p, 3);
    assert_event(&t, event);
    talk_free(&t);
}

/* An answer to a plain GET. */
static void answer_gives(struct bytes text, const char *event)
{
    const struct piece pieces[] = {SAY(TO_SERVER, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                                   {TO_CLIENT, text, 0, 0}};
    struct talk t = play(pieces, 2);
    assert_event(&t, event);
    talk_free(&t);
}

/* ---- where a request ends ---- */

/* Chunks win over a length (RFC 9112 6.3): what an intermediary takes for a body is a request. */
static const struct piece cl_te[] = {
    SAY(TO_SERVER,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 49\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\nX: smuggled\r\n\r\n"),
    SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                   "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
};

static void http_evasion__request_behind_the_last_chunk_is_seen(void **state)
{
    (void)state;
    struct talk t = play(cl_te, PIECES(cl_te));
    assert_int_equal(txs(&t), 2);
    assert_bytes(talk_buffer(&t, nth(&t, 1), "http.uri", TO_SERVER, 0), "/hidden");
    talk_free(&t);
    talk_assert_any_cut(cl_te, PIECES(cl_te), 80);
}

static void http_evasion__transfer_coding_that_is_none_is_an_event(void **state)
{
    (void)state;
    request_gives(BYTES_LIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                            "Transfer-Encoding: xchunked\r\n\r\nabcd"),
                  "INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST");
    answer_gives(
        BYTES_LIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, x\r\n\r\n2\r\nab\r\n0\r\n\r\n"),
        "RESPONSE_ABNORMAL_TRANSFER_ENCODING");
    answer_gives(
        BYTES_LIT("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"),
        "RESPONSE_CHUNKED_OLD_PROTO");
}

static void http_evasion__two_lengths_are_an_event(void **state)
{
    (void)state;
    request_gives(BYTES_LIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                            "Content-Length: 2\r\n\r\nabcd"),
                  "DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST");
    answer_gives(BYTES_LIT("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 2\r\n\r\nabcd"),
                 "DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE");
    answer_gives(BYTES_LIT("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabcd"),
                 "INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE");
}

static void http_evasion__chunk_sizes_beyond_all_numbers_are_events(void **state)
{
    (void)state;
    request_gives(BYTES_LIT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "10000000000000002\r\nab\r\n0\r\n\r\n"),
                  "INVALID_REQUEST_CHUNK_LEN");
    answer_gives(BYTES_LIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "zz\r\nab\r\n0\r\n\r\n"),
                 "INVALID_RESPONSE_CHUNK_LEN");
}

static void http_evasion__body_that_nothing_announced_is_an_event(void **state)
{
    (void)state;
    request_gives(BYTES_LIT("GET / HTTP/1.1\r\nHost: a\r\n\r\nunexpected\r\n"),
                  "REQUEST_BODY_UNEXPECTED");
}

/* A second answer to one request, as a header with a line break in it makes (response splitting).
 */
static void http_evasion__answer_too_many_is_an_event(void **state)
{
    (void)state;
    answer_gives(BYTES_LIT("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"
                           "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
                 "UNABLE_TO_MATCH_RESPONSE_TO_REQUEST");
}

/* ---- lines ---- */

static const struct piece bare[] = {
    SAY(TO_SERVER, "GET /lf HTTP/1.1\nHost: a\nX: y\n\nGET /after HTTP/1.1\nHost: a\n\n"),
    SAY(TO_CLIENT, "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"),
};

static void http_evasion__bare_line_feeds_end_lines(void **state)
{
    (void)state;
    struct talk t = play(bare, PIECES(bare));
    assert_int_equal(txs(&t), 2);
    assert_bytes(talk_buffer(&t, nth(&t, 0), "http.uri", TO_SERVER, 0), "/lf");
    assert_bytes(talk_buffer(&t, nth(&t, 0), "file.data", TO_CLIENT, 0), "hi");
    assert_bytes(talk_buffer(&t, nth(&t, 1), "http.uri", TO_SERVER, 0), "/after");
    talk_free(&t);
    talk_assert_any_cut(bare, PIECES(bare), 80);
}

static const struct piece folded[] = {
    SAY(TO_SERVER, "GET / HTTP/1.1\r\nHost: a\r\nX-Long: one\r\n two\r\n\tthree\r\n\r\n")};

static void http_evasion__folded_header_is_one_value(void **state)
{
    (void)state;
    struct talk t = play(folded, 1);
    assert_bytes(talk_buffer(&t, nth(&t, 0), "http.request_header", TO_SERVER, 1),
                 "X-Long: one two\tthree");
    talk_free(&t);
    request_gives(BYTES_LIT("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), "INVALID_REQUEST_FIELD_FOLDING");
    answer_gives(BYTES_LIT("HTTP/1.1 200 OK\r\n Server: a\r\n\r\n"),
                 "INVALID_RESPONSE_FIELD_FOLDING");
}

static void http_evasion__odd_request_lines_are_events(void **state)
{
    (void)state;
    request_gives(BYTES_LIT(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                  "REQUEST_LINE_LEADING_WHITESPACE");
    request_gives(BYTES_LIT("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"), "METHOD_DELIM_NON_COMPLIANT");
    request_gives(BYTES_LIT("GET /\tHTTP/1.1\r\nHost: a\r\n\r\n"), "URI_DELIM_NON_COMPLIANT");
    request_gives(BYTES_LIT("GET /\r\nHost: a\r\n\r\n"), "REQUEST_LINE_MISSING_PROTOCOL");
}

static void http_evasion__odd_header_names_are_events(void **state)
{
    (void)state;
    request_gives(BYTES_LIT("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), "REQUEST_HEADER_INVALID");
    request_gives(BYTES_LIT("GET / HTTP/1.1\r\nHost: a\r\nX\x01: a\r\n\r\n"),
                  "REQUEST_HEADER_INVALID");
    answer_gives(BYTES_LIT("HTTP/1.1 200 OK\r\nNo colon\r\n\r\n"), "RESPONSE_FIELD_MISSING_COLON");
}

static void http_evasion__very_long_line_is_an_event_and_bounded(void **state)
{
    (void)state;
    static uint8_t text[32 << 10];
    memset(text, 'a', sizeof text);
    const struct piece start = SAY(TO_SERVER, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    const struct piece p = {TO_SERVER, bytes_of(text, sizeof text), 0, 0};
    struct talk t = play(&start, 1);
    for (int i = 0; i < 8; i++)
        talk_say(&t, &p);
    assert_event(&t, "REQUEST_FIELD_TOO_LONG");
    assert_true(app_counters(t.app)->memory_bytes < 1u << 20);
    talk_free(&t);
}

static const struct piece oldest[] = {SAY(TO_SERVER, "GET /old\r\n"),
                                      SAY(TO_CLIENT, "<html>old</html>")};

static void http_evasion__version_0_9_is_read(void **state)
{
    (void)state;
    struct talk t = play(oldest, PIECES(oldest));
    assert_bytes(talk_buffer(&t, nth(&t, 0), "http.uri", TO_SERVER, 0), "/old");
    assert_bytes(talk_buffer(&t, nth(&t, 0), "file.data", TO_CLIENT, 0), "<html>old</html>");
    talk_free(&t);
}

static void http_evasion__odd_status_lines_are_events(void **state)
{
    (void)state;
    answer_gives(BYTES_LIT("HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n"),
                 "RESPONSE_INVALID_STATUS");
    answer_gives(BYTES_LIT("HTTP/x.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                 "RESPONSE_INVALID_PROTOCOL");
}

/* ---- which host ---- */

static const struct piece absolute[] = {
    SAY(TO_SERVER, "GET http://real.example/x HTTP/1.1\r\nHost: shown.example\r\n\r\n")};

static void http_evasion__host_of_the_target_wins_over_the_header(void **state)
{
    (void)state;
    struct talk t = play(absolute, 1);
    assert_bytes(talk_buffer(&t, nth(&t, 0), "http.host", TO_SERVER, 0), "real.example");
    assert_bytes(talk_buffer(&t, nth(&t, 0), "http.uri", TO_SERVER, 0), "/x");
    assert_event(&t, "HOST_HEADER_AMBIGUOUS");
    talk_free(&t);
    talk_assert_any_cut(absolute, 1, 80);
}

static void http_evasion__odd_hosts_are_events(void **state)
{
    (void)state;
    request_gives(BYTES_LIT("GET / HTTP/1.1\r\n\r\n"), "MISSING_HOST_HEADER");
    request_gives(BYTES_LIT("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), "REQUEST_HEADER_HOST_INVALID");
    request_gives(BYTES_LIT("GET http://a:99999/ HTTP/1.1\r\nHost: a\r\n\r\n"),
                  "REQUEST_URI_HOST_INVALID");
}

/* More than are remembered: an answer belongs to the request of its turn, or to one not seen. */
static void http_evasion__answers_keep_to_their_requests_however_many_wait(void **state)
{
    (void)state;
    enum { REQUESTS = 1700, ANSWERS = 900 };
    struct talk t = talk_start(6, 40000, 80);
    const struct piece answer = SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    unsigned known = 0, unseen = 0;
    for (unsigned i = 0; i < REQUESTS; i++) {
        char text[64];
        int n = snprintf(text, sizeof text, "GET /%u HTTP/1.1\r\nHost: a\r\n\r\n", i);
        talk_say(&t, &(struct piece){TO_SERVER, bytes_of(text, (size_t)n), 0, 0});
    }
    for (unsigned i = 0; i < ANSWERS; i++)
        talk_say(&t, &answer);
    for (struct app_tx *tx = app_flow_txs(t.flow); tx; tx = tx->next) {
        if (tx->progress[TO_CLIENT] != app_tx_complete(APP_HTTP, TO_CLIENT))
            continue;
        struct bytes uri = talk_buffer(&t, tx, "http.uri", TO_SERVER, 0);
        uint64_t number = 0;
        bool is_known = text_u64(bytes_slice(uri, 1, SIZE_MAX), 0, REQUESTS, &number);
        assert_true(!is_known || number < ANSWERS);
        *(is_known ? &known : &unseen) += 1;
    }
    assert_true(known > 0 && unseen > 0);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_evasion__answers_keep_to_their_requests_however_many_wait),
        cmocka_unit_test(http_evasion__request_behind_the_last_chunk_is_seen),
        cmocka_unit_test(http_evasion__transfer_coding_that_is_none_is_an_event),
        cmocka_unit_test(http_evasion__two_lengths_are_an_event),
        cmocka_unit_test(http_evasion__chunk_sizes_beyond_all_numbers_are_events),
        cmocka_unit_test(http_evasion__body_that_nothing_announced_is_an_event),
        cmocka_unit_test(http_evasion__answer_too_many_is_an_event),
        cmocka_unit_test(http_evasion__bare_line_feeds_end_lines),
        cmocka_unit_test(http_evasion__folded_header_is_one_value),
        cmocka_unit_test(http_evasion__odd_request_lines_are_events),
        cmocka_unit_test(http_evasion__odd_header_names_are_events),
        cmocka_unit_test(http_evasion__very_long_line_is_an_event_and_bounded),
        cmocka_unit_test(http_evasion__version_0_9_is_read),
        cmocka_unit_test(http_evasion__odd_status_lines_are_events),
        cmocka_unit_test(http_evasion__host_of_the_target_wins_over_the_header),
        cmocka_unit_test(http_evasion__odd_hosts_are_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
