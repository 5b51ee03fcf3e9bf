/* bypass and config: what a match spares. */
#include "tests/unit/sensor/detect/rig.h"

static void bypass__later_packets_are_not_looked_at(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert udp any any -> any any (content:\"first\"; bypass; sid:1;)\n"
                             "alert udp any any -> any any (content:\"packet\"; sid:2;)");
    r->server_port = 9999;
    rig_udp(r, TO_SERVER, BYTES_LIT("a packet"));
    rig_udp(r, TO_SERVER, BYTES_LIT("first packet"));
    rig_udp(r, TO_SERVER, BYTES_LIT("one more packet"));
    assert_int_equal(rig_fired(r, 1), 1);
    assert_int_equal(rig_fired(r, 2), 2);
    rig_close(r);
}

static void bypass__cannot_go_with_filestore(void **state)
{
    (void)state;
    assert_non_null(strstr(rig_option_complaint("bypass; filestore;"), "cannot go with bypass"));
    assert_non_null(strstr(rig_option_complaint("filestore; bypass;"), "cannot go with filestore"));
}

static void config__marks_the_transaction(void **state)
{
    (void)state;
    struct rig *r = rig_open("alert dns any any -> any any (dns.query; content:\"quiet\"; "
                             "config:logging disable, type tx, scope tx; sid:1;)");
    static const uint8_t query[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                                   "\x05quiet\x02xy\x00\x00\x01\x00\x01";
    r->server_port = 53;
    rig_udp(r, TO_SERVER, bytes_of(query, sizeof query - 1));
    assert_int_equal(rig_fired(r, 1), 1);
    rig_close(r);
}

static void config__other_forms_are_refused(void **state)
{
    (void)state;
    assert_string_equal(rig_option_complaint("config:logging disable, type flow, scope flow;"), "");
    assert_non_null(strstr(rig_option_complaint("config:logging enable, type tx, scope tx;"),
                           "wants 'logging disable"));
    assert_non_null(strstr(rig_option_complaint("config:logging disable, type tx, scope all;"),
                           "'all' is neither"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bypass__later_packets_are_not_looked_at),
        cmocka_unit_test(bypass__cannot_go_with_filestore),
        cmocka_unit_test(config__marks_the_transaction),
        cmocka_unit_test(config__other_forms_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
