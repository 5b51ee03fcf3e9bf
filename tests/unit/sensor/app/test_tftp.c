/* TFTP: requests, and what is none. */
#include "talk.h"

static struct talk say(struct bytes data)
{
    struct talk t = talk_start(17, 40000, 69);
    struct piece p = {TO_SERVER, data, 0, 0};
    talk_say(&t, &p);
    talk_log(&t, false);
    return t;
}

static void tftp__read_and_write_requests_are_records(void **state)
{
    (void)state;
    struct talk t = say(BYTES_LIT("\x00\x01rfc1350.txt\x00OCTET\x00"));
    assert_string_equal(talk_text(&t),
                        "{\"event_type\":\"tftp\",\"tftp\":{\"packet\":\"read\",\"file\":"
                        "\"rfc1350.txt\",\"mode\":\"octet\"}}");
    talk_free(&t);
    t = say(BYTES_LIT("\x00\x02x\x00netascii\x00"));
    assert_non_null(strstr(talk_text(&t), "\"packet\":\"write\""));
    talk_free(&t);
}

static void tftp__request_without_a_mode_is_an_event_and_no_record(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        {(const uint8_t *)"\x00\x01"
                          "abcdef",
         8},
        {(const uint8_t *)"\x00\x01"
                          "ab\x00"
                          "fast\x00",
         10},
    };
    for (size_t i = 0; i < 2; i++) {
        struct talk t = say(bad[i]);
        struct app_tx *tx = app_flow_txs(t.flow);
        assert_non_null(tx);
        assert_int_equal(t.records, 0);
        assert_string_equal(app_event_name(APP_TFTP, tx->events[0]), "malformed_request");
        talk_free(&t);
    }
}

static void tftp__data_is_no_transaction(void **state)
{
    (void)state;
    struct talk t = say(BYTES_LIT("\x00\x03\x00\x01"
                                  "data"));
    assert_int_equal(app_flow_proto(t.flow), APP_TFTP);
    assert_null(app_flow_txs(t.flow));
    talk_free(&t);
    t = say(BYTES_LIT("\x00\x09\x00\x01"));
    assert_int_equal(app_flow_proto(t.flow), APP_FAILED);
    talk_free(&t);
}

static void tftp__whole_request_tells_it_on_any_port(void **state)
{
    (void)state;
    static const struct {
        struct bytes data;
        bool is;
    } cases[] = {
        {{(const uint8_t *)"\x00\x02loot.zip\x00octet\x00", 17}, true},
        {{(const uint8_t *)"\x00\x02loot.zip\x00octet\x00tsize\x00"
                           "0\x00",
          25},
         true},
        {{(const uint8_t *)"\x00\x02loot.zip\x00octet\x00tsize\x00", 23}, false},
        {{(const uint8_t *)"\x00\x02loot.zip\x00octal\x00", 17}, false},
        {{(const uint8_t *)"\x00\x03loot.zip\x00octet\x00", 17}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct talk t = talk_start(17, 40000, 6969);
        struct piece p = {TO_SERVER, cases[i].data, 0, 0};
        talk_say(&t, &p);
        assert_int_equal(app_flow_proto(t.flow) == APP_TFTP, cases[i].is);
        talk_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tftp__read_and_write_requests_are_records),
        cmocka_unit_test(tftp__request_without_a_mode_is_an_event_and_no_record),
        cmocka_unit_test(tftp__data_is_no_transaction),
        cmocka_unit_test(tftp__whole_request_tells_it_on_any_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
