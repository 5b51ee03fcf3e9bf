/* SNMP: the three versions, traps, damage. */
#include "talk.h"
#include "sensor/app/protocols/snmp_message.h"

#define SYS_DESCR "\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x05\x00"
#define GET                                                                                        \
    "\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x2a\x02\x01\x00\x02\x01\x00\x30"           \
    "\x0e" SYS_DESCR
#define SET_FAILED                                                                                 \
    "\x30\x26\x02\x01\x01\x04\x06public\xa2\x19\x02\x01\x2a\x02\x01\x11\x02\x01\x01\x30"           \
    "\x0e" SYS_DESCR
#define TRAP_V1                                                                                    \
    "\x30\x28\x02\x01\x00\x04\x06public\xa4\x1b\x06\x06\x2b\x06\x01\x04\x01\x09\x40\x04\xc0\x00"   \
    "\x02\x05\x02\x01\x03\x02\x01\x00\x43\x03\x01\x02\x03\x30\x00"
/* Version 3: flags, security parameters, what follows. */
#define V3(flags, model, rest_len, rest)                                                           \
    "\x30" rest_len "\x02\x01\x03\x30\x0f\x02\x02\x10\x01\x02\x03\x00\xff\xe3\x04\x01" flags       \
    "\x02\x01" model "\x04\x14\x30\x12\x04\x00\x02\x01\x00\x02\x01\x00\x04\x04"                    \
    "root\x04\x00\x04\x00" rest
#define SCOPED "\x30\x11\x04\x00\x04\x00\xa8\x0b\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x00"

static struct talk say(struct bytes data)
{
    struct talk t = talk_start(17, 40000, 161);
    struct piece p = {TO_SERVER, data, 0, 0};
    talk_say(&t, &p);
    talk_log(&t, false);
    return t;
}

static void snmp__request_shows_community_and_variables(void **state)
{
    (void)state;
    struct talk t = say(BYTES_LIT(GET));
    assert_string_equal(talk_text(&t),
                        "{\"event_type\":\"snmp\",\"snmp\":{\"version\":2,\"pdu_type\":"
                        "\"get_request\",\"vars\":[\"1.3.6.1.2.1.1.1.0\"],\"community\":"
                        "\"public\"}}");
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "snmp.community", TO_SERVER, 0), "public");
    assert_int_equal(talk_buffer(&t, tx, "snmp.community", TO_CLIENT, 0).len, 0);
    talk_free(&t);
}

static void snmp__error_has_its_name(void **state)
{
    (void)state;
    struct talk t = say(BYTES_LIT(SET_FAILED));
    assert_non_null(
        strstr(talk_text(&t), "\"pdu_type\":\"response\",\"error\":\"NotWritable\",\"vars\""));
    talk_free(&t);
}

static void snmp__trap_of_version_1(void **state)
{
    (void)state;
    struct talk t = say(BYTES_LIT(TRAP_V1));
    assert_string_equal(talk_text(&t),
                        "{\"event_type\":\"snmp\",\"snmp\":{\"version\":1,\"pdu_type\":"
                        "\"trap_v1\",\"trap_type\":\"linkUp\",\"trap_oid\":\"1.3.6.1.4.1.9\","
                        "\"trap_address\":\"192.0.2.5\",\"community\":\"public\"}}");
    talk_free(&t);
}

static void snmp__version_3_shows_the_user_unless_encrypted(void **state)
{
    (void)state;
    struct talk t = say(BYTES_LIT(V3("\x04", "\x03", "\x3d", SCOPED)));
    assert_string_equal(talk_text(&t), "{\"event_type\":\"snmp\",\"snmp\":{\"version\":3,"
                                       "\"pdu_type\":\"report\",\"usm\":\"root\"}}");
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow), "snmp.usm", TO_SERVER, 0), "root");
    talk_free(&t);
    t = say(BYTES_LIT(V3("\x03", "\x03", "\x2e", "\x04\x02xx")));
    assert_string_equal(talk_text(&t), "{\"event_type\":\"snmp\",\"snmp\":{\"version\":3,"
                                       "\"pdu_type\":\"encrypted\"}}");
    talk_free(&t);
    t = say(BYTES_LIT(V3("\x04", "\x07", "\x3d", SCOPED)));
    assert_non_null(strstr(talk_text(&t), "unknown_security_model"));
    talk_free(&t);
}

static void snmp__damage_and_a_change_of_version_are_events(void **state)
{
    (void)state;
    struct talk t = say(BYTES_LIT(GET));
    static const struct piece more[] = {SAY(TO_CLIENT, TRAP_V1), SAY(TO_CLIENT, "\x30\x20\x02")};
    talk_say(&t, &more[0]);
    talk_say(&t, &more[1]);
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_string_equal(app_event_name(APP_SNMP, tx->events[0]), "version_mismatch");
    assert_string_equal(app_event_name(APP_SNMP, tx->next->events[0]), "malformed_data");
    json_reset(&t.out);
    t.records = 0;
    app_tx_records(tx->next, true, talk_record, &t);
    assert_int_equal(t.records, 0);
    talk_free(&t);
}

static void snmp_oid_text__writes_long_numbers_and_stops_in_time(void **state)
{
    (void)state;
    char text[64];
    assert_int_equal(snmp_oid_text(BYTES_LIT("\x01"), text, sizeof text), 3);
    assert_string_equal(text, "0.1");
    snmp_oid_text(BYTES_LIT("\x88\x37\x8f\xff\xff\xff\x7f"), text, sizeof text);
    assert_string_equal(text, "2.999.4294967295");
    uint8_t many[200];
    memset(many, 0x7f, sizeof many);
    assert_in_range(snmp_oid_text(bytes_of(many, sizeof many), text, sizeof text), 1, 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snmp__request_shows_community_and_variables),
        cmocka_unit_test(snmp__error_has_its_name),
        cmocka_unit_test(snmp__trap_of_version_1),
        cmocka_unit_test(snmp__version_3_shows_the_user_unless_encrypted),
        cmocka_unit_test(snmp__damage_and_a_change_of_version_are_events),
        cmocka_unit_test(snmp_oid_text__writes_long_numbers_and_stops_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
