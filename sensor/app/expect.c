/* expect.c - flows that an earlier one announced (FTP's data connections), by pair of hosts.
 *
 * Both flows are with the same worker, because workers own pairs of hosts. */
#include "sensor/app/state.h"
#include <xxhash.h>

struct expectation {
    struct expectation *next; /* newest first */
    struct addr addr[2];      /* [1] listens */
    uint16_t port;
    enum app_proto proto;
    uint64_t until_us;
    struct app_text context;
};

static bool is_pair(const struct expectation *e, const struct addr *from, const struct addr *to)
{
    return addr_eq(&e->addr[0], from) && addr_eq(&e->addr[1], to);
}

static struct expectation **bucket_of(struct app *a, const struct addr *from, const struct addr *to)
{
    uint64_t h = XXH3_64bits_withSeed(to->b, sizeof to->b, XXH3_64bits(from->b, sizeof from->b));
    return &a->expected[h % EXPECT_BUCKETS];
}

static void drop(struct app *a, struct expectation **at)
{
    struct expectation *e = *at;
    struct app_flow *current = app_shared_begin(a);
    *at = e->next;
    a->expected_live--;
    app_text_free(a, &e->context);
    app_dealloc(a, e, sizeof *e);
    app_shared_end(a, current);
}

/* Forgets what is too old in the bucket, and all but the newest of one pair. */
static void tidy(struct app *a, struct expectation **at, const struct expectation *newest,
                 uint64_t ts_us)
{
    unsigned same = 0;
    while (*at) {
        bool pair = is_pair(*at, &newest->addr[0], &newest->addr[1]);
        if ((*at)->until_us < ts_us || (pair && ++same > APP_EXPECT_MAX)) {
            a->counters.expectations_dropped += (*at)->until_us >= ts_us;
            drop(a, at);
        } else {
            at = &(*at)->next;
        }
    }
}

/* Looks through one more bucket, so that what was announced and never came goes, whoever comes. Too
 * many at once, and the oldest of a bucket goes before its time. */
static void turn_hand(struct app *a, uint64_t ts_us)
{
    struct expectation **at = &a->expected[a->expected_hand++ % EXPECT_BUCKETS];
    while (*at) {
        bool last = !(*at)->next, too_old = (*at)->until_us < ts_us;
        if (too_old || (last && a->expected_live > EXPECT_LIVE_MAX)) {
            a->counters.expectations_dropped += !too_old;
            drop(a, at);
        } else {
            at = &(*at)->next;
        }
    }
}

void app_expect(struct app *a, const struct app_flow *f, enum direction side, uint16_t port,
                enum app_proto p, struct bytes context, uint64_t ts_us)
{
    const struct addr *to = &f->ends.addr[OTHER(side)], *from = &f->ends.addr[side];
    struct app_flow *current = app_shared_begin(a);
    struct expectation *e = app_alloc(a, sizeof *e), **bucket = bucket_of(a, from, to);
    e->addr[0] = *from;
    e->addr[1] = *to;
    e->port = port;
    e->proto = p;
    e->until_us = ts_us + APP_EXPECT_US;
    app_text_add(a, &e->context, context, APP_CONTEXT_MAX);
    e->next = *bucket;
    *bucket = e;
    a->counters.expected++;
    a->expected_live++;
    tidy(a, bucket, e, ts_us);
    do
        turn_hand(a, ts_us);
    while (a->expected_live > EXPECT_LIVE_MAX);
    app_shared_end(a, current);
}

enum app_proto app_expected(struct app *a, struct app_flow *f, uint64_t ts_us)
{
    if (a->expected_live == 0)
        return APP_UNKNOWN;
    struct expectation **at = bucket_of(a, &f->ends.addr[0], &f->ends.addr[1]);
    for (; *at; at = &(*at)->next) {
        struct expectation *e = *at;
        if (e->port != f->ends.port[1] || !is_pair(e, &f->ends.addr[0], &f->ends.addr[1]))
            continue;
        enum app_proto p = e->until_us >= ts_us ? e->proto : APP_UNKNOWN;
        if (p != APP_UNKNOWN)
            app_text_add(a, &app_extra(f)->context, app_text_bytes(&e->context), APP_CONTEXT_MAX);
        drop(a, at);
        return p;
    }
    return APP_UNKNOWN;
}

void app_expect_free(struct app *a)
{
    for (unsigned i = 0; i < EXPECT_BUCKETS; i++)
        while (a->expected[i])
            drop(a, &a->expected[i]);
}
