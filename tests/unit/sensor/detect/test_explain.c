/* Why a rule matched: what each item found, where, and what else held. */
#include <cjson/cJSON.h>

#include "rig.h"
#include "sensor/detect/worker_state.h"

/* The explanation of the last alert of `rules` on a web request that comes in two pieces. */
static cJSON *why(const char *rules, const char *first, const char *second)
{
    struct rig *r = rig_open(rules);
    detect_explain(r->detect);
    rig_connect(r);
    rig_say(r, TO_SERVER, first);
    rig_say(r, TO_SERVER, second);
    rig_end(r);
    assert_true(r->alert_count > 0);
    char whole_text[65536];
    assert_true(r->why.len + 3 < sizeof whole_text);
    snprintf(whole_text, sizeof whole_text, "{%.*s}", (int)r->why.len, r->why.text);
    cJSON *whole = cJSON_Parse(whole_text);
    cJSON *explain = cJSON_DetachItemFromObject(whole, "explain");
    assert_non_null(explain);
    cJSON_Delete(whole);
    rig_close(r);
    return explain;
}

static const cJSON *nth(const cJSON *why, const char *list, int i)
{
    const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItem(why, list), i);
    assert_non_null(item);
    return item;
}

static int count(const cJSON *why, const char *list)
{
    return cJSON_GetArraySize(cJSON_GetObjectItem(why, list));
}

static const char *text(const cJSON *o, const char *name)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(o, name));
    return value ? value : "";
}

static int number(const cJSON *o, const char *name)
{
    const cJSON *n = cJSON_GetObjectItem(o, name);
    return n ? n->valueint : -1;
}

static void explain__names_keyword_buffer_place_and_bytes(void **state)
{
    (void)state;
    cJSON *e =
        why("alert http any any -> any any (http.uri; content:\"vil\"; http.uri; to_lowercase; "
            "content:\"php\"; http.host; to_uppercase; content:\"ORG\"; sid:1;)",
            "GET /a/evil.PHP HTTP/1.1\r\nHost: ex.org\r\n\r\n", "");
    assert_int_equal(count(e, "matches"), 3);
    const cJSON *m = nth(e, "matches", 0);
    assert_string_equal(text(m, "keyword"), "content");
    assert_string_equal(text(m, "value"), "\"vil\"");
    assert_string_equal(text(m, "buffer"), "http.uri");
    assert_int_equal(number(m, "offset"), 4);
    assert_int_equal(number(m, "length"), 3);
    assert_string_equal(text(m, "hex"), "76696c");
    assert_string_equal(text(m, "printable"), "vil");
    assert_string_equal(text(nth(e, "matches", 1), "buffer"), "http.uri|to_lowercase");
    assert_string_equal(text(nth(e, "matches", 2), "buffer"), "http.host|to_uppercase");
    cJSON_Delete(e);
}

static void explain__shows_the_occurrence_that_led_to_the_match(void **state)
{
    (void)state;
    cJSON *e =
        why("alert tcp any any -> any any (content:\"ab\"; content:\"cd\"; within:2; sid:1;)",
            "ab-cd ab cd abcd", "");
    assert_int_equal(count(e, "matches"), 2);
    assert_int_equal(number(nth(e, "matches", 0), "offset"), 12);
    assert_int_equal(number(nth(e, "matches", 1), "offset"), 14);
    cJSON_Delete(e);
}

static void explain__says_what_was_absent(void **state)
{
    (void)state;
    cJSON *e = why("alert tcp any any -> any any (content:\"ab\"; content:!\"zz\"; "
                   "pcre:!\"/x+/\"; isdataat:1; sid:1;)",
                   "abcd", "");
    assert_int_equal(count(e, "matches"), 4);
    assert_null(cJSON_GetObjectItem(nth(e, "matches", 0), "absent"));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(nth(e, "matches", 1), "absent")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(nth(e, "matches", 2), "absent")));
    assert_null(cJSON_GetObjectItem(nth(e, "matches", 3), "absent"));
    assert_int_equal(number(nth(e, "matches", 3), "size"), 4);
    cJSON_Delete(e);
}

static void explain__gives_the_place_in_the_stream(void **state)
{
    (void)state;
    cJSON *e =
        why("alert tcp any any -> any any (content:\"t-w\"; sid:1;)", "0123456789 split", "-word");
    const cJSON *m = nth(e, "matches", 0);
    assert_int_equal(number(m, "stream_offset"), 15);
    assert_string_equal(text(m, "printable"), "t-w");
    cJSON_Delete(e);
}

static void explain__lists_conditions_as_the_rule_writes_them(void **state)
{
    (void)state;
    cJSON *e = why("alert tcp any any -> any any (flow:to_server,established; "
                   "content:\"a|3b|b\"; flowbits:isnotset,x\\;y; sid:1;)",
                   "a;b", "");
    assert_int_equal(count(e, "conditions"), 2);
    assert_string_equal(text(nth(e, "conditions", 0), "keyword"), "flow");
    assert_string_equal(text(nth(e, "conditions", 0), "value"), "to_server,established");
    assert_string_equal(text(nth(e, "conditions", 1), "value"), "isnotset,x\\;y");
    cJSON_Delete(e);
}

static void explain__keeps_the_part_of_a_transaction_that_came_earlier(void **state)
{
    (void)state;
    cJSON *e = why("alert http any any -> any any (http.uri; content:\"up\"; http.request_body; "
                   "content:\"load\"; sid:1;)",
                   "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n", "payload");
    assert_int_equal(count(e, "matches"), 2);
    assert_string_equal(text(nth(e, "matches", 0), "buffer"), "http.uri");
    assert_string_equal(text(nth(e, "matches", 0), "printable"), "up");
    assert_string_equal(text(nth(e, "matches", 1), "buffer"), "http.request_body");
    assert_int_equal(number(nth(e, "matches", 1), "offset"), 3);
    cJSON_Delete(e);
}

static void explain__tells_which_of_several_instances_it_was(void **state)
{
    (void)state;
    cJSON *e = why("alert http any any -> any any (http.request_header; content:\"b: 2\"; sid:1;)",
                   "GET / HTTP/1.1\r\nHost: x\r\na: 1\r\nb: 2\r\n\r\n", "");
    assert_int_equal(count(e, "matches"), 1);
    assert_int_equal(number(nth(e, "matches", 0), "instance"), 2);
    cJSON_Delete(e);
}

static void explain__looks_into_decoded_bytes(void **state)
{
    (void)state;
    cJSON *e = why("alert tcp any any -> any any (content:\"x=\"; base64_decode:relative; "
                   "base64_data; content:\"llo\"; sid:1;)",
                   "x=aGVsbG8h", "");
    assert_int_equal(count(e, "matches"), 3);
    bool seen = false;
    for (int i = 0; i < 3; i++)
        if (strcmp(text(nth(e, "matches", i), "buffer"), "base64_data") == 0) {
            seen = true;
            assert_int_equal(number(nth(e, "matches", i), "offset"), 2);
        }
    assert_true(seen);
    cJSON_Delete(e);
}

static void explain__bounds_bytes_and_matches(void **state)
{
    (void)state;
    char rules[8192] = "alert tcp any any -> any any (pcre:\"/a{200}/\"; ";
    for (int i = 0; i < 100; i++)
        strncat(rules, "content:\"aa\"; ", sizeof rules - strlen(rules) - 1);
    strncat(rules, "sid:1;)", sizeof rules - strlen(rules) - 1);
    char bytes[301];
    memset(bytes, 'a', 300);
    bytes[300] = 0;
    cJSON *e = why(rules, bytes, "");
    assert_int_equal(number(nth(e, "matches", 0), "length"), 200);
    assert_int_equal(strlen(text(nth(e, "matches", 0), "printable")), 64);
    assert_int_equal(count(e, "matches"), 64);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(e, "truncated")));
    cJSON_Delete(e);
}

#define UPLOAD "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n"

/* What waits is given back with its transaction; beyond the budget nothing waits. */
static void explain__what_waits_has_a_budget(void **state)
{
    (void)state;
    for (unsigned spent = 0; spent < 2; spent++) {
        struct rig *r =
            rig_open("alert http any any -> any any (http.uri; content:\"up\"; fast_pattern; "
                     "http.request_body; content:\"load\"; sid:1;)");
        detect_explain(r->detect);
        r->detect->explain_bytes = spent ? EXPLAIN_KEPT_MAX : 0;
        rig_connect(r);
        rig_say(r, TO_SERVER, UPLOAD);
        rig_segment(r, TO_SERVER, TCP_ACK, (struct bytes){0});
        assert_int_equal(r->detect->counters.explanations_cut, spent);
        assert_int_equal(r->detect->explain_bytes,
                         spent ? EXPLAIN_KEPT_MAX
                               : sizeof(struct explain) + sizeof(struct explain_note));
        rig_say(r, TO_SERVER, "payload");
        rig_end(r);
        assert_int_equal(rig_fired(r, 1), 1);
        bool cut = bytes_find(json_bytes(&r->why), BYTES_LIT("\"truncated\":true")) >= 0;
        bool early = bytes_find(json_bytes(&r->why), BYTES_LIT("http.uri")) >= 0;
        assert_int_equal(cut, spent);
        assert_int_equal(early, !spent);
        assert_int_equal(r->detect->explain_bytes, spent ? EXPLAIN_KEPT_MAX : 0);
        rig_close(r);
    }
}

static void explain__says_nothing_unless_asked(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert tcp any any -> any any (content:\"ab\"; sid:1;)");
    rig_connect(r);
    rig_say(r, TO_SERVER, "ab");
    rig_end(r);
    assert_int_equal(r->alert_count, 1);
    assert_int_equal(r->why.len, 0);
    rig_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explain__names_keyword_buffer_place_and_bytes),
        cmocka_unit_test(explain__shows_the_occurrence_that_led_to_the_match),
        cmocka_unit_test(explain__says_what_was_absent),
        cmocka_unit_test(explain__gives_the_place_in_the_stream),
        cmocka_unit_test(explain__lists_conditions_as_the_rule_writes_them),
        cmocka_unit_test(explain__keeps_the_part_of_a_transaction_that_came_earlier),
        cmocka_unit_test(explain__tells_which_of_several_instances_it_was),
        cmocka_unit_test(explain__looks_into_decoded_bytes),
        cmocka_unit_test(explain__bounds_bytes_and_matches),
        cmocka_unit_test(explain__what_waits_has_a_budget),
        cmocka_unit_test(explain__says_nothing_unless_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
