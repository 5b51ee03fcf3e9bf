/* analyzer/ingest/consumer.c - connects, reads batches, resumes. See consumer.h. */
#include "analyzer/ingest/internal.h"
#include "common/clock.h"
#include "common/log.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BLOCK_MS       "1000"
#define TRIM_EVERY_US  2000000
#define CLAIM_EVERY_US 15000000
#define CLAIM_IDLE_MS  "60000"
#define BACKOFF_MIN_MS 200
#define BACKOFF_MAX_MS 5000
#define LOG_EVERY_US   60000000  /* the same trouble is said again after this */
#define BATCH_BYTES    (8 << 20) /* aimed at, by asking for fewer entries when they are large */
#define BATCH_ENTRIES  4096      /* aimed at, over all streams */
#define COUNT_START    128

struct ingest *ingest_new(const struct ingest_options *o)
{
    struct ingest *in = calloc(1, sizeof *in);
    ASSERT(in);
    in->o = *o;
    in->redis = redis_new(&o->redis);
    in->stream_count = 2 * o->org_count;
    in->streams = calloc(in->stream_count + 1, sizeof *in->streams);
    ASSERT(in->streams);
    for (size_t i = 0; i < in->stream_count; i++) {
        struct stream *s = &in->streams[i];
        s->org = o->orgs[i / 2];
        s->kind = i % 2 ? RECORD_STATS : RECORD_ALERT;
        if (s->kind == RECORD_ALERT)
            snprintf(s->key, sizeof s->key, STREAM_ALERTS, s->org);
        else
            snprintf(s->key, sizeof s->key, STREAM_STATS, s->org);
        snprintf(s->dead_key, sizeof s->dead_key, STREAM_DEAD, s->org);
    }
    in->count = COUNT_START;
    in->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ASSERT(in->stop_fd >= 0);
    return in;
}

void ingest_free(struct ingest *in)
{
    if (!in)
        return;
    redis_free(in->redis);
    close(in->stop_fd);
    free(in->streams);
    free(in->done);
    free(in);
}

void ingest_stop(struct ingest *in)
{
    uint64_t one = 1;
    atomic_store(&in->stop, true);
    (void)!write(in->stop_fd, &one, sizeof one);
    redis_cancel(in->redis);
}

const struct ingest_counters *ingest_counters(const struct ingest *in)
{
    return &in->counters;
}

/* Says what is wrong once, and again when it changes or lasts. */
static void trouble(struct ingest *in, const struct err *err)
{
    uint64_t now_us = clock_monotonic_us();
    if (strcmp(in->last_error.text, err->text) == 0 && now_us - in->logged_us < LOG_EVERY_US)
        return;
    in->last_error = *err;
    in->logged_us = now_us;
    log_error("%s; trying again, nothing is lost meanwhile", err->text);
}

static void rest(struct ingest *in, unsigned ms)
{
    struct pollfd p = {.fd = in->stop_fd, .events = POLLIN};
    poll(&p, 1, (int)ms);
}

/* ---- connection and groups ---------------------------------------------------------------------
 */

/* A key that cannot be read must not keep the other organisations waiting. */
static bool is_of_the_key(const char *error)
{
    return strncmp(error, "WRONGTYPE", 9) == 0 || strncmp(error, "NOPERM", 6) == 0;
}

static int group_make(struct ingest *in, struct stream *s, struct err *err)
{
    redisReply *r =
        redis_call(in->redis, err, "XGROUP", "CREATE", s->key, INGEST_GROUP, "0", "MKSTREAM", NULL);
    if (!r)
        return -1;
    int rc = 0;
    s->broken = false;
    if (r->type == REDIS_REPLY_ERROR && is_of_the_key(r->str)) {
        s->broken = true;
        log_error("%s is left out: %s; delete a key that is no stream, or mend the ACL", s->key,
                  r->str);
    } else if (r->type == REDIS_REPLY_ERROR && strncmp(r->str, "BUSYGROUP", 9) != 0) {
        rc = err_set(err, "Redis at %s: cannot make the consumer group of %s: %s",
                     in->o.redis.address, s->key, r->str);
    }
    freeReplyObject(r);
    return rc;
}

static int attach(struct ingest *in, struct err *err)
{
    if (redis_connect(in->redis, err) != 0 || redis_check_server(in->redis, err) != 0)
        return -1;
    in->readable = 0;
    for (size_t i = 0; i < in->stream_count; i++) {
        if (group_make(in, &in->streams[i], err) != 0)
            return -1;
        in->readable += !in->streams[i].broken;
    }
    if (in->readable == 0)
        return err_set(err, "Redis at %s: not one stream can be read", in->o.redis.address);
    return 0;
}

/* ---- one batch ----------------------------------------------------------------------------------
 */

static struct stream *stream_by_key(struct ingest *in, const redisReply *key)
{
    for (size_t i = 0; key->type == REDIS_REPLY_STRING && i < in->stream_count; i++)
        if (strcmp(in->streams[i].key, key->str) == 0)
            return &in->streams[i];
    return NULL;
}

/* Asks for more entries while they are few and small, for fewer when they are large. */
static void count_adapt(struct ingest *in, size_t entries)
{
    unsigned most = BATCH_ENTRIES / (unsigned)(in->stream_count ? in->stream_count : 1);
    size_t mean = entries ? in->batch_bytes / entries + 1 : 1;
    size_t fits = BATCH_BYTES / mean / (in->stream_count ? in->stream_count : 1);
    unsigned target = fits < most ? (unsigned)fits : most;
    if (target > in->count * 2)
        target = in->count * 2;
    in->count = target < 8 ? 8 : target;
}

static int archive(struct ingest *in, const redisReply *reply, struct err *err)
{
    uint64_t now_us = clock_wall_us();
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *pair = reply->element[i];
        if (pair->type != REDIS_REPLY_ARRAY || pair->elements != 2)
            continue;
        struct stream *s = stream_by_key(in, pair->element[0]);
        if (s && batch_stream(in, s, pair->element[1], now_us, err) != 0)
            return -1;
    }
    const struct ingest_hooks *h = &in->o.hooks;
    return h->before_commit(h->ctx, err);
}

static bool has_entries(const redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++)
        if (reply->element[i]->type == REDIS_REPLY_ARRAY && reply->element[i]->elements == 2 &&
            reply->element[i]->element[1]->elements > 0)
            return true;
    return false;
}

/* One transaction: commit or roll back, then tell the hooks. */
static int transact(struct ingest *in, const redisReply *reply, struct err *err)
{
    const struct ingest_hooks *h = &in->o.hooks;
    in->done_count = in->batch_bytes = 0;
    if (store_begin(in->o.store, err) != 0)
        return -1;
    if (archive(in, reply, err) != 0 || store_commit(in->o.store, err) != 0) {
        store_rollback(in->o.store);
        in->watermark_count = 0;
        h->rolled_back(h->ctx);
        in->counters.rollbacks++;
        return -1;
    }
    h->committed(h->ctx);
    return 0;
}

/* Archives and acknowledges a reply of XREADGROUP. Entries handled, or -1 and err. */
static int batch(struct ingest *in, const redisReply *reply, struct err *err)
{
    if (reply->type == REDIS_REPLY_NIL)
        return 0;
    if (reply->type == REDIS_REPLY_ERROR)
        return err_set(err, "Redis at %s: %s", in->o.redis.address, reply->str);
    if (reply->type != REDIS_REPLY_ARRAY)
        return err_set(err, "Redis at %s: an answer in a form not known here", in->o.redis.address);
    if (!has_entries(reply))
        return 0;
    if (transact(in, reply, err) != 0)
        return -1;
    size_t entries = in->done_count;
    count_adapt(in, entries);
    in->counters.batches++;
    return batch_acknowledge(in, err) == 0 ? (int)entries : -1;
}

/* XREADGROUP over all streams; from is ">" for new entries, "0" for our own pending ones. */
static int read_batch(struct ingest *in, const char *from, struct err *err)
{
    char count[16];
    size_t n = 0, argc = 9 + 2 * in->readable;
    struct bytes *argv = calloc(argc, sizeof *argv);
    ASSERT(argv);
    snprintf(count, sizeof count, "%u", in->count);
    const char *head[] = {"XREADGROUP", "GROUP", INGEST_GROUP, in->o.consumer, "COUNT",
                          count,        "BLOCK", BLOCK_MS,     "STREAMS"};
    for (; n < 9; n++)
        argv[n] = bytes_str(head[n]);
    for (size_t i = 0; i < in->stream_count; i++)
        if (!in->streams[i].broken)
            argv[n++] = bytes_str(in->streams[i].key);
    while (n < argc)
        argv[n++] = bytes_str(from);
    redisReply *reply = redis_command(in->redis, err, argc, argv);
    free(argv);
    if (!reply)
        return -1;
    int rc = batch(in, reply, err);
    freeReplyObject(reply);
    return rc;
}

/* ---- resuming -----------------------------------------------------------------------------------
 */

/* What this consumer had read and not acknowledged, until nothing comes any more. */
static int resume_own(struct ingest *in, struct err *err)
{
    int n;
    size_t total = 0;
    in->refused = false; /* once more; what is refused again waits for the next round */
    while (!atomic_load(&in->stop) && !in->refused && (n = read_batch(in, "0", err)) != 0) {
        if (n < 0)
            return -1;
        total += (size_t)n;
    }
    if (total)
        log_info("took up %zu entries that were read before and not acknowledged", total);
    return 0;
}

/* Takes over what a consumer that is gone left pending: claimed entries become our own pending
 * ones, and are then read as those. */
static int claim_stream(struct ingest *in, const struct stream *s, size_t *claimed, struct err *err)
{
    char cursor[48] = "0-0";
    do {
        redisReply *r =
            redis_call(in->redis, err, "XAUTOCLAIM", s->key, INGEST_GROUP, in->o.consumer,
                       CLAIM_IDLE_MS, cursor, "COUNT", "100", "JUSTID", NULL);
        if (!r)
            return -1;
        bool ok = r->type == REDIS_REPLY_ARRAY && r->elements >= 2 &&
                  r->element[0]->type == REDIS_REPLY_STRING;
        if (!ok && r->type == REDIS_REPLY_ERROR)
            log_warn("cannot claim from %s: %s", s->key, r->str);
        snprintf(cursor, sizeof cursor, "%s", ok ? r->element[0]->str : "0-0");
        if (ok)
            *claimed += r->element[1]->elements;
        freeReplyObject(r);
    } while (strcmp(cursor, "0-0") != 0);
    return 0;
}

static int claim(struct ingest *in, struct err *err)
{
    size_t claimed = 0;
    for (size_t i = 0; i < in->stream_count; i++)
        if (!in->streams[i].broken && claim_stream(in, &in->streams[i], &claimed, err) != 0)
            return -1;
    return claimed || in->refused ? resume_own(in, err) : 0;
}

/* ---- the loop -----------------------------------------------------------------------------------
 */

static int chores(struct ingest *in, struct err *err)
{
    uint64_t now_us = clock_monotonic_us();
    if (now_us >= in->claim_at_us) {
        if (claim(in, err) != 0)
            return -1;
        in->claim_at_us = now_us + CLAIM_EVERY_US;
    }
    if (now_us >= in->trim_at_us) {
        if (trim_streams(in, clock_wall_us(), err) != 0)
            return -1;
        in->trim_at_us = now_us + TRIM_EVERY_US;
    }
    return 0;
}

/* Connected until something fails; -1 and err then, 0 when asked to stop. */
static int serve(struct ingest *in, unsigned *backoff_ms, struct err *err)
{
    if (attach(in, err) != 0)
        return -1;
    atomic_store(&in->counters.connected, true);
    log_info("reading %zu streams at %s as %s of group %s", in->readable, in->o.redis.address,
             in->o.consumer, INGEST_GROUP);
    in->claim_at_us = in->trim_at_us = 0;
    if (resume_own(in, err) != 0)
        return -1;
    in->last_error.text[0] = 0;
    while (!atomic_load(&in->stop)) {
        if (read_batch(in, ">", err) < 0 || chores(in, err) != 0)
            return -1;
        *backoff_ms = BACKOFF_MIN_MS;
    }
    return 0;
}

void ingest_run(struct ingest *in)
{
    unsigned backoff_ms = BACKOFF_MIN_MS;
    while (!atomic_load(&in->stop)) {
        struct err err = {0};
        int rc = serve(in, &backoff_ms, &err);
        atomic_store(&in->counters.connected, false);
        if (rc == 0 || atomic_load(&in->stop))
            break;
        trouble(in, &err);
        in->counters.reconnects++;
        rest(in, backoff_ms);
        backoff_ms = backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : backoff_ms * 2;
    }
}
