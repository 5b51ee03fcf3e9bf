/* tests/unit/sensor/test_batch.c - records between threads. */
#include "sensor/batch.h"
#include "sensor/observe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void batch_add_record__records_stand_one_after_the_other(void **state)
{
    (void)state;
    struct batch *b = batch_new(0);
    char text[64];
    for (int i = 0; i < 500; i++) {
        int n = snprintf(text, sizeof text, "{\"n\":%d}", i);
        batch_add_record(b, RECORD_EVENT, (struct record_order){(uint64_t)i, 0},
                         bytes_of(text, (size_t)n));
    }
    size_t at = 0;
    for (int i = 0; i < 500; i++) {
        const struct record *r = (const struct record *)(const void *)(b->records + at);
        int n = snprintf(text, sizeof text, "{\"n\":%d}", i);
        assert_true(bytes_eq(record_body(r), bytes_of(text, (size_t)n)));
        assert_int_equal(r->order.packet, i);
        at += record_stride(r);
    }
    assert_int_equal(at, b->records_used);
    batch_free(b);
}

static void batch_put_in_order__equal_orders_stay_as_they_came(void **state)
{
    (void)state;
    static const struct {
        uint64_t packet, tie;
        const char *text;
    } in[] = {{5, 0, "c"}, {2, 9, "b"}, {5, 0, "dd"}, {2, 1, "a"}, {7, 0, "e"}, {5, 0, "ddd"}};
    static const char *const out[] = {"a", "b", "c", "dd", "ddd", "e"};
    struct batch *b = batch_new(0);
    for (size_t i = 0; i < 6; i++)
        batch_add_record(b, RECORD_EVENT, (struct record_order){in[i].packet, in[i].tie},
                         bytes_str(in[i].text));
    assert_true(b->disordered);
    batch_put_in_order(b);
    assert_false(b->disordered);
    const uint8_t *at = b->records;
    for (size_t i = 0; i < 6; i++) {
        const struct record *r = (const struct record *)(const void *)at;
        assert_true(bytes_eq(record_body(r), bytes_str(out[i])));
        at += record_stride(r);
    }
    assert_ptr_equal(at, b->records + b->records_used);
    batch_free(b);
}

static void observe_read__names_survive_the_way_through_a_record(void **state)
{
    (void)state;
    struct batch *b = batch_new(0);
    uint8_t server[4] = {203, 0, 113, 9}, client[4] = {10, 0, 0, 1};
    struct flow f = {.id = 7,
                     .tuple = {.addr = {addr_v4(client), addr_v4(server)},
                               .port = {40000, 443},
                               .proto = IPP_TCP},
                     .packets = {3, 0},
                     .bytes = {180, 0},
                     .last_us = 99};
    observe_end(b, (struct record_order){5, 0}, NULL, &f);
    const struct record *r = (const struct record *)(const void *)b->records;
    struct observation o = observe_read(r);
    assert_int_equal(o.kind, OBS_SILENT);
    assert_int_equal(o.server_port, 443);
    assert_true(addr_eq(&o.server, &f.tuple.addr[1]));
    assert_int_equal(o.host.len, 0);
    batch_free(b);
}

static void batch_queue__is_first_in_first_out_and_ends_when_closed(void **state)
{
    (void)state;
    struct batch_queue q;
    batch_queue_init(&q);
    assert_null(batch_queue_pop(&q, 1));
    batch_queue_push(&q, batch_new(1));
    batch_queue_push(&q, batch_new(2));
    batch_queue_close(&q);
    assert_false(batch_queue_is_done(&q));
    for (unsigned i = 1; i <= 2; i++) {
        struct batch *b = batch_queue_pop(&q, 0);
        assert_int_equal(b->worker, i);
        batch_free(b);
    }
    assert_null(batch_queue_pop(&q, 0));
    assert_true(batch_queue_is_done(&q));
    batch_queue_release(&q);
}

static void batch_reset__room_of_a_burst_is_given_back(void **state)
{
    (void)state;
    enum { BURST = 20000, TEXT = 1000 };
    static uint8_t text[TEXT];
    struct batch *b = batch_new(0);
    struct record_order order = {1, 0};
    batch_add_record(b, RECORD_EVENT, order, bytes_of(text, TEXT));
    batch_reset(b);
    assert_true(b->records_cap > 0); /* the usual room stays */
    for (int i = 0; i < BURST; i++)
        batch_add_record(b, RECORD_EVENT, order, bytes_of(text, TEXT));
    assert_true(b->records_cap > (size_t)BURST * TEXT);
    batch_reset(b);
    assert_int_equal(b->records_cap, 0);
    struct record *r = batch_add_record(b, RECORD_EVENT, order, bytes_of(text, TEXT));
    assert_int_equal(record_body(r).len, TEXT);
    assert_int_equal(b->record_count, 1);
    batch_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_add_record__records_stand_one_after_the_other),
        cmocka_unit_test(batch_put_in_order__equal_orders_stay_as_they_came),
        cmocka_unit_test(batch_reset__room_of_a_burst_is_given_back),
        cmocka_unit_test(observe_read__names_survive_the_way_through_a_record),
        cmocka_unit_test(batch_queue__is_first_in_first_out_and_ends_when_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
