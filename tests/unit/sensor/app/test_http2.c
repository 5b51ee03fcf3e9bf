/* HTTP/2: streams as transactions, headers in every form of frame, bodies, the upgrade, damage. */
#include <nghttp2/nghttp2.h>
#include <zlib.h>
#include "talk.h"
#include "sensor/app/protocols/http2_state.h"

/* ---- a conversation being made ---- */

#define BYTES_MAX  8192
#define PIECES_MAX 32
static struct {
    uint8_t bytes[BYTES_MAX];
    size_t len;
    struct piece pieces[PIECES_MAX];
    size_t count;
    nghttp2_hd_deflater *deflater[2];
} made;

static int start(void **state)
{
    (void)state;
    made.len = made.count = 0;
    for (unsigned dir = 0; dir < 2; dir++)
        nghttp2_hd_deflate_new(&made.deflater[dir], 4096);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (unsigned dir = 0; dir < 2; dir++)
        nghttp2_hd_deflate_del(made.deflater[dir]);
    return 0;
}

static void put(enum direction dir, struct bytes b)
{
    uint8_t *at = made.bytes + made.len;
    assert_true(made.len + b.len <= BYTES_MAX);
    if (b.len > 0)
        memcpy(at, b.p, b.len);
    made.len += b.len;
    struct piece *last = made.count ? &made.pieces[made.count - 1] : NULL;
    if (last && last->dir == dir && last->flags == 0) {
        last->data.len += b.len;
        return;
    }
    assert_true(made.count < PIECES_MAX);
    made.pieces[made.count++] = (struct piece){dir, bytes_of(at, b.len), 0, 0};
}

static void frame(enum direction dir, uint8_t type, uint8_t flags, uint32_t stream,
                  struct bytes payload)
{
    uint8_t head[] = {(uint8_t)(payload.len >> 16),
                      (uint8_t)(payload.len >> 8),
                      (uint8_t)payload.len,
                      type,
                      flags,
                      (uint8_t)(stream >> 24),
                      (uint8_t)(stream >> 16),
                      (uint8_t)(stream >> 8),
                      (uint8_t)stream};
    put(dir, bytes_of(head, sizeof head));
    put(dir, payload);
}

/* A header block of "name", "value", ... NULL. */
static struct bytes block(enum direction dir, const char *const *texts)
{
    static uint8_t out[2048];
    nghttp2_nv nv[16];
    size_t n = 0;
    for (; texts[2 * n]; n++)
        nv[n] =
            (nghttp2_nv){(uint8_t *)(uintptr_t)texts[2 * n], (uint8_t *)(uintptr_t)texts[2 * n + 1],
                         strlen(texts[2 * n]), strlen(texts[2 * n + 1]), 0};
    ssize_t len = nghttp2_hd_deflate_hd(made.deflater[dir], out, sizeof out, nv, n);
    assert_true(len > 0);
    return bytes_of(out, (size_t)len);
}

static const char *const request[] = {":method",    "GET",       ":scheme",    "http",
                                      ":path",      "/a.js?x=1", ":authority", "WWW.example.jp:80",
                                      "user-agent", "curl/8.0",  "cookie",     "a=b",
                                      "cookie",     "c=d",       NULL};
static const char *const answer[] = {
    ":status", "200", "content-type", "text/plain", "content-length", "5", NULL};

static void preface(void)
{
    put(TO_SERVER, BYTES_LIT(HTTP2_PREFACE));
    frame(TO_SERVER, FRAME_SETTINGS, 0, 0, BYTES_LIT("\x00\x03\x00\x00\x00\x64"));
    frame(TO_CLIENT, FRAME_SETTINGS, 0, 0,
          BYTES_LIT("\x00\x01\x00\x00\x20\x00\x1a\x2a\x00\x00\x00\x01"));
}

static void simple(void)
{
    preface();
    frame(TO_SERVER, FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 1,
          block(TO_SERVER, request));
    frame(TO_CLIENT, FRAME_HEADERS, FLAG_END_HEADERS, 1, block(TO_CLIENT, answer));
    frame(TO_CLIENT, FRAME_DATA, FLAG_END_STREAM, 1, BYTES_LIT("hello"));
}

static struct talk play(void)
{
    struct talk t = talk_start(6, 40000, 8080);
    for (size_t i = 0; i < made.count; i++)
        talk_say(&t, &made.pieces[i]);
    return t;
}

static struct app_tx *tx_at(struct talk *t, unsigned index)
{
    struct app_tx *tx = app_flow_txs(t->flow);
    for (unsigned i = 0; tx && i < index; i++)
        tx = tx->next;
    assert_non_null(tx);
    return tx;
}

/* ---- streams ---- */

static void http2__records_are_suricatas(void **state)
{
    (void)state;
    simple();
    struct talk t = play();
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP2);
    talk_log(&t, false);
    const char *got = talk_text(&t);
    assert_non_null(strstr(
        got, "{\"event_type\":\"http\",\"http\":{\"version\":\"2\",\"http2\":{\"stream_id\":0,"
             "\"request\":{},\"response\":{\"settings\":[{\"settings_id\":"
             "\"SETTINGSHEADERTABLESIZE\",\"settings_value\":8192}]}}}}"));
    assert_non_null(
        strstr(got, "\"response_headers\":[{\"name\":\":status\",\"value\":\"200\"},"
                    "{\"name\":\"content-type\",\"value\":\"text/plain\"},"
                    "{\"name\":\"content-length\",\"value\":\"5\"}],"
                    "\"hostname\":\"WWW.example.jp:80\",\"url\":\"/a.js?x=1\","
                    "\"http_user_agent\":\"curl/8.0\",\"http_method\":\"GET\",\"status\":200,"
                    "\"length\":5,\"http2\":{\"stream_id\":1,\"request\":{},\"response\":{}}}}"));
    assert_non_null(strstr(got, "\"fileinfo\":{\"filename\":\"/a.js\",\"gaps\":false,"
                                "\"state\":\"CLOSED\""));
    assert_int_equal(t.records, 4); /* two settings, the stream, its file */
    talk_free(&t);
}

static void http2__may_be_cut_anywhere(void **state)
{
    (void)state;
    simple();
    frame(TO_SERVER, FRAME_PING, 0, 0, BYTES_LIT("12345678"));
    frame(TO_SERVER, FRAME_HEADERS, FLAG_PADDED | FLAG_PRIORITY, 3,
          BYTES_LIT("\x02\x00\x00\x00\x00\x0f\x82\x00\x00"));
    frame(TO_SERVER, FRAME_CONTINUATION, FLAG_END_HEADERS, 3, BYTES_LIT("\x84\x86"));
    frame(TO_SERVER, FRAME_DATA, FLAG_PADDED | FLAG_END_STREAM, 3, BYTES_LIT("\x03postedxyz"));
    frame(TO_CLIENT, FRAME_RST_STREAM, 0, 3, BYTES_LIT("\x00\x00\x00\x08"));
    frame(TO_SERVER, FRAME_GOAWAY, 0, 0, BYTES_LIT("\x00\x00\x00\x03\x00\x00\x00\x00"));
    talk_assert_any_cut(made.pieces, made.count, 8080);
    struct talk t = play();
    struct app_tx *posted = tx_at(&t, 4);
    assert_bytes(talk_buffer(&t, posted, "http.request_body", TO_SERVER, 0), "posted");
    assert_bytes(talk_buffer(&t, posted, "http.method", TO_SERVER, 0), "GET");
    assert_true(app_tx_is_done(posted));
    talk_free(&t);
}

static void http2__buffers_are_http1s_by_name(void **state)
{
    (void)state;
    simple();
    struct talk t = play();
    struct app_tx *tx = tx_at(&t, 2);
    assert_bytes(talk_buffer(&t, tx, "http.uri", TO_SERVER, 0), "/a.js?x=1");
    assert_bytes(talk_buffer(&t, tx, "http.host", TO_SERVER, 0), "www.example.jp");
    assert_bytes(talk_buffer(&t, tx, "http.host.raw", TO_SERVER, 0), "WWW.example.jp:80");
    assert_bytes(talk_buffer(&t, tx, "http.cookie", TO_SERVER, 0), "a=b, c=d");
    assert_bytes(talk_buffer(&t, tx, "http.request_line", TO_SERVER, 0),
                 "GET /a.js?x=1 HTTP/2\r\n");
    assert_bytes(talk_buffer(&t, tx, "http.response_line", TO_CLIENT, 0), "HTTP/2 200\r\n");
    assert_bytes(talk_buffer(&t, tx, "http.response_body", TO_CLIENT, 0), "hello");
    assert_bytes(talk_buffer(&t, tx, "http.header", TO_CLIENT, 0),
                 ":status: 200\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n");
    assert_bytes(talk_buffer(&t, tx, "http.header_names", TO_CLIENT, 0),
                 "\r\n:status\r\ncontent-type\r\ncontent-length\r\n\r\n");
    assert_bytes(talk_buffer(&t, tx, "http.response_header", TO_CLIENT, 1),
                 "content-type: text/plain");
    assert_bytes(talk_buffer(&t, tx, "http2.header_name", TO_SERVER, 0), ":method");
    assert_bytes(talk_buffer(&t, tx, "http2.header", TO_SERVER, 0), "::method: GET");
    talk_free(&t);
}

static void http2__pushed_stream_has_its_request_from_the_server(void **state)
{
    static const char *const promise[] = {":method", "GET", ":path", "/style.css", NULL};
    uint8_t payload[256] = {0, 0, 0, 2};
    (void)state;
    simple();
    struct bytes b = block(TO_CLIENT, promise);
    memcpy(payload + 4, b.p, b.len);
    frame(TO_CLIENT, FRAME_PUSH_PROMISE, FLAG_END_HEADERS, 1, bytes_of(payload, 4 + b.len));
    frame(TO_CLIENT, FRAME_DATA, FLAG_END_STREAM, 2, BYTES_LIT("body{}"));
    struct talk t = play();
    struct app_tx *pushed = tx_at(&t, 3);
    assert_true(app_tx_is_done(pushed));
    assert_bytes(talk_buffer(&t, pushed, "file.data", TO_CLIENT, 0), "body{}");
    talk_free(&t);
}

/* ---- bodies ---- */

static struct bytes deflated(struct bytes text, int bits)
{
    static uint8_t out[512];
    z_stream z = {0};
    deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (Bytef *)(uintptr_t)text.p;
    z.avail_in = (uInt)text.len;
    z.next_out = out;
    z.avail_out = sizeof out;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return bytes_of(out, z.total_out);
}

static void encoded(const char *coding, struct bytes body, const char *want)
{
    const char *const fields[] = {":status", "200", "content-encoding", coding, NULL};
    start(NULL);
    preface();
    frame(TO_SERVER, FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 1,
          block(TO_SERVER, request));
    frame(TO_CLIENT, FRAME_HEADERS, FLAG_END_HEADERS, 1, block(TO_CLIENT, fields));
    frame(TO_CLIENT, FRAME_DATA, 0, 1, bytes_slice(body, 0, body.len / 2));
    frame(TO_CLIENT, FRAME_DATA, FLAG_END_STREAM, 1, bytes_slice(body, body.len / 2, SIZE_MAX));
    struct talk t = play();
    assert_bytes(talk_buffer(&t, tx_at(&t, 2), "file.data", TO_CLIENT, 0), want);
    talk_free(&t);
    talk_assert_any_cut(made.pieces, made.count, 8080);
    stop(NULL);
}

static void http2__bodies_are_decoded(void **state)
{
    static const char text[] = "the quick brown fox jumps over the quick brown dog";
    (void)state;
    encoded("gzip", deflated(BYTES_LIT(text), 15 + 16), text);
    encoded("deflate", deflated(BYTES_LIT(text), 15), text);
    encoded("deflate", deflated(BYTES_LIT(text), -15), text);
    encoded("br", BYTES_LIT("\x0b\x02\x80hello\x03"), "hello");
    encoded("zstd", BYTES_LIT(text), text); /* unknown: as it is */
}

static void http2__body_may_have_a_gap(void **state)
{
    (void)state;
    simple();
    made.pieces[made.count - 1].data.len -= 3; /* "he", then "l" missing, then "lo" */
    struct talk t = play();
    struct piece gap = {TO_CLIENT, {0}, APP_FEED_GAP, 1}, rest = SAY(TO_CLIENT, "lo");
    talk_say(&t, &gap);
    talk_say(&t, &rest);
    assert_bytes(talk_buffer(&t, tx_at(&t, 2), "file.data", TO_CLIENT, 0), "helo");
    assert_true(app_tx_is_done(tx_at(&t, 2)));
    talk_free(&t);
}

/* ---- the upgrade ---- */

static void http2__upgraded_request_is_stream_one(void **state)
{
    (void)state;
    put(TO_SERVER, BYTES_LIT("GET /robots.txt HTTP/1.1\r\nHost: example.jp\r\nConnection: Upgrade, "
                             "HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"));
    put(TO_CLIENT, BYTES_LIT("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                             "Upgrade: h2c\r\n\r\n"));
    frame(TO_CLIENT, FRAME_SETTINGS, 0, 0, BYTES_LIT("\x00\x03\x00\x00\x00\x64"));
    put(TO_SERVER, BYTES_LIT(HTTP2_PREFACE));
    frame(TO_CLIENT, FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 1,
          block(TO_CLIENT, answer));
    struct talk t = play();
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP2);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_HTTP);
    struct app_tx *stream = tx_at(&t, 1);
    assert_int_equal(stream->id, 0); /* counted afresh */
    assert_bytes(talk_buffer(&t, stream, "http.uri", TO_SERVER, 0), "/robots.txt");
    assert_bytes(talk_buffer(&t, stream, "http.host", TO_SERVER, 0), "example.jp");
    assert_true(app_tx_is_done(stream));
    talk_log(&t, false);
    assert_non_null(strstr(talk_text(&t), "\"request\":{\"settings\":[{\"settings_id\":"
                                          "\"SETTINGSMAXCONCURRENTSTREAMS\""));
    talk_free(&t);
}

/* ---- damage ---- */

static void assert_event(struct talk *t, const char *name)
{
    for (struct app_tx *tx = app_flow_txs(t->flow); tx; tx = tx->next)
        for (unsigned i = 0; i < tx->event_count; i++)
            if (strcmp(app_event_name(tx->proto, tx->events[i]), name) == 0) {
                talk_free(t);
                return;
            }
    fail_msg("no event %s", name);
}

static void odd(uint8_t type, uint8_t flags, uint32_t stream, struct bytes payload,
                const char *event)
{
    start(NULL);
    preface();
    frame(TO_SERVER, type, flags, stream, payload);
    struct talk t = play();
    assert_event(&t, event);
    talk_assert_any_cut(made.pieces, made.count, 8080);
    stop(NULL);
}

static void http2__damage_is_an_event(void **state)
{
    (void)state;
    odd(FRAME_DATA, 0, 0, BYTES_LIT("x"), "data_stream_zero");
    odd(FRAME_RST_STREAM, 0, 1, BYTES_LIT("abc"), "invalid_frame_length");
    odd(FRAME_SETTINGS, 0, 0, BYTES_LIT("\x00\x03\x00\x00\x00\x64\x00"), "invalid_frame_length");
    odd(FRAME_HEADERS, FLAG_END_HEADERS, 1, BYTES_LIT("\xfe"), "invalid_header");
    odd(FRAME_HEADERS, FLAG_END_HEADERS, 1, BYTES_LIT("\x82\x40\x03ke"), "extra_header_data");
    odd(FRAME_HEADERS, FLAG_END_HEADERS, 0, BYTES_LIT("\x82"), "invalid_frame_header");
    odd(FRAME_PING, 0, 1, BYTES_LIT("pingpong"), "invalid_frame_header");
    odd(FRAME_HEADERS, FLAG_PADDED | FLAG_END_HEADERS, 1, BYTES_LIT("\x09\x82"),
        "invalid_frame_data");
    odd(FRAME_CONTINUATION, FLAG_END_HEADERS, 1, BYTES_LIT("\x82"), "invalid_frame_data");
    odd(FRAME_PUSH_PROMISE, 0, 1, BYTES_LIT("\0\0\0"), "invalid_frame_data");
}

static void http2__numbers_beyond_32_bits_are_an_event(void **state)
{
    static const char *const event = "header_integer_overflow";
    (void)state;
    odd(FRAME_HEADERS, FLAG_END_HEADERS, 1, BYTES_LIT("\x82\xff\xff\xff\xff\xff\xff"), event);
    odd(FRAME_HEADERS, FLAG_END_HEADERS, 1, BYTES_LIT("\x3f\xff\xff\xff\xff\xff\xff\x01"), event);
    odd(FRAME_HEADERS, FLAG_END_HEADERS, 1, BYTES_LIT("\x82\x40\x01k\x7f\xff\xff\xff\xff\x7f"),
        event);
}

static void http2__many_streams_at_a_time_are_an_event(void **state)
{
    (void)state;
    preface();
    for (uint32_t i = 0; i < 256; i++)
        frame(TO_SERVER, FRAME_HEADERS, FLAG_END_HEADERS, 2 * i + 1, BYTES_LIT("\x82"));
    struct talk t = play();
    assert_event(&t, "too_many_streams");
}

static void http2__many_frames_of_a_stream_are_an_event(void **state)
{
    (void)state;
    preface();
    frame(TO_SERVER, FRAME_HEADERS, FLAG_END_HEADERS, 1, BYTES_LIT("\x82"));
    struct talk t = play();
    struct piece empty = SAY(TO_SERVER, "\0\0\0\0\0\0\0\0\1");
    for (unsigned i = 0; i < 65536; i++)
        talk_say(&t, &empty);
    assert_event(&t, "too_many_frames");
}

static void answer_with_range(uint32_t stream, const char *range, struct bytes part)
{
    const char *const fields[] = {":status", "206", "content-range", range, NULL};
    frame(TO_SERVER, FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, stream,
          block(TO_SERVER, request));
    frame(TO_CLIENT, FRAME_HEADERS, FLAG_END_HEADERS, stream, block(TO_CLIENT, fields));
    frame(TO_CLIENT, FRAME_DATA, FLAG_END_STREAM, stream, part);
}

static void http2__ranges_become_one_file(void **state)
{
    (void)state;
    preface();
    answer_with_range(1, "bytes 4-7/8", BYTES_LIT("efgh"));
    answer_with_range(3, "bytes 0-3/8", BYTES_LIT("abcd"));
    struct talk t = play();
    struct app_tx *last = tx_at(&t, 3);
    assert_bytes(talk_buffer(&t, last, "file.data", TO_CLIENT, 0), "abcd");
    assert_bytes(talk_buffer(&t, last, "file.data", TO_CLIENT, 1), "abcdefgh");
    talk_free(&t);
    talk_assert_any_cut(made.pieces, made.count, 8080);
}

static void http2__range_beyond_the_size_is_an_event(void **state)
{
    (void)state;
    preface();
    answer_with_range(1, "bytes 4-8/8", BYTES_LIT("efghi"));
    struct talk t = play();
    assert_event(&t, "invalid_range");
}

static void http2__fields_that_contradict_are_events(void **state)
{
    static const char *const fields[] = {":authority", "me@example.jp", "host", "example.org",
                                         NULL};
    (void)state;
    preface();
    frame(TO_SERVER, FRAME_HEADERS, FLAG_END_HEADERS, 1, block(TO_SERVER, fields));
    struct talk t = play();
    assert_event(&t, "authority_host_mismatch");
    t = play();
    assert_event(&t, "userinfo_in_uri");
}

static void http2__stream_that_is_over_should_not_come_again(void **state)
{
    (void)state;
    simple();
    frame(TO_SERVER, FRAME_HEADERS, FLAG_END_HEADERS, 1, block(TO_SERVER, request));
    struct talk t = play();
    assert_event(&t, "stream_id_reuse");
}

/* One byte of HPACK may stand for a whole header: what is kept of them has an end. */
static void http2__headers_are_bounded(void **state)
{
    static char value[2000];
    static uint8_t repeated[2000];
    const char *const fields[] = {"x", value, NULL};
    (void)state;
    memset(value, 'v', sizeof value - 1);
    memset(repeated, 0xbe, sizeof repeated); /* the first entry of the dynamic table */
    preface();
    frame(TO_SERVER, FRAME_HEADERS, FLAG_END_HEADERS, 1, block(TO_SERVER, fields));
    frame(TO_SERVER, FRAME_HEADERS, FLAG_END_HEADERS, 3, bytes_of(repeated, sizeof repeated));
    struct talk t = play();
    assert_true(app_counters(t.app)->memory_bytes < 1u << 20);
    assert_event(&t, "reassembly_limit_reached");
}

#define MADE(f) cmocka_unit_test_setup_teardown(f, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(http2__records_are_suricatas),
        MADE(http2__may_be_cut_anywhere),
        MADE(http2__buffers_are_http1s_by_name),
        MADE(http2__pushed_stream_has_its_request_from_the_server),
        cmocka_unit_test(http2__bodies_are_decoded),
        MADE(http2__body_may_have_a_gap),
        MADE(http2__upgraded_request_is_stream_one),
        cmocka_unit_test(http2__damage_is_an_event),
        cmocka_unit_test(http2__numbers_beyond_32_bits_are_an_event),
        MADE(http2__many_streams_at_a_time_are_an_event),
        MADE(http2__many_frames_of_a_stream_are_an_event),
        MADE(http2__ranges_become_one_file),
        MADE(http2__range_beyond_the_size_is_an_event),
        MADE(http2__fields_that_contradict_are_events),
        MADE(http2__stream_that_is_over_should_not_come_again),
        MADE(http2__headers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
