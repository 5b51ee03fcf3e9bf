/* IKE: both versions, what is weak, damage. */
#include "talk.h"

#define SPIS(r) "\x11\x22\x33\x44\x55\x66\x77\x88" r
#define NONE    "\x00\x00\x00\x00\x00\x00\x00\x00"
#define CHOSEN  "\x99\xaa\xbb\xcc\xdd\xee\xff\x01"
/* Version 1, main mode: one proposal, one transform of AES, SHA, a shared key, group 2. */
#define V1_SA                                                                                      \
    "\x01\x10\x02\x00\x00\x00\x00\x00\x00\x00\x00\x5c"                                             \
    "\x0d\x00\x00\x30\x00\x00\x00\x01\x00\x00\x00\x01"                                             \
    "\x00\x00\x00\x24\x01\x01\x00\x01\x00\x00\x00\x1c\x01\x01\x00\x00"                             \
    "\x80\x01\x00\x07\x80\x02\x00\x02\x80\x03\x00\x01\x80\x04\x00\x02\x00\x0c\x00\x00"
#define V1_VENDOR "\x00\x00\x00\x06\xab\xcd"
/* Version 2, IKE_SA_INIT: 3DES, SHA-1 twice, group 2; then a notification. */
#define V2_SA                                                                                      \
    "\x21\x20\x22\x08\x00\x00\x00\x00\x00\x00\x00\x50"                                             \
    "\x29\x00\x00\x2c\x00\x00\x00\x28\x01\x01\x00\x04\x03\x00\x00\x08\x01\x00\x00\x03"             \
    "\x03\x00\x00\x08\x02\x00\x00\x02\x03\x00\x00\x08\x03\x00\x00\x02\x00\x00\x00\x08\x04\x00"     \
    "\x00\x02\x00\x00\x00\x08\x00\x00\x40\x04"

static struct talk say(enum direction dir, struct bytes data, uint16_t port)
{
    struct talk t = talk_start(17, port, port);
    struct piece p = {dir, data, 0, 0};
    talk_say(&t, &p);
    talk_log(&t, false);
    return t;
}

static void ike__version_1_shows_proposals_and_vendors(void **state)
{
    (void)state;
    static const char message[] = SPIS(NONE) V1_SA V1_VENDOR;
    struct talk t = say(TO_SERVER, bytes_of(message, sizeof message - 1), 500);
    const char *text = talk_text(&t);
    assert_non_null(
        strstr(text, "{\"version_major\":1,\"version_minor\":0,\"init_spi\":\"1122334455667788\","
                     "\"resp_spi\":\"0000000000000000\",\"message_id\":0,\"exchange_type\":2,"
                     "\"payload\":[\"SecurityAssociation\",\"Proposal\",\"Transform\","
                     "\"VendorID\"],\"ikev1\":{\"doi\":1,\"encrypted_payloads\":false,"
                     "\"client\":{\"proposals\":[{\"alg_enc\":\"EncAesCbc\",\"alg_enc_raw\":7,"
                     "\"alg_hash\":\"HashSha\",\"alg_hash_raw\":2,\"alg_auth\":"
                     "\"AuthPreSharedKey\",\"alg_auth_raw\":1,\"alg_dh\":"
                     "\"GroupAlternate1024BitModpGroup\",\"alg_dh_raw\":2,"));
    assert_non_null(strstr(text, "\"vendor_ids\":[\"abcd\"]"));
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "ike.init_spi", TO_SERVER, 0), "1122334455667788");
    assert_bytes(talk_buffer(&t, tx, "ike.vendor", TO_SERVER, 0), "abcd");
    talk_free(&t);
}

static void ike__chosen_transform_of_version_1_is_shown_from_then_on(void **state)
{
    (void)state;
    static const char ask[] = SPIS(NONE) V1_SA V1_VENDOR, answer[] = SPIS(CHOSEN) V1_SA V1_VENDOR;
    struct talk t = say(TO_SERVER, bytes_of(ask, sizeof ask - 1), 500);
    struct piece p = {TO_CLIENT, bytes_of(answer, sizeof answer - 1), 0, 0};
    json_reset(&t.out);
    talk_say(&t, &p);
    talk_log(&t, false);
    assert_non_null(strstr(talk_text(&t), "\"exchange_type\":2,\"alg_enc\":\"EncAesCbc\""));
    talk_free(&t);
}

static void ike__version_2_names_what_is_weak(void **state)
{
    (void)state;
    static const char message[] = SPIS(NONE) V2_SA;
    struct talk t = say(TO_SERVER, bytes_of(message, sizeof message - 1), 500);
    const char *text = talk_text(&t);
    assert_non_null(strstr(text, "\"exchange_type\":34,\"role\":\"initiator\",\"payload\":["
                                 "\"Notify\",\"NoNextPayload\"],\"ikev2\":{\"errors\":0,"
                                 "\"notify\":[\"NAT_DETECTION_SOURCE_IP\"]}}"));
    assert_non_null(strstr(text, "\"events\":[\"weak_crypto_enc\",\"weak_crypto_prf\","
                                 "\"weak_crypto_auth\",\"weak_crypto_dh\"]"));
    talk_free(&t);
}

static void ike__what_has_no_name_is_shown_by_its_number(void **state)
{
    (void)state;
    static const char message[] =
        SPIS(NONE) "\x29\x20\x25\x08\x00\x00\x00\x00\x00\x00\x00\x2c"
                   "\x29\x00\x00\x08\x00\x00\x40\x2e\x35\x00\x00\x08\x00\x00\x40\x30";
    struct talk t = say(TO_SERVER, bytes_of(message, sizeof message - 1), 500);
    assert_non_null(strstr(talk_text(&t),
                           "\"payload\":[\"Notify\",\"IkePayloadType(53 / 0x35)\"],\"ikev2\":{"
                           "\"errors\":0,\"notify\":[\"IKEV2_FRAGMENTATION_SUPPORTED\","
                           "\"NotifyType(16432 / 0x4030)\"]}"));
    talk_free(&t);
}

/* The choice was made on port 500, in another flow. */
static void ike__what_was_not_seen_chosen_is_not_shown(void **state)
{
    (void)state;
    static const char message[] = SPIS(CHOSEN) "\x29\x20\x23\x20\x00\x00\x00\x01\x00\x00\x00\x24"
                                               "\x00\x00\x00\x08\x00\x00\x40\x04";
    struct talk t = say(TO_CLIENT, bytes_of(message, sizeof message - 1), 500);
    assert_non_null(strstr(talk_text(&t), "\"role\":\"responder\",\"payload\":"));
    talk_free(&t);
}

static void ike__is_found_behind_a_nat(void **state)
{
    (void)state;
    static const char message[] = "\x00\x00\x00\x00" SPIS(NONE) V2_SA;
    struct talk t = say(TO_SERVER, bytes_of(message, sizeof message - 1), 4500);
    assert_int_equal(app_flow_proto(t.flow), APP_IKE);
    assert_int_equal(t.records, 1);
    talk_free(&t);
}

static void ike__payloads_that_end_early_are_events(void **state)
{
    (void)state;
    static const char v1[] = SPIS(NONE) V1_SA "\x00\x00\x00\x09\xab";
    struct talk t = say(TO_SERVER, bytes_of(v1, sizeof v1 - 1), 500);
    assert_non_null(strstr(talk_text(&t), "payload_extra_data"));
    talk_free(&t);
    t = say(TO_SERVER,
            BYTES_LIT(SPIS(NONE) "\x21\x20\x22\x08\x00\x00\x00\x00\x00\x00\x00\x20"
                                 "\x00\x00\x00\x40"),
            500);
    assert_non_null(strstr(talk_text(&t), "malformed_data"));
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ike__version_1_shows_proposals_and_vendors),
        cmocka_unit_test(ike__chosen_transform_of_version_1_is_shown_from_then_on),
        cmocka_unit_test(ike__version_2_names_what_is_weak),
        cmocka_unit_test(ike__what_has_no_name_is_shown_by_its_number),
        cmocka_unit_test(ike__what_was_not_seen_chosen_is_not_shown),
        cmocka_unit_test(ike__is_found_behind_a_nat),
        cmocka_unit_test(ike__payloads_that_end_early_are_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
