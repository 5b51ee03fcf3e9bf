/* The fast path against the plain one: matchers and rule lists select exactly what inspecting every
 * rule would find. */
#include "rig.h"
#include "sensor/detect/group_index.h"
#include "sensor/detect/inspect.h"
#include "sensor/detect/mpm/fast_pattern.h"
#include "sensor/detect/mpm/prefilter.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/sig_group.h"

static uint32_t seed = 20240501;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 10) % sides;
}

/* Words over a small alphabet, so that much matches by chance. */
static size_t word(char *out, size_t max)
{
    size_t len = 1 + dice((uint32_t)max);
    for (size_t i = 0; i < len; i++)
        out[i] = "abcAB/."[dice(7)];
    out[len] = 0;
    return len;
}

static size_t random_content(char *out, size_t cap, bool relative)
{
    char pattern[8];
    size_t len = word(pattern, 4);
    int at = snprintf(out, cap, "content:%s\"%s\";%s", dice(8) == 0 ? "!" : "", pattern,
                      dice(3) == 0 ? " nocase;" : "");
    size_t n = (size_t)at;
    if (relative && dice(2))
        n += (size_t)snprintf(out + n, cap - n, " distance:%u;", dice(3));
    if (relative && dice(2))
        n += (size_t)snprintf(out + n, cap - n, " within:%zu;", len + dice(6));
    else if (!relative && dice(4) == 0)
        n += (size_t)snprintf(out + n, cap - n, " depth:%zu;", len + dice(12));
    else if (!relative && dice(4) == 0)
        n += (size_t)snprintf(out + n, cap - n, " offset:%u;", dice(12));
    return n;
}

static char *random_rules(unsigned count, const char *header, const char *buffer)
{
    size_t cap = count * 512 + 1, at = 0;
    char *text = malloc(cap);
    assert_non_null(text);
    for (unsigned i = 0; i < count; i++) {
        at += (size_t)snprintf(text + at, cap - at, "%s (%s ", header, buffer);
        for (unsigned c = 0, contents = 1 + dice(3); c < contents; c++)
            at += random_content(text + at, cap - at, c > 0 && dice(2));
        at += (size_t)snprintf(text + at, cap - at, " sid:%u;)\n", i + 1);
    }
    return text;
}

/* What the plain way finds: every rule walked over the bytes. */
static bool plainly(const struct rig *r, const struct inspection *in, struct bytes bytes)
{
    struct inspect state = {.ruleset = r->rules};
    struct walk w = {.in = &state, .buffer = bytes};
    return walk_items(&w, in->items, in->item_count);
}

static void prefilter__payload_rules_as_if_all_were_inspected(void **state)
{
    (void)state;
    char *text = random_rules(12, "alert udp any any -> any any", "");
    size_t fired = 0;
    for (unsigned round = 0; round < 300; round++) {
        if (round % 20 == 0) {
            free(text);
            text = random_rules(12, "alert udp any any -> any any", "");
        }
        char payload[64];
        size_t len = word(payload, 40);
        struct rig *r = rig_open(text);
        r->server_port = 9999;
        rig_udp(r, TO_SERVER, bytes_of(payload, len));
        for (size_t i = 0; i < r->rules->count; i++) {
            const struct signature *s = r->rules->signatures[i];
            bool expected = plainly(r, s->payload, bytes_of(payload, len));
            if (rig_fired(r, s->public.sid) != expected)
                print_error("%s on %s\n", s->public.text, payload);
            assert_int_equal(rig_fired(r, s->public.sid), expected);
            fired += expected;
        }
        rig_close(r);
    }
    assert_true(fired > 100);
    free(text);
}

static void prefilter__buffer_rules_as_if_all_were_inspected(void **state)
{
    (void)state;
    size_t fired = 0;
    for (unsigned round = 0; round < 60; round++) {
        char *text = random_rules(12, "alert http any any -> any any", "http.user_agent;");
        char agent[64], request[256];
        size_t len = word(agent, 40);
        snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: %s\r\n\r\n",
                 agent);
        struct rig *r = rig_open(text);
        rig_connect(r);
        rig_say(r, TO_SERVER, request);
        rig_end(r);
        for (size_t i = 0; i < r->rules->count; i++) {
            const struct signature *s = r->rules->signatures[i];
            bool expected = plainly(r, &s->apps[0], bytes_of(agent, len));
            if (rig_fired(r, s->public.sid) != expected)
                print_error("%s on %s\n", s->public.text, agent);
            assert_int_equal(rig_fired(r, s->public.sid), expected);
            fired += expected;
        }
        rig_close(r);
        free(text);
    }
    assert_true(fired > 50);
}

static char *random_headers(unsigned count)
{
    static const char *const protos[] = {"tcp", "udp", "ip", "icmp", "http", "dns"};
    size_t cap = (size_t)count * 256, at = 0;
    char *text = malloc(cap);
    assert_non_null(text);
    for (unsigned i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, cap - at,
                               "alert %s %s10.%u.0.0/%u any -> any [%u:%u] (ttl:1; sid:%u;)\n",
                               protos[dice(6)], dice(4) ? "" : "!", dice(8), 14 + dice(4), dice(50),
                               50 + dice(50), i + 1);
    return text;
}

static struct header_key random_key(const struct ruleset *rs)
{
    struct addr a = addr_v4((const uint8_t[]){10, (uint8_t)dice(10), 0, 1}), b = a;
    struct header_key key;
    uint8_t proto = dice(2) ? IPP_TCP : dice(2) ? IPP_UDP : IPP_ICMP;
    header_key_make(rs->groups, &a, &b, 1, (uint16_t)dice(110), proto,
                    dice(2) ? TO_SERVER : TO_CLIENT, &key);
    return key;
}

static void rule_list__agrees_with_the_header_of_each_rule(void **state)
{
    (void)state;
    char *text = random_headers(200);
    struct rig *r = rig_open(text);
    const struct rule_list *l = r->rules->headers;
    uint64_t *fits = calloc(rule_list_count(l) / 64 + 1, sizeof *fits);
    assert_non_null(fits);
    for (unsigned round = 0; round < 500; round++) {
        struct header_key key = random_key(r->rules);
        rule_list_fitting(l, &key, fits);
        for (size_t i = 0; i < r->rules->count; i++) {
            const struct signature *s = r->rules->signatures[i];
            assert_int_equal(fits[s->header / 64] >> s->header % 64 & 1,
                             header_fits(r->rules->groups, s, &key));
        }
    }
    free(fits);
    rig_close(r);
    free(text);
}

/* More kinds of packets than are kept. */
static void sig_group__agrees_with_the_header_of_each_rule(void **state)
{
    (void)state;
    static const enum app_proto apps[] = {APP_UNKNOWN, APP_HTTP, APP_HTTP2, APP_DNS, APP_FAILED};
    char *text = random_headers(200);
    struct rig *r = rig_open(text);
    struct sig_groups *groups = sig_groups_new(r->rules);
    size_t fitting = 0;
    for (unsigned round = 0; round < 20000; round++) {
        struct header_key key = random_key(r->rules);
        enum app_proto app = apps[dice(5)];
        const struct sig_group *g = sig_group_of(groups, &key, app);
        size_t unpicked = 0;
        for (size_t i = 0; i < r->rules->count; i++) {
            const struct signature *s = r->rules->signatures[i];
            bool fits = header_fits(r->rules->groups, s, &key) && signature_wants_app(s, app);
            assert_int_equal(sig_group_fits(g, s), fits);
            unpicked += fits;
        }
        assert_int_equal(g->unpicked_count, unpicked);
        fitting += unpicked;
    }
    assert_true(fitting > 0);
    sig_groups_free(groups);
    rig_close(r);
    free(text);
}

static struct bytes chosen(const char *options)
{
    char rule[512];
    static char copy[64];
    snprintf(rule, sizeof rule, "alert http any any -> any any (%s sid:1;)", options);
    struct rig *r = rig_open(rule);
    const struct signature *s = r->rules->signatures[0];
    struct bytes out = {0};
    if (s->fast) {
        struct bytes b = fast_pattern_bytes(s->fast);
        memcpy(copy, b.p, b.len);
        out = bytes_of(copy, b.len);
    }
    rig_close(r);
    return out;
}

static void fast_pattern__is_the_one_that_says_most(void **state)
{
    (void)state;
    assert_true(bytes_eq(chosen("content:\"ab\"; content:\"abcdef\";"), BYTES_LIT("abcdef")));
    assert_true(
        bytes_eq(chosen("content:\"ab\"; fast_pattern; content:\"abcdef\";"), BYTES_LIT("ab")));
    assert_true(bytes_eq(chosen("content:\"abcdef\"; fast_pattern:1,3;"), BYTES_LIT("bcd")));
    assert_true(bytes_eq(chosen("content:\"longest-of-all\"; http.uri; content:\"/xyz\";"),
                         BYTES_LIT("/xyz")));
    assert_true(bytes_eq(chosen("content:\"abcd\"; content:!\"abcdefgh\";"), BYTES_LIT("abcd")));
    assert_int_equal(chosen("content:!\"abcdefgh\";").len, 0);
    assert_int_equal(chosen("http.uri; bsize:3;").len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefilter__payload_rules_as_if_all_were_inspected),
        cmocka_unit_test(prefilter__buffer_rules_as_if_all_were_inspected),
        cmocka_unit_test(rule_list__agrees_with_the_header_of_each_rule),
        cmocka_unit_test(sig_group__agrees_with_the_header_of_each_rule),
        cmocka_unit_test(fast_pattern__is_the_one_that_says_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
