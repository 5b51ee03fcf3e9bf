/* How often rules may speak: keyword and threshold.config. */
#include "rig.h"

#define S 1000000ull

struct room {
    struct ruleset *rules;
    struct thresholds *t;
    const struct signature *signature;
};

static void keep_signature(void *ctx, const struct detect_alert *a)
{
    *(const struct signature **)ctx = a->signature;
}

/* A signature is only seen through an alert, so a packet is made for it. */
static const struct signature *signature_of(const struct ruleset *rs)
{
    const struct signature *found = NULL;
    struct detect *d = detect_new(rs, keep_signature, &found);
    struct packet p = {.number = 1, .ip_version = 4, .proto = IPP_UDP};
    p.src = addr_v4((const uint8_t[]){10, 0, 0, 1});
    p.dst = addr_v4((const uint8_t[]){10, 0, 0, 2});
    detect_packet(d, &p, NULL, TO_SERVER);
    detect_free(d);
    return found;
}

static struct room room_open(const char *options, const char *config)
{
    struct room room = {0};
    char rule[1024], path[] = "/tmp/sekisho-threshold-XXXXXX";
    struct ruleset_report report;
    struct err err = {""};
    snprintf(rule, sizeof rule, "alert ip any any -> any any (%s sid:5;)", options);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, config, strlen(config)), (ssize_t)strlen(config));
    close(fd);
    struct ruleset_options o = {.threshold_file = path};
    room.rules = rig_load(rule, &o, &report, &err);
    unlink(path);
    if (!room.rules)
        print_error("%s\n", err.text);
    assert_non_null(room.rules);
    room.t = thresholds_new(room.rules, 1024);
    room.signature = signature_of(room.rules);
    assert_non_null(room.signature);
    return room;
}

static void room_close(struct room *room)
{
    thresholds_free(room->t);
    ruleset_free(room->rules);
}

static enum threshold_verdict decide(struct room *room, uint8_t src, uint8_t dst, uint64_t ts_us)
{
    struct addr a = addr_v4((const uint8_t[]){192, 0, 2, src});
    struct addr b = addr_v4((const uint8_t[]){198, 51, 100, dst});
    return threshold_decide(room->t, room->signature, &a, &b, 1, ts_us);
}

/* Verdicts of one event a second from one source, as letters: A alert, l limited, s suppressed, P
 * an alert whose action a rate_filter made pass. */
static void expect(const char *options, const char *config, const char *verdicts)
{
    struct room room = room_open(options, config);
    for (size_t i = 0; verdicts[i]; i++) {
        struct addr a = addr_v4((const uint8_t[]){192, 0, 2, 1});
        struct addr b = addr_v4((const uint8_t[]){198, 51, 100, 1});
        enum rule_action action = ACTION_ALERT;
        bool changed = false;
        enum threshold_verdict v =
            threshold_ask(room.t, room.signature, &a, &b, 1, 1000 * S + i * S, &action, &changed);
        char letter = v == THRESHOLD_SUPPRESSED ? 's' : v != THRESHOLD_ALERT ? 'l' : 'A';
        if (changed)
            letter = action == ACTION_PASS ? 'P' : '?';
        if (letter != verdicts[i])
            print_error("event %zu of \"%s\" \"%s\"\n", i, options, config);
        assert_int_equal(letter, verdicts[i]);
    }
    room_close(&room);
}

static void threshold__limit_threshold_and_both(void **state)
{
    (void)state;
    expect("threshold:type limit, track by_src, count 2, seconds 5;", "", "AAllllAAllll");
    expect("threshold:type threshold, track by_src, count 3, seconds 60;", "", "llAllAll");
    expect("threshold:type both, track by_src, count 2, seconds 5;", "", "lAlllllAllll");
    expect("detection_filter:track by_src, count 2, seconds 60;", "", "llAAAA");
    expect("", "", "AAAA");
}

static void threshold_file__filters_and_suppressions(void **state)
{
    (void)state;
    expect("", "threshold gen_id 1, sig_id 5, type limit, track by_dst, count 1, seconds 60\n",
           "All");
    expect("",
           "event_filter gen_id 0, sig_id 0, type limit, track by_rule, \\\n count 1, seconds 9\n",
           "All");
    expect("", "# nothing\nsuppress gen_id 1, sig_id 5\n", "ss");
    expect("", "suppress gen_id 1, sig_id 6\n", "AA");
    expect("", "suppress gen_id 1, sig_id 0, track by_src, ip 192.0.2.0/24\n", "ss");
    expect("", "suppress gen_id 1, sig_id 5, track by_dst, ip 192.0.2.0/24\n", "AA");
    expect("", "suppress gen_id 1, sig_id 5, track by_either, ip [192.0.2.9,198.51.100.0/30]\n",
           "ss");
    expect("", "suppress gen_id 1, sig_id 5, track by_src, ip $HOME_NET\n", "AA");
    expect("",
           "rate_filter gen_id 1, sig_id 5, track by_src, count 2, seconds 60, new_action pass, "
           "timeout 3\n",
           "AAPPPPAPPPPA");
}

/* Its own limit, then that of its sid, then one for all; a rate_filter only where there is none. */
static void threshold_file__a_rule_has_one_limit(void **state)
{
    (void)state;
    const char *own = "threshold:type limit, track by_src, count 3, seconds 60;";
    const char *rate = "rate_filter gen_id 1, sig_id 5, track by_src, count 1, seconds 60, "
                       "new_action pass, timeout 60\n";
    char both[512];
    expect(own, "threshold gen_id 0, sig_id 0, type limit, track by_src, count 1, seconds 60\n",
           "AAAl");
    expect(own, "threshold gen_id 1, sig_id 5, type limit, track by_src, count 1, seconds 60\n",
           "Alll");
    expect(own, rate, "AAAl");
    expect("", rate, "APPP");
    snprintf(both, sizeof both,
             "%sevent_filter gen_id 1, sig_id 5, type limit, track by_src, "
             "count 1, seconds 60\n",
             rate);
    expect("", both, "Alll");
}

/* What one UDP datagram after the other gets under ips: a alert, b blocked alert, . neither; and D
 * when it would be dropped, r by a rate_filter. */
static void expect_ips(const char *rule, const char *config, const char *alerts, const char *drops)
{
    char path[] = "/tmp/sekisho-threshold-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, config, strlen(config)), (ssize_t)strlen(config));
    close(fd);
    struct ruleset_options o = {.threshold_file = path, .ips = true};
    struct rig *r = rig_open_with(rule, &o);
    unlink(path);
    for (size_t i = 0; alerts[i]; i++) {
        size_t before = r->alert_count;
        r->client_port++;
        rig_udp(r, TO_SERVER, BYTES_LIT("x"));
        const struct detect_verdict *v = detect_verdict(r->detect);
        char alert = r->alert_count == before ? '.' : r->alerts[before].dropped ? 'b' : 'a';
        char drop = !v->drops ? '.' : v->by_rate ? 'r' : 'D';
        if (alert != alerts[i] || drop != drops[i])
            print_error("%s %s: packet %zu\n", rule, config, i);
        assert_int_equal(alert, alerts[i]);
        assert_int_equal(drop, drops[i]);
    }
    rig_close(r);
}

static void threshold__decides_over_drops(void **state)
{
    (void)state;
#define RATE(action)                                                                               \
    "rate_filter gen_id 1, sig_id 5, track by_dst, count 2, seconds 60, new_action " action        \
    ", timeout 60\n"
    const char *alert = "alert udp any any -> any any (dsize:1; sid:5;)";
    const char *drop = "drop udp any any -> any any (dsize:1; sid:5;)";
    expect_ips(alert, RATE("drop"), "aabb", "..rr");
    expect_ips(alert, RATE("reject"), "aabb", "..rr");
    expect_ips(alert, RATE("alert"), "aaaa", "....");
    expect_ips(alert, RATE("pass"), "aa..", "....");
    expect_ips(drop, RATE("alert"), "bbaa", "DD..");
    expect_ips(drop, RATE("pass"), "bb..", "DD..");
    /* Too few yet: no drop; said often enough: a silent one. */
    expect_ips("drop udp any any -> any any (dsize:1; detection_filter:track by_src, count 2, "
               "seconds 60; sid:5;)",
               "", "..bb", "..DD");
    expect_ips(drop,
               "threshold gen_id 1, sig_id 5, type limit, track by_src, count 1, seconds 60\n",
               "b...", "DDDD");
    expect_ips(drop, "suppress gen_id 1, sig_id 5\n", "....", "DDDD");
}

static void threshold__decides_over_pass_rules(void **state)
{
    (void)state;
    const char *rules =
        "pass udp any any -> any any (dsize:1; sid:5; detection_filter:track by_src, "
        "count 2, seconds 60;)\nalert udp any any -> any any (dsize:1; sid:6;)";
    expect_ips(rules, "", "aa..", "....");
    expect_ips("pass udp any any -> any any (dsize:1; alert; sid:5;)\n"
               "drop udp any any -> any any (dsize:1; sid:6;)",
               "", "aa", "..");
}

static void threshold__addresses_are_tracked_apart(void **state)
{
    (void)state;
    struct room room = room_open("threshold:type limit, track by_src, count 1, seconds 60;", "");
    assert_int_equal(decide(&room, 1, 1, S), THRESHOLD_ALERT);
    assert_int_equal(decide(&room, 2, 1, S), THRESHOLD_ALERT);
    assert_int_equal(decide(&room, 1, 2, S), THRESHOLD_LIMITED);
    room_close(&room);
    room = room_open("threshold:type limit, track by_both, count 1, seconds 60;", "");
    assert_int_equal(decide(&room, 1, 1, S), THRESHOLD_ALERT);
    assert_int_equal(decide(&room, 1, 2, S), THRESHOLD_ALERT);
    assert_int_equal(decide(&room, 1, 2, S), THRESHOLD_LIMITED);
    room_close(&room);
}

static void threshold__mistakes_are_said(void **state)
{
    (void)state;
    assert_string_equal(rig_option_complaint("threshold:type limit, track by_src, count 2;"),
                        "1: sid 7: threshold: needs type, track, count and seconds");
    assert_string_equal(rig_option_complaint("threshold:type often, track by_src, count 2, "
                                             "seconds 1;"),
                        "1: sid 7: threshold: type 'often' is none of limit threshold both");
    struct ruleset_report report;
    struct err err = {""};
    char path[] = "/tmp/sekisho-threshold-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "\nsuppress gen_id 1\n", 19), 19);
    close(fd);
    assert_null(rig_load("", &(struct ruleset_options){.threshold_file = path}, &report, &err));
    unlink(path);
    assert_non_null(strstr(err.text, ":2: needs gen_id and sig_id"));
}

static void threshold__hostile_addresses_cost_no_memory(void **state)
{
    (void)state;
    struct room room = room_open("threshold:type limit, track by_src, count 1, seconds 60;", "");
    for (unsigned i = 0; i < 100000; i++) {
        struct addr a =
            addr_v4((const uint8_t[]){10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i});
        assert_int_equal(threshold_decide(room.t, room.signature, &a, &a, 1, S + i),
                         THRESHOLD_ALERT);
    }
    room_close(&room);
}

struct both_ways {
    const struct signature *of[2];
    size_t count;
};

static void keep_both(void *ctx, const struct detect_alert *a)
{
    struct both_ways *both = ctx;
    assert_in_range(both->count, 0, 1);
    both->of[both->count++] = a->signature;
}

/* The rule and its mirror image match the same packet. */
static void both_ways_find(const struct ruleset *rs, struct both_ways *both)
{
    struct packet p = {.number = 1, .ip_version = 4, .proto = IPP_UDP};
    p.src = addr_v4((const uint8_t[]){10, 0, 0, 1});
    p.dst = addr_v4((const uint8_t[]){10, 0, 0, 2});
    struct detect *d = detect_new(rs, keep_both, both);
    detect_packet(d, &p, NULL, TO_SERVER);
    detect_free(d);
    assert_int_equal(both->count, 2);
}

static void assert_both_ways(const char *track, enum threshold_verdict second)
{
    char rule[256];
    struct ruleset_report report;
    struct err err = {""};
    snprintf(rule, sizeof rule,
             "alert ip [10.0.0.0/8,!10.1.0.0/16] any <> any any "
             "(threshold:type threshold, track %s, count 2, seconds 60; sid:5;)",
             track);
    struct ruleset *rs = rig_load(rule, NULL, &report, &err);
    assert_non_null(rs);
    struct both_ways both = {.count = 0};
    both_ways_find(rs, &both);
    struct addr a = addr_v4((const uint8_t[]){10, 0, 0, 1});
    struct addr b = addr_v4((const uint8_t[]){10, 0, 0, 2});
    struct thresholds *t = thresholds_new(rs, 1024);
    assert_int_equal(threshold_decide(t, both.of[0], &a, &b, 1, S), THRESHOLD_UNREACHED);
    assert_int_equal(threshold_decide(t, both.of[1], &a, &b, 1, S), second);
    thresholds_free(t);
    ruleset_free(rs);
}

static void threshold__by_rule_counts_both_ways_of_a_rule_apart(void **state)
{
    (void)state;
    assert_both_ways("by_rule", THRESHOLD_UNREACHED);
    assert_both_ways("by_src", THRESHOLD_ALERT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threshold__limit_threshold_and_both),
        cmocka_unit_test(threshold_file__filters_and_suppressions),
        cmocka_unit_test(threshold_file__a_rule_has_one_limit),
        cmocka_unit_test(threshold__decides_over_drops),
        cmocka_unit_test(threshold__decides_over_pass_rules),
        cmocka_unit_test(threshold__addresses_are_tracked_apart),
        cmocka_unit_test(threshold__by_rule_counts_both_ways_of_a_rule_apart),
        cmocka_unit_test(threshold__mistakes_are_said),
        cmocka_unit_test(threshold__hostile_addresses_cost_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
