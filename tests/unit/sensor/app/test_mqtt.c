/* test_mqtt.c - MQTT 3.1.1 and 5: what belongs together, what is odd, any cut gives the same. */
#include "talk.h"

#define CONNECT_V4                                                                                 \
    "\x10\x14\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01"                                                 \
    "c"                                                                                            \
    "\x00\x01u\x00\x02pw"
#define CONNECT_V5 "\x10\x13\x00\x04MQTT\x05\x02\x00\x3c\x03\x21\x00\x14\x00\x03me5"
#define CONNACK    "\x20\x02\x00\x00"
#define CONNACK_V5 "\x20\x03\x00\x00\x00"

static const struct piece session[] = {
    SAY(TO_SERVER, CONNECT_V4),
    SAY(TO_CLIENT, CONNACK),
    SAY(TO_SERVER, "\x32\x09\x00\x03t/1\x00\x07hi"),
    SAY(TO_CLIENT, "\x40\x02\x00\x07"),
    SAY(TO_SERVER, "\x82\x08\x00\x08\x00\x03t/2\x01"),
    SAY(TO_CLIENT, "\x90\x03\x00\x08\x01"),
    SAY(TO_SERVER, "\xe0\x00"),
};

static void mqtt__answers_join_what_they_settle(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 1883);
    for (size_t i = 0; i < PIECES(session); i++)
        talk_say(&t, &session[i]);
    talk_end(&t);
    assert_int_equal(t.records, 4);
    assert_non_null(
        strstr(talk_text(&t), "\"username\":\"u\",\"password\":\"pw\"},\"connack\":{\"qos\":0,"));
    assert_non_null(strstr(talk_text(&t), "\"publish\":{\"qos\":1,\"retain\":false,\"dup\":false,"
                                          "\"topic\":\"t/1\",\"message_id\":7,\"message\":\"hi\"},"
                                          "\"puback\":{"));
    assert_non_null(
        strstr(talk_text(&t), "\"topics\":[{\"topic\":\"t/2\",\"qos\":1}]},\"suback\""));
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

static void mqtt__every_cut_gives_the_same(void **state)
{
    (void)state;
    talk_assert_any_cut(session, PIECES(session), 1883);
}

static void mqtt__properties_of_version_5_have_names(void **state)
{
    (void)state;
    static const struct piece five[] = {SAY(TO_SERVER, CONNECT_V5), SAY(TO_CLIENT, CONNACK_V5)};
    struct talk t = talk_start(6, 40000, 9999); /* told by its CONNECT, on any port */
    talk_say(&t, &five[0]);
    talk_say(&t, &five[1]);
    talk_end(&t);
    assert_non_null(strstr(talk_text(&t), "\"properties\":{\"receive_maximum\":20}"));
    assert_non_null(strstr(talk_text(&t), "\"client_id\":\"me5\""));
    talk_free(&t);
}

static const char *events_of(struct talk *t, const struct piece *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        talk_say(t, &p[i]);
    talk_end(t);
    return talk_text(t);
}

static void mqtt__odd_conversations_raise_events(void **state)
{
    (void)state;
    static const struct {
        struct piece said;
        const char *event;
    } odd[] = {
        {SAY(TO_CLIENT, CONNACK), "missing_connect"},
        {SAY(TO_SERVER, "\x30\x05\x00\x03t/1"), "unintroduced_message"},
        {SAY(TO_CLIENT, "\x40\x02\x00\x07"), "missing_publish"},
        {SAY(TO_CLIENT, "\x90\x03\x00\x08\x01"), "missing_subscribe"},
        {SAY(TO_CLIENT, "\xb0\x02\x00\x08"), "missing_unsubscribe"},
        {SAY(TO_SERVER, "\x10\x04\x00\x09MQ"), "malformed_traffic"},
    };
    for (size_t i = 0; i < PIECES(odd); i++) {
        struct talk t = talk_start(6, 40000, 1883);
        assert_non_null(strstr(events_of(&t, &odd[i].said, 1), odd[i].event));
        talk_free(&t);
    }
}

static void mqtt__later_messages_are_judged_too(void **state)
{
    (void)state;
    static const struct piece again[] = {SAY(TO_SERVER, CONNECT_V4), SAY(TO_CLIENT, CONNACK),
                                         SAY(TO_SERVER, CONNECT_V4 "\x36\x05\x00\x03t/1"),
                                         SAY(TO_SERVER, "\x00\x00\x30\xff\xff\xff\xff")};
    struct talk t = talk_start(6, 40000, 1883);
    const char *text = events_of(&t, again, PIECES(again));
    assert_non_null(strstr(text, "double_connect"));
    assert_non_null(strstr(text, "malformed_traffic")); /* QoS 3 promises an id that is not there */
    talk_free(&t);
}

static void mqtt__malformed_message_ends_where_it_says(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_SERVER, CONNECT_V4), SAY(TO_CLIENT, CONNACK),
                                        SAY(TO_SERVER, "\x30\x03\x00\x09t\x30\x05\x00\x01uhi")};
    struct talk t = talk_start(6, 40000, 1883);
    const char *text = events_of(&t, talk, PIECES(talk));
    assert_non_null(strstr(text, "malformed_traffic"));
    assert_non_null(strstr(text, "\"topic\":\"u\",\"message\":\"hi\""));
    talk_free(&t);
    talk_assert_any_cut(talk, PIECES(talk), 1883);
}

static void mqtt__false_header_after_a_gap_hides_nothing(void **state)
{
    (void)state;
    static const struct piece talk[] = {
        SAY(TO_SERVER, CONNECT_V4),
        SAY(TO_CLIENT, CONNACK),
        {TO_SERVER, {NULL, 0}, APP_FEED_GAP, 100},
        SAY(TO_SERVER, "0123456789"), /* would be a message of 49 bytes */
        SAY(TO_SERVER, "\x30\x10\x00\x01vbegins here"),
        SAY(TO_SERVER, "\x31\x07\x00\x01whi!!"),
    };
    struct talk t = talk_start(6, 40000, 1883);
    const char *text = events_of(&t, talk, PIECES(talk));
    assert_non_null(strstr(text, "\"topic\":\"v\",\"message\":\"begins here1"));
    talk_free(&t);
}

static void mqtt__end_with_the_port_is_the_server(void **state)
{
    (void)state;
    struct app_endpoints e = {.port = {1883, 40000}, .transport = 6};
    assert_true(talk_is_reversed(&e, BYTES_LIT("\x40\x02\x00\x07"), true));
    assert_false(talk_is_reversed(&e, BYTES_LIT("\x43\x02\x00\x07"), true));
}

static void mqtt__record_of_many_topics_stays_small(void **state)
{
    (void)state;
    static uint8_t wire[5 + 2 + 3 * 60000] = {0x82, 0xa2, 0xfe, 0x0a, 0x00, 0x09};
    const struct piece talk[] = {SAY(TO_SERVER, CONNECT_V4),
                                 SAY(TO_CLIENT, CONNACK),
                                 {TO_SERVER, bytes_of(wire, 4 + 2 + 3 * 60000), 0, 0}};
    struct talk t = talk_start(6, 40000, 1883);
    const char *text = events_of(&t, talk, PIECES(talk));
    assert_non_null(strstr(text, "\"message_id\":9,\"topics\":[{\"topic\":\"\",\"qos\":0}"));
    assert_null(strstr(text, "malformed"));
    assert_true(strlen(text) < 40000);
    struct app_tx *subscribe = app_flow_txs(t.flow)->next; /* rules see as many as with Suricata */
    assert_non_null(talk_buffer(&t, subscribe, "mqtt.subscribe.topic", TO_SERVER, 99).p);
    assert_null(talk_buffer(&t, subscribe, "mqtt.subscribe.topic", TO_SERVER, 100).p);
    talk_free(&t);
}

/* An empty client identifier is none for rules; a broker that sees it makes one up (5, 3.1.3.1). */
static void mqtt__empty_name_is_no_buffer(void **state)
{
    (void)state;
    static const struct piece connect =
        SAY(TO_SERVER, "\x10\x0f\x00\x04MQTT\x04\x82\x00\x3c\x00\x00\x00\x01u");
    struct talk t = talk_start(6, 40000, 1883);
    talk_say(&t, &connect);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_non_null(tx);
    assert_null(talk_buffer(&t, tx, "mqtt.connect.clientid", TO_SERVER, 0).p);
    assert_bytes(talk_buffer(&t, tx, "mqtt.connect.username", TO_SERVER, 0), "u");
    talk_free(&t);
}

static void mqtt__a_long_message_is_passed_over(void **state)
{
    (void)state;
    static uint8_t body[4096];
    struct piece filler = {TO_SERVER, bytes_of(body, sizeof body), 0, 0};
    static const struct piece start[] = {SAY(TO_SERVER, CONNECT_V4), SAY(TO_CLIENT, CONNACK),
                                         SAY(TO_SERVER, "\x30\x80\x80\x80\x01")}; /* 2 MiB */
    struct talk t = talk_start(6, 40000, 1883);
    for (size_t i = 0; i < PIECES(start); i++)
        talk_say(&t, &start[i]);
    for (int i = 0; i < 512; i++)
        talk_say(&t, &filler);
    assert_true(app_counters(t.app)->memory_bytes < 1 << 20);
    talk_say(&t, &(struct piece)SAY(TO_SERVER, "\xe0\x00"));
    talk_end(&t);
    assert_non_null(strstr(talk_text(&t), "\"truncated\":true,\"skipped_length\":2097157"));
    assert_non_null(strstr(talk_text(&t), "\"disconnect\""));
    talk_free(&t);
}

static void mqtt__rules_see_topics_one_by_one(void **state)
{
    (void)state;
    static const struct piece two =
        SAY(TO_SERVER, "\x82\x0e\x00\x08\x00\x03t/2\x01\x00\x03t/3\x01");
    struct talk t = talk_start(6, 40000, 1883);
    talk_say(&t, &session[0]);
    talk_say(&t, &session[1]);
    talk_say(&t, &two);
    struct app_tx *connect = app_flow_txs(t.flow), *subscribe = connect->next;
    assert_bytes(talk_buffer(&t, connect, "mqtt.connect.password", TO_SERVER, 0), "pw");
    assert_bytes(talk_buffer(&t, subscribe, "mqtt.subscribe.topic", TO_SERVER, 1), "t/3");
    assert_bytes(talk_buffer(&t, subscribe, "mqtt.subscribe.topic", TO_SERVER, 2), "");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mqtt__answers_join_what_they_settle),
        cmocka_unit_test(mqtt__every_cut_gives_the_same),
        cmocka_unit_test(mqtt__properties_of_version_5_have_names),
        cmocka_unit_test(mqtt__odd_conversations_raise_events),
        cmocka_unit_test(mqtt__later_messages_are_judged_too),
        cmocka_unit_test(mqtt__malformed_message_ends_where_it_says),
        cmocka_unit_test(mqtt__false_header_after_a_gap_hides_nothing),
        cmocka_unit_test(mqtt__end_with_the_port_is_the_server),
        cmocka_unit_test(mqtt__record_of_many_topics_stays_small),
        cmocka_unit_test(mqtt__empty_name_is_no_buffer),
        cmocka_unit_test(mqtt__a_long_message_is_passed_over),
        cmocka_unit_test(mqtt__rules_see_topics_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
