/* analyzer/ingest/consumer.h - reads every organisation's streams as one consumer group.
 *
 * At least once: a batch is archived in one transaction, then acknowledged; after a crash the
 * entries this consumer had not acknowledged come first, those of a consumer that is gone are
 * claimed. Inserts are idempotent, so nothing counts twice. Streams are trimmed only below what
 * every group acknowledged. An entry that cannot be read goes to sk:{ORG}:dead with its reason and
 * is acknowledged; it never stops the rest.
 * Source: Redis documentation of XREADGROUP, XAUTOCLAIM, XTRIM. */
#ifndef INGEST_CONSUMER_H
#define INGEST_CONSUMER_H
#include "analyzer/ingest/record.h"
#include "analyzer/store/store.h"
#include "common/redis.h"
#include <stdatomic.h>

#define INGEST_GROUP "sekisho"

/* What the other rooms do with records; called on the consumer's thread, inside the transaction up
 * to `commit`. A function that returns -1 (with err) makes the batch roll back and come again. */
struct ingest_hooks {
    void *ctx;
    int (*alert)(void *ctx, struct record *r, struct err *err); /* archives and correlates it */
    int (*stats)(void *ctx, struct record *r, struct err *err); /* keeps it */
    int (*before_commit)(void *ctx, struct err *err);
    void (*committed)(void *ctx);
    void (*rolled_back)(void *ctx);
};

struct ingest_options {
    struct redis_options redis;
    const char *consumer;    /* this analyzer's name in the group */
    const char *const *orgs; /* whose streams; borrowed as long as the ingest lives */
    size_t org_count;
    struct store *store; /* a writer used by this thread alone */
    struct ingest_hooks hooks;
};

/* Since start; read from any thread. */
struct ingest_counters {
    atomic_ulong entries, alerts, stats, duplicates, dead, batches, reconnects, rollbacks;
    atomic_bool connected;
};

struct ingest;
struct ingest *ingest_new(const struct ingest_options *o);
/* Reads until ingest_stop(); survives whatever happens to Redis and to the disk. */
void ingest_run(struct ingest *in);
/* From another thread or a signal handler. */
void ingest_stop(struct ingest *in);
const struct ingest_counters *ingest_counters(const struct ingest *in);
void ingest_free(struct ingest *in);

#endif
