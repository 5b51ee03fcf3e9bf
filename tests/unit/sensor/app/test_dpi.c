/* nDPI: names, risks and the end of its interest. */
#include "talk.h"

/* An IPv4 UDP datagram with the query for "www.example.jp" to port 53. */
#define QUERY                                                                                      \
    "\x45\x00\x00\x3c\x00\x01\x00\x00\x40\x11\x00\x00\xc0\x00\x02\x01\xc6\x33\x64\x07"             \
    "\x9c\x40\x00\x35\x00\x28\x00\x00"                                                             \
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07"                                  \
    "example\x02jp\x00\x00\x01\x00\x01"

static struct talk start(bool dpi)
{
    struct talk t = talk_start(17, 40000, 53);
    struct app_options options = {.dpi = dpi};
    struct app_endpoints ends = {.port = {40000, 53}, .transport = 17};
    talk_free(&t);
    t = (struct talk){.app = app_new(&options, NULL)};
    t.flow = app_flow_new(t.app, &ends);
    return t;
}

static void dpi__names_a_protocol(void **state)
{
    (void)state;
    struct talk t = start(true);
    app_dpi(t.app, t.flow, TO_SERVER, BYTES_LIT(QUERY), 1000000);
    json_object(&t.out, NULL);
    app_flow_dpi_json(t.flow, &t.out);
    json_object_end(&t.out);
    assert_non_null(
        strstr(talk_text(&t), "{\"ndpi\":{\"proto\":\"DNS\",\"category\":\"Network\",\"risks\":["));
    assert_int_equal(app_counters(t.app)->dpi_flows, 1);
    talk_free(&t);
}

static void dpi__stops_after_its_packets(void **state)
{
    (void)state;
    struct talk t = start(true);
    for (int i = 0; i < 100; i++)
        app_dpi(t.app, t.flow, TO_SERVER,
                BYTES_LIT("\x45\x00\x00\x20\x00\x01\x00\x00\x40\x11\x00\x00\xc0\x00\x02"
                          "\x01\xc6\x33\x64\x07\x9c\x40\x9c\x41\x00\x0c\x00\x00zzzz"),
                1000000);
    assert_true(app_counters(t.app)->dpi_packets <= 32);
    talk_free(&t);
}

/* DNS has a parser that knows as much. */
static void dpi__is_not_asked_about_what_a_parser_knows(void **state)
{
    (void)state;
    struct talk t = start(true);
    app_feed(t.app, t.flow, TO_SERVER, bytes_slice(BYTES_LIT(QUERY), 28, SIZE_MAX), 0, 0, 1000000);
    assert_int_equal(app_flow_proto(t.flow), APP_DNS);
    app_dpi(t.app, t.flow, TO_SERVER, BYTES_LIT(QUERY), 1000000);
    assert_int_equal(app_counters(t.app)->dpi_packets, 0);
    talk_free(&t);
}

static void dpi__without_it_flows_have_no_opinion(void **state)
{
    (void)state;
    struct talk t = start(false);
    app_dpi(t.app, t.flow, TO_SERVER, BYTES_LIT(QUERY), 1000000);
    json_object(&t.out, NULL);
    app_flow_dpi_json(t.flow, &t.out);
    json_object_end(&t.out);
    assert_string_equal(talk_text(&t), "{}");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dpi__names_a_protocol),
        cmocka_unit_test(dpi__stops_after_its_packets),
        cmocka_unit_test(dpi__is_not_asked_about_what_a_parser_knows),
        cmocka_unit_test(dpi__without_it_flows_have_no_opinion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
