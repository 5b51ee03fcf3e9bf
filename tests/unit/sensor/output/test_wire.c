/* Records through spool and sender into a real Redis, and what is left when it is away. */
#include "tests/unit/redis_server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "common/clock.h"
#include "common/ledger.h"
#include "sensor/output/output.h"

struct room {
    struct redis_server server;
    char spool[64];
};

static int set_up(void **state)
{
    struct room *r = calloc(1, sizeof *r);
    redis_server_new(&r->server, NULL);
    snprintf(r->spool, sizeof r->spool, "/tmp/sekisho-spool-XXXXXX");
    *state = r;
    return mkdtemp(r->spool) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct room *r = *state;
    redis_server_end(&r->server);
    test_remove_tree(r->spool);
    free(r);
    return 0;
}

static struct wire *open_wire(const struct room *r, bool with_redis, uint64_t cap_bytes)
{
    struct err err = {""};
    const struct wire_options o = {.spool_dir = r->spool,
                                   .spool_cap_bytes = cap_bytes,
                                   .sensor = "gw-1",
                                   .centre = "nisc",
                                   .redis_address = with_redis ? r->server.socket : NULL};
    struct wire *w = wire_open(&o, &err);
    if (!w)
        fail_msg("%s", err.text);
    return w;
}

static void put(struct wire *w, unsigned count, unsigned severity)
{
    for (unsigned i = 0; i < count; i++)
        wire_put(w, WIRE_ALERTS, "mofa", severity, BYTES_LIT("{\"event_type\":\"alert\"}"),
                 (struct bytes){0}, NULL);
}

static void assert_balanced(const struct room *r)
{
    struct ledger l;
    struct err err = {""};
    assert_int_equal(ledger_read(r->spool, &l, &err), 0);
    for (unsigned i = 0; i < l.count; i++) {
        const struct ledger_epoch *e = &l.epochs[i];
        assert_int_equal(e->generated,
                         e->sent + e->spooled + e->shed_spool_full + e->shed_spool_error);
    }
}

static void wire_put__stamps_the_line_as_its_last_member(void **state)
{
    struct wire *w = open_wire(*state, false, 0);
    struct bytes line;
    struct wire_counters c;
    assert_true(wire_put(w, WIRE_ALERTS, "mofa", 1, BYTES_LIT("{\"a\":1}"),
                         BYTES_LIT("\"ruleset\":\"00\""), &line));
    wire_counters(w, &c);
    char expected[512], id[ALERT_ID_MAX];
    alert_id("gw-1", c.epoch, 1, id);
    snprintf(expected, sizeof expected,
             "{\"a\":1,\"sekisho\":{\"id\":\"%s\",\"org\":\"mofa\",\"sensor\":\"gw-1\",\"centre\":"
             "\"nisc\",\"epoch\":%llu,\"seq\":1,\"ruleset\":\"00\"}}",
             id, (unsigned long long)c.epoch);
    assert_int_equal(line.len, strlen(expected));
    assert_memory_equal(line.p, expected, line.len);
    wire_close(w);
}

static void wire_drain__everything_put_is_in_the_stream(void **state)
{
    struct room *r = *state;
    struct wire *w = open_wire(r, true, 0);
    struct wire_counters c;
    put(w, 10000, 2);
    assert_true(wire_drain(w, 10000));
    wire_counters(w, &c);
    assert_int_equal(c.generated, 10000);
    assert_int_equal(c.sent, 10000);
    assert_int_equal(c.spooled, 0);
    wire_close(w);
    assert_balanced(r);
    const struct redis_options o = {.address = r->server.socket};
    struct redis *redis = redis_new(&o);
    assert_int_equal(redis_connect(redis, NULL), 0);
    redisReply *reply = redis_call(redis, NULL, "XLEN", "sk:{mofa}:alerts", NULL);
    assert_non_null(reply);
    assert_int_equal(reply->integer, 10000);
    freeReplyObject(reply);
    redis_free(redis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wire_put__stamps_the_line_as_its_last_member, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(wire_drain__everything_put_is_in_the_stream, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
