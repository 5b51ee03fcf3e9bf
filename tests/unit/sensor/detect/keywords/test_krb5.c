/* test_krb5.c - Kerberos messages, errors, and how tickets are encrypted. */
#include "../../app/krb5_messages.h"
#include "said.h"

static const struct line talk[] = {
    LINE(TO_SERVER, AS_REQ),
    LINE(TO_CLIENT, ERROR_25),
    LINE(TO_SERVER, AS_REQ),
    LINE(TO_CLIENT, AS_REP),
};
static const struct said said = {.udp = true, .port = 88, .lines = talk, .count = LINES(talk)};

static void krb5__types_of_messages_and_errors(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "krb5_msg_type:10;"), 2);
    assert_int_equal(said_fires(&said, "krb5_msg_type:30; krb5_err_code:25;"), 1);
    assert_quiet(&said, "krb5_msg_type:12;");
    assert_quiet(&said, "krb5_err_code:6;");
    assert_refused("krb5_err_code:none;", "no number or range");
}

static void krb5_ticket_encryption__by_name_number_and_weakness(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "krb5.ticket_encryption:!weak;"), 1);
    assert_fires(&said, "krb5.ticket_encryption:rc4-hmac, aes256-cts-hmac-sha1-96;");
    assert_fires(&said, "krb5.ticket_encryption:-128,18;");
    assert_fires(&said, "krb5.ticket_encryption:18; krb5_cname; content:\"alice\";");
    assert_quiet(&said, "krb5.ticket_encryption:weak;");
    assert_quiet(&said, "krb5.ticket_encryption:rc4-hmac;");
    assert_refused("krb5.ticket_encryption:rot13;", "no encryption like");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(krb5__types_of_messages_and_errors),
        cmocka_unit_test(krb5_ticket_encryption__by_name_number_and_weakness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
