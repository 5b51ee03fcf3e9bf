/* tests/unit/sensor/output/wire_room.h - a spool directory and a Redis, and what must hold of them.
 */
#ifndef TESTS_WIRE_ROOM_H
#define TESTS_WIRE_ROOM_H
#include "tests/unit/redis_server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "common/ledger.h"
#include "sensor/output/output.h"

#define ROOM_ALERTS "sk:{mofa}:alerts"

struct room {
    struct redis_server server;
    char spool[64];
};

static inline int room_set_up(void **state)
{
    struct room *r = calloc(1, sizeof *r);
    redis_server_new(&r->server, NULL);
    snprintf(r->spool, sizeof r->spool, "/tmp/sekisho-spool-XXXXXX");
    *state = r;
    return mkdtemp(r->spool) ? 0 : -1;
}

static inline int room_tear_down(void **state)
{
    struct room *r = *state;
    redis_server_end(&r->server);
    test_remove_tree(r->spool);
    free(r);
    return 0;
}

static inline struct wire_options room_options(const struct room *r)
{
    return (struct wire_options){.spool_dir = r->spool,
                                 .sensor = "gw-1",
                                 .centre = "nisc",
                                 .redis_address = r->server.socket};
}

static inline struct wire *room_open(const struct wire_options *o)
{
    struct err err = {""};
    struct wire *w = wire_open(o, &err);
    if (!w)
        fail_msg("%s", err.text);
    return w;
}

static inline unsigned room_put(struct wire *w, unsigned count, unsigned severity)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++)
        kept += wire_put(w, WIRE_ALERTS, "mofa", severity, BYTES_LIT("{\"event_type\":\"alert\"}"),
                         (struct bytes){0}, NULL);
    return kept;
}

/* generated = sent + spooled + shed, for every epoch in the book. */
static inline void room_balances(const struct room *r, struct ledger *l)
{
    struct err err = {""};
    if (ledger_read(r->spool, l, &err) != 0)
        fail_msg("%s", err.text);
    for (unsigned i = 0; i < l->count; i++) {
        const struct ledger_epoch *e = &l->epochs[i];
        assert_int_equal(e->generated,
                         e->sent + e->spooled + e->shed_spool_full + e->shed_spool_error);
    }
}

static inline struct redis *room_redis(const struct room *r)
{
    struct err err = {""};
    const struct redis_options o = {.address = r->server.socket};
    struct redis *redis = redis_new(&o);
    if (redis_connect(redis, &err) != 0)
        fail_msg("%s", err.text);
    return redis;
}

/* Marks in seen[0..cap) the numbers of one epoch's records that the stream holds. */
static inline void room_mark_seen(const struct room *r, uint64_t epoch, bool *seen, uint64_t cap)
{
    struct redis *redis = room_redis(r);
    char from[64] = "-", want[64];
    snprintf(want, sizeof want, "\"epoch\":%llu,\"seq\":", (unsigned long long)epoch);
    for (;;) {
        redisReply *page =
            redis_call(redis, NULL, "XRANGE", ROOM_ALERTS, from, "+", "COUNT", "5000", NULL);
        assert_non_null(page);
        size_t count = page->elements;
        for (size_t i = 0; i < count; i++) {
            const redisReply *entry = page->element[i];
            const char *at = strstr(entry->element[1]->element[1]->str, want);
            uint64_t seq = at ? strtoull(at + strlen(want), NULL, 10) : 0;
            if (seq && seq <= cap)
                seen[seq - 1] = true;
            snprintf(from, sizeof from, "(%s", entry->element[0]->str);
        }
        freeReplyObject(page);
        if (count == 0)
            break;
    }
    redis_free(redis);
}

/* After a drain: every number 1..generated is in the stream or was shed, and nothing else. */
static inline void room_lost_nothing(const struct room *r)
{
    struct ledger l;
    room_balances(r, &l);
    for (unsigned i = 0; i < l.count; i++) {
        const struct ledger_epoch *e = &l.epochs[i];
        bool *seen = calloc(e->generated + 1, sizeof *seen);
        uint64_t missing = 0;
        room_mark_seen(r, e->epoch, seen, e->generated);
        for (uint64_t seq = 0; seq < e->generated; seq++)
            missing += !seen[seq];
        free(seen);
        assert_int_equal(e->spooled, 0);
        assert_int_equal(missing, e->shed_spool_full + e->shed_spool_error);
    }
}

#endif
