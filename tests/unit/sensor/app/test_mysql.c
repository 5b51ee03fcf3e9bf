/* MySQL: login, commands, TLS. */
#include "talk.h"

#define ZEROS23 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define GREETING                                                                                   \
    "\x2c\x00\x00\x00\x0a"                                                                         \
    "8.0.36\x00\x07\x00\x00\x00saltsalt\x00\xff\xff\xff\x02\x00\xff\xdf\x15" ZEROS23
#define LOGIN                                                                                      \
    "\x30\x00\x00\x01\x08\x82\x00\x00\x00\x00\x00\x01\x21" ZEROS23 "alice\x00\x04pass"             \
    "shop\x00"
#define OK    "\x07\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00"
#define QUERY "\x0a\x00\x00\x00\x03 select 1"
#define RESULT                                                                                     \
    "\x01\x00\x00\x01\x01\x05\x00\x00\x02\x03"                                                     \
    "defg"
#define BAD                                                                                        \
    "\x05\x00\x00\x00\x03"                                                                         \
    "drop"
#define ERROR "\x09\x00\x00\x01\xff\x28\x04#42000"
#define QUIT  "\x01\x00\x00\x00\x01"

static const struct piece session[] = {
    SAY(TO_CLIENT, GREETING), SAY(TO_SERVER, LOGIN), SAY(TO_CLIENT, OK),    SAY(TO_SERVER, QUERY),
    SAY(TO_CLIENT, RESULT),   SAY(TO_SERVER, BAD),   SAY(TO_CLIENT, ERROR), SAY(TO_SERVER, QUIT),
};

static void mysql__session_is_a_login_and_its_commands(void **state)
{
    (void)state;
    struct talk t = talk_play_cut(session, PIECES(session), 6, 3306, SIZE_MAX, 0);
    assert_string_equal(
        talk_text(&t),
        "{\"event_type\":\"mysql\",\"mysql\":{\"version\":\"8.0.36\",\"tls\":false,\"user\":"
        "\"alice\",\"database\":\"shop\",\"status\":\"ok\"}},"
        "{\"event_type\":\"mysql\",\"mysql\":{\"command\":\"query\",\"verb\":\"SELECT\","
        "\"status\":\"ok\"}},"
        "{\"event_type\":\"mysql\",\"mysql\":{\"command\":\"query\",\"verb\":\"DROP\","
        "\"status\":\"error\",\"error_code\":1064}},"
        "{\"event_type\":\"mysql\",\"mysql\":{\"command\":\"quit\"}}");
    talk_free(&t);
    talk_assert_any_cut(session, PIECES(session), 13306);
}

static void mysql__request_for_tls_makes_way(void **state)
{
    (void)state;
    static const struct piece tls[] = {
        SAY(TO_CLIENT, GREETING),
        SAY(TO_SERVER, "\x20\x00\x00\x01\x08\x8a\x00\x00\x00\x00\x00\x01\x21" ZEROS23)};
    struct talk t = talk_play_cut(tls, 2, 6, 3306, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "{\"version\":\"8.0.36\",\"tls\":true}"));
    talk_free(&t);
}

static void mysql__login_that_is_too_short_is_malformed(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_CLIENT, GREETING),
                                        SAY(TO_SERVER, "\x04\x00\x00\x01\x08\x82\x00\x00")};
    struct talk t = talk_play_cut(talk, 2, 6, 3306, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "malformed_packet"));
    talk_free(&t);
}

static void mysql__a_change_of_user_is_a_login(void **state)
{
    (void)state;
    static const struct piece p[] = {
        SAY(TO_CLIENT, GREETING),
        SAY(TO_SERVER, LOGIN),
        SAY(TO_CLIENT, OK),
        SAY(TO_SERVER, "\x0c\0\0\0\x11root\0\4pass\0"),
        SAY(TO_CLIENT, "\x05\0\0\1\xfe"
                       "auth"),
        SAY(TO_SERVER, "\x04\0\0\2hash"),
        SAY(TO_CLIENT, "\x09\0\0\3\xff\x15\x04#28000"),
    };
    struct talk t = talk_play_cut(p, PIECES(p), 6, 3306, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "{\"command\":\"change_user\",\"user\":\"root\","
                                          "\"status\":\"error\",\"error_code\":1045}"));
    talk_free(&t);
}

static void mysql__old_clients_log_in_too(void **state)
{
    (void)state;
    static const struct piece p[] = {
        SAY(TO_CLIENT, GREETING), SAY(TO_SERVER, "\x13\0\0\1\x0d\x24\0\0\0alice\0eightchr"),
        SAY(TO_CLIENT, OK),       SAY(TO_SERVER, QUERY),
        SAY(TO_CLIENT, RESULT),
    };
    struct talk t = talk_play_cut(p, PIECES(p), 6, 3306, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "\"user\":\"alice\",\"status\":\"ok\""));
    assert_non_null(strstr(talk_text(&t), "\"verb\":\"SELECT\""));
    talk_free(&t);
}

static void mysql__what_is_compressed_is_left_alone(void **state)
{
    (void)state;
    static const struct piece p[] = {
        SAY(TO_CLIENT, GREETING),
        SAY(TO_SERVER, "\x30\0\0\1\x28\x82\0\0\0\0\0\1\x21" ZEROS23 "alice\0\4pass"
                       "shop\0"),
        SAY(TO_CLIENT, OK "\1"),
        SAY(TO_SERVER, "\x0e\0\0\0\0\0\0" QUERY),
    };
    struct talk t = talk_play_cut(p, PIECES(p), 6, 3306, SIZE_MAX, 0);
    assert_int_equal(t.records, 1);
    assert_true(app_flow_is_bypassed(t.flow));
    assert_int_equal(app_counters(t.app)->broken[APP_MYSQL], 0);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mysql__session_is_a_login_and_its_commands),
        cmocka_unit_test(mysql__request_for_tls_makes_way),
        cmocka_unit_test(mysql__login_that_is_too_short_is_malformed),
        cmocka_unit_test(mysql__a_change_of_user_is_a_login),
        cmocka_unit_test(mysql__old_clients_log_in_too),
        cmocka_unit_test(mysql__what_is_compressed_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
