/* PostgreSQL: a login, queries, errors, what is asked before, damage. */
#include "talk.h"

#define PORT 5432
#define STARTUP                                                                                    \
    "\x00\x00\x00\x30\x00\x03\x00\x00user\x00"                                                     \
    "alice\x00"                                                                                    \
    "database\x00shop\x00"                                                                         \
    "DateStyle\x00"                                                                                \
    "ISO\x00\x00"
#define SSL_REQUEST "\x00\x00\x00\x08\x04\xd2\x16\x2f"
#define AUTH_MD5                                                                                   \
    "R\x00\x00\x00\x0c\x00\x00\x00\x05\xca"                                                        \
    "T\r'"
#define PASSWORD  "p\x00\x00\x00\x0bsecret\x00"
#define AUTH_OK   "R\x00\x00\x00\x08\x00\x00\x00\x00"
#define PARAMETER "S\x00\x00\x00\x11TimeZone\x00UTC\x00"
#define KEY       "K\x00\x00\x00\x0c\x00\x00\x00\x07\x00\x00\x00\x09"
#define READY     "Z\x00\x00\x00\x05I"
#define QUERY     "Q\x00\x00\x00\x0dselect 1\x00"
#define ROW                                                                                        \
    "D\x00\x00\x00\x0f\x00\x02\x00\x00\x00\x01"                                                    \
    "1\xff\xff\xff\xff"
#define RESULT "T\x00\x00\x00\x06\x00\x02" ROW ROW "C\x00\x00\x00\x0dSELECT 2\x00" READY
#define ERROR                                                                                      \
    "E\x00\x00\x00\x1dSERROR\x00"                                                                  \
    "C22012\x00Mdivision\x00\x00" READY
#define TERMINATE "X\x00\x00\x00\x04"

static const struct piece session[] = {
    SAY(TO_SERVER, STARTUP),   SAY(TO_CLIENT, AUTH_MD5),
    SAY(TO_SERVER, PASSWORD),  SAY(TO_CLIENT, AUTH_OK PARAMETER KEY READY),
    SAY(TO_SERVER, QUERY),     SAY(TO_CLIENT, RESULT),
    SAY(TO_SERVER, QUERY),     SAY(TO_CLIENT, ERROR),
    SAY(TO_SERVER, TERMINATE),
};

static void pgsql__session_is_a_record_for_each_request(void **state)
{
    (void)state;
    struct talk t = talk_play_cut(session, PIECES(session), 6, PORT, SIZE_MAX, 0);
    assert_string_equal(
        talk_text(&t),
        "{\"event_type\":\"pgsql\",\"pgsql\":{\"tx_id\":1,\"request\":{\"protocol_version\":"
        "\"3.0\",\"startup_parameters\":{\"user\":\"alice\",\"optional_parameters\":[{"
        "\"database\":\"shop\"},{\"date_style\":\"ISO\"}]}},\"response\":{"
        "\"authentication_md5_password\":\"\\\\xcaT\\r'\"}}},"
        "{\"event_type\":\"pgsql\",\"pgsql\":{\"tx_id\":2,\"request\":{},\"response\":{"
        "\"message\":\"authentication_ok\",\"parameter_status\":[{\"time_zone\":\"UTC\"}],"
        "\"process_id\":7,\"secret_key\":9}}},"
        "{\"event_type\":\"pgsql\",\"pgsql\":{\"tx_id\":3,\"request\":{\"simple_query\":"
        "\"select 1\"},\"response\":{\"field_count\":2,\"data_rows\":2,\"data_size\":2,"
        "\"command_completed\":\"SELECT 2\"}}},"
        "{\"event_type\":\"pgsql\",\"pgsql\":{\"tx_id\":4,\"request\":{\"simple_query\":"
        "\"select 1\"},\"response\":{\"severity_localizable\":\"ERROR\",\"code\":\"22012\","
        "\"message\":\"division\"}}},"
        "{\"event_type\":\"pgsql\",\"pgsql\":{\"tx_id\":5,\"request\":{\"message\":"
        "\"termination_message\"}}}");
    assert_null(strstr(talk_text(&t), "secret\"")); /* the password */
    talk_free(&t);
}

static void pgsql__session_may_be_cut_anywhere(void **state)
{
    (void)state;
    talk_assert_any_cut(session, PIECES(session), PORT);
    talk_assert_any_cut(session, PIECES(session), 15432);
}

static void pgsql__accepted_encryption_makes_way_for_tls(void **state)
{
    (void)state;
    static const struct piece pieces[] = {SAY(TO_SERVER, SSL_REQUEST), SAY(TO_CLIENT, "S")};
    struct talk t = talk_play_cut(pieces, 2, 6, PORT, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "{\"tx_id\":1,\"request\":{\"message\":\"SSL Request\"},"
                                          "\"response\":{\"ssl_accepted\":true}}"));
    talk_free(&t);
}

static void pgsql__refused_encryption_goes_on(void **state)
{
    (void)state;
    static const struct piece pieces[] = {SAY(TO_SERVER, SSL_REQUEST), SAY(TO_CLIENT, "N"),
                                          SAY(TO_SERVER, STARTUP), SAY(TO_CLIENT, AUTH_OK READY)};
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 15432, SIZE_MAX, 0);
    assert_int_equal(t.records, 2);
    assert_non_null(strstr(talk_text(&t), "\"ssl_accepted\":false"));
    assert_non_null(strstr(talk_text(&t), "\"message\":\"authentication_ok\""));
    const uint16_t *events;
    assert_int_equal(app_flow_events(t.flow, &events), 0);
    talk_free(&t);
}

static void pgsql__length_that_cannot_be_is_malformed(void **state)
{
    (void)state;
    static const struct piece pieces[] = {SAY(TO_SERVER, STARTUP "Q\x00\x00\x00\x02" QUERY)};
    struct talk t = talk_play_cut(pieces, 1, 6, PORT, SIZE_MAX, 0);
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_non_null(tx);
    assert_string_equal(app_event_name(APP_PGSQL, tx->events[0]), "malformed_message");
    assert_null(tx->next); /* what follows cannot be read */
    talk_free(&t);
}

static void pgsql__long_query_is_cut_and_the_next_one_found(void **state)
{
    (void)state;
    static uint8_t query[5 + 40000] = {'Q', 0, 0, (40004 >> 8), 40004 & 0xff};
    memset(query + 5, 'a', 40000);
    struct piece pieces[] = {SAY(TO_SERVER, STARTUP),
                             {TO_SERVER, bytes_of(query, sizeof query), 0, 0},
                             SAY(TO_SERVER, QUERY)};
    struct talk t = talk_play_cut(pieces, 3, 6, PORT, SIZE_MAX, 0);
    assert_int_equal(t.records, 3);
    assert_non_null(strstr(talk_text(&t), "select 1"));
    talk_free(&t);
}

static void pgsql__gap_within_a_row_loses_nothing_else(void **state)
{
    (void)state;
    static const char row[] = "D\x00\x01\x00\x00\x00\x01\x00\x00\xff\xf6";
    static uint8_t start[20000];
    memcpy(start, row, sizeof row - 1);
    const struct piece pieces[] = {SAY(TO_SERVER, STARTUP),
                                   SAY(TO_SERVER, QUERY),
                                   {TO_CLIENT, bytes_of(start, sizeof start), 0, 0},
                                   {TO_CLIENT, {0}, APP_FEED_GAP, 65537 - 20000},
                                   SAY(TO_CLIENT, "C\x00\x00\x00\x0dSELECT 1\x00" READY)};
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, PORT, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "SELECT 1"));
    talk_free(&t);
}

static void pgsql__other_protocols_on_its_port_are_left_alone(void **state)
{
    (void)state;
    static const struct piece ssh[] = {SAY(TO_CLIENT, "SSH-2.0-x\r\n")};
    static const struct piece zeros[] = {SAY(TO_SERVER, "\x00\x00\x00\x09\x00\x03\x00\x00u")};
    struct talk t = talk_play_cut(ssh, 1, 6, PORT, SIZE_MAX, 0);
    assert_int_not_equal(app_flow_proto(t.flow), APP_PGSQL);
    talk_free(&t);
    t = talk_play_cut(zeros, 1, 6, PORT, SIZE_MAX, 0);
    assert_int_not_equal(app_flow_proto(t.flow), APP_PGSQL);
    talk_free(&t);
}

static void pgsql__what_kerberos_encrypts_is_left_alone(void **state)
{
    (void)state;
    static const struct piece pieces[] = {SAY(TO_SERVER, "\x00\x00\x00\x08\x04\xd2\x16\x30"),
                                          SAY(TO_CLIENT, "G"), SAY(TO_SERVER, "\0\0\0\4wrap")};
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, PORT, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "\"gssapi_accepted\":true"));
    assert_null(strstr(talk_text(&t), "events"));
    assert_true(app_flow_is_bypassed(t.flow));
    assert_false(app_flow_is_broken(t.flow));
    talk_free(&t);
}

static void pgsql__a_nul_does_not_agree_to_encryption(void **state)
{
    (void)state;
    static const struct piece pieces[] = {SAY(TO_SERVER, SSL_REQUEST),
                                          SAY(TO_CLIENT, "\0\0\0\0\0")};
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, PORT, SIZE_MAX, 0);
    assert_null(strstr(talk_text(&t), "ssl_accepted"));
    assert_string_equal(app_event_name(APP_PGSQL, app_flow_txs(t.flow)->next->events[0]),
                        "malformed_message");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pgsql__session_is_a_record_for_each_request),
        cmocka_unit_test(pgsql__session_may_be_cut_anywhere),
        cmocka_unit_test(pgsql__accepted_encryption_makes_way_for_tls),
        cmocka_unit_test(pgsql__refused_encryption_goes_on),
        cmocka_unit_test(pgsql__length_that_cannot_be_is_malformed),
        cmocka_unit_test(pgsql__long_query_is_cut_and_the_next_one_found),
        cmocka_unit_test(pgsql__gap_within_a_row_loses_nothing_else),
        cmocka_unit_test(pgsql__other_protocols_on_its_port_are_left_alone),
        cmocka_unit_test(pgsql__what_kerberos_encrypts_is_left_alone),
        cmocka_unit_test(pgsql__a_nul_does_not_agree_to_encryption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
