/* tests/unit/analyzer/account/test_books.c - every record counts once, wherever it is seen. */
#include "analyzer/account/books.h"
#include "analyzer/store/alerts.h"
#include "common/file.h"
#include "common/ledger.h"
#include "common/segment.h"
#include "tests/unit/analyzer/eve_sample.h"
#include "tests/unit/redis_server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define EPOCH 1000

struct bed {
    struct redis_server server;
    char spool[96], data[96];
};

static int setup(void **state)
{
    struct bed *b = calloc(1, sizeof *b);
    struct err err;
    ASSERT(b);
    redis_server_new(&b->server, NULL);
    snprintf(b->spool, sizeof b->spool, "%s/spool", b->server.dir);
    snprintf(b->data, sizeof b->data, "%s/data", b->server.dir);
    ASSERT(file_mkdirs(b->spool, &err) == 0);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    redis_server_end(&b->server);
    free(b);
    return 0;
}

/* A segment with records from..to, the whole of it unconfirmed, and a ledger to go with it. */
static void spool_write(struct bed *b, uint64_t from, uint64_t to, uint64_t generated,
                        uint64_t shed)
{
    static uint8_t bytes[65536];
    static char slots[2 * LEDGER_SLOT_BYTES];
    char path[160], name[SEGMENT_NAME_MAX];
    struct err err = {0};
    struct segment_header h = {.number = 1, .epoch = EPOCH};
    size_t n = SEGMENT_HEADER_BYTES;
    segment_header_write(&h, bytes);
    for (uint64_t seq = from; seq <= to; seq++) {
        struct segment_record r = {
            .seq = seq, .severity = 1, .key = BYTES_LIT("k"), .payload = BYTES_LIT("{}")};
        segment_record_write(&r, 1, bytes + n);
        n += segment_record_size(&r);
    }
    segment_name(1, name);
    snprintf(path, sizeof path, "%s/%s", b->spool, name);
    assert_int_equal(file_replace(path, bytes_of(bytes, n), &err), 0);
    struct ledger l = {
        .sensor = "s-a",
        .mark_segment = 1,
        .mark_offset = SEGMENT_HEADER_BYTES,
        .count = 1,
        .epochs = {
            {.epoch = EPOCH, .generated = generated, .sent = from - 1, .shed_spool_full = shed}}};
    memset(slots, 0, sizeof slots);
    ledger_slot_write(&l, 1, slots);
    snprintf(path, sizeof path, "%s/%s", b->spool, LEDGER_FILE);
    assert_int_equal(file_replace(path, bytes_of(slots, sizeof slots), &err), 0);
}

static void redis_fill(struct bed *b, uint64_t from, uint64_t to)
{
    struct err err;
    struct json j = {0};
    struct redis *r = redis_new(&(struct redis_options){.address = b->server.socket});
    assert_int_equal(redis_connect(r, &err), 0);
    struct sample s = sample_default();
    for (s.seq = from; s.seq <= to; s.seq++) {
        struct bytes argv[] = {BYTES_LIT("XADD"), BYTES_LIT("sk:{min-a}:alerts"), BYTES_LIT("*"),
                               BYTES_LIT("eve"), sample_alert(&j, &s)};
        freeReplyObject(redis_command(r, &err, 5, argv));
    }
    json_release(&j);
    redis_free(r);
}

static void archive_fill(struct bed *b, uint64_t from, uint64_t to)
{
    struct err err = {0};
    bool created;
    struct store *s = store_open(b->data, STORE_WRITER, &err);
    assert_non_null(s);
    for (uint64_t seq = from; seq <= to; seq++) {
        struct alert_row a = {
            .sensor = "s-a", .org = "min-a", .epoch = EPOCH, .seq = seq, .severity = 1};
        a.detection = store_detection_add(s, &a, &created, &err);
        assert_int_equal(store_alert_put(s, &a, &err), 1);
    }
    store_close(s);
}

static const struct run *only_run(const struct books *b)
{
    assert_int_equal(b->run_count, 1);
    return &b->runs[0];
}

static void books__count_each_record_at_its_farthest_place(void **state)
{
    struct bed *b = *state;
    struct books books = {0};
    struct err err = {0};
    spool_write(b, 5, 7, 8, 1); /* 8 was shed */
    redis_fill(b, 3, 5);        /* 5 is still in the spool too */
    redis_fill(b, 4, 4);        /* sent twice */
    archive_fill(b, 1, 3);      /* 3 is not trimmed yet */
    assert_int_equal(books_read_spool(&books, b->spool, &err), 0);
    assert_int_equal(
        books_read_redis(&books, &(struct redis_options){.address = b->server.socket}, &err), 0);
    assert_int_equal(books_read_store(&books, b->data, &err), 0);
    books_close(&books, b->data);
    const struct run *r = only_run(&books);
    assert_int_equal(r->generated, 8);
    assert_int_equal(r->arrived.alerts, 3);
    assert_int_equal(r->in_redis, 2);
    assert_int_equal(r->in_spool, 2);
    assert_int_equal(r->shed_full, 1);
    assert_int_equal(run_missing(r), 0);
    books_release(&books);
}

static void books__leave_out_what_came_after_the_ledger_was_read(void **state)
{
    struct bed *b = *state;
    struct books books = {0};
    struct err err = {0};
    spool_write(b, 5, 5, 5, 0);
    assert_int_equal(books_read_spool(&books, b->spool, &err), 0);
    redis_fill(b, 6, 9); /* meanwhile */
    archive_fill(b, 1, 6);
    assert_int_equal(
        books_read_redis(&books, &(struct redis_options){.address = b->server.socket}, &err), 0);
    assert_int_equal(books_read_store(&books, b->data, &err), 0);
    books_close(&books, b->data);
    const struct run *r = only_run(&books);
    assert_int_equal(r->generated, 5);
    assert_int_equal(r->arrived.alerts, 5);
    assert_int_equal(run_missing(r), 0);
    books_release(&books);
}

static void books__show_a_loss(void **state)
{
    struct bed *b = *state;
    struct books books = {0};
    struct err err = {0};
    spool_write(b, 8, 9, 9, 0);
    archive_fill(b, 1, 5); /* 6 and 7 are nowhere */
    assert_int_equal(books_read_spool(&books, b->spool, &err), 0);
    assert_int_equal(
        books_read_redis(&books, &(struct redis_options){.address = b->server.socket}, &err), 0);
    assert_int_equal(books_read_store(&books, b->data, &err), 0);
    books_close(&books, b->data);
    assert_int_equal(run_missing(only_run(&books)), 2);
    books_release(&books);
}

static void books__go_on_without_a_part(void **state)
{
    struct bed *b = *state;
    struct books books = {0};
    struct err err = {0};
    archive_fill(b, 1, 3);
    assert_int_equal(books_read_spool(&books, "/nonexistent", &err), -1);
    assert_int_equal(
        books_read_redis(&books, &(struct redis_options){.address = "/nonexistent.sock"}, &err),
        -1);
    assert_int_equal(books_read_store(&books, b->data, &err), 0);
    books_close(&books, b->data);
    assert_false(books.redis_read);
    assert_int_equal(only_run(&books)->arrived.alerts, 3);
    books_release(&books);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(books__count_each_record_at_its_farthest_place),
        TEST(books__leave_out_what_came_after_the_ledger_was_read),
        TEST(books__show_a_loss),
        TEST(books__go_on_without_a_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
