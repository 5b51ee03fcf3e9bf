/* HTTP/1 bodies in their codings: one, several, damaged, named and not used, swelling. */
#include "talk.h"
#include "sensor/app/protocols/http.h"
#include <zlib.h>

static struct piece talked[2] = {SAY(TO_SERVER, "GET /z HTTP/1.1\r\nHost: a\r\n\r\n"), {0}};

/* An answer whose body says to be coded so; to be used before the next one is made. */
static void answer(const char *coding, struct bytes body)
{
    static uint8_t text[4096];
    int n = snprintf((char *)text, sizeof text,
                     "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
                     coding, body.len);
    assert_true(n > 0 && (size_t)n + body.len <= sizeof text);
    memcpy(text + n, body.p, body.len);
    talked[1] = (struct piece){TO_CLIENT, bytes_of(text, (size_t)n + body.len), 0, 0};
}

static struct talk play(void)
{
    struct talk t = talk_start(6, 40000, 80);
    for (size_t i = 0; i < 2; i++)
        talk_say(&t, &talked[i]);
    return t;
}

static bool has_event(struct talk *t, const char *name)
{
    const struct app_tx *tx = app_flow_txs(t->flow);
    for (unsigned i = 0; i < tx->event_count; i++)
        if (strcmp(app_event_name(tx->proto, tx->events[i]), name) == 0)
            return true;
    return false;
}

static void assert_body(const char *coding, struct bytes body, const char *want)
{
    answer(coding, body);
    struct talk t = play();
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow), "file.data", TO_CLIENT, 0), want);
    talk_free(&t);
}

static void assert_body_in_any_cut(const char *coding, struct bytes body, const char *want)
{
    assert_body(coding, body, want);
    talk_assert_any_cut(talked, PIECES(talked), 80);
}

#define PLAIN "<html>hello, brotli</html>"
#define BROTLI                                                                                     \
    "\x8b\x0c\x80\x3c\x68\x74\x6d\x6c\x3e\x68\x65\x6c\x6c\x6f\x2c\x20\x62\x72\x6f\x74\x6c\x69\x3c" \
    "\x2f\x68\x74\x6d\x6c\x3e\x03"
#define BROTLI_IN_GZIP                                                                             \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xeb\xe6\x69\xb0\xc9\x28\xc9\xcd\xb1\xcb\x48\xcd\xc9" \
    "\xc9\xd7\x51\x48\x2a\xca\x2f\xc9\xc9\xb4\xd1\x07\x8b\x31\x03\x00\xb9\xca\x76\xe2\x1e\x00\x00" \
    "\x00"
#define GZIP_HELLO                                                                                 \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01\xe3\x51\x3d" \
    "\x8d\x17\x00\x00\x00"
#define ZLIB_HELLO    "\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15"
#define DEFLATE_HELLO "\xcb\x48\xcd\xc9\xc9\x07\x00"

static void http_coding__brotli_is_undone(void **state)
{
    (void)state;
    assert_body_in_any_cut("br", BYTES_LIT(BROTLI), PLAIN);
    assert_body_in_any_cut("BR", BYTES_LIT(BROTLI), PLAIN);
}

static void http_coding__brotli_within_gzip_is_undone(void **state)
{
    (void)state;
    assert_body_in_any_cut("br, gzip", BYTES_LIT(BROTLI_IN_GZIP), PLAIN);
}

static void http_coding__deflate_may_be_bare(void **state)
{
    (void)state;
    assert_body_in_any_cut("deflate", BYTES_LIT(ZLIB_HELLO), "hello");
    assert_body_in_any_cut("deflate", BYTES_LIT(GZIP_HELLO), "hello hello hello hello");
    assert_body_in_any_cut("deflate", BYTES_LIT("<p>not at all</p>"), "<p>not at all</p>");
    assert_body_in_any_cut("deflate", BYTES_LIT(DEFLATE_HELLO), "hello");
}

static void http_coding__length_counts_what_was_sent(void **state)
{
    (void)state;
    answer("br", BYTES_LIT(BROTLI));
    struct talk t = play();
    assert_int_equal(http_body_bytes(app_flow_txs(t.flow), TO_CLIENT), sizeof PLAIN - 1);
    talk_log(&t, false);
    assert_non_null(strstr(talk_text(&t), "\"status\":200,\"length\":30"));
    assert_non_null(strstr(talk_text(&t), "\"state\":\"CLOSED\""));
    talk_free(&t);
}

static void http_coding__brotli_that_is_none_is_shown_as_it_is(void **state)
{
    (void)state;
    answer("br", BYTES_LIT("<script>evil()</script>"));
    struct talk t = play();
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "file.data", TO_CLIENT, 0), "<script>evil()</script>");
    assert_true(has_event(&t, "GZIP_DECOMPRESSION_FAILED"));
    talk_free(&t);
    talk_assert_any_cut(talked, PIECES(talked), 80);
}

/* Well begun, and noise from some byte on: the same is shown however it came. */
static void http_coding__damaged_brotli_ends_where_the_damage_is(void **state)
{
    (void)state;
    static uint8_t body[2000];
    uint32_t noise = 1;
    for (size_t i = 0; i < sizeof body; i++) {
        noise = noise * 1103515245 + 12345;
        body[i] = (uint8_t)(noise >> 16);
    }
    memcpy(body, "\x8c\x01\x80", 3); /* 800 bytes as they are, then another block */
    answer("br", bytes_of(body, sizeof body));
    struct talk t = play();
    assert_true(has_event(&t, "GZIP_DECOMPRESSION_FAILED"));
    talk_free(&t);
    talk_assert_any_cut(talked, PIECES(talked), 80);
}

/* 4 MiB of 'A' in 14 bytes. */
static void http_coding__brotli_bomb_is_an_event(void **state)
{
    (void)state;
    answer("br", BYTES_LIT("\x9b\xff\xff\x3f\xf8\x25\x82\xe2\xb1\x40\x20\xf7\xfe\x07"));
    struct talk t = play();
    assert_true(has_event(&t, "COMPRESSION_BOMB"));
    assert_true(http_body_bytes(app_flow_txs(t.flow), TO_CLIENT) <= 4u << 20);
    talk_free(&t);
}

/* A header that announces a window of 16 MiB and as many bytes costs no such memory. */
static void http_coding__brotli_window_is_bounded(void **state)
{
    (void)state;
    answer("br", BYTES_LIT("\xcf\xff\xff\xffmore"));
    struct talk t = play();
    assert_true(has_event(&t, "GZIP_DECOMPRESSION_FAILED"));
    assert_true(app_counters(t.app)->memory_bytes < 5u << 20);
    talk_free(&t);
}

static void http_coding__bytes_behind_gzip_are_left_out(void **state)
{
    (void)state;
    answer("gzip", BYTES_LIT(GZIP_HELLO "trailing"));
    struct talk t = play();
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(bytes_slice(talk_buffer(&t, tx, "file.data", TO_CLIENT, 0), 0, 23),
                 "hello hello hello hello");
    talk_free(&t);
    talk_assert_any_cut(talked, PIECES(talked), 80);
}

/* Either name is given to what it is not; what is neither is shown as it is, and told. */
static void http_coding__gzip_may_be_something_else(void **state)
{
    (void)state;
    assert_body_in_any_cut("gzip", BYTES_LIT(ZLIB_HELLO), "hello");
    assert_body_in_any_cut("gzip", BYTES_LIT(DEFLATE_HELLO), "hello");
    assert_body_in_any_cut("gzip", BYTES_LIT("{\"not\": \"at all\"}"), "{\"not\": \"at all\"}");
    assert_body_in_any_cut("x-gzip", BYTES_LIT(GZIP_HELLO), "hello hello hello hello");
}

/* Flags that most clients do not mind. */
static void http_coding__odd_gzip_header_hides_nothing(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "\x1f\x8b\x08\x02\0\0\0\0\x02\x03"
        "00",                               /* a wrong digest of the header */
        "\x1f\x8b\x08\xe0\0\0\0\0\x02\x03", /* flags there are not */
        "\x1f\x8b\x07\x01\0\0\0\0\x02\x03", /* a method there is not */
    };
    static const size_t lens[] = {12, 10, 10};
    for (size_t i = 0; i < 3; i++) {
        uint8_t body[40];
        memcpy(body, heads[i], lens[i]);
        memcpy(body + lens[i], DEFLATE_HELLO, sizeof DEFLATE_HELLO - 1);
        assert_body_in_any_cut("gzip", bytes_of(body, lens[i] + sizeof DEFLATE_HELLO - 1), "hello");
        struct talk t = play();
        assert_true(has_event(&t, "GZIP_DECOMPRESSION_FAILED"));
        talk_free(&t);
    }
}

static struct bytes gzip(const uint8_t *in, size_t n, uint8_t *out, size_t cap)
{
    z_stream z = {
        .next_in = (uint8_t *)in, .avail_in = (uInt)n, .next_out = out, .avail_out = (uInt)cap};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return bytes_of(out, z.total_out);
}

/* 64 MiB of zeros, packed twice: a few hundred bytes. */
static void http_coding__gzip_within_gzip_may_be_a_bomb(void **state)
{
    (void)state;
    enum { ZEROS = 64 << 20 };
    uint8_t *zeros = calloc(1, ZEROS), *once = malloc(1 << 20), twice[4096 - 200];
    assert_true(zeros && once);
    struct bytes inner = gzip(zeros, ZEROS, once, 1 << 20);
    answer("gzip, gzip", gzip(inner.p, inner.len, twice, sizeof twice));
    struct talk t = play();
    assert_true(has_event(&t, "COMPRESSION_BOMB"));
    assert_true(http_body_bytes(app_flow_txs(t.flow), TO_CLIENT) <= 16u << 20);
    talk_free(&t);
    free(once);
    free(zeros);
}

/* So many bytes of text, as gzip. */
static struct bytes gzip_of(size_t n, uint8_t *text, uint8_t *out, size_t cap)
{
    static const char *const words[] = {"<div>", "the ", "sea ", "class=", "\n", "</div>", "42"};
    uint32_t noise = (uint32_t)n;
    for (size_t i = 0; i < n;) {
        noise = noise * 1103515245 + 12345;
        const char *w = words[(noise >> 16) % 7];
        for (; *w && i < n; w++)
            text[i++] = (uint8_t)(*w + (noise >> 28 == 0));
    }
    return gzip(text, n, out, cap);
}

/* Beyond blocks and windows, in pieces of any length; what is kept ends at the limit. */
static void http_coding__long_bodies_are_what_zlib_made_them_of(void **state)
{
    (void)state;
    static uint8_t text[300000], packed[300000];
    for (size_t n = 1; n < sizeof text; n = n * 3 + 1) {
        struct bytes body = gzip_of(n, text, packed, sizeof packed);
        char head[128];
        int len = snprintf(
            head, sizeof head,
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", body.len);
        struct talk t = talk_start(6, 40000, 80);
        talk_say(&t, &talked[0]);
        talk_say(&t, &(struct piece){TO_CLIENT, bytes_of(head, (size_t)len), 0, 0});
        for (size_t at = 0, k = 1; at < body.len; at += k, k = k % 1447 + 1)
            talk_say(&t, &(struct piece){TO_CLIENT, bytes_slice(body, at, k), 0, 0});
        struct app_tx *tx = app_flow_txs(t.flow);
        struct bytes got = talk_buffer(&t, tx, "file.data", TO_CLIENT, 0);
        size_t want = n < 100 << 10 ? n : 100 << 10;
        assert_int_equal(got.len, want);
        assert_memory_equal(got.p, text, want);
        assert_int_equal(tx->event_count, 0);
        talk_log(&t, false);
        assert_non_null(strstr(talk_text(&t), n == want ? "\"CLOSED\"" : "\"TRUNCATED\""));
        talk_free(&t);
    }
}

static void http_coding__too_many_layers_are_an_event(void **state)
{
    (void)state;
    answer("gzip, gzip, gzip, gzip", BYTES_LIT(GZIP_HELLO));
    struct talk t = play();
    assert_true(has_event(&t, "TOO_MANY_ENCODING_LAYERS"));
    talk_free(&t);
}

static void http_coding__gap_in_brotli_ends_what_is_shown(void **state)
{
    (void)state;
    static const struct piece gap[] = {
        {.dir = TO_CLIENT, .flags = APP_FEED_GAP, .gap_bytes = 10},
        SAY(TO_CLIENT, BROTLI),
    };
    struct talk t = talk_start(6, 40000, 80);
    answer("br", BYTES_LIT(BROTLI));
    talked[1].data.len -= 25;
    talk_say(&t, &talked[0]);
    talk_say(&t, &talked[1]);
    talk_say(&t, &gap[0]);
    struct piece rest = gap[1];
    rest.data = bytes_slice(rest.data, 15, SIZE_MAX);
    talk_say(&t, &rest);
    talk_log(&t, true);
    assert_non_null(strstr(talk_text(&t), "\"gaps\":true,\"state\":\"TRUNCATED\""));
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_coding__brotli_is_undone),
        cmocka_unit_test(http_coding__brotli_within_gzip_is_undone),
        cmocka_unit_test(http_coding__deflate_may_be_bare),
        cmocka_unit_test(http_coding__length_counts_what_was_sent),
        cmocka_unit_test(http_coding__brotli_that_is_none_is_shown_as_it_is),
        cmocka_unit_test(http_coding__damaged_brotli_ends_where_the_damage_is),
        cmocka_unit_test(http_coding__brotli_bomb_is_an_event),
        cmocka_unit_test(http_coding__brotli_window_is_bounded),
        cmocka_unit_test(http_coding__gzip_within_gzip_may_be_a_bomb),
        cmocka_unit_test(http_coding__bytes_behind_gzip_are_left_out),
        cmocka_unit_test(http_coding__gzip_may_be_something_else),
        cmocka_unit_test(http_coding__odd_gzip_header_hides_nothing),
        cmocka_unit_test(http_coding__long_bodies_are_what_zlib_made_them_of),
        cmocka_unit_test(http_coding__too_many_layers_are_an_event),
        cmocka_unit_test(http_coding__gap_in_brotli_ends_what_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
