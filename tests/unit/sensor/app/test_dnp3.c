/* DNP3: frames, segments, objects by their layouts, damage. */
#include "talk.h"
#include "sensor/app/protocols/dnp3_state.h"

/* Read of class data; an answer in two segments; a file's status; an object nobody knows; one that
 * is cut short. From master 1 to outstation 10. */
#define READ "\x05\x64\x0e\xc4\x0a\x00\x01\x00\x25\x29\xc0\xc1\x01\x3c\x02\x06\x3c\x01\x06\xcc\x0f"
#define ANSWER_1                                                                                   \
    "\x05\x64\x12\x44\x01\x00\x0a\x00\x73\xc7\x41\xc1\x81\x90\x00\x1e\x02\x00\x07\x08\x01\xff"     \
    "\xff\xe5\x1e"
#define ANSWER_2                                                                                   \
    "\x05\x64\x0f\x44\x01\x00\x0a\x00\xe7\xdd\x82\x01\x02\x00\x50\x01\x00\x07\x08\x02\xc1\xb5"
#define FILE_STATUS                                                                                \
    "\x05\x64\x1d\xc4\x0a\x00\x01\x00\xb4\xc2\xc0\xc2\x02\x46\x04\x5b\x01\x0f\x00\x04\x03\x02"     \
    "\x01\x00\x00\x00\xa4\x09\x00\x00\x04\x01\x00\x00\x68\x69\x27\x15"
#define UNKNOWN "\x05\x64\x0d\xc4\x0a\x00\x01\x00\x75\xba\xc0\xc3\x02\xc8\x09\x07\x01\x00\xc9\x56"
#define CUT     "\x05\x64\x0d\xc4\x0a\x00\x01\x00\x75\xba\xc0\xc3\x02\x1e\x01\x07\x09\x00\x3a\xfd"

static struct talk play(const struct piece *pieces, size_t count)
{
    return talk_play_cut(pieces, count, 6, 20000, SIZE_MAX, 0);
}

static void dnp3__request_and_answer_are_a_record_each(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_SERVER, READ), SAY(TO_CLIENT, ANSWER_1 ANSWER_2)};
    struct talk t = play(talk, 2);
    const char *text = talk_text(&t);
    assert_int_equal(t.records, 2);
    assert_non_null(strstr(
        text, "{\"event_type\":\"dnp3\",\"dnp3\":{\"type\":\"request\",\"control\":{\"dir\":true,"
              "\"pri\":true,\"fcb\":false,\"fcv\":false,\"function_code\":4},\"src\":1,\"dst\":10,"
              "\"application\":{\"control\":{\"fir\":true,\"fin\":true,\"con\":false,\"uns\":false,"
              "\"sequence\":1},\"function_code\":1,\"objects\":[{\"group\":60,\"variation\":2,"
              "\"qualifier\":6,\"prefix_code\":0,\"range_code\":6,\"start\":0,\"stop\":0,"
              "\"count\":0},{\"group\":60,\"variation\":1,"));
    assert_non_null(strstr(text, "\"reference_err\":0,\"reserved0\":0,\"value\":-1},{\"prefix\":0,"
                                 "\"index\":8,\"online\":1,"));
    assert_non_null(strstr(text, "\"points\":[{\"prefix\":0,\"index\":7,\"state\":0},{\"prefix\":0,"
                                 "\"index\":8,\"state\":1}]}],\"complete\":true},\"iin\":{"
                                 "\"indicators\":[\"need_time\",\"device_restart\"]}}}"));
    talk_free(&t);
    talk_assert_any_cut(talk, 2, 20000);
    talk_assert_any_cut(talk, 2, 2404);
}

static void dnp3__text_takes_what_the_size_leaves(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_SERVER, FILE_STATUS)};
    struct talk t = play(talk, 1);
    assert_non_null(strstr(talk_text(&t),
                           "{\"prefix\":15,\"index\":0,\"size\":15,\"file_handle\":16909060,"
                           "\"file_size\":0,\"maximum_block_size\":1024,\"request_id\":1,"
                           "\"status_code\":0,\"optional_text\":\"hi\"}"));
    talk_free(&t);
}

static void dnp3__vendors_own_objects_are_known(void **state)
{
    (void)state;
    static const struct piece talk[] = {
        SAY(TO_SERVER, "\x05\x64\x16\xc4\x0a\x00\x01\x00\x38\xcb\xc0\xc1\x02\x53\x01\x07\x01\x41"
                       "\x43\x4d\x45\x05\x00\x02\x00\xaa\x59\x81\xbb\xec\x67")};
    struct talk t = play(talk, 1);
    assert_non_null(strstr(talk_text(&t), "\"vendor_code\":\"ACME\",\"object_id\":5,\"length\":2,"
                                          "\"data_objects\":\"qrs=\"}]}],\"complete\":true"));
    talk_free(&t);
}

static void dnp3__record_of_many_bits_stays_small(void **state)
{
    (void)state;
    static const uint8_t header[] = {1, 1, 8, 0,
                                     4}; /* group, variation, a count of 1024 in 2 bytes */
    static uint8_t objects[100 * (sizeof header + 128)];
    struct json j = {0};
    for (size_t at = 0; at < sizeof objects; at += sizeof header + 128)
        memcpy(objects + at, header, sizeof header);
    json_array(&j, NULL);
    assert_int_equal(dnp3_put_objects(&j, bytes_of(objects, sizeof objects)), DNP3_WHOLE);
    json_array_end(&j);
    assert_true(j.len > 256u << 10);
    assert_true(j.len < 300u << 10);
    json_release(&j);
}

static void dnp3__object_without_a_layout_is_an_event(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_SERVER, UNKNOWN CUT)};
    struct talk t = play(talk, 1);
    assert_non_null(strstr(talk_text(&t), "\"complete\":false}},\"events\":[\"unknown_object\"]}"));
    assert_int_equal(t.records, 2);
    talk_free(&t);
}

static void dnp3__wrong_checksums_are_events(void **state)
{
    (void)state;
    static const char transport[] = "\x05\x64\x0e\xc4\x0a\x00\x01\x00\x25\x29\xc0\xc1\x01\x3c\x02"
                                    "\x06\x3c\x01\x06\xcc\x00";
    static const char link[] = "\x05\x64\x0e\xc4\x0a\x00\x01\x00\x25\x00";
    const struct piece talk[] = {SAY(TO_SERVER, READ),
                                 {TO_SERVER, bytes_of(transport, sizeof transport - 1), 0, 0},
                                 {TO_SERVER, bytes_of(link, sizeof link - 1), 0, 0},
                                 SAY(TO_SERVER, "\x05\x64\x05\x64\x02" READ)};
    struct talk t = play(talk, 4);
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_string_equal(app_event_name(APP_DNP3, tx->events[0]), "bad_transport_crc");
    assert_string_equal(app_event_name(APP_DNP3, tx->next->events[0]), "bad_link_crc");
    assert_int_equal(tx->next->next->event_count, 0); /* one event for all of the noise */
    assert_null(tx->next->next->next);
    assert_int_equal(t.records, 2);
    talk_free(&t);
    talk_assert_any_cut(talk, 4, 20000);
}

static void dnp3__length_below_the_least_is_an_event(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_SERVER, READ "\x05\x64\x02\xc4" READ)};
    struct talk t = play(talk, 1);
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_string_equal(app_event_name(APP_DNP3, tx->events[0]), "len_too_small");
    assert_int_equal(t.records, 2);
    talk_free(&t);
}

static void dnp3__last_segment_may_be_a_byte_long(void **state)
{
    (void)state;
#define LONG_1                                                                                     \
    "\x05\x64\x11\x44\x01\x00\x0a\x00\x23\x54\x41\xc1\x81\x00\x00\x1e\x02\x00\x07\x07\x01\x34"     \
    "\xf6\x22"
#define BYTE_2 "\x05\x64\x07\x44\x01\x00\x0a\x00\x3b\x47\x82\x12\xe2\x21"
    static const struct piece talk[] = {SAY(TO_SERVER, READ), SAY(TO_CLIENT, LONG_1 BYTE_2)};
    struct talk t = play(talk, 2);
    assert_non_null(strstr(talk_text(&t), "\"value\":4660}]}],\"complete\":true}"));
    talk_free(&t);
}

static void dnp3__frame_of_an_outstation_is_an_answer(void **state)
{
    (void)state;
    struct app_endpoints e = {.port = {40000, 50000}, .transport = 17};
    assert_true(talk_is_reversed(&e, BYTES_LIT(ANSWER_1), true));
    assert_false(talk_is_reversed(&e, BYTES_LIT(READ), true));
}

static void dnp3__greeting_tells_the_protocol_on_its_port(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_CLIENT, "DNP3 outstation\r\n"),
                                        SAY(TO_SERVER, READ)};
    struct talk t = play(talk, 2);
    assert_int_equal(app_flow_proto_dir(t.flow, TO_CLIENT), APP_DNP3);
    assert_int_equal(t.records, 1);
    talk_free(&t);
}

static void dnp3__banner_before_frames_is_passed_over(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_SERVER, READ),
                                        SAY(TO_CLIENT, "DNP3 outstation\r\n" ANSWER_1 ANSWER_2)};
    struct talk t = play(talk, 2);
    assert_int_equal(t.records, 2);
    talk_free(&t);
}

static void dnp3__segment_out_of_order_is_left_out(void **state)
{
    (void)state;
    static const struct piece talk[] = {SAY(TO_SERVER, READ),
                                        SAY(TO_CLIENT, ANSWER_2 ANSWER_1 ANSWER_1 ANSWER_2)};
    struct talk t = play(talk, 2);
    assert_int_equal(t.records, 2);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dnp3__request_and_answer_are_a_record_each),
        cmocka_unit_test(dnp3__text_takes_what_the_size_leaves),
        cmocka_unit_test(dnp3__vendors_own_objects_are_known),
        cmocka_unit_test(dnp3__record_of_many_bits_stays_small),
        cmocka_unit_test(dnp3__object_without_a_layout_is_an_event),
        cmocka_unit_test(dnp3__wrong_checksums_are_events),
        cmocka_unit_test(dnp3__length_below_the_least_is_an_event),
        cmocka_unit_test(dnp3__last_segment_may_be_a_byte_long),
        cmocka_unit_test(dnp3__frame_of_an_outstation_is_an_answer),
        cmocka_unit_test(dnp3__greeting_tells_the_protocol_on_its_port),
        cmocka_unit_test(dnp3__banner_before_frames_is_passed_over),
        cmocka_unit_test(dnp3__segment_out_of_order_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
