/* tests/unit/sensor/settings/test_decoder.c - what decoding is told on the command line. */
#include "sensor/settings/settings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Settings with these --set assignments, NULL-terminated; settings_release afterwards. */
static int read_with(struct settings *s, struct err *err, const char *const *assignments)
{
    char *argv[32] = {"sekisho-sensor", "-r", "/dev/null", "-l", "/nonexistent"};
    int argc = 5;
    for (; *assignments; assignments++) {
        argv[argc++] = "--set";
        argv[argc++] = (char *)(uintptr_t)*assignments;
    }
    return settings_read(s, argc, argv, err);
}

static void settings_read__hosts_fragments_and_ports_reach_the_decoder(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    const char *const set[] = {"host-os-policy.linux.0=10.0.0.0/8",
                               "host-os-policy.windows.0=default",
                               "defrag.memcap=8mb",
                               "defrag.timeout=30",
                               "vars.port-groups.VXLAN_PORTS=[4789, 8472]",
                               "decoder.vxlan.ports=$VXLAN_PORTS",
                               "decoder.teredo.ports=any",
                               "decoder.geneve.enabled=no",
                               NULL};
    assert_int_equal(read_with(&s, &err, set), SETTINGS_RUN);
    struct addr inside = addr_v4((const uint8_t[]){10, 1, 2, 3}),
                outside = addr_v4((const uint8_t[]){192, 0, 2, 1});
    const struct decoder_options *o = &s.decoder;
    assert_int_equal(host_policies_find(o->host_policies, &inside), HOST_LINUX);
    assert_int_equal(host_policies_find(o->host_policies, &outside), HOST_WINDOWS);
    assert_int_equal(o->defrag_cap_bytes, 8 << 20);
    assert_int_equal(o->defrag_timeout_s, 30);
    assert_true(o->vxlan.set);
    assert_int_equal(o->vxlan.ports[0], 4789);
    assert_int_equal(o->vxlan.ports[1], 8472);
    assert_int_equal(o->vxlan.ports[2], 0);
    assert_true(o->teredo.any);
    assert_true(o->geneve.set && !o->geneve.ports[0]);
    assert_false(o->gtpu.set);
    settings_release(&s);
}

static void settings_read__what_decoding_cannot_use_is_an_error(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"host-os-policy.bamboo.0=10.0.0.0/8", "no policy 'bamboo'"},
        {"host-os-policy.linux.0=10.0.0.0/99", "'10.0.0.0/99' is no network"},
        {"defrag.memcap=much", "wants a size"},
        {"defrag.timeout=0", "wants 1 to 86400"},
        {"decoder.vxlan.ports=$NOWHERE", "decoder.vxlan.ports: '$NOWHERE'"},
        {"decoder.gtpu.ports=2152,0", "decoder.gtpu.ports"},
        {"decoder.geneve.ports=1,2,3,4,5,6,7,8,9", "up to 8 ports"},
        {"decoder.teredo.enabled=perhaps", "wants yes or no"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct settings s;
        struct err err = {0};
        const char *const set[] = {wrong[i][0], NULL};
        assert_int_equal(read_with(&s, &err, set), SETTINGS_BAD);
        assert_non_null(strstr(err.text, wrong[i][1]));
        settings_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_read__hosts_fragments_and_ports_reach_the_decoder),
        cmocka_unit_test(settings_read__what_decoding_cannot_use_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
