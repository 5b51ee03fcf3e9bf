/* Addresses, prefixes and the longest-prefix map, compared with a plain search. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "common/addr.h"

static struct addr addr_of(const char *text)
{
    struct addr a = {.version = 0};
    if (!addr_parse(bytes_str(text), &a))
        fail_msg("%s: not taken", text);
    return a;
}

static struct prefix prefix_of(const char *text)
{
    struct prefix p = {.bits = 0};
    if (!prefix_parse(bytes_str(text), &p))
        fail_msg("%s: not taken", text);
    return p;
}

static void addr_text__is_as_suricata_writes_it(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"255.100.10.0", "255.100.10.0"},
        {"::", "0000:0000:0000:0000:0000:0000:0000:0000"},
        {"2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001"}};
    char text[ADDR_TEXT_MAX];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct addr a = addr_of(pairs[i][0]);
        assert_int_equal(addr_text(&a, text), strlen(pairs[i][1]));
        assert_string_equal(text, pairs[i][1]);
        struct addr again = addr_of(text);
        assert_true(addr_eq(&a, &again));
    }
    struct addr none = {.version = 0};
    assert_int_equal(addr_text(&none, text), 0);
}

static void addr_parse__refuses_what_is_no_address(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",          "1.2.3",     "1.2.3.256",
        "1.2.3.4.5", "01.2.3.4x", "g::1",
        "1::2::3",   "1.2.3.4 ",  "111111111111111111111111111111111111111111111111"};
    struct addr a;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (addr_parse(bytes_str(bad[i]), &a))
            fail_msg("took %s", bad[i]);
}

static void addr_cmp__orders_by_version_then_bytes(void **state)
{
    (void)state;
    struct addr a = addr_of("255.255.255.255"), b = addr_of("::"), c = addr_of("::1");
    assert_true(addr_cmp(&a, &b) < 0);
    assert_true(addr_cmp(&c, &b) > 0);
    assert_int_equal(addr_cmp(&c, &c), 0);
}

static void prefix_parse__clears_host_bits_and_checks_length(void **state)
{
    (void)state;
    char text[ADDR_TEXT_MAX + 4];
    struct prefix p = prefix_of("10.1.255.255/20");
    prefix_text(&p, text);
    assert_string_equal(text, "10.1.240.0/20");
    p = prefix_of("198.51.100.7");
    assert_int_equal(p.bits, 32);
    p = prefix_of("2001:db8:ffff::/33");
    prefix_text(&p, text);
    assert_string_equal(text, "2001:0db8:8000:0000:0000:0000:0000:0000/33");
    assert_false(prefix_parse(BYTES_LIT("10.0.0.0/33"), &p));
    assert_false(prefix_parse(BYTES_LIT("10.0.0.0/"), &p));
    assert_false(prefix_parse(BYTES_LIT("/8"), &p));
    assert_false(prefix_parse(BYTES_LIT(""), &p));
}

static void prefix_holds__whole_internet_holds_its_own_version_only(void **state)
{
    (void)state;
    struct prefix all = prefix_of("0.0.0.0/0");
    struct addr v4 = addr_of("203.0.113.9"), v6 = addr_of("::1");
    assert_true(prefix_holds(&all, &v4));
    assert_false(prefix_holds(&all, &v6));
}

static void prefix_map__longest_prefix_wins(void **state)
{
    (void)state;
    struct prefix_map *m = prefix_map_new();
    static const char *const prefixes[] = {"0.0.0.0/0",   "10.0.0.0/8",    "10.1.0.0/16",
                                           "10.1.2.3/32", "2001:db8::/32", "2001:db8:1::/48"};
    for (int i = 0; i < 6; i++) {
        struct prefix p = prefix_of(prefixes[i]);
        assert_int_equal(prefix_map_add(m, &p, i), 0);
        assert_int_equal(prefix_map_add(m, &p, 99), -1);
    }
    static const struct {
        const char *addr;
        int value;
    } cases[] = {{"192.0.2.1", 0},     {"10.9.9.9", 1},      {"10.1.9.9", 2},    {"10.1.2.3", 3},
                 {"2001:db8:2::1", 4}, {"2001:db8:1::1", 5}, {"2001:db9::1", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct addr a = addr_of(cases[i].addr);
        assert_int_equal(prefix_map_find(m, &a), cases[i].value);
    }
    struct addr none = {.version = 0};
    assert_int_equal(prefix_map_find(m, &none), -1);
    prefix_map_free(m);
    prefix_map_free(NULL);
}

/* Random prefixes in a small space, so that many nest; against looking at all of them. */
static void prefix_map__agrees_with_a_plain_search(void **state)
{
    (void)state;
    enum { COUNT = 400 };
    struct prefix added[COUNT];
    struct prefix_map *m = prefix_map_new();
    uint32_t dice = 4242;
    int count = 0;
    while (count < COUNT) {
        dice = dice * 1664525u + 1013904223u;
        const uint8_t b[4] = {10, (uint8_t)(dice >> 28), (uint8_t)(dice >> 16),
                              (uint8_t)(dice >> 8)};
        struct prefix p = {.addr = addr_v4(b), .bits = 0};
        char text[ADDR_TEXT_MAX + 4];
        p.bits = (uint8_t)(8 + (dice >> 3) % 25);
        prefix_text(&p, text);
        p = prefix_of(text);
        if (prefix_map_add(m, &p, count) == 0)
            added[count++] = p;
    }
    for (int i = 0; i < 20000; i++) {
        dice = dice * 1664525u + 1013904223u;
        const uint8_t b[4] = {10, (uint8_t)(dice >> 28), (uint8_t)(dice >> 16),
                              (uint8_t)(dice >> 8)};
        struct addr a = addr_v4(b);
        int best = -1;
        for (int j = 0; j < COUNT; j++)
            if (prefix_holds(&added[j], &a) && (best < 0 || added[j].bits > added[best].bits))
                best = j;
        assert_int_equal(prefix_map_find(m, &a), best);
    }
    prefix_map_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addr_text__is_as_suricata_writes_it),
        cmocka_unit_test(addr_parse__refuses_what_is_no_address),
        cmocka_unit_test(addr_cmp__orders_by_version_then_bytes),
        cmocka_unit_test(prefix_parse__clears_host_bits_and_checks_length),
        cmocka_unit_test(prefix_holds__whole_internet_holds_its_own_version_only),
        cmocka_unit_test(prefix_map__longest_prefix_wins),
        cmocka_unit_test(prefix_map__agrees_with_a_plain_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
