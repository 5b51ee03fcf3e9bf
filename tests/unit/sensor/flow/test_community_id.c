/* Community ID against the documented examples of the specification's default settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/err.h"
#include "sensor/flow/flow.h"

struct vector {
    uint8_t proto;
    const char *src, *dst;
    uint16_t port[2]; /* type and code for ICMP */
    const char *id;
};

#define V6_A "fe80:0001:0203:0405:0607:0809:0A0B:0C0D"
#define V6_B "fe80:1011:1213:1415:1617:1819:1A1B:1C1D"

static const struct vector vectors[] = {
    {IPP_TCP, "1.2.3.4", "5.6.7.8", {1122, 3344}, "1:wCb3OG7yAFWelaUydu0D+125CLM="},
    {IPP_TCP, "5.6.7.8", "1.2.3.4", {3344, 1122}, "1:wCb3OG7yAFWelaUydu0D+125CLM="},
    {IPP_UDP, "1.2.3.4", "5.6.7.8", {1122, 3344}, "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="},
    {IPP_UDP, "5.6.7.8", "1.2.3.4", {3344, 1122}, "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="},
    {IPP_SCTP, "1.2.3.4", "5.6.7.8", {1122, 3344}, "1:EKt4MsxuyaE6mL+hmrEkQ9csDD8="},
    {IPP_ICMP, "1.2.3.4", "5.6.7.8", {8, 0}, "1:crodRHL2FEsHjbv3UkRrfbs4bZ0="},
    {IPP_ICMP, "5.6.7.8", "1.2.3.4", {0, 0}, "1:crodRHL2FEsHjbv3UkRrfbs4bZ0="},
    {IPP_ICMP, "1.2.3.4", "5.6.7.8", {11, 0}, "1:f/YiSyWqczrTgfUCZlBUnvHRcPk="},
    {IPP_ICMPV6, V6_A, V6_B, {128, 0}, "1:0bf7hyMJUwt3fMED7z8LIfRpBeo="},
    {IPP_ICMPV6, V6_B, V6_A, {129, 0}, "1:0bf7hyMJUwt3fMED7z8LIfRpBeo="},
    {IPP_ICMPV6, V6_A, V6_B, {146, 0}, "1:fYC8+pz24E+EhANP1EZhpX0Dw10="},
    {46, "1.2.3.4", "5.6.7.8", {0, 0}, "1:ikv3kmf89luf73WPz1jOs49S768="},
    {46, V6_B, V6_A, {0, 0}, "1:wQ/2mwrnXP4lmJcHdGL5ePjR+e0="},
};

static struct tuple tuple_of(const struct vector *v)
{
    struct tuple t = {.proto = v->proto, .port = {v->port[0], v->port[1]}};
    assert_true(addr_parse(bytes_str(v->src), &t.addr[0]));
    assert_true(addr_parse(bytes_str(v->dst), &t.addr[1]));
    t.ip_version = t.addr[0].version;
    return t;
}

static void community_id__is_that_of_the_documented_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct tuple t = tuple_of(&vectors[i]);
        char out[COMMUNITY_ID_MAX];
        assert_int_equal(community_id(&t, out), strlen(vectors[i].id));
        assert_string_equal(out, vectors[i].id);
    }
}

static void community_id__is_empty_without_an_ip_version(void **state)
{
    (void)state;
    struct tuple t = {.proto = IPP_TCP};
    char out[COMMUNITY_ID_MAX];
    assert_int_equal(community_id(&t, out), 0);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(community_id__is_that_of_the_documented_examples),
        cmocka_unit_test(community_id__is_empty_without_an_ip_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
