/* DNS: records as Suricata 7 writes them, names, damage, both transports. */
#include "talk.h"
#include "sensor/app/protocols/dns.h"
#include "sensor/app/protocols/dns_state.h"

#define QUERY                                                                                      \
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"                                             \
    "\x03www\x07"                                                                                  \
    "eXample\x02jp\x00\x00\x01\x00\x01"
/* CNAME to a.example.jp, then its A; one NS in the authority section. */
#define ANSWER                                                                                     \
    "\x12\x34\x81\x80\x00\x01\x00\x02\x00\x01\x00\x00"                                             \
    "\x03www\x07"                                                                                  \
    "eXample\x02jp\x00\x00\x01\x00\x01"                                                            \
    "\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01"                                         \
    "a\xc0\x10"                                                                                    \
    "\xc0\x2c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x09"                             \
    "\xc0\x10\x00\x02\x00\x01\x00\x00\x00\x3c\x00\x05\x02ns\xc0\x10"

static const struct piece udp[] = {SAY(TO_SERVER, QUERY), SAY(TO_CLIENT, ANSWER)};
/* The same over TCP: 34 and 83 bytes, and the query once more. */
static const struct piece tcp[] = {
    SAY(TO_SERVER, "\x00\x20" QUERY "\x00\x20" QUERY),
    SAY(TO_CLIENT, "\x00\x51" ANSWER),
};
static const char query_record[] =
    "{\"event_type\":\"dns\",\"dns\":{\"version\":2,\"type\":\"query\",\"id\":4660,"
    "\"rrname\":\"www.eXample.jp\",\"rrtype\":\"A\",\"tx_id\":0,\"opcode\":0}}";
static const char answer_record[] =
    "{\"event_type\":\"dns\",\"dns\":{\"version\":2,\"type\":\"answer\",\"id\":4660,\"flags\":"
    "\"8180\",\"qr\":true,"
    "\"rd\":true,\"ra\":true,\"opcode\":0,\"rrname\":\"www.eXample.jp\",\"rrtype\":\"A\",\"rcode\":"
    "\"NOERROR\","
    "\"answers\":[{\"rrname\":\"www.eXample.jp\",\"rrtype\":\"CNAME\",\"ttl\":60,\"rdata\":\"a."
    "eXample.jp\"},"
    "{\"rrname\":\"a.eXample.jp\",\"rrtype\":\"A\",\"ttl\":60,\"rdata\":\"192.0.2.9\"}],"
    "\"grouped\":{\"A\":[\"192.0.2.9\"],\"CNAME\":[\"a.eXample.jp\"]},"
    "\"authorities\":[{\"rrname\":\"eXample.jp\",\"rrtype\":\"NS\",\"ttl\":60,\"rdata\":\"ns."
    "eXample.jp\"}]}}";

static struct talk play(const struct piece *pieces, size_t count, uint8_t transport, uint16_t port)
{
    struct talk t = talk_start(transport, 40000, port);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &pieces[i]);
    return t;
}

static void dns__query_and_answer_are_two_transactions(void **state)
{
    (void)state;
    struct talk t = play(udp, 2, 17, 53);
    struct app_tx *query = app_flow_txs(t.flow);
    assert_non_null(query);
    assert_non_null(query->next);
    assert_false(dns_is_response(query));
    assert_true(dns_is_response(query->next));
    assert_bytes(talk_buffer(&t, query, "dns.query", TO_SERVER, 0), "www.eXample.jp");
    assert_int_equal(talk_buffer(&t, query, "dns.query", TO_SERVER, 1).len, 0);
    assert_int_equal(dns_answer_count(query->next), 2);
    assert_true(query->inspected[TO_CLIENT]); /* nothing will come there */
    talk_free(&t);
}

static void dns__records_are_suricatas(void **state)
{
    (void)state;
    struct talk t = play(udp, 2, 17, 53);
    struct app_tx *tx = app_flow_txs(t.flow);
    app_tx_records(tx, false, talk_record, &t);
    assert_string_equal(talk_text(&t), query_record);
    json_reset(&t.out);
    app_tx_records(tx->next, false, talk_record, &t);
    assert_string_equal(talk_text(&t), answer_record);
    app_tx_records(tx->next, true, talk_record, &t);
    assert_int_equal(t.records, 2); /* never twice */
    talk_free(&t);
}

static void dns__alert_shows_the_query_as_a_list(void **state)
{
    (void)state;
    struct talk t = play(udp, 1, 17, 53);
    json_object(&t.out, NULL);
    app_tx_alert_json(app_flow_txs(t.flow), &t.out);
    json_object_end(&t.out);
    assert_string_equal(
        talk_text(&t),
        "{\"dns\":{\"query\":[{\"type\":\"query\",\"id\":4660,\"rrname\":\"www.eXample.jp\","
        "\"rrtype\":\"A\",\"tx_id\":0,\"opcode\":0}]}}");
    talk_free(&t);
}

static void dns__is_found_on_any_port_but_not_in_noise(void **state)
{
    (void)state;
    static const struct piece noise[] = {SAY(TO_SERVER,
                                             "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                                             "\x03www\x00\x00\x01\x00\x01 and more")};
    struct talk t = play(udp, 2, 17, 5300);
    assert_int_equal(app_flow_proto(t.flow), APP_DNS);
    talk_free(&t);
    t = play(noise, 1, 17, 5300);
    assert_int_equal(app_flow_proto(t.flow), APP_FAILED);
    talk_free(&t);
    t = play(udp, 1, 17, 5353); /* multicast DNS goes by a name of its own */
    assert_int_equal(app_flow_proto_dir(t.flow, TO_SERVER), APP_MDNS);
    talk_free(&t);
}

static void dns__tcp_may_be_cut_anywhere(void **state)
{
    (void)state;
    struct talk t = play(tcp, 2, 6, 53);
    talk_log(&t, false);
    assert_int_equal(t.records, 3);
    talk_free(&t);
    talk_assert_any_cut(tcp, PIECES(tcp), 53);
    talk_assert_any_cut(tcp, PIECES(tcp), 5300);
}

static void dns__tcp_goes_on_where_a_message_starts_after_a_gap(void **state)
{
    (void)state;
    static const struct piece gap[] = {
        SAY(TO_SERVER, "\x00\x20" QUERY),
        {TO_SERVER, {NULL, 0}, APP_FEED_GAP, 10},
        SAY(TO_SERVER, "\x01"), /* the end of what was lost; a length would be 256 and more */
        SAY(TO_SERVER, "\x00\x20" QUERY),
    };
    struct talk t = play(gap, PIECES(gap), 6, 53);
    talk_log(&t, false);
    assert_int_equal(t.records, 2);
    talk_free(&t);
}

static void dns__compression_loop_is_an_event_and_ends(void **state)
{
    (void)state;
    static const struct piece loop[] = {SAY(TO_SERVER,
                                            "\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                                            "\x01"
                                            "a\xc0\x0c\x00\x01\x00\x01")};
    struct talk t = play(loop, 1, 17, 53);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_non_null(tx);
    assert_int_equal(tx->event_count, 3);
    assert_string_equal(app_event_name(APP_DNS, tx->events[0]), "name_too_long");
    assert_string_equal(app_event_name(APP_DNS, tx->events[1]), "infinite_loop");
    assert_string_equal(app_event_name(APP_DNS, tx->events[2]), "too_many_labels");
    talk_free(&t);
}

static void dns__cut_message_is_malformed(void **state)
{
    (void)state;
    struct talk t = play(udp, 1, 17, 53);
    struct piece half = {TO_CLIENT, bytes_slice(BYTES_LIT(ANSWER), 0, 50), 0, 0};
    talk_say(&t, &half);
    struct app_tx *tx = app_flow_txs(t.flow)->next;
    assert_non_null(tx);
    assert_string_equal(app_event_name(APP_DNS, tx->events[0]), "malformed_data");
    talk_free(&t);
}

static void dns__answer_first_means_the_flow_is_reversed(void **state)
{
    (void)state;
    struct app_endpoints e = {.port = {53, 40000}, .transport = 17};
    assert_true(talk_is_reversed(&e, BYTES_LIT(ANSWER), true));
    assert_false(talk_is_reversed(&e, BYTES_LIT(QUERY), true));
    assert_false(talk_is_reversed(&e, BYTES_LIT("no dns at all, but port 53"), true));
    assert_false(talk_is_reversed(&e, BYTES_LIT(ANSWER), false)); /* its question was not seen */
    struct app_endpoints to_server = {.port = {40000, 53}, .transport = 17};
    assert_true(talk_is_reversed(&to_server, BYTES_LIT(ANSWER), false));
}

static void dns_read_name__joins_labels_and_notes_faults(void **state)
{
    (void)state;
    struct dns_name name;
    struct dns_reader r = dns_reader_over(BYTES_LIT("\x01"
                                                    "a\x02"
                                                    "bc\x00rest"));
    assert_true(dns_read_name(&r, &name));
    assert_int_equal(name.len, 4);
    assert_memory_equal(name.text, "a.bc", 4);
    assert_int_equal(cursor_left(&r.at), 4); /* "rest" belongs to the caller */
}

static void dns_read_name__keeps_the_start_of_a_long_name(void **state)
{
    (void)state;
    uint8_t wire[18 * 64 + 3];
    for (unsigned i = 0; i < sizeof wire; i++)
        wire[i] = i % 64 == 0 ? 63 : 'a';
    memcpy(wire + 18 * 64, "\x01z", 3); /* short enough to fit into what is left of nothing */
    struct dns_name name;
    struct dns_reader r = dns_reader_over(bytes_of(wire, sizeof wire));
    assert_true(dns_read_name(&r, &name));
    assert_int_equal(name.len, DNS_NAME_MAX);
    assert_int_equal(name.faults, DNS_NAME_TOO_LONG);
    assert_int_equal(name.text[DNS_NAME_MAX - 1], 'a');
    assert_int_equal(cursor_left(&r.at), 0);
}

/* A name of labels and a pointer to the next one, so many times. */
static struct dns_name chain_of(unsigned pointers, const char *label)
{
    static uint8_t wire[4096];
    size_t len = 0, n = strlen(label);
    struct dns_name name;
    for (unsigned i = 0; i < pointers; i++) {
        wire[len++] = (uint8_t)n;
        memcpy(wire + len, label, n);
        len += n + 2;
        wire[len - 2] = (uint8_t)(0xc0 | len >> 8);
        wire[len - 1] = (uint8_t)len;
    }
    wire[len++] = 0;
    struct dns_reader r = dns_reader_over(bytes_of(wire, len));
    assert_true(dns_read_name(&r, &name));
    assert_int_equal(cursor_left(&r.at), len - n - 3);
    return name;
}

static void dns_read_name__pointers_count_as_labels(void **state)
{
    (void)state;
    assert_int_equal(chain_of(127, "a").faults, 0);
    assert_int_equal(chain_of(128, "a").faults, DNS_NAME_TOO_MANY_LABELS | DNS_NAME_TOO_LONG);
    assert_int_equal(chain_of(60, "0123456789012345678901234567890").faults, DNS_NAME_TOO_LONG);
    struct dns_name name;
    struct dns_reader r = dns_reader_over(BYTES_LIT("\xc0\x00"));
    assert_true(dns_read_name(&r, &name));
    assert_int_equal(name.faults, DNS_NAME_LOOP);
    for (unsigned labels = 1; labels < 9; labels++) { /* and a pointer to where they begin */
        uint8_t ring[18] = {0};
        for (unsigned i = 0; i < labels; i++)
            memcpy(ring + 2 * i, "\x01o", 2);
        memcpy(ring + 2 * labels, "\xc0\x00", 2);
        r = dns_reader_over(bytes_of(ring, 2 * labels + 2));
        assert_true(dns_read_name(&r, &name));
        assert_true(name.faults & DNS_NAME_LOOP);
    }
}

static void dns__cut_question_on_its_port_is_dns_still(void **state)
{
    (void)state;
    static const uint8_t cut[] = "\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03"
                                 "a";
    struct app_endpoints e = {.port = {40000, 53}, .transport = 17};
    assert_int_equal(dns_probe(&e, TO_SERVER, bytes_of(cut, 14)), APP_OK);
    assert_int_equal(dns_probe(&e, TO_SERVER, bytes_of(cut, 13)), APP_DECLINE);
    e.port[1] = 5300;
    assert_int_equal(dns_probe(&e, TO_SERVER, bytes_of(cut, 14)), APP_DECLINE);
}

static void dns__name_behind_a_pointer_forward_is_read(void **state)
{
    (void)state;
    static const struct piece forward[] = {SAY(TO_SERVER,
                                               "\x00\x01\x01\x40\x00\x01\x00\x00\x00\x00\x00\x00"
                                               "\xc0\x12\x00\x01\x00\x01\x04"
                                               "evil\x00")};
    struct talk t = play(forward, 1, 17, 53);
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow), "dns.query", TO_SERVER, 0), "evil");
    talk_log(&t, true);
    assert_non_null(strstr(talk_text(&t), "\"z\":true"));
    talk_free(&t);
}

/* A name of a thousand odd bytes, which hundreds of answers point to. */
static size_t write_bomb(uint8_t *wire)
{
    static const uint8_t header[] = {0, 1, 0x81, 0x80, 0, 1, 2, 0, 0, 0, 0, 0};
    static const uint8_t answer[] = {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 0, 0, 2, 0xc0, 12};
    size_t at = sizeof header;
    memcpy(wire, header, sizeof header);
    for (unsigned label = 0; label < 16; label++) {
        wire[at++] = 63;
        memset(wire + at, 1, 63);
        at += 63;
    }
    memcpy(wire + at, "\x00\x00\x01\x00\x01", 5);
    at += 5;
    for (unsigned i = 0; i < 512; i++, at += sizeof answer)
        memcpy(wire + at, answer, sizeof answer);
    return at;
}

static void dns__record_of_a_small_message_stays_small(void **state)
{
    (void)state;
    static uint8_t wire[16384];
    const struct piece bomb = {TO_CLIENT, bytes_of(wire, write_bomb(wire)), 0, 0};
    struct talk t = play(&bomb, 1, 17, 53);
    talk_log(&t, true);
    assert_int_equal(t.records, 1);
    assert_null(strstr(talk_text(&t), "malformed"));
    assert_true(t.out.len < 300u << 10);
    talk_free(&t);
}

static void dns_type_text__knows_names_and_numbers(void **state)
{
    char label[DNS_LABEL_MAX];
    (void)state;
    assert_string_equal(dns_type_text(65, label), "HTTPS");
    assert_string_equal(dns_type_text(65280, label), "65280");
    assert_string_equal(dns_rcode_text(3, label), "NXDOMAIN");
    assert_string_equal(dns_rcode_text(11, label), "11");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns__query_and_answer_are_two_transactions),
        cmocka_unit_test(dns__records_are_suricatas),
        cmocka_unit_test(dns__alert_shows_the_query_as_a_list),
        cmocka_unit_test(dns__is_found_on_any_port_but_not_in_noise),
        cmocka_unit_test(dns__tcp_may_be_cut_anywhere),
        cmocka_unit_test(dns__tcp_goes_on_where_a_message_starts_after_a_gap),
        cmocka_unit_test(dns__compression_loop_is_an_event_and_ends),
        cmocka_unit_test(dns__cut_message_is_malformed),
        cmocka_unit_test(dns__answer_first_means_the_flow_is_reversed),
        cmocka_unit_test(dns_read_name__joins_labels_and_notes_faults),
        cmocka_unit_test(dns_read_name__pointers_count_as_labels),
        cmocka_unit_test(dns__cut_question_on_its_port_is_dns_still),
        cmocka_unit_test(dns_read_name__keeps_the_start_of_a_long_name),
        cmocka_unit_test(dns__name_behind_a_pointer_forward_is_read),
        cmocka_unit_test(dns__record_of_a_small_message_stays_small),
        cmocka_unit_test(dns_type_text__knows_names_and_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
