/* tests/unit/analyzer/ingest/test_record.c - which entries are read, which are refused and why. */
#include "analyzer/ingest/record.h"
#include "common/text.h"
#include "tests/unit/analyzer/eve_sample.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void record_read__fills_the_row(void **state)
{
    (void)state;
    struct json j = {0};
    struct record r;
    struct sample s = sample_default();
    s.src = "2001:db8::7";
    s.host = "evil.example";
    s.ja4 = "t13d1516h2_8daaf6152771_b186095e22b6";
    s.severity = 9;
    s.drill = true;
    assert_null(record_read(&r, RECORD_ALERT, "min-a", sample_alert(&j, &s)));
    assert_string_equal(r.alert.sensor, "s-a");
    assert_int_equal(r.alert.seq, 1);
    assert_int_equal(r.alert.ts_us, SAMPLE_TS);
    assert_string_equal(r.alert.src, "2001:0db8:0000:0000:0000:0000:0000:0007");
    assert_string_equal(r.alert.host, "evil.example");
    assert_string_equal(r.alert.ja4, s.ja4);
    assert_int_equal(r.alert.severity, 4);
    assert_int_equal(r.alert.dst_port, 443);
    assert_int_equal(r.alert.flow_id, 1234567890123);
    assert_true(r.alert.drill);
    record_release(&r);
    json_release(&j);
}

static void record_read__keeps_ledger_and_packets_of_statistics(void **state)
{
    (void)state;
    struct json j = {0};
    struct record r;
    struct sample s = sample_default();
    assert_null(record_read(&r, RECORD_STATS, "min-a", sample_stats(&j, &s, 20, 15, 2)));
    assert_int_equal(r.stats.ledger.count, 1);
    assert_int_equal(r.stats.ledger.epochs[0].spooled, 3);
    assert_int_equal(r.stats.packets_seen, 1000);
    assert_int_equal(r.stats.packets_ignored, 7);
    record_release(&r);
    json_release(&j);
}

/* Replaces the one occurrence of `from` in a good alert by `to` and expects the refusal. */
static void refused(const char *from, const char *to, const char *why)
{
    struct json good = {0};
    struct record r;
    struct sample s = sample_default();
    s.tag = "c2";
    struct bytes text = sample_alert(&good, &s);
    ptrdiff_t at = bytes_find(text, bytes_str(from));
    assert_true(at >= 0);
    size_t head = (size_t)at, middle = strlen(to);
    struct bytes tail = bytes_slice(text, head + strlen(from), text.len);
    char *whole = malloc(head + middle + tail.len);
    assert_non_null(whole);
    memcpy(whole, text.p, head);
    memcpy(whole + head, to, middle);
    memcpy(whole + head + middle, tail.p, tail.len);
    const char *reason =
        record_read(&r, RECORD_ALERT, "min-a", bytes_of(whole, head + middle + tail.len));
    if (!reason || !strstr(reason, why))
        fail_msg("'%s' for '%s': expected '%s', got '%s'", to, from, why, reason ? reason : "none");
    record_release(&r);
    free(whole);
    json_release(&good);
}

static void record_read__refuses_with_a_reason(void **state)
{
    (void)state;
    refused("{\"timestamp\"", "{{", "malformed JSON");
    refused("\"timestamp\"", "\"time\"", "timestamp is missing");
    refused("2026-04-01", "yesterday", "timestamp");
    refused("\"event_type\":\"alert\"", "\"event_type\":\"flow\"", "event_type");
    refused("\"org\":\"min-a\"", "\"org\":\"min-b\"", "not the organisation of the stream");
    refused("\"org\":\"min-a\"", "\"org\":\"../../x\"", "no id");
    refused("\"sensor\":\"s-a\"", "\"sensor\":\"s\\na\"", "sekisho.sensor");
    refused("\"epoch\":1000", "\"epoch\":-1", "sekisho.epoch");
    refused("\"seq\":1", "\"seq\":1.5", "sekisho.seq");
    refused("\"seq\":1", "\"seq\":1e300", "sekisho.seq");
    refused("\"sekisho\"", "\"other\"", "no sekisho object");
    refused("\"signature_id\":9000001", "\"signature_id\":\"x\"", "signature_id");
    refused("\"severity\":1", "\"severity\":0", "severity");
    refused("\"signature\":\"SEKISHO test\"", "\"signature\":[]", "alert.signature is");
    refused("\"metadata\":{\"stage\":[\"c2\"]}", "\"metadata\":3", "metadata");
    refused("203.0.113.7", "203.0.113.700", "src_ip");
    refused("\"dest_port\":443", "\"dest_port\":70000", "port");
    refused("SEKISHO test", "SEKISHO\xff test", "not JSON text");
    refused("SEKISHO test", "SEKISHO\x01 test", "not JSON text");
    refused("\"proto\":\"TCP\"", "\"proto\":6", "proto");
    refused("}}", "}}garbage", "malformed");
}

static void record_read__refuses_what_is_empty_or_too_long(void **state)
{
    (void)state;
    struct record r;
    assert_string_equal(record_read(&r, RECORD_ALERT, "min-a", (struct bytes){0}), "no field eve");
    record_release(&r);
    char *big = calloc(1, RECORD_BYTES_MAX + 1);
    assert_non_null(big);
    assert_non_null(record_read(&r, RECORD_ALERT, "min-a", bytes_of(big, RECORD_BYTES_MAX + 1)));
    record_release(&r);
    free(big);
}

static void record_read__cuts_long_names_between_characters(void **state)
{
    (void)state;
    struct json j = {0};
    struct record r;
    struct sample s = sample_default();
    char name[4000];
    for (size_t i = 0; i + 3 < sizeof name; i += 3)
        memcpy(name + i, "\xe9\x96\xa2", 3);
    name[3999] = 0;
    s.signature = name;
    assert_null(record_read(&r, RECORD_ALERT, "min-a", sample_alert(&j, &s)));
    assert_int_equal(strlen(r.alert.signature), 1023);
    assert_int_equal(text_utf8_valid(bytes_str(r.alert.signature)), 1023);
    record_release(&r);
    json_release(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_read__fills_the_row),
        cmocka_unit_test(record_read__keeps_ledger_and_packets_of_statistics),
        cmocka_unit_test(record_read__refuses_with_a_reason),
        cmocka_unit_test(record_read__refuses_what_is_empty_or_too_long),
        cmocka_unit_test(record_read__cuts_long_names_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
