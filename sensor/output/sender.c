/* sensor/output/sender.c - see sender.h. */
#include "sensor/output/sender.h"
#include "common/alert.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/redis.h"
#include <errno.h>
#include <pthread.h>

#define BATCH_BYTES    (4u << 20)
#define BACKOFF_MIN_US 100000
#define BACKOFF_MAX_US 5000000
#define SYNC_US        1000000

struct sender {
    struct spool *spool;
    struct redis *redis; /* NULL: sync only */
    char *address;
    uint32_t batch;
    char (*keys)[STREAM_KEY_MAX]; /* of the batch in flight */
    pthread_t thread;

    pthread_mutex_t mutex; /* over the next block */
    pthread_cond_t changed, progress;
    bool stop, woken;
    struct sender_state state;

    /* the thread's */
    bool connect_again;
    bool failing;
    char cause[64]; /* first word or so of the error that was said */
    uint64_t failing_since_us, backoff_us, connections;
    uint64_t sync_due_us;
};

/* ---- waiting --------------------------------------------------------------------------------- */

static struct timespec monotonic_at(uint64_t at_us)
{
    return (struct timespec){.tv_sec = (time_t)(at_us / 1000000),
                             .tv_nsec = (long)(at_us % 1000000) * 1000};
}

/* Until told to stop, or woken (if that counts), or the time has come. */
static void wait_until(struct sender *s, uint64_t at_us, bool wake_counts)
{
    struct timespec at = monotonic_at(at_us);
    pthread_mutex_lock(&s->mutex);
    while (!s->stop && !(wake_counts && s->woken) && clock_monotonic_us() < at_us)
        pthread_cond_timedwait(&s->changed, &s->mutex, &at);
    pthread_mutex_unlock(&s->mutex);
}

static bool is_stopped(struct sender *s)
{
    pthread_mutex_lock(&s->mutex);
    bool stop = s->stop;
    pthread_mutex_unlock(&s->mutex);
    return stop;
}

/* ---- what went wrong, and what to do about it -------------------------------------------------
 */

static const struct remedy {
    const char *prefix, *text;
    bool connect_again; /* another server may stand behind the name by now */
} remedies[] = {
    {"OOM", "raise its maxmemory, or let the analyzer catch up so that its streams are trimmed",
     false},
    {"NOPERM", "let the user append: ACL SETUSER USER ~sk:{ORG}:* +xadd", true},
    {"LOADING", "it reads its data after a restart and will be ready by itself", false},
    {"READONLY", "this is a replica; give the address of the primary", true},
    {"WRONGPASS", "check the user and the password file", true},
    {"NOAUTH", "give a user and a password file", true},
    {"MISCONF", "it cannot write to its disk; free space there", false},
    {"NOREPLICAS", "its replicas are away; mend them or lower min-replicas-to-write", false},
    {"WRONGTYPE", "another program uses this key; rename or delete it", false},
    {"MOVED", "this is a cluster; give the address of the node that holds the organisation's keys",
     true},
    {"CLUSTERDOWN", "the cluster has lost nodes; bring them back", true},
};

static const struct remedy *remedy_for(const char *error)
{
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++)
        if (strncmp(error, remedies[i].prefix, strlen(remedies[i].prefix)) == 0)
            return &remedies[i];
    return NULL;
}

/* Notes the failure; says it when it is a new one. `cause` tells failures apart. */
static void failed(struct sender *s, const char *cause, const char *text)
{
    if (is_stopped(s))
        return;
    pthread_mutex_lock(&s->mutex);
    s->state.connected = redis_is_connected(s->redis);
    snprintf(s->state.last_error, sizeof s->state.last_error, "%s", text);
    pthread_mutex_unlock(&s->mutex);
    if (!s->failing)
        s->failing_since_us = clock_monotonic_us();
    if (!s->failing || strncmp(s->cause, cause, sizeof s->cause - 1) != 0)
        log_warn("%s; records wait in the spool and nothing is lost", text);
    snprintf(s->cause, sizeof s->cause, "%s", cause);
    s->failing = true;
}

static void refused(struct sender *s, const char *key, const char *error)
{
    char text[512], cause[32];
    const struct remedy *remedy = remedy_for(error);
    snprintf(text, sizeof text, "Redis at %s: XADD %s: %s; %s", s->address, key, error,
             remedy ? remedy->text : "see its log");
    snprintf(cause, sizeof cause, "%.*s", (int)strcspn(error, " "), error);
    s->connect_again = !remedy || remedy->connect_again;
    failed(s, cause, text);
}

static void recovered(struct sender *s)
{
    if (s->failing)
        log_warn("Redis at %s: takes records again after %.1f s", s->address,
                 (double)(clock_monotonic_us() - s->failing_since_us) / 1e6);
    s->failing = false;
    s->backoff_us = BACKOFF_MIN_US;
    pthread_mutex_lock(&s->mutex);
    s->state.connected = true;
    s->state.last_error[0] = 0;
    pthread_mutex_unlock(&s->mutex);
}

/* ---- sending --------------------------------------------------------------------------------- */

static bool ready(struct sender *s)
{
    struct err err;
    if (redis_is_connected(s->redis) && !s->connect_again)
        return true;
    if (redis_connect(s->redis, &err) != 0) {
        failed(s, "connection", err.text);
        return false;
    }
    s->connect_again = false;
    if (redis_check_server(s->redis, &err) != 0) {
        s->connect_again = true;
        failed(s, "server", err.text);
        return false;
    }
    pthread_mutex_lock(&s->mutex);
    s->state.connected = true;
    s->state.reconnects = s->connections++;
    pthread_mutex_unlock(&s->mutex);
    return true;
}

/* Queues what there is, up to a batch. */
static size_t queue_batch(struct sender *s)
{
    struct segment_record r;
    size_t count = 0, bytes = 0;
    while (count < s->batch && bytes < BATCH_BYTES && spool_next(s->spool, &r)) {
        const struct bytes argv[] = {BYTES_LIT("XADD"), r.key, BYTES_LIT("*"),
                                     BYTES_LIT(STREAM_FIELD), r.payload};
        redis_send(s->redis, sizeof argv / sizeof argv[0], argv);
        bytes += r.payload.len;
        snprintf(s->keys[count++], STREAM_KEY_MAX, "%.*s", (int)r.key.len, (const char *)r.key.p);
    }
    return count;
}

/* Reads the answers. Counts those in front of the first refusal: only they move the mark. The rest
 * is read too, so that the connection stays in step; what of it was taken will be taken twice. */
static bool read_answers(struct sender *s, size_t count, size_t *confirmed)
{
    struct err err;
    bool good = true;
    *confirmed = 0;
    for (size_t i = 0; i < count; i++) {
        redisReply *reply = redis_reply(s->redis, &err);
        if (!reply) {
            failed(s, "connection", err.text);
            return false;
        }
        if (reply->type == REDIS_REPLY_ERROR && good) {
            refused(s, s->keys[i], reply->str);
            good = false;
        }
        *confirmed += good;
        freeReplyObject(reply);
    }
    return good;
}

enum sent { SENT_NOTHING, SENT_BATCH, SENT_FAILED };
static enum sent send_batch(struct sender *s)
{
    size_t confirmed, count = queue_batch(s);
    if (count == 0)
        return SENT_NOTHING;
    bool good = read_answers(s, count, &confirmed);
    spool_confirm(s->spool, confirmed);
    if (!good)
        spool_rewind(s->spool);
    return good ? SENT_BATCH : SENT_FAILED;
}

static void tell_progress(struct sender *s)
{
    pthread_mutex_lock(&s->mutex);
    pthread_cond_broadcast(&s->progress);
    pthread_mutex_unlock(&s->mutex);
}

static void back_off(struct sender *s)
{
    wait_until(s, clock_monotonic_us() + s->backoff_us, false);
    s->backoff_us = s->backoff_us * 2 < BACKOFF_MAX_US ? s->backoff_us * 2 : BACKOFF_MAX_US;
}

/* One step: sends a batch, or waits for something to do. `woken` is cleared before the spool is
 * looked at, so what is flushed after the look wakes the wait. */
static void step(struct sender *s)
{
    pthread_mutex_lock(&s->mutex);
    s->woken = false;
    pthread_mutex_unlock(&s->mutex);
    if (s->redis && !spool_is_empty(s->spool)) {
        enum sent sent = ready(s) ? send_batch(s) : SENT_FAILED;
        tell_progress(s);
        if (sent == SENT_BATCH)
            recovered(s);
        if (sent == SENT_FAILED)
            back_off(s);
        if (sent != SENT_NOTHING)
            return;
    }
    wait_until(s, s->sync_due_us, true);
}

static void *run(void *arg)
{
    struct sender *s = arg;
    while (!is_stopped(s)) {
        step(s);
        if (clock_monotonic_us() >= s->sync_due_us) {
            spool_sync(s->spool);
            s->sync_due_us = clock_monotonic_us() + SYNC_US;
        }
    }
    return NULL;
}

/* ---- for the other threads ---------------------------------------------------------------------
 */

struct sender *sender_new(const struct sender_options *o)
{
    struct sender *s = calloc(1, sizeof *s);
    pthread_condattr_t monotonic;
    ASSERT(s);
    s->spool = o->spool;
    s->batch = o->batch;
    s->keys = calloc(s->batch, sizeof *s->keys);
    ASSERT(s->keys);
    s->backoff_us = BACKOFF_MIN_US;
    s->sync_due_us = clock_monotonic_us() + SYNC_US;
    if (o->address) {
        const struct redis_options redis = {
            .address = o->address, .user = o->user, .password_file = o->password_file};
        s->redis = redis_new(&redis);
        s->address = strdup(o->address);
        ASSERT(s->address);
    }
    pthread_mutex_init(&s->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &monotonic);
    pthread_cond_init(&s->progress, &monotonic);
    pthread_condattr_destroy(&monotonic);
    ASSERT(pthread_create(&s->thread, NULL, run, s) == 0);
    return s;
}

void sender_free(struct sender *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->mutex);
    s->stop = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    if (s->redis)
        redis_cancel(s->redis);
    pthread_join(s->thread, NULL);
    redis_free(s->redis);
    pthread_cond_destroy(&s->changed);
    pthread_cond_destroy(&s->progress);
    pthread_mutex_destroy(&s->mutex);
    free(s->keys);
    free(s->address);
    free(s);
}

void sender_wake(struct sender *s)
{
    pthread_mutex_lock(&s->mutex);
    s->woken = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->mutex);
}

bool sender_drain(struct sender *s, unsigned timeout_ms)
{
    struct timespec at = monotonic_at(clock_monotonic_us() + (uint64_t)timeout_ms * 1000);
    bool empty;
    int waited = 0;
    pthread_mutex_lock(&s->mutex);
    while (!(empty = spool_is_empty(s->spool)) && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&s->progress, &s->mutex, &at);
    pthread_mutex_unlock(&s->mutex);
    return empty;
}

void sender_state(struct sender *s, struct sender_state *out)
{
    pthread_mutex_lock(&s->mutex);
    *out = s->state;
    pthread_mutex_unlock(&s->mutex);
}
