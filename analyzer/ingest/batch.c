/* analyzer/ingest/batch.c - entries to the archive, then acknowledgement. */
#include "analyzer/ingest/internal.h"
#include "common/log.h"

#define ACK_CHUNK 256
#define DEAD_KEPT "100000" /* copies in Redis; the archive keeps them all */

static void done_add(struct ingest *in, struct stream *s, const redisReply *id, const char *reason,
                     struct bytes body)
{
    if (in->done_count == in->done_cap) {
        in->done_cap = in->done_cap ? in->done_cap * 2 : 1024;
        in->done = realloc(in->done, in->done_cap * sizeof *in->done);
        ASSERT(in->done);
    }
    in->done[in->done_count++] = (struct done){s, bytes_of(id->str, (size_t)id->len), reason, body};
}

/* The value of the field "eve"; empty when there is none. */
static struct bytes entry_eve(const redisReply *fields)
{
    struct bytes name = BYTES_LIT(STREAM_FIELD);
    if (fields->type != REDIS_REPLY_ARRAY)
        return (struct bytes){0};
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        const redisReply *k = fields->element[i], *v = fields->element[i + 1];
        if (k->type == REDIS_REPLY_STRING && v->type == REDIS_REPLY_STRING &&
            bytes_eq(bytes_of(k->str, (size_t)k->len), name))
            return bytes_of(v->str, (size_t)v->len);
    }
    return (struct bytes){0};
}

static int entry_dead(struct ingest *in, struct stream *s, const redisReply *id,
                      const struct record *r, const char *reason, struct bytes body,
                      uint64_t now_us, struct err *err)
{
    /* A stamp with another organisation's id proves nothing about the sensor it names. */
    bool stamped = strcmp(r->stamp.org, s->org) == 0;
    struct dead_row d = {
        .stream = s->key,
        .entry = id->str,
        .org = s->org,
        .reason = reason,
        .sensor = stamped ? r->stamp.sensor : "",
        .epoch = stamped ? r->stamp.epoch : 0,
        .seq = stamped ? r->stamp.seq : 0,
        .received_us = now_us,
        .body = body,
    };
    int rc = store_dead_put(in->o.store, &d, err);
    if (rc < 0)
        return -1;
    if (rc > 0) {
        in->counters.dead++;
        log_warn("%s entry %s cannot be read (%s); kept in %s", s->key, id->str, reason,
                 s->dead_key);
    }
    done_add(in, s, id, reason, body);
    return 0;
}

static struct watermark *watermark_of(struct ingest *in, const struct record_stamp *s)
{
    for (size_t i = in->watermark_count; i-- > 0;)
        if (in->watermarks[i].epoch == s->epoch && strcmp(in->watermarks[i].sensor, s->sensor) == 0)
            return &in->watermarks[i];
    if (in->watermark_count == WATERMARKS_MAX)
        in->watermark_count = 0; /* more runs than that at once: look them up anew */
    struct watermark *w = &in->watermarks[in->watermark_count++];
    snprintf(w->sensor, sizeof w->sensor, "%s", s->sensor);
    w->epoch = s->epoch;
    w->max_seq = store_epoch_max_seq(in->o.store, s->sensor, s->epoch);
    return w;
}

/* Numbers mostly grow: only one that does not can be a copy of a record that is kept. */
static bool is_duplicate(struct ingest *in, const struct record_stamp *s)
{
    struct watermark *w = watermark_of(in, s);
    if (s->seq <= w->max_seq)
        return store_has_record(in->o.store, s->sensor, s->epoch, s->seq);
    w->max_seq = s->seq;
    return false;
}

static int entry_keep(struct ingest *in, struct record *r, uint64_t now_us, struct err *err)
{
    const struct ingest_hooks *h = &in->o.hooks;
    r->alert.received_us = now_us;
    r->stats.received_us = now_us;
    if (is_duplicate(in, &r->stamp)) {
        in->counters.duplicates++;
        return store_duplicate_count(in->o.store, r->stamp.sensor, r->stamp.epoch, err);
    }
    if (r->kind == RECORD_ALERT) {
        in->counters.alerts++;
        return h->alert(h->ctx, r, err);
    }
    in->counters.stats++;
    return h->stats(h->ctx, r, err);
}

static int entry_handle(struct ingest *in, struct stream *s, const redisReply *entry,
                        uint64_t now_us, struct err *err)
{
    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 ||
        entry->element[0]->type != REDIS_REPLY_STRING)
        return 0; /* no entry at all: XAUTOCLAIM of Redis 6 says so of deleted ones */
    const redisReply *id = entry->element[0];
    struct bytes body = entry_eve(entry->element[1]);
    struct record r;
    in->batch_bytes += body.len;
    in->counters.entries++;
    if (entry->element[1]->type == REDIS_REPLY_NIL) { /* trimmed while it was pending */
        done_add(in, s, id, NULL, body);
        return 0;
    }
    const char *reason = record_read(&r, s->kind, s->org, body);
    int rc;
    if (reason) {
        rc = entry_dead(in, s, id, &r, reason, body, now_us, err);
    } else {
        rc = entry_keep(in, &r, now_us, err);
        done_add(in, s, id, NULL, body);
    }
    record_release(&r);
    return rc;
}

int batch_stream(struct ingest *in, struct stream *s, const redisReply *entries, uint64_t now_us,
                 struct err *err)
{
    if (entries->type != REDIS_REPLY_ARRAY)
        return 0;
    for (size_t i = 0; i < entries->elements; i++)
        if (entry_handle(in, s, entries->element[i], now_us, err) != 0)
            return -1;
    return 0;
}

/* XACK key group id ... for the run of archived entries of one stream from i on. */
static size_t ack_send(struct ingest *in, size_t i)
{
    struct bytes argv[3 + ACK_CHUNK] = {BYTES_LIT("XACK"), bytes_str(in->done[i].stream->key),
                                        BYTES_LIT(INGEST_GROUP)};
    struct stream *s = in->done[i].stream;
    size_t n = 3;
    while (i < in->done_count && n < 3 + ACK_CHUNK && in->done[i].stream == s &&
           !in->done[i].dead_reason)
        argv[n++] = in->done[i++].id;
    redis_send(in->redis, n, argv);
    return i;
}

/* Copy to the dead-letter stream and acknowledgement in one step, so that neither is without the
 * other. The keys share their hash tag. Sends four commands. */
static void dead_send(struct ingest *in, const struct done *d)
{
    struct bytes key = bytes_str(d->stream->key), dead = bytes_str(d->stream->dead_key);
    struct bytes add[] = {
        BYTES_LIT("XADD"),       dead,           BYTES_LIT("MAXLEN"), BYTES_LIT("~"),
        BYTES_LIT(DEAD_KEPT),    BYTES_LIT("*"), BYTES_LIT("stream"), key,
        BYTES_LIT("entry"),      d->id,          BYTES_LIT("reason"), bytes_str(d->dead_reason),
        BYTES_LIT(STREAM_FIELD), d->body};
    struct bytes ack[] = {BYTES_LIT("XACK"), key, BYTES_LIT(INGEST_GROUP), d->id};
    struct bytes multi = BYTES_LIT("MULTI"), exec = BYTES_LIT("EXEC");
    redis_send(in->redis, 1, &multi);
    redis_send(in->redis, sizeof add / sizeof add[0], add);
    redis_send(in->redis, 4, ack);
    redis_send(in->redis, 1, &exec);
}

/* Reads n replies; an error reply is logged: its entries stay pending and come again. */
static int replies_read(struct ingest *in, size_t n, struct err *err)
{
    bool said = false;
    for (size_t i = 0; i < n; i++) {
        redisReply *reply = redis_reply(in->redis, err);
        if (!reply)
            return -1;
        if (reply->type == REDIS_REPLY_ERROR && !said) {
            log_warn("Redis refused an acknowledgement: %s; its entries will come again",
                     reply->str);
            said = true;
            in->refused = true;
        }
        freeReplyObject(reply);
    }
    return 0;
}

int batch_acknowledge(struct ingest *in, struct err *err)
{
    size_t commands = 0;
    for (size_t i = 0; i < in->done_count;) {
        in->done[i].stream->touched = true;
        if (in->done[i].dead_reason) {
            dead_send(in, &in->done[i++]);
            commands += 4;
        } else {
            i = ack_send(in, i);
            commands++;
        }
    }
    in->done_count = 0;
    return replies_read(in, commands, err);
}
