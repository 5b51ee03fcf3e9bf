/* test_expect.c - flows that others announce: taken once, forgotten in time, never too many. */
#include "talk.h"
#include "sensor/app/state.h"

#define SECOND 1000000u

/* A flow from a host of this number to a server that is always the same. */
static struct app_flow *flow_of(struct app *a, uint32_t host, uint16_t port)
{
    const uint8_t client[] = {10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host};
    struct app_endpoints e = {.port = {40000, port}, .transport = 6};
    e.addr[0] = addr_v4(client);
    e.addr[1] = addr_v4((const uint8_t[]){192, 0, 2, 1});
    return app_flow_new(a, &e);
}

static void announce(struct app *a, uint32_t host, uint64_t ts_us)
{
    struct app_flow *f = flow_of(a, host, 21);
    app_expect(a, f, TO_SERVER, 5000, APP_FTP_DATA, BYTES_LIT("context"), ts_us);
    app_flow_free(a, f);
}

static enum app_proto come(struct app *a, uint32_t host, uint64_t ts_us)
{
    struct app_flow *f = flow_of(a, host, 5000);
    enum app_proto p = app_expected(a, f, ts_us);
    app_flow_free(a, f);
    return p;
}

static void expect__announced_flow_is_taken_once(void **state)
{
    (void)state;
    struct app *a = app_new(NULL, NULL);
    announce(a, 1, SECOND);
    assert_int_equal(come(a, 2, SECOND), APP_UNKNOWN);
    assert_int_equal(come(a, 1, 2 * SECOND), APP_FTP_DATA);
    assert_int_equal(come(a, 1, 2 * SECOND), APP_UNKNOWN);
    announce(a, 1, SECOND);
    assert_int_equal(come(a, 1, SECOND + APP_EXPECT_US + 1), APP_UNKNOWN);
    app_free(a);
}

static void expect__what_never_comes_is_forgotten(void **state)
{
    (void)state;
    struct app *a = app_new(NULL, NULL);
    for (uint32_t host = 0; host < 1000; host++)
        announce(a, host, SECOND);
    assert_int_equal(a->expected_live, 1000);
    for (uint32_t i = 0; i < EXPECT_BUCKETS; i++) /* one pair, whose own bucket holds few */
        announce(a, 5000, SECOND + APP_EXPECT_US + 1);
    assert_int_equal(a->expected_live, APP_EXPECT_MAX);
    app_free(a);
}

static void expect__there_are_never_too_many(void **state)
{
    (void)state;
    struct app *a = app_new(NULL, NULL);
    for (uint32_t host = 0; host < 3 * EXPECT_LIVE_MAX; host++) {
        announce(a, host, SECOND);
        assert_true(a->expected_live <= EXPECT_LIVE_MAX);
    }
    assert_int_equal(a->counters.expectations_dropped, 2 * EXPECT_LIVE_MAX);
    app_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expect__announced_flow_is_taken_once),
        cmocka_unit_test(expect__what_never_comes_is_forgotten),
        cmocka_unit_test(expect__there_are_never_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
