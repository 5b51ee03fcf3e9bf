/* SASL: the user's name in what a client answers, and never what proves it. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "sensor/app/protocols/sasl.h"

static void assert_user(const char *mechanism, const char *response, const char *want)
{
    uint8_t room[SASL_USER_MAX];
    struct bytes user = sasl_user(bytes_str(mechanism), bytes_str(response), room);
    if (!bytes_eq(user, bytes_str(want)))
        fail_msg("%s: got \"%.*s\", want \"%s\"", mechanism, (int)user.len,
                 user.len ? (const char *)user.p : "", want);
}

static void sasl_user__finds_the_name_of_each_mechanism(void **state)
{
    (void)state;
    assert_user("plain", "em9lAGFkYQBzZWNyZXQ=", "ada"); /* zoe NUL ada NUL secret */
    assert_user("LOGIN", "YWRh", "ada");
    assert_user("CRAM-MD5", "YWRhIDAxMjM0NTY3ODlhYmNkZWY=", "ada");
    assert_user("SCRAM-SHA-256", "biwsbj1hZGEscj1hYmM=", "ada");           /* n,,n=ada,r=abc */
    assert_user("OAUTHBEARER", "bixhPWFkYSwBYXV0aD1CZWFyZXIgeAEB", "ada"); /* n,a=ada,^A... */
    assert_user("XOAUTH2", "dXNlcj1hZGEBYXV0aD1CZWFyZXIgeAEB", "ada");
}

static void sasl_user__of_anything_else_is_empty(void **state)
{
    (void)state;
    assert_user("GSSAPI", "YWRh", "");
    assert_user("PLAIN", "c2VjcmV0", "");     /* secret */
    assert_user("PLAIN", "AHNlY3JldA==", ""); /* NUL secret */
    assert_user("PLAIN", "*", "");
    assert_user("CRAM-MD5", "MDEyMzQ1Njc4OWFiY2RlZg==", "");
    assert_user("PLAIN", "", "");
}

static void sasl_user__is_bounded(void **state)
{
    (void)state;
    char response[2000];
    uint8_t room[SASL_USER_MAX];
    memset(response, 'Y', sizeof response);
    struct bytes user = sasl_user(BYTES_LIT("LOGIN"), bytes_of(response, sizeof response), room);
    assert_int_equal(user.len, SASL_USER_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sasl_user__finds_the_name_of_each_mechanism),
        cmocka_unit_test(sasl_user__of_anything_else_is_empty),
        cmocka_unit_test(sasl_user__is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
