/* The core: protocol detection from either side, tables, caps, memory. */
#include "talk.h"
#include "sensor/app/parser.h"

static const struct piece request = SAY(TO_SERVER, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
static const struct piece answer = SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

static void app__rules_and_eve_names_find_protocols(void **state)
{
    (void)state;
    assert_int_equal(app_proto_find(BYTES_LIT("http")), APP_HTTP);
    assert_int_equal(app_proto_find(BYTES_LIT("DNS")), APP_DNS);
    assert_int_equal(app_proto_find(BYTES_LIT("ssl")), APP_TLS);
    assert_int_equal(app_proto_find(BYTES_LIT("unknown")), -1);
    assert_string_equal(app_proto_name(APP_FAILED), "failed");
}

static void app__events_are_found_by_their_rule_names(void **state)
{
    enum app_proto p;
    (void)state;
    int e = app_event_find(BYTES_LIT("http.missing_host_header"), &p);
    assert_int_equal(p, APP_HTTP);
    assert_string_equal(app_event_name(p, (uint16_t)e), "MISSING_HOST_HEADER");
    e = app_event_find(BYTES_LIT("applayer_detect_protocol_only_one_direction"), &p);
    assert_int_equal(p, APP_UNKNOWN);
    assert_int_equal(e, APP_EVENT_ONLY_ONE_DIRECTION);
    assert_int_equal(app_event_find(BYTES_LIT("http.no_such_thing"), &p), -1);
    assert_int_equal(app_event_find(BYTES_LIT("nothing.at_all"), &p), -1);
}

static void app__every_event_of_every_parser_has_a_name(void **state)
{
    (void)state;
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++)
        for (uint16_t e = 0; strcmp(app_event_name((enum app_proto)p, e), "unknown") != 0; e++)
            assert_true(strlen(app_event_name((enum app_proto)p, e)) > 3);
    assert_string_equal(app_event_name(APP_TLS, 9999), "unknown");
}

static void app__datagrams_nobody_knows_hide_no_protocol(void **state)
{
    (void)state;
    static const struct piece noise = SAY(TO_SERVER, "\r\n\r\n"),
                              sip = SAY(TO_SERVER, "OPTIONS sip:a@b SIP/2.0\r\n\r\n");
    for (unsigned before = 1; before < 6; before++) {
        struct talk t = talk_start(17, 5060, 5061);
        for (unsigned i = 0; i < before; i++)
            talk_say(&t, &noise);
        assert_int_equal(app_flow_proto(t.flow), APP_FAILED);
        talk_say(&t, &sip);
        assert_int_equal(app_flow_proto(t.flow), before < 4 ? APP_SIP : APP_FAILED);
        talk_free(&t);
    }
}

static void app__long_first_piece_hides_no_protocol(void **state)
{
    (void)state;
    static uint8_t post[40000] = "POST /long HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
    const struct piece first = {TO_SERVER, bytes_of(post, sizeof post), 0, 0};
    struct talk t = talk_start(6, 40000, 8080);
    talk_say(&t, &first);
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP);
    talk_end(&t);
    assert_non_null(strstr(talk_text(&t), "\"url\":\"/long\""));
    talk_free(&t);
}

static void app__bytes_nobody_knows_are_not_kept(void **state)
{
    (void)state;
    static uint8_t noise[40000];
    memset(noise, 0xee, sizeof noise);
    const struct piece first = {TO_SERVER, bytes_of(noise, sizeof noise), 0, 0};
    struct talk t = talk_start(6, 40000, 8080);
    uint64_t before = app_counters(t.app)->memory_bytes;
    talk_say(&t, &first);
    assert_in_range(app_counters(t.app)->memory_bytes, before, before + 1024);
    talk_free(&t);
}

static void check_buffers(enum app_proto p)
{
    size_t count;
    const struct app_buffer *b = app_buffers(p, &count);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(b[i].get);
        assert_int_equal(b[i].proto, p);
        assert_true(b[i].flags & (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT));
        for (unsigned dir = 0; dir < 2; dir++)
            assert_true(b[i].progress[dir] <= app_tx_complete(p, (enum direction)dir));
        for (size_t k = 0; k < i; k++)
            assert_false(strcmp(b[k].name, b[i].name) == 0 && (b[k].flags & b[i].flags & 3));
    }
}

static void app__buffer_rows_are_usable(void **state)
{
    size_t count;
    (void)state;
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++)
        check_buffers((enum app_proto)p);
    app_buffers(APP_HTTP, &count);
    assert_true(count >= 30);
}

static void app__odd_method_is_known_by_its_answer(void **state)
{
    (void)state;
    static const struct piece odd = SAY(TO_SERVER, "FROBNICATE /x HTTP/1.1\r\nHost: a\r\n\r\n");
    struct talk t = talk_start(6, 40000, 80);
    talk_say(&t, &odd);
    assert_int_equal(app_flow_proto(t.flow), APP_UNKNOWN);
    assert_int_equal(app_flow_proto_dir(t.flow, TO_SERVER), APP_UNKNOWN);
    talk_say(&t, &answer);
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP);
    assert_int_equal(app_flow_proto_dir(t.flow, TO_SERVER), APP_FAILED);
    const uint16_t *events;
    assert_int_equal(app_flow_events(t.flow, &events), 1);
    assert_int_equal(events[0], APP_EVENT_ONLY_ONE_DIRECTION);
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow), "http.method", TO_SERVER, 0), "FROBNICATE");
    talk_free(&t);
}

static void app__two_protocols_in_one_flow_are_an_event(void **state)
{
    (void)state;
    static const struct piece alert = SAY(TO_CLIENT, "\x15\x03\x03\x00\x02\x02\x28");
    struct talk t = talk_start(6, 40000, 443);
    talk_say(&t, &request);
    talk_say(&t, &alert);
    const uint16_t *events;
    assert_int_equal(app_flow_events(t.flow, &events), 1);
    assert_string_equal(app_event_name(APP_UNKNOWN, events[0]),
                        "APPLAYER_MISMATCH_PROTOCOL_BOTH_DIRECTIONS");
    assert_int_equal(app_flow_proto_dir(t.flow, TO_CLIENT), APP_TLS);
    talk_free(&t);
}

#define NOISE "\x01no protocol\xfe\xff\r\n"

static void app__unknown_both_ways_is_failed(void **state)
{
    (void)state;
    static const struct piece noise[] = {SAY(TO_SERVER, NOISE), SAY(TO_CLIENT, NOISE)};
    struct talk t = talk_start(6, 40000, 9999);
    talk_say(&t, &noise[0]);
    talk_say(&t, &noise[1]);
    assert_int_equal(app_flow_proto(t.flow), APP_UNKNOWN); /* a client's 16 bytes do not tell */
    talk_say(&t, &noise[0]);
    assert_int_equal(app_flow_proto(t.flow), APP_FAILED);
    assert_int_equal(app_counters(t.app)->flows[APP_FAILED], 1);
    talk_free(&t);
}

static void app__early_bytes_of_an_unknown_side_are_bounded(void **state)
{
    (void)state;
    static uint8_t noise[4000];
    struct talk t = talk_start(6, 40000, 80);
    uint64_t before = app_counters(t.app)->memory_bytes;
    for (int i = 0; i < 1000; i++) {
        struct piece p = {TO_SERVER, bytes_of(noise, sizeof noise), 0, 0};
        talk_say(&t, &p);
    }
    assert_true(app_counters(t.app)->memory_bytes - before <= 2 * APP_EARLY_MAX);
    talk_say(&t, &answer);
    assert_int_equal(app_flow_proto(t.flow), APP_HTTP);
    talk_free(&t);
}

static unsigned freed;
static void on_tx_free(void *ctx, struct app_tx *tx)
{
    (void)ctx;
    (void)tx;
    freed++;
}

static void app__oldest_transaction_goes_at_the_cap(void **state)
{
    (void)state;
    struct app_options options = {.tx_cap = 4};
    struct app_hooks hooks = {.tx_free = on_tx_free};
    struct app_endpoints ends = {.port = {40000, 80}, .transport = 6};
    struct app *a = app_new(&options, &hooks);
    struct app_flow *f = app_flow_new(a, &ends);
    freed = 0;
    for (int i = 0; i < 10; i++)
        app_feed(a, f, TO_SERVER, request.data, 0, 0, 1);
    unsigned live = 0;
    for (struct app_tx *tx = app_flow_txs(f); tx; tx = tx->next)
        live++;
    assert_int_equal(live, 4);
    assert_int_equal(freed, 6);
    assert_int_equal(app_counters(a)->tx_capped, 6);
    for (int i = 0; i < 10; i++)
        app_feed(a, f, TO_CLIENT, answer.data, 0, 0, 1);
    app_flow_free(a, f);
    app_free(a);
}

static void app__change_moves_only_with_its_direction(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    talk_say(&t, &request);
    uint32_t server = app_flow_change(t.flow, TO_SERVER),
             client = app_flow_change(t.flow, TO_CLIENT);
    assert_true(server > 0);
    talk_say(&t, &answer);
    assert_int_equal(app_flow_change(t.flow, TO_SERVER), server);
    assert_true(app_flow_change(t.flow, TO_CLIENT) > client);
    talk_free(&t);
}

static void app__memory_is_given_back(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    uint64_t before = app_counters(t.app)->memory_bytes;
    for (int i = 0; i < 20; i++) {
        talk_say(&t, &request);
        talk_say(&t, &answer);
    }
    assert_true(app_counters(t.app)->memory_bytes > before);
    struct app_endpoints ends = *app_flow_endpoints(t.flow);
    app_flow_free(t.app, t.flow);
    t.flow = app_flow_new(t.app, &ends);
    assert_int_equal(app_counters(t.app)->memory_bytes, before);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app__rules_and_eve_names_find_protocols),
        cmocka_unit_test(app__events_are_found_by_their_rule_names),
        cmocka_unit_test(app__every_event_of_every_parser_has_a_name),
        cmocka_unit_test(app__datagrams_nobody_knows_hide_no_protocol),
        cmocka_unit_test(app__long_first_piece_hides_no_protocol),
        cmocka_unit_test(app__bytes_nobody_knows_are_not_kept),
        cmocka_unit_test(app__buffer_rows_are_usable),
        cmocka_unit_test(app__odd_method_is_known_by_its_answer),
        cmocka_unit_test(app__two_protocols_in_one_flow_are_an_event),
        cmocka_unit_test(app__unknown_both_ways_is_failed),
        cmocka_unit_test(app__early_bytes_of_an_unknown_side_are_bounded),
        cmocka_unit_test(app__oldest_transaction_goes_at_the_cap),
        cmocka_unit_test(app__change_moves_only_with_its_direction),
        cmocka_unit_test(app__memory_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
