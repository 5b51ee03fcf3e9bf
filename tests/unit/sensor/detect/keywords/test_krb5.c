/* test_krb5.c - Kerberos messages, errors, and how tickets are encrypted. */
#include "said.h"

/* alice@EXAMPLE.ORG asks for a ticket; it is encrypted with AES, the answer's own part with RC4. */
#define AS_REQ                                                                                     \
    "j^0\\\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4P0N\xa0\x07\x03\x05\x00@\x00\x00\x10\xa1"    \
    "\x12\x30\x10\xa0\x03\x02\x01\x01\xa1\x09\x30\x07\x1b\x05\x61lice\xa2\x0d\x1b\x0b\x45XAMPLE"   \
    ".ORG\xa3 0\x1e\xa0\x03\x02\x01\x02\xa1\x17\x30\x15\x1b\x06krbtgt\x1b\x0b\x45XAMPLE.ORG"
#define AS_REP                                                                                     \
    "k\x81\xad\x30\x81\xaa\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0b\xa3\x0d\x1b\x0b\x45XAMPLE.OR"   \
    "G\xa4\x19\x30\x17\xa0\x03\x02\x01\x01\xa1\x10\x30\x0e\x1b\x05\x61lice\x1b\x05\x61\x64min"     \
    "\xa5WaU0S\xa0\x03\x02\x01\x05\xa1\x0d\x1b\x0b\x45XAMPLE.ORG\xa2 0\x1e\xa0\x03\x02\x01\x02"    \
    "\xa1\x17\x30\x15\x1b\x06krbtgt\x1b\x0b\x45XAMPLE.ORG\xa3\x1b\x30\x19\xa0\x03\x02\x01\x12"     \
    "\xa1\x03\x02\x01\x02\xa2\x0d\x04\x0bsecretbytes\xa6\x1b\x30\x19\xa0\x03\x02\x01\x17\xa1"      \
    "\x03\x02\x01\x02\xa2\x0d\x04\x0bsecretbytes"
#define ERROR_25                                                                                   \
    "~\\0Z\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\xa4\x11\x18\x0f\x32\x30\x32\x36\x30\x31\x30"    \
    "\x31\x30\x30\x30\x30\x30\x30Z\xa5\x05\x02\x03\x01\xe2@\xa6\x03\x02\x01\x19\xa9\x0d\x1b\x0b"   \
    "\x45XAMPLE.ORG\xaa 0\x1e\xa0\x03\x02\x01\x02\xa1\x17\x30\x15\x1b\x06krbtgt\x1b\x0b\x45XAMP"   \
    "LE.ORG"

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
