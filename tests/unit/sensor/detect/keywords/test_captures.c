/* Pieces of traffic that expressions catch: kept with flow or packet, asked by other rules. */
#include "../rig.h"
#include "sensor/detect/text_vars.h"

static struct rig *login(const char *rules)
{
    struct rig *r = rig_open(rules);
    r->server_port = 4444;
    rig_connect(r);
    rig_say(r, TO_SERVER, "USER alice\r\n");
    rig_say(r, TO_SERVER, "COLOUR=green\r\n");
    rig_end(r);
    return r;
}

static bool vars_hold(struct rig *r, const char *text)
{
    return bytes_find(json_bytes(&r->vars), bytes_str(text)) >= 0;
}

static void pcre__keeps_groups_by_position_with_the_flow(void **state)
{
    (void)state;
    struct rig *r = login("alert tcp any any -> any any (flow:to_server; "
                          "pcre:\"/^(USER) ([a-z]+)/, flow:a/verb, flow:a/user\"; sid:1;)");
    assert_int_equal(rig_fired(r, 1), 1);
    assert_true(vars_hold(r, "\"flowvars\":[{\"a/verb\":\"USER\"},{\"a/user\":\"alice\"}]"));
    rig_close(r);
}

static void pcre__keeps_groups_by_name(void **state)
{
    (void)state;
    struct rig *r = login("alert tcp any any -> any any (flow:to_server; "
                          "pcre:\"/USER (?P<flow_user>[a-z]+)/\"; sid:1;)\n"
                          "alert tcp any any -> any any (flow:to_server; content:\"COLOUR\"; "
                          "flowvar:user,\"lic\"; sid:2;)\n"
                          "alert tcp any any -> any any (flow:to_server; content:\"COLOUR\"; "
                          "flowvar:user,\"bob\"; sid:3;)");
    assert_int_equal(rig_fired(r, 2), 1);
    assert_int_equal(rig_fired(r, 3), 0);
    rig_close(r);
}

static void pcre__names_a_packet_variable_after_the_traffic(void **state)
{
    (void)state;
    struct rig *r = login("alert tcp any any -> any any (flow:to_server; "
                          "pcre:\"/([A-Z]+)=([a-z]+)/, pkt:key, pkt:value\"; sid:1;)");
    assert_int_equal(rig_fired(r, 1), 1);
    assert_true(vars_hold(r, "\"pktvars\":[{\"COLOUR\":\"green\"}]"));
    assert_false(vars_hold(r, "flowvars"));
    rig_close(r);
}

static void pcre__keeps_nothing_of_a_rule_that_does_not_match(void **state)
{
    (void)state;
    struct rig *r = login("alert tcp any any -> any any (flow:to_server; "
                          "pcre:\"/(USER)/, flow:verb\"; content:\"nowhere\"; sid:1;)\n"
                          "alert tcp any any -> any any (flow:to_server; content:\"COLOUR\"; "
                          "sid:2;)");
    assert_int_equal(rig_fired(r, 2), 1);
    assert_false(vars_hold(r, "flowvars"));
    rig_close(r);
}

/* The rule waits for its payload, of which a part is there. */
static void pcre__keeps_nothing_of_a_payload_that_is_waited_for(void **state)
{
    (void)state;
    struct rig *r = rig_open(
        "alert http any any -> any any (http.method; content:\"GET\"; fast_pattern; pkt_data; "
        "pcre:\"/(GET)/, flow:verb\"; content:\"nowhere\"; sid:1;)\n"
        "alert http any any -> any any (flow:to_client; content:\"200\"; sid:2;)");
    rig_connect(r);
    rig_say(r, TO_SERVER, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    rig_say(r, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    rig_end(r);
    assert_int_equal(rig_fired(r, 1), 0);
    assert_true(rig_fired(r, 2) > 0);
    assert_false(vars_hold(r, "flowvars"));
    rig_close(r);
}

static void flow_text_set__keeps_within_the_budget_of_all_flows(void **state)
{
    (void)state;
    struct text_var *list = NULL;
    const size_t before = TEXT_VARS_BYTES_MAX - sizeof(struct text_var) - 3;
    size_t used = before;
    assert_true(flow_text_set(&list, 1, BYTES_LIT("abc"), &used));
    assert_int_equal(used, TEXT_VARS_BYTES_MAX);
    assert_false(flow_text_set(&list, 1, BYTES_LIT("abcd"), &used));
    assert_false(flow_text_set(&list, 2, (struct bytes){0}, &used));
    assert_true(bytes_eq(text_var_find(list, 1)->value, BYTES_LIT("abc")));
    assert_true(flow_text_set(&list, 1, BYTES_LIT("ab"), &used));
    assert_int_equal(used, TEXT_VARS_BYTES_MAX - 1);
    flow_texts_free(&list, &used);
    assert_int_equal(used, before);
}

static void pcre__refuses_names_it_cannot_place(void **state)
{
    (void)state;
    assert_non_null(strstr(rig_option_complaint("pcre:\"/(a)/, flow:x, flow:y\";"), "more names"));
    assert_non_null(
        strstr(rig_option_complaint("pcre:\"/(a)(b)/, pkt:key, flow:y\";"), "pkt:value"));
    assert_non_null(strstr(rig_option_complaint("flowvar:user;"), "content"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pcre__keeps_groups_by_position_with_the_flow),
        cmocka_unit_test(pcre__keeps_groups_by_name),
        cmocka_unit_test(pcre__names_a_packet_variable_after_the_traffic),
        cmocka_unit_test(pcre__keeps_nothing_of_a_rule_that_does_not_match),
        cmocka_unit_test(pcre__keeps_nothing_of_a_payload_that_is_waited_for),
        cmocka_unit_test(flow_text_set__keeps_within_the_budget_of_all_flows),
        cmocka_unit_test(pcre__refuses_names_it_cannot_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
