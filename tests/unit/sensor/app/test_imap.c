/* IMAP: recognised from either side, followed into TLS. */
#include "talk.h"

static const struct piece starttls[] = {
    SAY(TO_CLIENT, "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"),
    SAY(TO_SERVER, "a1 STARTTLS\r\n"),
    SAY(TO_CLIENT, "* 1 EXISTS\r\na1 OK go\r\n"),
    SAY(TO_SERVER, "\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03"
                   "0123456789abcdef0123456789abcdef"
                   "\x00\x00\x02\x13\x01\x01\x00"),
};

static void imap__is_found_from_either_side(void **state)
{
    (void)state;
    static const struct piece client = SAY(TO_SERVER, "1 capability\r\n");
    struct talk t = talk_start(6, 40000, 1143);
    talk_say(&t, &starttls[0]);
    assert_int_equal(app_flow_proto(t.flow), APP_IMAP);
    talk_free(&t);
    t = talk_start(6, 40000, 1143);
    talk_say(&t, &client);
    assert_int_equal(app_flow_proto(t.flow), APP_IMAP);
    talk_free(&t);
}

static void imap__starttls_hands_over_to_tls(void **state)
{
    (void)state;
    struct talk t = talk_play_cut(starttls, PIECES(starttls), 6, 143, SIZE_MAX, 0);
    assert_int_equal(app_flow_proto(t.flow), APP_TLS);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_IMAP);
    talk_free(&t);
    talk_assert_any_cut(starttls, PIECES(starttls), 143);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imap__is_found_from_either_side),
        cmocka_unit_test(imap__starttls_hands_over_to_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
