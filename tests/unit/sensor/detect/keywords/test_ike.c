/* test_ike.c - exchanges of IKE, sizes of their payloads, what the responder chose. */
#include "said.h"

#define SPIS(r) "\x11\x22\x33\x44\x55\x66\x77\x88" r
#define NONE    "\0\0\0\0\0\0\0\0"
#define CHOSEN  "\x99\xaa\xbb\xcc\xdd\xee\xff\x01"
/* Version 1, main mode: one proposal, one transform of AES, SHA, a shared key, group 2. */
#define V1_SA                                                                                      \
    "\x01\x10\x02\0\0\0\0\0\0\0\0\x56\0\0\0\x3a\0\0\0\1\0\0\0\1"                                   \
    "\0\0\0\x2e\x01\x01\0\1\0\0\0\x26\x01\x01\0\0"                                                 \
    "\x80\x01\0\7\x80\x02\0\2\x80\x03\0\1\x80\x04\0\2\x80\x0b\0\1\0\x0c\0\4\0\0\x0e\x10\0\0"
/* The second pair of messages: a key of four bytes, a nonce of two. */
#define V1_KEY "\x04\x10\x02\0\0\0\0\0\0\0\0\x2a\x0a\0\0\x08keys\0\0\0\6no"

static const struct line talk[] = {
    LINE(TO_SERVER, SPIS(NONE) V1_SA),
    LINE(TO_CLIENT, SPIS(CHOSEN) V1_SA),
    LINE(TO_SERVER, SPIS(CHOSEN) V1_KEY),
};
static const struct said said = {.udp = true, .port = 500, .lines = talk, .count = LINES(talk)};

static void ike__exchange_and_sizes(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "ike.exchtype:2;"), 3);
    assert_quiet(&said, "ike.exchtype:>2;");
    assert_int_equal(said_fires(&said, "ike.key_exchange_payload_length:4;"), 1);
    assert_int_equal(said_fires(&said, "ike.nonce_payload_length:<3;"), 1);
    assert_quiet(&said, "ike.nonce_payload_length:>2;");
}

static void ike_chosen_sa_attribute__is_the_responders(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "ike.chosen_sa_attribute:alg_enc=7;"), 1);
    assert_fires(&said,
                 "ike.chosen_sa_attribute:\"alg_dh=2\"; ike.chosen_sa_attribute:alg_hash=2;");
    assert_quiet(&said, "ike.chosen_sa_attribute:alg_enc=5;");
    assert_refused("ike.chosen_sa_attribute:alg_enc;", "attribute=number");
    assert_refused("ike.chosen_sa_attribute:colour=1;", "no attribute like");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ike__exchange_and_sizes),
        cmocka_unit_test(ike_chosen_sa_attribute__is_the_responders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
