/* Rule text: lines, headers, options, and what is said of mistakes. */
#include "rig.h"
#include "sensor/detect/group.h"
#include "sensor/detect/rule.h"

static void rule_parse__keeps_every_option_in_order(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct rule r = {0};
    struct err err = {""};
    const char *text =
        "alert tcp any any -> any 80 (msg:\"a\\; b\"; nocase; content : \"x\" ;sid:5;)";
    assert_int_equal(rule_parse(bytes_str(text), &arena, &r, &err), 0);
    assert_int_equal(r.option_count, 4);
    assert_true(bytes_eq(r.options[0].value, BYTES_LIT("\"a\\; b\"")));
    assert_false(r.options[1].has_value);
    assert_true(bytes_eq(r.options[2].name, BYTES_LIT("content")));
    assert_true(bytes_eq(r.options[2].value, BYTES_LIT("\"x\"")));
    assert_int_equal(r.sid, 5);
    assert_true(memcmp(text + r.options[3].position, "sid", 3) == 0);
    assert_true(bytes_eq(r.dport, BYTES_LIT("80")));
    arena_release(&arena);
}

static void rule_lines_next__joins_lines_that_end_in_a_backslash(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct rule_lines l = {.rest = BYTES_LIT("one \\\n two\\\nthree\nfour")};
    struct bytes line;
    uint32_t number;
    assert_true(rule_lines_next(&l, &arena, &line, &number));
    assert_true(bytes_eq(line, BYTES_LIT("one twothree")));
    assert_int_equal(number, 1);
    assert_true(rule_lines_next(&l, &arena, &line, &number));
    assert_true(bytes_eq(line, BYTES_LIT("four")));
    assert_int_equal(number, 4);
    assert_false(rule_lines_next(&l, &arena, &line, &number));
    arena_release(&arena);
}

static void ruleset_load__counts_rules_that_are_switched_off(void **state)
{
    (void)state;
    struct ruleset_report report;
    struct err err = {""};
    struct ruleset *rs = rig_load("# a comment (really)\n"
                                  "#alert tcp any any -> any any (sid:1;)\n"
                                  "alert tcp any any -> any any (sid:2;)\n",
                                  NULL, &report, &err);
    assert_non_null(rs);
    assert_int_equal(report.skipped_disabled, 1);
    assert_int_equal(report.loaded, 1);
    assert_int_equal(ruleset_count(rs), 1);
    ruleset_report_free(&report);
    ruleset_free(rs);
}

static void ruleset_load__names_file_line_and_rule_of_a_mistake(void **state)
{
    (void)state;
    assert_string_equal(rig_complaint("\nalert tcp any any -> any any (contnet:\"a\"; sid:7;)"),
                        "2: sid 7: unknown keyword 'contnet'; did you mean 'content'?");
    assert_string_equal(rig_complaint("alert gopher any any -> any any (sid:7;)"),
                        "1: sid 7: unknown protocol 'gopher'");
    assert_string_equal(rig_complaint("alert tcp any -> any any (sid:7;)"),
                        "1: sid 7: header is cut short: action protocol source port -> destination "
                        "port");
    assert_string_equal(rig_complaint("alarm tcp any any -> any any (sid:7;)"),
                        "1: sid 7: unknown action 'alarm'");
    assert_string_equal(rig_complaint("alert tcp any any <- any any (sid:7;)"),
                        "1: sid 7: direction '<-' is neither '->' nor '<>'");
    assert_string_equal(rig_complaint("alert tcp any any -> any any (msg:\"x\"; sid:7)"),
                        "1: no ';' after 'sid:7'");
    assert_string_equal(rig_complaint("alert tcp any any -> any any (msg:\"x\";)"),
                        "1: rule has no sid");
    assert_string_equal(rig_complaint("alert tcp $NO_NET any -> any any (sid:7;)"),
                        "1: sid 7: source address: undefined address variable '$NO_NET'");
    assert_string_equal(rig_complaint("alert tcp any 70000 -> any any (sid:7;)"),
                        "1: sid 7: source port: '70000' is no port or port range");
    assert_string_equal(rig_complaint("alert tcp [10.0.0.0/8,!10.0.0.0/7] any -> any any (sid:7;)"),
                        "1: sid 7: source address: nothing is left of group "
                        "'[10.0.0.0/8,!10.0.0.0/7]'");
}

/* "line:column" of the first complaint. */
static const char *place_of(const char *rules)
{
    static char text[32];
    struct ruleset_report report;
    struct err err = {""};
    struct ruleset *rs = rig_load(rules, NULL, &report, &err);
    assert_int_equal(report.failed, 1);
    snprintf(text, sizeof text, "%u:%u", report.problems[0].line, report.problems[0].column);
    ruleset_report_free(&report);
    ruleset_free(rs);
    return text;
}

static void ruleset_load__names_the_place_of_a_mistake(void **state)
{
    (void)state;
    assert_string_equal(place_of("alert tcp any any -> any any (contnet:\"a\"; sid:7;)"), "1:31");
    assert_string_equal(place_of("\n  alert tpc any any -> any any (sid:7;)"), "2:9");
    assert_string_equal(place_of("alert tcp any any -> any 70000 (sid:7;)"), "1:26");
    assert_string_equal(place_of("alert tcp any any -> any any (msg:\"x\"; \\\n"
                                 "    content:\"a\"; \\\n"
                                 "    offset:q; sid:7;)\n"),
                        "3:5");
    assert_string_equal(place_of("alert tcp any any -> any any (sid:7; msg:\"x\")"), "1:38");
    assert_string_equal(place_of("alert tcp any any -> any any (msg:\"x\";)"), "1:1");
}

static void ruleset_load__proposes_the_word_that_was_meant(void **state)
{
    (void)state;
    assert_non_null(strstr(rig_option_complaint("http.urii;"), "did you mean 'http.uri'?"));
    assert_non_null(strstr(rig_option_complaint("cotnent:\"a\";"), "did you mean 'content'?"));
    assert_null(strstr(rig_option_complaint("frobnicate;"), "did you mean"));
    assert_non_null(strstr(rig_complaint("alrt tcp any any -> any any (sid:7;)"), "'alert'?"));
    assert_non_null(strstr(rig_complaint("alert htpt any any -> any any (sid:7;)"), "'http'?"));
}

static void keywords__refuse_what_contradicts_what_stands_before(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"http.uri; content:\"a\"; rawbytes;", "goes with the payload only, not with http.uri"},
        {"content:\"a\"; rawbytes; http_uri;", "cannot go with rawbytes"},
        {"content:\"a\"; http_uri; http_method;", "looks at http.uri already"},
        {"content:\"a\"; http_uri; pcre:\"/b/R\";", "flag R needs a content or pcre"},
        {"http.uri; pcre:\"/b/M\";", "the flag names http.method, but http.uri is"},
        {"http.uri; pcrexform:\"a\"; content:\"b\";", "wants one group in the expression, not 0"},
        {"app-layer-protocol:!smtp; app-layer-protocol:http;", "a flow speaks one protocol"},
        {"app-layer-protocol:!smtp; app-layer-protocol:!smtp;", "'smtp' is excluded already"},
        {"flowbits:noalert,a;", "noalert takes no name"},
        {"content:abc;", "the value wants quotes: content:\"abc\""},
        {"http.uri; content:\"a\"; ja3.string; content:\"b\";",
         "no protocol has both 'http.uri' and 'ja3.string'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!strstr(rig_option_complaint(cases[i][0]), cases[i][1]))
            fail_msg("%s: %s", cases[i][0], rig_option_complaint(cases[i][0]));
    assert_non_null(strstr(rig_complaint("alert http any any -> any any "
                                         "(app-layer-protocol:!smtp; sid:7;)"),
                           "rule is about http already"));
    assert_string_equal(rig_option_complaint("content:\"a\"; pcre:\"/b/R\";"), "");
    assert_string_equal(rig_option_complaint("file_data; content:\"a\"; pcre:\"/b/RQ\";"), "");
}

static void ruleset_load__refuses_what_is_no_rule_file(void **state)
{
    (void)state;
    struct ruleset_report report;
    struct err err = {""};
    struct ruleset_options o = {.files = (const char *const[]){"/tmp"}, .file_count = 1};
    assert_null(ruleset_load(&o, &report, &err));
    assert_string_equal(err.text, "/tmp: cannot read: Is a directory");
    o.files = (const char *const[]){"/proc/self/exe"};
    assert_null(ruleset_load(&o, &report, &err));
    assert_string_equal(err.text, "/proc/self/exe: no text file: a zero byte at offset 7");
}

static void ruleset_load__takes_the_later_revision_of_a_rule(void **state)
{
    (void)state;
    struct ruleset_report report;
    struct err err = {""};
    struct ruleset *rs = rig_load("alert tcp any any -> any any (sid:1; rev:2;)\n"
                                  "alert tcp any any -> any any (sid:1; rev:2;)\n"
                                  "alert tcp any any -> any any (sid:1; rev:3;)\n",
                                  NULL, &report, &err);
    assert_int_equal(report.failed, 1);
    assert_non_null(strstr(report.problems[0].text, ":2:1: sid 1: duplicate"));
    assert_int_equal(ruleset_count(rs), 1);
    ruleset_report_free(&report);
    ruleset_free(rs);
}

static bool port_in(const char *text, unsigned port)
{
    struct group g;
    struct err err;
    assert_int_equal(group_parse(NULL, RULE_VAR_PORT, bytes_str(text), &g, &err), 0);
    bool in = ranges_hold(&g.v4, port);
    group_release(&g);
    return in;
}

static void group_parse__ports(void **state)
{
    (void)state;
    assert_true(port_in("80", 80));
    assert_false(port_in("80", 81));
    assert_true(port_in("[80,8000:8099,!8080]", 8001));
    assert_false(port_in("[80,8000:8099,!8080]", 8080));
    assert_true(port_in("1024:", 65535));
    assert_false(port_in("1024:", 1023));
    assert_true(port_in(":1024", 0));
    assert_false(port_in("!80", 80));
    assert_true(port_in("!80", 443));
    assert_true(port_in("[!80,!81]", 82));
    assert_false(port_in("![80,[81,82]]", 82));
}

static bool address_in(const char *text, const char *address)
{
    struct rule_vars *v = rule_vars_new();
    struct err err = {""};
    struct addr a;
    rule_vars_set(v, RULE_VAR_ADDRESS, "DMZ", "[198.51.100.0/24,!198.51.100.7]");
    struct rule_address_set *s = rule_vars_address(v, text, &err);
    if (!s)
        print_error("%s\n", err.text);
    assert_non_null(s);
    assert_true(addr_parse(bytes_str(address), &a));
    bool in = rule_address_holds(s, &a);
    rule_address_free(s);
    rule_vars_free(v);
    return in;
}

static void rule_vars_address__groups(void **state)
{
    (void)state;
    assert_true(address_in("$HOME_NET", "10.1.2.3"));
    assert_false(address_in("$EXTERNAL_NET", "10.1.2.3"));
    assert_true(address_in("$EXTERNAL_NET", "8.8.8.8"));
    assert_false(address_in("$EXTERNAL_NET", "2001:db8::1")); /* HOME_NET has IPv4 alone */
    assert_true(address_in("[$DMZ,10.0.0.0/255.0.0.0]", "198.51.100.8"));
    assert_false(address_in("$DMZ", "198.51.100.7"));
    assert_true(address_in("!$DMZ", "198.51.100.7"));
    assert_true(address_in("[10.0.0.1-10.0.0.9]", "10.0.0.9"));
    assert_false(address_in("[10.0.0.1-10.0.0.9]", "10.0.0.10"));
    assert_true(address_in("2001:db8::/32", "2001:db8:5::1"));
    assert_false(address_in("2001:db8::/32", "2001:db9::1"));
    assert_true(address_in("any", "1.2.3.4"));
    assert_true(address_in("[10.0.0.0/8, ![10.1.0.0/16, 10.2.0.0/16]]", "10.3.0.1"));
    assert_false(address_in("[10.0.0.0/8, ![10.1.0.0/16, 10.2.0.0/16]]", "10.2.0.1"));
}

static bool holds_ipv6(const char *text)
{
    struct err err;
    struct rule_vars *vars = rule_vars_new();
    struct rule_address_set *s = rule_vars_address(vars, text, &err);
    assert_non_null(s);
    bool holds = rule_address_holds_ipv6(s);
    rule_address_free(s);
    rule_vars_free(vars);
    return holds;
}

static void rule_address_holds_ipv6__is_about_the_family(void **state)
{
    (void)state;
    assert_false(holds_ipv6("$EXTERNAL_NET"));
    assert_true(holds_ipv6("![10.0.0.0/8,2001:db8::/32]"));
    assert_true(holds_ipv6("any"));
}

static void rule_vars_address__excluding_is_about_one_family(void **state)
{
    (void)state;
    assert_false(address_in("!::", "10.0.0.1"));
    assert_true(address_in("!::", "2001:db8::1"));
    assert_false(address_in("!10.0.0.1", "2001:db8::1"));
    assert_true(address_in("[10.0.0.0/8,!2001:db8::/32]", "2001:db9::1"));
    assert_false(address_in("[10.0.0.0/8,!2001:db8::/32]", "2001:db8::1"));
    assert_true(address_in("[any,!10.0.0.1]", "2001:db8::1"));
}

static void rule_vars_address__a_list_within_a_list_is_part_of_it(void **state)
{
    (void)state;
    assert_false(address_in("[192.0.2.0/24,[!10.0.0.0/8]]", "198.51.100.1"));
    assert_false(address_in("[198.51.100.0/24,!192.0.2.1,$DMZ]", "198.51.100.7"));
    assert_true(address_in("!$EXTERNAL_NET", "10.1.2.3"));
    assert_false(address_in("!$EXTERNAL_NET", "8.8.8.8"));
}

static void group_parse__variables_that_hold_each_other_are_refused(void **state)
{
    (void)state;
    struct rule_vars *v = rule_vars_new();
    struct err err = {""};
    rule_vars_set(v, RULE_VAR_ADDRESS, "A", "$B");
    rule_vars_set(v, RULE_VAR_ADDRESS, "B", "[$A,$A]");
    assert_null(rule_vars_address(v, "$A", &err));
    assert_non_null(strstr(err.text, "too"));
    rule_vars_free(v);
}

static void ranges_subtract__agrees_with_counting(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (unsigned round = 0; round < 200; round++) {
        struct ranges a = {0}, b = {0};
        bool in[64] = {false};
        for (unsigned i = 0; i < 12; i++) {
            seed = seed * 1664525 + 1013904223;
            unsigned low = (seed >> 8) % 64, high = low + (seed >> 20) % (64 - low);
            ranges_add(i < 6 ? &a : &b, low, high);
            for (unsigned n = low; n <= high; n++)
                in[n] = i < 6;
        }
        ranges_normalise(&a);
        ranges_normalise(&b);
        ranges_subtract(&a, &b);
        for (unsigned n = 0; n < 64; n++)
            assert_int_equal(ranges_hold(&a, n), in[n]);
        ranges_release(&a);
        ranges_release(&b);
    }
}

static void ruleset_version__depends_on_rules_and_variables(void **state)
{
    (void)state;
    const char *rule = "alert tcp $HOME_NET any -> any any (sid:1;)\n";
    struct ruleset_report report;
    struct err err;
    struct rule_vars *v = rule_vars_new();
    rule_vars_set(v, RULE_VAR_ADDRESS, "HOME_NET", "192.0.2.0/24");
    struct ruleset *a = rig_load(rule, NULL, &report, &err);
    struct ruleset *same = rig_load(rule, NULL, &report, &err);
    struct ruleset *other = rig_load(rule, &(struct ruleset_options){.vars = v}, &report, &err);
    assert_string_equal(ruleset_version(a), ruleset_version(same));
    assert_string_not_equal(ruleset_version(a), ruleset_version(other));
    assert_int_equal(strlen(ruleset_version(a)), 16);
    ruleset_free(a);
    ruleset_free(same);
    ruleset_free(other);
    rule_vars_free(v);
}

static void keywords_print__lists_keywords_and_buffers(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    keywords_print(out, true);
    fclose(out);
    assert_non_null(strstr(text, "\nbyte_jump"));
    assert_non_null(strstr(text, "\nhttp.uri "));
    free(text);
}

static void build_check__refuses_what_cannot_come_true(void **state)
{
    (void)state;
    static const struct {
        const char *options, *complaint;
    } cases[] = {
        {"ja3.hash; content:\"abc\";", "a content of 'ja3.hash' is not 32 hexadecimal digits long"},
        {"tls.cert_serial; content:\"0A0B\";",
         "a content of 'tls.cert_serial' has no ':' between its pairs of digits"},
        {"http.host; content:\"Example\";",
         "a content of 'http.host' has upper case, the buffer is lower case"},
        {"http.method; content:\"GET \";",
         "a content of 'http.method' begins or ends with white space"},
        {"pcre:\"/win[A-Z]/W\";", "has upper case, and the buffer of flag W is lower case"},
        {"byte_math:bytes 5, offset 0, oper <<, rvalue 1, result v, string dec;",
         "shifts numbers of 1 to 4 bytes"},
        {"byte_math:bytes 1, offset 0, oper +, result v;", "needs 'rvalue'"},
        {"byte_math:bytes 1, bytes 2, offset 0, oper +, rvalue 1, result v;",
         "'bytes' stands twice"},
        {"http.uri; to_lowercase; content:\"A\";", "a content cannot be there after to_lowercase"},
        {"http.uri; strip_whitespace; content:\"a b\";",
         "a content cannot be there after strip_whitespace"},
        {"http.uri; compress_whitespace; content:\"a  b\";",
         "a content cannot be there after compress_whitespace"},
        {"http.uri; bsize:3; content:\"abcd\";", "contents need 4 bytes, bsize leaves 3"},
        {"http.uri; bsize:<5; content:\"ab\"; content:\"cdef\"; distance:0;",
         "contents need 6 bytes, bsize leaves 5"},
        {"urilen:2; http.uri; content:\"abc\";", "a content is longer than urilen allows"},
        {"http.header.raw; content:\"a\";",
         "'http.header.raw' needs flow:to_server or flow:to_client"},
        {"content:\"abc\"; fast_pattern:only; content:\"d\"; distance:0;",
         "fast_pattern:only cannot go with places, nor what counts from it"},
        {"dsize:3; dsize:4;", "dsize: given twice"},
        {"fragoffset:!3;", "'!3' is no offset, nor one behind '<' or '>'"},
        {"dsize:3; content:\"abcd\";", "contents need 4 bytes, dsize leaves 3"},
        {"flow:only_stream; ttl:3; content:\"a\";",
         "conditions about one packet cannot go with tcp-stream or only_stream"},
        {"ttl:3; http.uri; content:\"a\";",
         "'http.uri' is about a transaction, other conditions about one packet"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_non_null(strstr(rig_option_complaint(cases[i].options), cases[i].complaint));
    assert_string_equal(rig_option_complaint("http.uri; bsize:<5; content:\"abcde\";"), "");
    assert_string_equal(rig_option_complaint("http.uri; to_md5; bsize:16; content:\"A\";"), "");
    assert_string_equal(rig_option_complaint("pcre:\"/win\\S\\x4F/W\";"), "");
    assert_string_equal(rig_option_complaint("tls.cert_serial; content:\"0A\"; content:\"23-24\";"),
                        "");
    assert_string_equal(rig_option_complaint("flow:to_server; dnp3_ind:need_time;"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(build_check__refuses_what_cannot_come_true),
        cmocka_unit_test(rule_parse__keeps_every_option_in_order),
        cmocka_unit_test(rule_lines_next__joins_lines_that_end_in_a_backslash),
        cmocka_unit_test(ruleset_load__counts_rules_that_are_switched_off),
        cmocka_unit_test(ruleset_load__names_file_line_and_rule_of_a_mistake),
        cmocka_unit_test(ruleset_load__names_the_place_of_a_mistake),
        cmocka_unit_test(ruleset_load__proposes_the_word_that_was_meant),
        cmocka_unit_test(keywords__refuse_what_contradicts_what_stands_before),
        cmocka_unit_test(ruleset_load__refuses_what_is_no_rule_file),
        cmocka_unit_test(ruleset_load__takes_the_later_revision_of_a_rule),
        cmocka_unit_test(group_parse__ports),
        cmocka_unit_test(rule_vars_address__groups),
        cmocka_unit_test(rule_address_holds_ipv6__is_about_the_family),
        cmocka_unit_test(rule_vars_address__excluding_is_about_one_family),
        cmocka_unit_test(rule_vars_address__a_list_within_a_list_is_part_of_it),
        cmocka_unit_test(group_parse__variables_that_hold_each_other_are_refused),
        cmocka_unit_test(ranges_subtract__agrees_with_counting),
        cmocka_unit_test(ruleset_version__depends_on_rules_and_variables),
        cmocka_unit_test(keywords_print__lists_keywords_and_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
