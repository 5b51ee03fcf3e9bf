/* Marks on hosts and pairs of hosts. */
#include "../rig.h"

#define SET(options)   "alert udp any any -> any any (content:\"set\"; " options " sid:1;)\n"
#define TEST(options)  "alert udp any any -> any any (content:\"test\"; " options " sid:2;)\n"
#define CLEAR(options) "alert udp any any -> any any (content:\"clear\"; " options " sid:3;)\n"

/* The client says each word in its turn, each from a port of its own: every one is a new flow. */
static struct rig *after(const char *rules, const char *const *words)
{
    struct rig *r = rig_open(rules);
    r->server_port = 9999;
    for (; *words; words++) {
        r->client_port++;
        rig_udp(r, **words == '<' ? TO_CLIENT : TO_SERVER, bytes_str(*words));
    }
    return r;
}

static void expect(const char *rules, const char *const *words, size_t tests_that_hold)
{
    struct rig *r = after(rules, words);
    if (rig_fired(r, 2) != tests_that_hold)
        print_error("%s", rules);
    assert_int_equal(rig_fired(r, 2), tests_that_hold);
    rig_close(r);
}

static void xbits__a_mark_is_seen_by_another_flow_of_the_host(void **state)
{
    (void)state;
    const char *const words[] = {"test", "set", "test", NULL};
    expect(SET("xbits:set,a,track ip_src;") TEST("xbits:isset,a,track ip_src;"), words, 1);
    expect(SET("xbits:set,a,track ip_dst,expire 9;") TEST("xbits:isset,a,track ip_dst;"), words, 1);
    expect(SET("xbits:set,a,track ip_pair;") TEST("xbits:isset, a, track ip_pair;"), words, 1);
    expect(SET("xbits:set,a,track ip_src;") TEST("xbits:isnotset,a,track ip_src;"), words, 1);
    expect(SET("hostbits:set,a;") TEST("hostbits:isset,a,src;"), words, 1);
    expect(SET("hostbits:set,a,dst;") TEST("hostbits:isnotset,a,dst;"), words, 1);
}

static void xbits__hosts_names_and_kinds_are_kept_apart(void **state)
{
    (void)state;
    const char *const words[] = {"set", "test", NULL};
    expect(SET("xbits:set,a,track ip_src;") TEST("xbits:isset,b,track ip_src;"), words, 0);
    expect(SET("xbits:set,a,track ip_src;") TEST("xbits:isset,a,track ip_dst;"), words, 0);
    expect(SET("xbits:set,a,track ip_src;") TEST("xbits:isset,a,track ip_pair;"), words, 0);
    expect(SET("xbits:set,a,track ip_src;") TEST("hostbits:isset,a,src;"), words, 1);
}

static void xbits__a_pair_is_a_pair_whoever_speaks(void **state)
{
    (void)state;
    const char *const words[] = {"set", "<test", NULL};
    expect(SET("xbits:set,a,track ip_pair;") TEST("xbits:isset,a,track ip_pair;"), words, 1);
    expect(SET("xbits:set,a,track ip_src;") TEST("xbits:isset,a,track ip_dst;"), words, 1);
    expect(SET("xbits:set,a,track ip_src;") TEST("xbits:isset,a,track ip_src;"), words, 0);
}

static void xbits__unset_and_toggle(void **state)
{
    (void)state;
    const char *const cleared[] = {"set", "clear", "test", NULL};
    const char *const twice[] = {"set", "set", "test", NULL};
    expect(SET("xbits:set,a,track ip_src;") CLEAR("xbits:unset,a,track ip_src;")
               TEST("xbits:isset,a,track ip_src;"),
           cleared, 0);
    expect(SET("xbits:toggle,a,track ip_src;") TEST("xbits:isset,a,track ip_src;"), twice, 0);
    expect(SET("xbits:toggle,a,track ip_src;") TEST("xbits:isnotset,a,track ip_src;"), twice, 1);
}

static void xbits__expires_by_the_time_of_packets(void **state)
{
    (void)state;
    struct rig *r =
        after(SET("xbits:set,a,track ip_src,expire 10;") TEST("xbits:isset,a,track ip_src;"),
              (const char *const[]){"set", "test", NULL});
    r->ts_us += 9000000;
    rig_udp(r, TO_SERVER, bytes_str("test set"));
    assert_int_equal(rig_fired(r, 2), 2);
    r->ts_us += 2000000;
    rig_udp(r, TO_SERVER, bytes_str("test"));
    assert_int_equal(rig_fired(r, 2), 2);
    rig_close(r);
}

static void xbits__the_rest_of_the_rule_decides_first(void **state)
{
    (void)state;
    struct rig *r = after("alert udp any any -> any any (content:\"x\"; xbits:set,a,track ip_src; "
                          "flowbits:isset,never; sid:1;)\n" TEST("xbits:isset,a,track ip_src;"),
                          (const char *const[]){"x", "test", NULL});
    assert_int_equal(rig_fired(r, 2), 0);
    rig_close(r);
}

static void xbits__noalert_says_nothing_and_sets(void **state)
{
    (void)state;
    struct rig *r =
        after(SET("xbits:set,a,track ip_src; xbits:noalert;") TEST("xbits:isset,a,track ip_src;"),
              (const char *const[]){"set", "test", NULL});
    assert_int_equal(rig_fired(r, 1), 0);
    assert_int_equal(rig_fired(r, 2), 1);
    rig_close(r);
}

static void xbits__refuses(void **state)
{
    (void)state;
    const char *const bad[] = {"xbits:set;",
                               "xbits:set,a;",
                               "xbits:set,a,ip_src;",
                               "xbits:set,a,track ip_both;",
                               "xbits:set,a,track ip_src,expire 0;",
                               "xbits:set,a,track ip_src,expire x;",
                               "xbits:set,a,track ip_src,expire 1,more;",
                               "xbits:sit,a,track ip_src;",
                               "xbits:isset,,track ip_src;",
                               "hostbits:set;",
                               "hostbits:set,a,both;",
                               "hostbits:jump,a;"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!strstr(rig_option_complaint(bad[i]), "bits: "))
            fail_msg("%s: %s", bad[i], rig_option_complaint(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xbits__a_mark_is_seen_by_another_flow_of_the_host),
        cmocka_unit_test(xbits__hosts_names_and_kinds_are_kept_apart),
        cmocka_unit_test(xbits__a_pair_is_a_pair_whoever_speaks),
        cmocka_unit_test(xbits__unset_and_toggle),
        cmocka_unit_test(xbits__expires_by_the_time_of_packets),
        cmocka_unit_test(xbits__the_rest_of_the_rule_decides_first),
        cmocka_unit_test(xbits__noalert_says_nothing_and_sets),
        cmocka_unit_test(xbits__refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
