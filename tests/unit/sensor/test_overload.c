/* tests/unit/sensor/test_overload.c - what is given up when, and that the attack is seen. */
#include "sensor/overload.h"
#include "sensor/detect/flow_vars.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void overload_next__rises_with_the_ring_and_ends_when_it_is_nearly_empty(void **state)
{
    (void)state;
    assert_int_equal(overload_next(OVERLOAD_NONE, 49, false), OVERLOAD_NONE);
    assert_int_equal(overload_next(OVERLOAD_NONE, 50, false), OVERLOAD_BULK);
    assert_int_equal(overload_next(OVERLOAD_BULK, 75, false), OVERLOAD_FLOOD);
    assert_int_equal(overload_next(OVERLOAD_FLOOD, 26, false), OVERLOAD_FLOOD);
    assert_int_equal(overload_next(OVERLOAD_BULK, 26, false), OVERLOAD_BULK);
    assert_int_equal(overload_next(OVERLOAD_FLOOD, 24, false), OVERLOAD_NONE);
    assert_int_equal(overload_next(OVERLOAD_NONE, 26, false), OVERLOAD_NONE);
}

static void overload_next__dropped_frames_are_a_flood_however_empty_the_ring_is(void **state)
{
    (void)state;
    assert_int_equal(overload_next(OVERLOAD_NONE, 0, true), OVERLOAD_FLOOD);
}

static void overload_is_bulk__a_long_flow_that_rules_know_nothing_of(void **state)
{
    (void)state;
    struct flow f = {.bytes = {1000, 200 << 10}};
    assert_false(overload_is_bulk(&f));
    f.bytes[TO_SERVER] = 100 << 10;
    assert_true(overload_is_bulk(&f));
    f.alerted = true;
    assert_false(overload_is_bulk(&f));
    f.alerted = false;
    struct {
        struct flow_vars vars;
        uint64_t bits;
    } marks = {.vars = {.words = 1}};
    f.vars = &marks.vars;
    assert_true(overload_is_bulk(&f));
    marks.bits = 4; /* half of something */
    assert_false(overload_is_bulk(&f));
    f.vars = NULL;
    f.action = FLOW_ACTION_DROP;
    assert_false(overload_is_bulk(&f));
}

static void overload_begins__tcp_payload_does_what_floods_are_made_of_does_not(void **state)
{
    (void)state;
    struct packet data = {.proto = IPP_TCP, .payload = BYTES_LIT("GET"), .tcp = {.flags = TCP_ACK}};
    struct packet syn = {.proto = IPP_TCP, .payload = BYTES_LIT("x"), .tcp = {.flags = TCP_SYN}};
    struct packet ack = {.proto = IPP_TCP, .tcp = {.flags = TCP_ACK}};
    struct packet datagram = {.proto = IPP_UDP, .payload = BYTES_LIT("x")};
    assert_true(overload_begins(&data));
    assert_false(overload_begins(&syn));
    assert_false(overload_begins(&ack));
    assert_false(overload_begins(&datagram));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overload_next__rises_with_the_ring_and_ends_when_it_is_nearly_empty),
        cmocka_unit_test(overload_next__dropped_frames_are_a_flood_however_empty_the_ring_is),
        cmocka_unit_test(overload_is_bulk__a_long_flow_that_rules_know_nothing_of),
        cmocka_unit_test(overload_begins__tcp_payload_does_what_floods_are_made_of_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
