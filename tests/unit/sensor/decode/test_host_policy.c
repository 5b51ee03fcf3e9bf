/* Policies by address: names, networks, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "sensor/decode/host_policy.h"

static int add(struct host_policies *h, const char *policy, const char *networks)
{
    struct err err;
    return host_policies_add(h, bytes_str(policy), bytes_str(networks), &err);
}

static enum host_policy find(const struct host_policies *h, const char *address)
{
    struct addr a;
    assert_true(addr_parse(bytes_str(address), &a));
    return host_policies_find(h, &a);
}

static void host_policies_find__is_bsd_where_nothing_is_said(void **state)
{
    (void)state;
    struct host_policies *h = host_policies_new();
    assert_int_equal(find(NULL, "192.0.2.1"), HOST_BSD);
    assert_int_equal(find(h, "192.0.2.1"), HOST_BSD);
    host_policies_free(h);
}

static void host_policies_find__takes_the_longest_network(void **state)
{
    (void)state;
    struct host_policies *h = host_policies_new();
    assert_int_equal(add(h, "windows", "default"), 0);
    assert_int_equal(add(h, "linux", "10.0.0.0/8, 192.0.2.0/24,2001:db8::/32"), 0);
    assert_int_equal(add(h, "Solaris", "192.0.2.7"), 0);
    assert_int_equal(find(h, "198.51.100.1"), HOST_WINDOWS);
    assert_int_equal(find(h, "10.1.2.3"), HOST_LINUX);
    assert_int_equal(find(h, "192.0.2.8"), HOST_LINUX);
    assert_int_equal(find(h, "192.0.2.7"), HOST_SOLARIS);
    assert_int_equal(find(h, "2001:db8::1"), HOST_LINUX);
    assert_int_equal(find(h, "2001:db9::1"), HOST_BSD);
    host_policies_free(h);
}

static void host_policies_add__knows_every_name(void **state)
{
    (void)state;
    struct host_policies *h = host_policies_new();
    char network[32];
    for (int i = 0; i < HOST_POLICY_COUNT; i++) {
        snprintf(network, sizeof network, "10.0.%d.0/24", i);
        assert_int_equal(add(h, host_policy_name((enum host_policy)i), network), 0);
    }
    for (int i = 0; i < HOST_POLICY_COUNT; i++) {
        snprintf(network, sizeof network, "10.0.%d.1", i);
        assert_int_equal(find(h, network), i);
    }
    host_policies_free(h);
}

static void host_policies_add__refuses_what_it_cannot_read(void **state)
{
    (void)state;
    struct host_policies *h = host_policies_new();
    assert_int_equal(add(h, "bamboo", "10.0.0.0/8"), -1);
    assert_int_equal(add(h, "linux", "10.0.0.0/33"), -1);
    assert_int_equal(add(h, "linux", "192.168.1"), -1);
    assert_int_equal(add(h, "linux", ""), -1);
    assert_int_equal(add(h, "linux", "10.0.0.0/8,nonsense"), -1);
    host_policies_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_policies_find__is_bsd_where_nothing_is_said),
        cmocka_unit_test(host_policies_find__takes_the_longest_network),
        cmocka_unit_test(host_policies_add__knows_every_name),
        cmocka_unit_test(host_policies_add__refuses_what_it_cannot_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
