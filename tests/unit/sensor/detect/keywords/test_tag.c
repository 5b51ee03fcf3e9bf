/* Packets that follow an alert. */
#include "../rig.h"
#include "sensor/detect/tags.h"

/* As letters, one a packet: t tagged, . not. The client says the words, '<' before one the server.
 */
static void expect(const char *rules, const char *const *words, const char *tagged)
{
    struct rig *r = rig_open(rules);
    r->server_port = 9999;
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], "new") == 0)
            r->client_port++;
        rig_udp(r, *words[i] == '<' ? TO_CLIENT : TO_SERVER, bytes_str(words[i]));
        char letter = detect_is_tagged(r->detect) ? 't' : '.';
        if (letter != tagged[i])
            print_error("%s: packet %zu\n", rules, i);
        assert_int_equal(letter, tagged[i]);
    }
    rig_close(r);
}

#define RULE(tag)  "alert udp any any -> any any (content:\"go\"; " tag " sid:1;)"
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void tag__a_session_until_so_many_packets(void **state)
{
    (void)state;
    const char *const *words = WORDS("x", "go", "<x", "x", "x", "x");
    expect(RULE("tag:session,3,packets;"), words, "..tt..");
    expect(RULE("tag:session;"), words, "..tttt");
    expect(RULE("tag:session,40,bytes;"), words, "......");
    expect(RULE("tag:session,100,bytes;"), words, "..tt..");
    expect(RULE("tag:session,3600,seconds;"), WORDS("go", "x", "new", "x"), ".t..");
}

static void tag__a_host_in_any_of_its_flows(void **state)
{
    (void)state;
    expect(RULE("tag:host,4,packets,src;"), WORDS("go", "x", "new", "<x", "x"), ".ttt.");
    expect(RULE("tag:host,4,packets;"), WORDS("go", "x", "new", "<x", "x"), ".ttt.");
    expect(RULE("tag:host,2,packets,src; tag:host,4,packets,dst;"),
           WORDS("go", "x", "new", "<x", "x"), ".ttt.");
}

static void tag__a_match_begins_it_anew_a_few_times(void **state)
{
    (void)state;
    expect(RULE("tag:session,2,packets;"), WORDS("go", "x", "go", "x", "x"), ".ttt.");
    struct tag_list l = {0};
    struct tag t = {.count = 1};
    for (int i = 0; i < 11; i++) {
        tag_list_put(&l, &t, 1, 1, 100);
        assert_int_equal(tag_list_packet(&l, 50, 100), i > 0 && i < 10);
    }
    tag_list_release(&l);
}

static void tag__needs_an_alert_that_is_not_held_back(void **state)
{
    (void)state;
    expect(RULE("tag:session; detection_filter:track by_src, count 1, seconds 60;"),
           WORDS("go", "x", "go", "x"), "...t");
    expect(RULE("tag:session; noalert;"), WORDS("go", "x"), ".t");
}

static void tag__hosts_fill_a_table_that_does_not_grow(void **state)
{
    (void)state;
    struct tagged_hosts t;
    struct tag tag = {.where = TAG_HOST_SRC, .count = 5};
    size_t evicted = 0;
    tagged_hosts_init(&t, 64);
    for (unsigned i = 0; i < 1000; i++) {
        struct addr a = addr_v4((const uint8_t[]){10, 0, (uint8_t)(i >> 8), (uint8_t)i});
        evicted += tagged_host_put(&t, &a, &tag, 1, 1, 100);
    }
    assert_int_equal(t.tagged, 1000 - evicted);
    assert_true(t.tagged <= 64);
    struct addr last = addr_v4((const uint8_t[]){10, 0, 999 >> 8, 999 & 255});
    assert_false(tagged_host_packet(&t, &last, 10, 100)); /* the one that set it */
    assert_true(tagged_host_packet(&t, &last, 10, 101));
    assert_false(tagged_host_packet(&t, &last, 10, 800)); /* long unseen */
    tagged_hosts_release(&t);
}

static void tag__refuses(void **state)
{
    (void)state;
    const char *const bad[] = {
        "tag:flow;",           "tag:session,x,packets;",   "tag:session,1;",
        "tag:host,1,minutes;", "tag:host,1,packets,both;", "tag:host,1,packets,src,x;"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!strstr(rig_option_complaint(bad[i]), "tag: "))
            fail_msg("%s: %s", bad[i], rig_option_complaint(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tag__a_session_until_so_many_packets),
        cmocka_unit_test(tag__a_host_in_any_of_its_flows),
        cmocka_unit_test(tag__a_match_begins_it_anew_a_few_times),
        cmocka_unit_test(tag__needs_an_alert_that_is_not_held_back),
        cmocka_unit_test(tag__hosts_fill_a_table_that_does_not_grow),
        cmocka_unit_test(tag__refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
