/* test_mqtt.c - numbers and flags of MQTT's messages. */
#include "said.h"

#define CONNECT     "\x10\x13\0\4MQTT\5\xc2\0\x3c\0\0\0\0\1u\0\1p"
#define CONNACK     "\x20\3\1\0\0"
#define PUBLISH     "\x33\7\0\1t\0\7\0x"
#define PUBACK      "\x40\3\0\7\x10"
#define UNSUBSCRIBE "\xa2\x09\0\5\0\0\1a\0\1b"
#define UNSUBACK    "\xb0\5\0\5\0\0\x11"

static const struct line talk[] = {
    LINE(TO_SERVER, CONNECT), LINE(TO_CLIENT, CONNACK),     LINE(TO_SERVER, PUBLISH),
    LINE(TO_CLIENT, PUBACK),  LINE(TO_SERVER, UNSUBSCRIBE), LINE(TO_CLIENT, UNSUBACK),
};
static const struct said said = {.port = 1883, .lines = talk, .count = LINES(talk)};

static void mqtt_type__by_name_in_the_direction_of_the_request(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "mqtt.type:CONNECT;"), 1);
    assert_int_equal(said_fires(&said, "mqtt.type:unsuback;"), 1);
    assert_fires(&said, "mqtt.type:CONNECT; mqtt.type:CONNACK;");
    assert_quiet(&said, "mqtt.type:CONNECT; mqtt.type:PUBLISH;");
    assert_quiet(&said, "mqtt.type:CONNACK; flow:to_client;");
    assert_refused("mqtt.type:CONECT;", "CONNECT");
}

static void mqtt_flags__are_set_or_not(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "mqtt.type:PUBLISH; mqtt.flags:retain,!dup;"), 1);
    assert_quiet(&said, "mqtt.flags:dup;");
    assert_fires(&said, "mqtt.connect.flags:username, password,!will,clean_session;");
    assert_quiet(&said, "mqtt.connect.flags:will;");
    assert_quiet(&said, "mqtt.connect.flags:!username;");
    assert_refused("mqtt.flags:retain,!retain;", "stands twice");
    assert_refused("mqtt.connect.flags:name;", "none of username");
}

static void mqtt_numbers__qos_version_and_reasons(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "mqtt.type:PUBLISH; mqtt.qos:1;"), 1);
    assert_quiet(&said, "mqtt.qos:2;");
    assert_fires(&said, "mqtt.protocol_version:5; mqtt.type:CONNECT;");
    assert_fires(&said, "mqtt.protocol_version:>4; mqtt.type:PUBLISH;");
    assert_quiet(&said, "mqtt.protocol_version:<5; mqtt.type:CONNECT;");
    assert_fires(&said, "mqtt.type:PUBACK; mqtt.reason_code:16;");
    assert_fires(&said, "mqtt.type:UNSUBACK; mqtt.connack.return_code:17;");
    assert_fires(&said, "mqtt.type:UNSUBACK; mqtt.reason_code:0;");
    assert_quiet(&said, "mqtt.type:UNSUBACK; mqtt.reason_code:16;");
    assert_refused("mqtt.qos:3;", "no number or range up to 2");
    assert_refused("mqtt.reason_code:256;", "no number or range up to 255");
}

static void mqtt_session_present__of_a_connack_without_connect(void **state)
{
    (void)state;
    static const struct line lost[] = {
        LINE(TO_SERVER, CONNECT),
        LINE(TO_CLIENT, "\x20\3\0\0\0" CONNACK),
    };
    struct said twice = {.port = 1883, .lines = lost, .count = LINES(lost)};
    assert_fires(&twice, "mqtt.connack.session_present:yes;");
    assert_quiet(&twice, "mqtt.connack.session_present:false;");
    assert_refused("mqtt.connack.session_present:perhaps;", "none of yes, true, no, false");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mqtt_type__by_name_in_the_direction_of_the_request),
        cmocka_unit_test(mqtt_flags__are_set_or_not),
        cmocka_unit_test(mqtt_numbers__qos_version_and_reasons),
        cmocka_unit_test(mqtt_session_present__of_a_connack_without_connect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
