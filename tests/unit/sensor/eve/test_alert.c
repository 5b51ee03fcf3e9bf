/* test_alert.c - the alert record: whom a proxy spoke for, bodies, and what options leave out. */
#include <cjson/cJSON.h>

#include "tests/unit/sensor/detect/rig.h"
#include "sensor/eve/header.h"

static struct json line;
static struct arena scratch;
static const struct eve_alert_options *options;

static void on_alert(void *ctx, const struct detect_alert *a)
{
    struct rig *r = ctx;
    struct eve_context c = {.rules = r->rules, .alerts = options, .scratch = &scratch};
    eve_alert(&line, &c, a);
    arena_reset(&scratch);
}

static void say_web(struct rig *r, const char *headers)
{
    char request[1024];
    snprintf(request, sizeof request,
             "POST /up HTTP/1.1\r\nHost: a\r\n%sContent-Length: 4\r\n\r\nbo\1y", headers);
    rig_connect(r);
    rig_say(r, TO_SERVER, request);
    rig_say(r, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer");
}

/* The last alert of the rule on one request and its answer. */
static cJSON *alert_with(const struct eve_alert_options *o, const char *rule, const char *headers)
{
    struct rig *r = rig_open(rule);
    detect_free(r->detect);
    r->detect = detect_new(r->rules, on_alert, r);
    detect_join(r->detect, r->shared, 0);
    options = o;
    json_reset(&line);
    say_web(r, headers);
    rig_close(r);
    cJSON *record = cJSON_ParseWithLength(line.text, line.len);
    assert_non_null(record);
    json_release(&line);
    arena_release(&scratch);
    return record;
}

static const char *text(const cJSON *record, const char *object, const char *name)
{
    const cJSON *o = object ? cJSON_GetObjectItem(record, object) : record;
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(o, name));
    return value ? value : "";
}

static const char rule_of_answer[] = "alert http any any -> any any (http.response_body; "
                                     "content:\"answer\"; target:dest_ip; sid:1;)";
static const char rule_of_request[] =
    "alert http any any -> any any (http.uri; content:\"up\"; target:dest_ip; sid:1;)";
static const char proxied[] = "X-Forwarded-For: 192.0.2.7, 198.51.100.9\r\n";

static void xff__extra_data_stands_in_the_alert(void **state)
{
    (void)state;
    struct eve_alert_options o = eve_alert_defaults;
    o.xff.enabled = true;
    cJSON *a = alert_with(&o, rule_of_request, proxied);
    assert_string_equal(text(a, "alert", "xff"), "198.51.100.9");
    assert_string_equal(text(a, NULL, "src_ip"), "10.0.0.1");
    cJSON_Delete(a);
    o.xff.forward = true;
    a = alert_with(&o, rule_of_request, proxied);
    assert_string_equal(text(a, "alert", "xff"), "192.0.2.7");
    cJSON_Delete(a);
}

static void xff__overwrite_takes_the_clients_place_in_either_direction(void **state)
{
    (void)state;
    struct eve_alert_options o = eve_alert_defaults;
    o.xff = (struct eve_xff){.enabled = true, .overwrite = true, .header = "x-forwarded-for"};
    cJSON *a = alert_with(&o, rule_of_request, proxied);
    assert_string_equal(text(a, NULL, "src_ip"), "198.51.100.9");
    assert_string_equal(text(a, NULL, "dest_ip"), "203.0.113.5");
    assert_string_equal(text(a, "flow", "src_ip"), "198.51.100.9");
    assert_string_equal(text(a, "alert", "xff"), "");
    const cJSON *source = cJSON_GetObjectItem(cJSON_GetObjectItem(a, "alert"), "source");
    assert_string_equal(text(source, NULL, "ip"), "198.51.100.9");
    cJSON_Delete(a);
    a = alert_with(&o, rule_of_answer, proxied);
    assert_string_equal(text(a, NULL, "dest_ip"), "198.51.100.9");
    assert_string_equal(text(a, NULL, "src_ip"), "203.0.113.5");
    assert_string_equal(text(a, "flow", "src_ip"), "198.51.100.9");
    cJSON_Delete(a);
}

static void xff__nothing_changes_without_header_or_address(void **state)
{
    (void)state;
    struct eve_alert_options o = eve_alert_defaults;
    o.xff.enabled = o.xff.overwrite = true;
    const char *headers[] = {"", "X-Forwarded-For: unknown\r\n", "X-Forwarded-Fo: 192.0.2.7\r\n"};
    for (size_t i = 0; i < 3; i++) {
        cJSON *a = alert_with(&o, rule_of_request, headers[i]);
        assert_string_equal(text(a, NULL, "src_ip"), "10.0.0.1");
        cJSON_Delete(a);
    }
}

static void xff__a_match_in_the_stream_takes_the_flows_first(void **state)
{
    (void)state;
    struct eve_alert_options o = eve_alert_defaults;
    o.xff.enabled = true;
    cJSON *a = alert_with(&o, "alert tcp any any -> any any (content:\"POST\"; sid:1;)", proxied);
    assert_string_equal(text(a, "alert", "xff"), "198.51.100.9");
    cJSON_Delete(a);
}

static void alert__bodies_only_when_asked_for(void **state)
{
    (void)state;
    struct eve_alert_options o = eve_alert_defaults;
    cJSON *a = alert_with(&o, rule_of_answer, "");
    assert_string_equal(text(a, "http", "http_request_body"), "");
    cJSON_Delete(a);
    o.http_body = o.http_body_printable = true;
    a = alert_with(&o, rule_of_answer, "");
    assert_string_equal(text(a, "http", "http_request_body"), "Ym8BeQ==");
    assert_string_equal(text(a, "http", "http_request_body_printable"), "bo.y");
    assert_string_equal(text(a, "http", "http_response_body_printable"), "answer");
    cJSON_Delete(a);
}

static void alert__leaves_out_what_it_is_told(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "payload", "payload_printable", "stream", "packet", "flow", "http", "verdict"};
    struct eve_alert_options o = eve_alert_defaults;
    const char *rule = "alert tcp any any -> any any (content:\"POST\"; sid:1;)";
    cJSON *a = alert_with(&o, rule, "");
    for (size_t i = 0; i < 5; i++)
        assert_non_null(cJSON_GetObjectItem(a, parts[i]));
    cJSON_Delete(a);
    o = (struct eve_alert_options){.xff = {.header = ""}, .rule_raw = true};
    a = alert_with(&o, rule, "");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_null(cJSON_GetObjectItem(a, parts[i]));
    assert_string_equal(text(a, "alert", "rule"), rule);
    cJSON_Delete(a);
}

static void alert__shows_so_many_stream_bytes(void **state)
{
    (void)state;
    struct eve_alert_options o = eve_alert_defaults;
    o.payload_cap_bytes = 4;
    cJSON *a = alert_with(
        &o, "alert tcp any any -> any any (flow:only_stream; content:\"/up\"; sid:1;)", "");
    assert_string_equal(text(a, NULL, "payload_printable"), "POST");
    cJSON_Delete(a);
}

static void alert__of_a_transaction_shows_the_stream_it_came_from(void **state)
{
    (void)state;
    cJSON *a = alert_with(NULL, rule_of_answer, "");
    assert_int_equal(cJSON_GetObjectItem(a, "stream")->valueint, 1);
    assert_string_equal(text(a, NULL, "payload_printable"),
                        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer");
    cJSON_Delete(a);
}

static void header__of_an_icmp_error_names_its_own_ends(void **state)
{
    (void)state;
    struct eve_context c = {.in_iface = "lo"};
    struct flow f = {.tuple = {.proto = IPP_TCP, .ip_version = 4, .port = {4000, 80}}};
    struct packet p = {.proto = IPP_ICMP, .ip_version = 4};
    p.src = f.tuple.addr[0] = f.tuple.addr[1] = (struct addr){.version = 4, .b = {192, 0, 2, 1}};
    p.src.b[3] = 254;
    p.dst = f.tuple.addr[0];
    struct eve_place at = {.context = &c, .packet = &p, .flow = &f, .dir = TO_CLIENT};
    eve_open(&line, &at, "alert");
    json_object_end(&line);
    cJSON *record = cJSON_ParseWithLength(line.text, line.len);
    assert_string_equal(text(record, NULL, "src_ip"), "192.0.2.254");
    assert_string_equal(text(record, NULL, "proto"), "ICMP");
    assert_null(cJSON_GetObjectItem(record, "src_port"));
    cJSON_Delete(record);
    json_release(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xff__extra_data_stands_in_the_alert),
        cmocka_unit_test(xff__overwrite_takes_the_clients_place_in_either_direction),
        cmocka_unit_test(xff__nothing_changes_without_header_or_address),
        cmocka_unit_test(xff__a_match_in_the_stream_takes_the_flows_first),
        cmocka_unit_test(alert__bodies_only_when_asked_for),
        cmocka_unit_test(alert__leaves_out_what_it_is_told),
        cmocka_unit_test(alert__shows_so_many_stream_bytes),
        cmocka_unit_test(alert__of_a_transaction_shows_the_stream_it_came_from),
        cmocka_unit_test(header__of_an_icmp_error_names_its_own_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
