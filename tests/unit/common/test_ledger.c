/* The sensor's book and the segments behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>
#include "common/file.h"
#include "common/ledger.h"
#include "common/segment.h"
#include "tests/unit/redis_server.h"

static const struct ledger sample = {
    .sensor = "gw-1",
    .mark_segment = 3,
    .mark_offset = 4096,
    .epochs = {{1795362678878932, 100, 60, 30, 7, 3}, {1795362678878933, 5, 5, 0, 0, 0}},
    .count = 2};

static void assert_same(const struct ledger *a, const struct ledger *b)
{
    assert_string_equal(a->sensor, b->sensor);
    assert_int_equal(a->mark_segment, b->mark_segment);
    assert_int_equal(a->mark_offset, b->mark_offset);
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->epochs, b->epochs, a->count * sizeof a->epochs[0]);
}

static void ledger_json__is_read_again_as_it_was(void **state)
{
    (void)state;
    struct json j = {0};
    struct ledger again;
    struct err err;
    ledger_json(&sample, &j);
    assert_int_equal(ledger_parse(json_bytes(&j), &again, &err), 0);
    assert_same(&sample, &again);
    json_release(&j);
}

static void ledger_parse__refuses_what_is_no_ledger(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{\"epochs\":[]}",
        "{\"sensor\":1,\"epochs\":[]}",
        "{\"sensor\":\"a\"}",
        "{\"sensor\":\"a\",\"epochs\":[1]}",
        "{\"sensor\":\"a\",\"mark\":{},\"epochs\":[]}",
        "{\"sensor\":\"a\",\"epochs\":[{\"epoch\":-1,\"generated\":0,\"sent\":0,\"spooled\":0,"
        "\"shed\":{\"spool_full\":0,\"spool_error\":0}}]}",
        "{\"sensor\":\"a\",\"epochs\":[{\"epoch\":1.5,\"generated\":0,\"sent\":0,\"spooled\":0,"
        "\"shed\":{\"spool_full\":0,\"spool_error\":0}}]}",
        "{\"sensor\":\"a\",\"epochs\":[{\"epoch\":1e300,\"generated\":0,\"sent\":0,\"spooled\":0,"
        "\"shed\":{\"spool_full\":0,\"spool_error\":0}}]}",
        "{\"sensor\":\"a\",\"epochs\":[{\"epoch\":1,\"generated\":0,\"sent\":0,\"spooled\":0}]}"};
    struct ledger l;
    struct err err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (ledger_parse(bytes_str(bad[i]), &l, &err) == 0)
            fail_msg("took %s", bad[i]);
}

static void ledger_slot__largest_book_fits_and_any_flipped_byte_shows(void **state)
{
    (void)state;
    struct ledger full = {.sensor = "s", .count = LEDGER_EPOCHS_MAX, .mark_segment = 1}, again;
    const uint64_t most = 1ull << 53;
    uint64_t generation;
    char slot[LEDGER_SLOT_BYTES];
    for (unsigned i = 0; i < LEDGER_EPOCHS_MAX; i++)
        full.epochs[i] = (struct ledger_epoch){most, most, most, most, most, most};
    size_t len = ledger_slot_write(&full, 7, slot);
    assert_true(len <= LEDGER_SLOT_BYTES);
    len = ledger_slot_write(&sample, 7, slot);
    assert_true(ledger_slot_read(bytes_of(slot, len), &again, &generation));
    assert_int_equal(generation, 7);
    for (size_t i = 0; i + 1 < len; i++) {
        slot[i] = (char)(slot[i] ^ 4);
        if (ledger_slot_read(bytes_of(slot, len), &again, &generation))
            fail_msg("byte %zu flipped and not noticed", i);
        slot[i] = (char)(slot[i] ^ 4);
    }
}

/* ---- segments -------------------------------------------------------------------------------- */

static struct segment_record record_of(uint64_t seq, struct bytes payload)
{
    return (struct segment_record){.seq = seq,
                                   .shed_full = seq / 2,
                                   .severity = 3,
                                   .key = BYTES_LIT("sk:{a}:alerts"),
                                   .payload = payload};
}

static void segment_record__what_is_written_is_read(void **state)
{
    (void)state;
    uint8_t out[256];
    struct segment_record r = record_of(42, BYTES_LIT("{\"a\":1}")), again;
    size_t size = segment_record_size(&r), taken;
    segment_record_write(&r, 9, out);
    assert_int_equal(segment_record_read(bytes_of(out, size), 9, &again, &taken), SEGMENT_OK);
    assert_int_equal(taken, size);
    assert_int_equal(again.seq, 42);
    assert_int_equal(again.shed_full, 21);
    assert_int_equal(again.severity, 3);
    assert_true(bytes_eq(again.key, r.key));
    assert_true(bytes_eq(again.payload, r.payload));
    assert_int_equal(segment_record_read(bytes_of(out, size), 8, &again, &taken), SEGMENT_BAD);
    for (size_t len = 0; len < size; len++)
        assert_int_equal(segment_record_read(bytes_of(out, len), 9, &again, &taken), SEGMENT_SHORT);
    for (size_t i = 0; i < size; i++) {
        out[i] ^= 1;
        assert_int_not_equal(segment_record_read(bytes_of(out, size), 9, &again, &taken),
                             SEGMENT_OK);
        out[i] ^= 1;
    }
}

static void segment_name__is_recognised_and_nothing_else(void **state)
{
    (void)state;
    char name[SEGMENT_NAME_MAX];
    uint64_t number;
    segment_name(0x1234abcd, name);
    assert_string_equal(name, "000000001234abcd.seg");
    assert_true(segment_number(name, &number));
    assert_int_equal(number, 0x1234abcd);
    assert_false(segment_number("1.seg", &number));
    assert_false(segment_number("000000001234ABCD.seg", &number));
    assert_false(segment_number("000000001234abcd.seg.bad", &number));
    assert_false(segment_number("ledger", &number));
}

struct room {
    char dir[64];
};

static int set_up(void **state)
{
    struct room *r = calloc(1, sizeof *r);
    snprintf(r->dir, sizeof r->dir, "/tmp/sekisho-ledger-XXXXXX");
    *state = r;
    return mkdtemp(r->dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct room *r = *state;
    test_remove_tree(r->dir);
    free(r);
    return 0;
}

/* A segment with records first..last, the last of them `large` bytes. */
static void write_segment(const struct room *r, uint64_t number, uint64_t epoch, uint64_t first,
                          uint64_t last, size_t large)
{
    char path[128], name[SEGMENT_NAME_MAX];
    uint8_t header[SEGMENT_HEADER_BYTES], *payload = calloc(1, large + 1);
    segment_name(number, name);
    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    segment_header_write(&(struct segment_header){number, epoch}, header);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fwrite(header, 1, sizeof header, f);
    for (uint64_t seq = first; seq <= last; seq++) {
        struct segment_record record = record_of(seq, bytes_of(payload, seq == last ? large : 10));
        uint8_t *out = malloc(segment_record_size(&record));
        segment_record_write(&record, number, out);
        fwrite(out, 1, segment_record_size(&record), f);
        free(out);
    }
    fclose(f);
    free(payload);
}

static void write_ledger(const struct room *r, const struct ledger *l)
{
    char path[128], file[2 * LEDGER_SLOT_BYTES] = {0};
    snprintf(path, sizeof path, "%s/%s", r->dir, LEDGER_FILE);
    ledger_slot_write(l, 4, file);
    ledger_slot_write(l, 5, file + LEDGER_SLOT_BYTES);
    assert_int_equal(file_replace(path, bytes_of(file, sizeof file), NULL), 0);
}

static void ledger_read__adds_what_segments_hold_beyond_it(void **state)
{
    struct room *r = *state;
    struct ledger l = {.sensor = "gw-1", .mark_segment = 2, .count = 1}, out;
    struct err err = {""};
    l.epochs[0] = (struct ledger_epoch){.epoch = 77, .generated = 3, .sent = 3};
    write_ledger(r, &l);
    write_segment(r, 1, 77, 1, 3, 10);      /* before the mark */
    write_segment(r, 2, 77, 4, 6, 1000000); /* with a record larger than the buffer */
    write_segment(r, 5, 88, 1, 2, 10);
    assert_int_equal(ledger_read(r->dir, &out, &err), 0);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.epochs[0].generated, 6);
    assert_int_equal(out.epochs[0].spooled, 3);
    assert_int_equal(out.epochs[0].sent, 3);
    assert_int_equal(out.epochs[0].shed_spool_full, 3);
    assert_int_equal(out.epochs[1].epoch, 88);
    assert_int_equal(out.epochs[1].spooled, 2);
}

static void ledger_read__stops_at_a_torn_record(void **state)
{
    struct room *r = *state;
    struct ledger l = {.sensor = "gw-1"}, out;
    char path[128];
    write_ledger(r, &l);
    write_segment(r, 1, 77, 1, 3, 500);
    snprintf(path, sizeof path, "%s/0000000000000001.seg", r->dir);
    assert_int_equal(truncate(path, 400), 0);
    assert_int_equal(ledger_read(r->dir, &out, NULL), 0);
    assert_int_equal(out.epochs[0].generated, 2);
    assert_int_equal(out.epochs[0].spooled, 2);
}

static void ledger_read__an_empty_segment_holds_nothing(void **state)
{
    struct room *r = *state;
    struct ledger l = {.sensor = "gw-1"}, out;
    char path[128];
    write_ledger(r, &l);
    snprintf(path, sizeof path, "%s/0000000000000001.seg", r->dir);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(ledger_read(r->dir, &out, NULL), 0);
    assert_int_equal(out.count, 0);
}

static void ledger_read__newer_slot_counts_and_a_broken_one_does_not(void **state)
{
    struct room *r = *state;
    struct ledger l = {.sensor = "gw-1", .count = 1}, out;
    char path[128], file[2 * LEDGER_SLOT_BYTES] = {0};
    snprintf(path, sizeof path, "%s/%s", r->dir, LEDGER_FILE);
    l.epochs[0] = (struct ledger_epoch){.epoch = 7, .generated = 1, .sent = 1};
    ledger_slot_write(&l, 10, file);
    l.epochs[0] = (struct ledger_epoch){.epoch = 7, .generated = 2, .sent = 2};
    ledger_slot_write(&l, 9, file + LEDGER_SLOT_BYTES);
    assert_int_equal(file_replace(path, bytes_of(file, sizeof file), NULL), 0);
    assert_int_equal(ledger_read(r->dir, &out, NULL), 0);
    assert_int_equal(out.epochs[0].sent, 1);
    file[3] ^= 1;
    assert_int_equal(file_replace(path, bytes_of(file, sizeof file), NULL), 0);
    assert_int_equal(ledger_read(r->dir, &out, NULL), 0);
    assert_int_equal(out.epochs[0].sent, 2);
}

static void ledger_read__says_what_is_wrong(void **state)
{
    struct room *r = *state;
    struct ledger out;
    struct err err;
    char path[128];
    assert_int_equal(ledger_read(r->dir, &out, &err), -1);
    assert_non_null(strstr(err.text, "no ledger here"));
    assert_int_equal(ledger_read("/tmp/sekisho-no-such-folder", &out, &err), -1);
    snprintf(path, sizeof path, "%s/%s", r->dir, LEDGER_FILE);
    assert_int_equal(file_replace(path, BYTES_LIT("rubbish"), NULL), 0);
    assert_int_equal(ledger_read(r->dir, &out, &err), -1);
    assert_non_null(strstr(err.text, "damaged"));
}

#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ledger_json__is_read_again_as_it_was),
        cmocka_unit_test(ledger_parse__refuses_what_is_no_ledger),
        cmocka_unit_test(ledger_slot__largest_book_fits_and_any_flipped_byte_shows),
        cmocka_unit_test(segment_record__what_is_written_is_read),
        cmocka_unit_test(segment_name__is_recognised_and_nothing_else),
        ROOM_TEST(ledger_read__adds_what_segments_hold_beyond_it),
        ROOM_TEST(ledger_read__stops_at_a_torn_record),
        ROOM_TEST(ledger_read__an_empty_segment_holds_nothing),
        ROOM_TEST(ledger_read__newer_slot_counts_and_a_broken_one_does_not),
        ROOM_TEST(ledger_read__says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
