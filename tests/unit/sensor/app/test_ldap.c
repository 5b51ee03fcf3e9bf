/* test_ldap.c - LDAP's operations and answers, what stays out of records, StartTLS, SASL, damage.
 */
#include "talk.h"

#define BIND    "0\x1a\x02\x01\x01`\x15\x02\x01\x03\x04\x08\x63n=admin\x80\x06secret"
#define REFUSED "0\x0e\x02\x01\x01\x61\x09\x0a\x01\x31\x04\x00\x04\x02no"
#define SASL    "0!\x02\x01\x02`\x1c\x02\x01\x03\x04\x00\xa3\x15\x04\x06GSSAPI\x04\x0b\x63redentials"
#define BOUND   "0\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00"
#define SEARCH                                                                                     \
    "09\x02\x01\x03\x63\x34\x04\x0a\x64\x63=example\x0a\x01\x02\x0a\x01\x00\x02\x01\x0a\x02\x01"   \
    "\x00\x01\x01\x00\x87\x0bobjectClass0\x0a\x04\x02\x63n\x04\x04mail"
#define ENTRY                                                                                      \
    "0#\x02\x01\x03\x64\x1e\x04\x0f\x63n=a,dc=example0\x0b\x30\x09\x04\x02\x63n1\x03\x04\x01"      \
    "\x61"
#define FOUND "0\x0c\x02\x01\x03\x65\x07\x0a\x01\x00\x04\x00\x04\x00"
#define MODIFY                                                                                     \
    "0*\x02\x01\x04\x66%\x04\x04\x63n=a0\x1d\x30\x1b\x0a\x01\x02\x30\x16\x04\x0aunicodePwd1\x08"   \
    "\x04\x06hidden"
#define ADD    "0'\x02\x01\x05h\"\x04\x04\x63n=b0\x1a\x30\x18\x04\x0cuserPassword1\x08\x04\x06hidden"
#define DELETE "0\x09\x02\x01\x06J\x04\x63n=c"
#define RENAME                                                                                     \
    "0\x1e\x02\x01\x07l\x19\x04\x04\x63n=d\x04\x04\x63n=e\x01\x01\xff\x80\x08\x64\x63=other"
#define COMPARE  "0\x19\x02\x01\x08n\x14\x04\x04\x63n=f0\x0c\x04\x02sn\x04\x06hidden"
#define STARTTLS "0\x1d\x02\x01\x09w\x18\x80\x16\x31.3.6.1.4.1.1466.20037"
#define GO_AHEAD "0\x0c\x02\x01\x09x\x07\x0a\x01\x00\x04\x00\x04\x00"
#define UNBIND   "0\x05\x02\x01\x0a\x42\x00"

static struct talk play(const struct piece *p, size_t count, uint8_t transport)
{
    struct talk t = talk_start(transport, 40000, 4000);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &p[i]);
    talk_log(&t, false);
    return t;
}

static void check(struct talk *t, const char *wanted)
{
    if (!strstr(talk_text(t), wanted))
        fail_msg("no %s in %s", wanted, talk_text(t));
}

static void ldap__bind_shows_who_and_how_it_ended(void **state)
{
    (void)state;
    static const struct piece p[] = {SAY(TO_SERVER, BIND), SAY(TO_CLIENT, REFUSED)};
    struct talk t = play(p, PIECES(p), 6);
    assert_string_equal(talk_text(&t),
                        "{\"event_type\":\"ldap\",\"ldap\":{\"request\":{\"message_id\":1,"
                        "\"operation\":\"bind_request\",\"bind_request\":{\"version\":3,\"name\":"
                        "\"cn=admin\"}},\"responses\":[{\"operation\":\"bind_response\","
                        "\"bind_response\":{\"result_code\":\"invalid_credentials\","
                        "\"matched_dn\":\"\",\"message\":\"no\"}}]}}");
    talk_free(&t);
}

static void ldap__search_has_its_answers(void **state)
{
    (void)state;
    static const struct piece p[] = {SAY(TO_SERVER, SEARCH), SAY(TO_CLIENT, ENTRY ENTRY),
                                     SAY(TO_CLIENT, FOUND)};
    struct talk t = play(p, PIECES(p), 17);
    check(&t, "\"search_request\":{\"base_object\":\"dc=example\",\"scope\":2,\"deref_alias\":0,"
              "\"size_limit\":10,\"time_limit\":0,\"types_only\":false,\"filter\":{\"type\":"
              "\"present\",\"value\":\"objectClass\"},\"attributes\":[\"cn\",\"mail\"]}}");
    check(&t, "{\"operation\":\"search_result_entry\",\"search_result_entry\":{\"base_object\":"
              "\"cn=a,dc=example\"}},{\"operation\":\"search_result_done\"");
    assert_int_equal(t.records, 1);
    talk_free(&t);
}

static const struct piece changes[] = {
    SAY(TO_SERVER, MODIFY ADD DELETE RENAME COMPARE),
    SAY(TO_SERVER, UNBIND),
};

static void ldap__changes_are_shown_without_values(void **state)
{
    (void)state;
    struct talk t = play(changes, PIECES(changes), 6);
    talk_end(&t);
    check(&t, "\"modify_request\":{\"object\":\"cn=a\",\"changes\":[{\"operation\":\"replace\","
              "\"modification\":{\"attribute_type\":\"unicodePwd\"}}]}");
    check(&t, "\"add_request\":{\"entry\":\"cn=b\",\"attributes\":[{\"name\":\"userPassword\"}]}");
    check(&t, "\"del_request\":{\"dn\":\"cn=c\"}");
    check(&t, "\"mod_dn_request\":{\"entry\":\"cn=d\",\"new_rdn\":\"cn=e\",\"delete_old_rdn\":true,"
              "\"new_superior\":\"dc=other\"}");
    check(&t, "{\"entry\":\"cn=f\",\"attribute_value_assertion\":{\"description\":\"sn\"}}");
    assert_null(strstr(talk_text(&t), "hidden"));
    talk_free(&t);
}

static const struct piece session[] = {SAY(TO_SERVER, SASL), SAY(TO_CLIENT, BOUND),
                                       SAY(TO_SERVER, SEARCH COMPARE),
                                       SAY(TO_CLIENT, ENTRY FOUND REFUSED), SAY(TO_SERVER, UNBIND)};

static void ldap__every_cut_gives_the_same(void **state)
{
    (void)state;
    talk_assert_any_cut(session, PIECES(session), 389);
    talk_assert_any_cut(changes, PIECES(changes), 389);
}

static void ldap__answer_to_nothing_is_an_event(void **state)
{
    (void)state;
    struct talk t = play(session, PIECES(session), 6);
    check(&t, "{\"responses\":[{\"operation\":\"bind_response\",\"message_id\":1,");
    check(&t, "\"events\":[\"request_not_found\"]");
    talk_free(&t);
}

static void ldap__starttls_hands_over(void **state)
{
    (void)state;
    static const struct piece p[] = {
        SAY(TO_SERVER, STARTTLS), SAY(TO_CLIENT, GO_AHEAD),
        SAY(TO_SERVER, "\x16\x03\x01\x00\x31\x01\x00\x00\x2d\x03\x03")};
    struct talk t = play(p, PIECES(p), 6);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_LDAP);
    assert_int_equal(app_flow_proto(t.flow), APP_TLS);
    talk_free(&t);
}

static void ldap__what_sasl_wraps_is_left_alone(void **state)
{
    (void)state;
    static const struct piece p[] = {SAY(TO_SERVER, SASL), SAY(TO_CLIENT, BOUND),
                                     SAY(TO_SERVER, "\0\0\0\x04wrap")};
    struct talk t = play(p, PIECES(p), 6);
    assert_true(app_flow_is_bypassed(t.flow));
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

static void ldap__damage_is_an_event_without_a_record(void **state)
{
    (void)state;
    static const struct piece noise[] = {SAY(TO_SERVER, UNBIND), SAY(TO_SERVER, "noise")};
    struct talk t = play(noise, PIECES(noise), 6);
    assert_int_equal(t.records, 1);
    assert_string_equal(app_event_name(APP_LDAP, app_flow_txs(t.flow)->next->events[0]),
                        "invalid_data");
    talk_free(&t);
    static const struct piece cut[] = {SAY(TO_SERVER, SEARCH), SAY(TO_CLIENT, "\x30\x10\x02\x01")};
    t = play(cut, PIECES(cut), 17);
    assert_string_equal(app_event_name(APP_LDAP, app_flow_txs(t.flow)->next->events[0]),
                        "incomplete_data");
    talk_free(&t);
}

static void ldap__after_damage_the_next_message_is_found(void **state)
{
    (void)state;
    static const struct piece p[] = {
        SAY(TO_SERVER, UNBIND),
        SAY(TO_SERVER, "noise 0 0\x05\x02 0\x84\x7f\xff\xff\xff\x02\x01\x01" DELETE),
        {TO_SERVER, {0}, APP_FEED_GAP, 9},
        SAY(TO_SERVER, "the rest of another one" BIND),
        SAY(TO_CLIENT, "\0\0\0\x0awrapped 0 1" REFUSED),
    };
    struct talk t = play(p, PIECES(p), 6);
    check(&t, "\"operation\":\"bind_request\"");
    check(&t, "\"result_code\":\"invalid_credentials\"");
    talk_end(&t);
    check(&t, "\"del_request\":{\"dn\":\"cn=c\"}");
    assert_null(strstr(talk_text(&t), "request_not_found"));
    talk_free(&t);
    talk_assert_any_cut(p, 2, 389);
}

static void ldap__an_answer_that_comes_first_is_the_servers(void **state)
{
    (void)state;
    const struct app_endpoints from_server = {.port = {389, 40000}, .transport = 6},
                               from_client = {.port = {40000, 389}, .transport = 6};
    struct talk t = talk_start(6, 40000, 389);
    assert_true(talk_is_reversed(&from_server, BYTES_LIT(FOUND), true));
    assert_false(talk_is_reversed(&from_client, BYTES_LIT(SEARCH), true));
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ldap__bind_shows_who_and_how_it_ended),
        cmocka_unit_test(ldap__search_has_its_answers),
        cmocka_unit_test(ldap__changes_are_shown_without_values),
        cmocka_unit_test(ldap__every_cut_gives_the_same),
        cmocka_unit_test(ldap__answer_to_nothing_is_an_event),
        cmocka_unit_test(ldap__starttls_hands_over),
        cmocka_unit_test(ldap__what_sasl_wraps_is_left_alone),
        cmocka_unit_test(ldap__damage_is_an_event_without_a_record),
        cmocka_unit_test(ldap__after_damage_the_next_message_is_found),
        cmocka_unit_test(ldap__an_answer_that_comes_first_is_the_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
