/* test_krb5.c - Kerberos answers, what an error answers, damage. */
#include "krb5_messages.h"
#include "talk.h"

/* The messages, over TCP. */
#define RECORD_REQ   "\x00\x00\x00\x60" AS_REQ
#define RECORD_REP   "\x00\x00\x00\xb0" AS_REP
#define RECORD_ERROR "\x00\x00\x00\x5e" ERROR_25

static struct talk play(const struct piece *p, size_t count, uint8_t transport)
{
    struct talk t = talk_start(transport, 40000, 88);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &p[i]);
    talk_log(&t, false);
    return t;
}

static void krb5__request_and_reply_show_names_and_encryption(void **state)
{
    (void)state;
    static const struct piece p[] = {SAY(TO_SERVER, AS_REQ), SAY(TO_CLIENT, AS_REP)};
    struct talk t = play(p, PIECES(p), 17);
    assert_string_equal(
        talk_text(&t),
        "{\"event_type\":\"krb5\",\"krb5\":{\"msg_type\":\"KRB_AS_REQ\",\"cname\":\"alice\","
        "\"realm\":\"EXAMPLE.ORG\",\"sname\":\"krbtgt/EXAMPLE.ORG\",\"encryption\":\"<none>\","
        "\"weak_encryption\":false}},"
        "{\"event_type\":\"krb5\",\"krb5\":{\"msg_type\":\"KRB_AS_REP\",\"cname\":\"alice/admin\","
        "\"realm\":\"EXAMPLE.ORG\",\"sname\":\"krbtgt/EXAMPLE.ORG\",\"encryption\":\"rc4-hmac\","
        "\"weak_encryption\":true,\"ticket_encryption\":\"aes256-cts-hmac-sha1-96\","
        "\"ticket_weak_encryption\":false},\"events\":[\"weak_encryption\"]}");
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_bytes(talk_buffer(&t, tx, "krb5.cname", TO_CLIENT, 1), "admin");
    assert_bytes(talk_buffer(&t, tx, "krb5.sname", TO_CLIENT, 0), "krbtgt");
    assert_int_equal(talk_buffer(&t, tx, "krb5.sname", TO_CLIENT, 2).len, 0);
    talk_free(&t);
}

static void krb5__error_tells_what_it_answers_if_that_was_seen(void **state)
{
    (void)state;
    static const struct piece p[] = {SAY(TO_SERVER, AS_REQ), SAY(TO_CLIENT, ERROR_25),
                                     SAY(TO_CLIENT, ERROR_25)};
    struct talk t = play(p, PIECES(p), 17);
    assert_non_null(strstr(talk_text(&t), "\"msg_type\":\"KRB_ERROR\",\"failed_request\":"
                                          "\"KRB_AS_REQ\",\"error_code\":"
                                          "\"KDC_ERR_PREAUTH_REQUIRED\",\"cname\":\"<empty>\""));
    assert_non_null(strstr(talk_text(&t), "\"failed_request\":\"UNKNOWN\""));
    assert_int_equal(t.records, 3);
    talk_free(&t);
}

static const struct piece stream[] = {SAY(TO_SERVER, RECORD_REQ), SAY(TO_CLIENT, RECORD_ERROR),
                                      SAY(TO_SERVER, RECORD_REQ),
                                      SAY(TO_CLIENT, RECORD_REP RECORD_ERROR)};

static void krb5__every_cut_gives_the_same(void **state)
{
    (void)state;
    talk_assert_any_cut(stream, PIECES(stream), 4000);
}

static void krb5__goes_on_after_a_gap_with_the_next_message(void **state)
{
    (void)state;
    static const struct piece p[] = {SAY(TO_SERVER, RECORD_REQ),
                                     {TO_CLIENT, {0}, APP_FEED_GAP, 100},
                                     SAY(TO_CLIENT, "the end of something"),
                                     SAY(TO_CLIENT, RECORD_REP)};
    struct talk t = play(p, PIECES(p), 6);
    assert_int_equal(t.records, 2);
    talk_free(&t);
}

static void krb5__damage_is_an_event_without_a_record(void **state)
{
    (void)state;
    static const struct piece cut[] = {SAY(TO_SERVER, AS_REQ), SAY(TO_CLIENT, "\x6b\x20\x30\x1e")};
    struct talk t = play(cut, PIECES(cut), 17);
    assert_int_equal(t.records, 1); /* the request */
    assert_string_equal(app_event_name(APP_KRB5, app_flow_txs(t.flow)->next->events[0]),
                        "malformed_data");
    talk_free(&t);
    static const struct piece large[] = {SAY(TO_SERVER, RECORD_REQ), SAY(TO_SERVER, "\xff\0\0\0")};
    static uint8_t filler[100001];
    const struct piece p[] = {
        large[0], large[1], {TO_SERVER, bytes_of(filler, sizeof filler), 0, 0}};
    t = play(p, PIECES(p), 6);
    assert_int_equal(app_flow_txs(t.flow)->next->event_count, 1);
    talk_free(&t);
}

static void krb5__after_damage_the_next_message_is_found(void **state)
{
    (void)state;
    static const struct piece p[] = {
        SAY(TO_SERVER, RECORD_REQ),
        SAY(TO_CLIENT, "\0\0\0\x02??" RECORD_ERROR "\xff\0\0\0 noise" RECORD_REP),
        {TO_CLIENT, {0}, APP_FEED_GAP, 9},
        SAY(TO_CLIENT, "the rest of another one" RECORD_REP)};
    struct talk t = play(p, PIECES(p), 6);
    assert_int_equal(t.records, 4);
    talk_free(&t);
    talk_assert_any_cut(p, 2, 88);
}

static void krb5__an_answer_that_comes_first_is_the_servers(void **state)
{
    (void)state;
    const struct app_endpoints udp = {.port = {88, 40000}, .transport = 17},
                               tcp = {.port = {88, 40000}, .transport = 6};
    struct talk t = talk_start(17, 40000, 88);
    assert_true(talk_is_reversed(&udp, BYTES_LIT(ERROR_25), true));
    assert_true(talk_is_reversed(&tcp, BYTES_LIT(RECORD_REP), true));
    assert_false(talk_is_reversed(&udp, BYTES_LIT(AS_REQ), true));
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(krb5__request_and_reply_show_names_and_encryption),
        cmocka_unit_test(krb5__error_tells_what_it_answers_if_that_was_seen),
        cmocka_unit_test(krb5__every_cut_gives_the_same),
        cmocka_unit_test(krb5__goes_on_after_a_gap_with_the_next_message),
        cmocka_unit_test(krb5__damage_is_an_event_without_a_record),
        cmocka_unit_test(krb5__after_damage_the_next_message_is_found),
        cmocka_unit_test(krb5__an_answer_that_comes_first_is_the_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
