/* analyzer/account/books.c - see books.h. */
#include "analyzer/account/books.h"
#include "analyzer/ingest/record.h"
#include "common/ledger.h"
#include "common/segment.h"

enum place { IN_SPOOL, IN_REDIS };

#define PAGE_ENTRIES "1000"

/* ---- the table
 * ----------------------------------------------------------------------------------- */

static uint32_t run_index(struct books *b, const char *sensor, uint64_t epoch)
{
    for (size_t i = 0; i < b->run_count; i++)
        if (b->runs[i].epoch == epoch && strcmp(b->runs[i].sensor, sensor) == 0)
            return (uint32_t)i;
    if (b->run_count == b->run_cap) {
        b->run_cap = b->run_cap ? b->run_cap * 2 : 16;
        b->runs = realloc(b->runs, b->run_cap * sizeof *b->runs);
        ASSERT(b->runs);
    }
    struct run *r = &b->runs[b->run_count];
    *r = (struct run){.epoch = epoch};
    snprintf(r->sensor, sizeof r->sensor, "%s", sensor);
    return (uint32_t)b->run_count++;
}

/* Valid until the next run is added. */
static struct run *run_find(struct books *b, const char *sensor, uint64_t epoch)
{
    uint32_t index = run_index(b, sensor, epoch);
    return &b->runs[index];
}

static void sighting_add(struct books *b, uint32_t run, enum place place, uint64_t seq)
{
    if (b->sighting_count == b->sighting_cap) {
        b->sighting_cap = b->sighting_cap ? b->sighting_cap * 2 : 1024;
        b->sightings = realloc(b->sightings, b->sighting_cap * sizeof *b->sightings);
        ASSERT(b->sightings);
    }
    b->sightings[b->sighting_count++] = (struct sighting){run, place, seq};
}

/* ---- spool
 * --------------------------------------------------------------------------------------- */

static void run_take_ledger(struct books *b, const struct ledger *l)
{
    for (unsigned i = 0; i < l->count; i++) {
        const struct ledger_epoch *e = &l->epochs[i];
        struct run *r = run_find(b, l->sensor, e->epoch);
        r->spool_read = true;
        r->generated = e->generated;
        r->sent = e->sent;
        r->shed_full = e->shed_spool_full;
        r->shed_error = e->shed_spool_error;
    }
}

static int segment_take(struct books *b, struct segment_reader *reader, const char *dir,
                        const struct ledger *l, uint64_t number, struct err *err)
{
    struct segment_record record;
    uint64_t from = number == l->mark_segment ? l->mark_offset : 0;
    int rc = segment_reader_open(reader, dir, number, from, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0; /* confirmed and deleted meanwhile: its records are further on */
    uint32_t run = run_index(b, l->sensor, reader->header.epoch);
    while (reader->header.epoch && segment_reader_next(reader, &record) == SEGMENT_OK)
        sighting_add(b, run, IN_SPOOL, record.seq);
    segment_reader_close(reader);
    return 0;
}

int books_read_spool(struct books *b, const char *dir, struct err *err)
{
    struct ledger l;
    uint64_t *numbers = NULL;
    if (ledger_read(dir, &l, err) != 0)
        return -1;
    run_take_ledger(b, &l);
    ptrdiff_t count = segment_list(dir, &numbers, err);
    struct segment_reader reader = SEGMENT_READER_CLOSED;
    int rc = count < 0 ? -1 : 0;
    for (ptrdiff_t i = 0; i < count && rc == 0; i++)
        if (numbers[i] >= l.mark_segment)
            rc = segment_take(b, &reader, dir, &l, numbers[i], err);
    segment_reader_release(&reader);
    free(numbers);
    return rc;
}

/* ---- Redis
 * --------------------------------------------------------------------------------------- */

static struct bytes entry_eve(const redisReply *fields)
{
    for (size_t i = 0; i + 1 < fields->elements; i += 2)
        if (strcmp(fields->element[i]->str, STREAM_FIELD) == 0)
            return bytes_of(fields->element[i + 1]->str, (size_t)fields->element[i + 1]->len);
    return (struct bytes){0};
}

static void entry_take(struct books *b, const char *org, enum record_kind kind,
                       const redisReply *entry)
{
    struct record r;
    record_read(&r, kind, org, entry_eve(entry->element[1]));
    if (r.stamp.sensor[0] && strcmp(r.stamp.org, org) == 0)
        sighting_add(b, run_index(b, r.stamp.sensor, r.stamp.epoch), IN_REDIS, r.stamp.seq);
    else
        b->unstamped++;
    record_release(&r);
}

/* All entries of one stream, page by page. */
static int stream_take(struct books *b, struct redis *redis, const char *key, const char *org,
                       enum record_kind kind, struct err *err)
{
    char from[64] = "-";
    for (;;) {
        redisReply *r =
            redis_call(redis, err, "XRANGE", key, from, "+", "COUNT", PAGE_ENTRIES, NULL);
        if (!r)
            return -1;
        if (r->type == REDIS_REPLY_ERROR) {
            err_set(err, "cannot read %s: %s", key, r->str);
            freeReplyObject(r);
            return -1;
        }
        size_t n = r->elements;
        for (size_t i = 0; i < n; i++)
            entry_take(b, org, kind, r->element[i]);
        if (n)
            snprintf(from, sizeof from, "(%.60s", r->element[n - 1]->element[0]->str);
        freeReplyObject(r);
        if (n == 0)
            return 0;
    }
}

/* "sk:{ORG}:alerts" or ":stats" taken apart; false for any other key. */
static bool key_split(const char *key, char org[ORG_ID_MAX], enum record_kind *kind)
{
    int used = 0;
    if (sscanf(key, "sk:{%63[a-z0-9-]}:%n", org, &used) != 1 || used == 0)
        return false;
    if (strcmp(key + used, "alerts") == 0)
        *kind = RECORD_ALERT;
    else if (strcmp(key + used, "stats") == 0)
        *kind = RECORD_STATS;
    else
        return false;
    return true;
}

static int page_take(struct books *b, struct redis *redis, const redisReply *keys, struct err *err)
{
    for (size_t i = 0; i < keys->elements; i++) {
        char org[ORG_ID_MAX];
        enum record_kind kind;
        const char *key = keys->element[i]->str;
        if (key_split(key, org, &kind) && stream_take(b, redis, key, org, kind, err) != 0)
            return -1;
    }
    return 0;
}

static int streams_take(struct books *b, struct redis *redis, struct err *err)
{
    char cursor[32] = "0";
    do {
        redisReply *r = redis_call(redis, err, "SCAN", cursor, "MATCH", "sk:{*}:*", "COUNT", "1000",
                                   "TYPE", "stream", NULL);
        if (!r)
            return -1;
        int rc = r->type == REDIS_REPLY_ARRAY && r->elements == 2
                     ? page_take(b, redis, r->element[1], err)
                     : err_set(err, "cannot list the streams: %s", r->str ? r->str : "no answer");
        if (rc == 0)
            snprintf(cursor, sizeof cursor, "%s", r->element[0]->str);
        freeReplyObject(r);
        if (rc != 0)
            return -1;
    } while (strcmp(cursor, "0") != 0);
    return 0;
}

int books_read_redis(struct books *b, const struct redis_options *o, struct err *err)
{
    struct redis *redis = redis_new(o);
    int rc = redis_connect(redis, err);
    if (rc == 0)
        rc = streams_take(b, redis, err);
    b->redis_read = rc == 0;
    redis_free(redis);
    return rc;
}

/* ---- archive
 * ------------------------------------------------------------------------------------- */

static void epoch_take(void *ctx, const struct epoch_row *e)
{
    struct books *b = ctx;
    struct run *r = run_find(b, e->sensor, e->epoch);
    r->seen = e->packets_seen;
    r->inspected = e->packets_inspected;
    r->ignored = e->packets_ignored;
    r->dropped = e->packets_dropped;
    r->packets = strndup((const char *)e->packets.p, e->packets.len);
    ASSERT(r->packets);
    if (r->spool_read)
        return;
    r->reported = e->reported_us != 0;
    r->generated = e->generated > e->max_seq ? e->generated : e->max_seq;
    r->sent = e->sent;
    r->shed_full = e->shed_spool_full;
    r->shed_error = e->shed_spool_error;
}

int books_read_store(struct books *b, const char *dir, struct err *err)
{
    struct store *s = store_open(dir, STORE_READER, err);
    if (!s)
        return -1;
    int rc = store_epochs(s, NULL, epoch_take, b, err);
    b->store_read = rc == 0;
    store_close(s);
    return rc;
}

/* ---- each record once
 * ---------------------------------------------------------------------------- */

static int by_record(const void *a, const void *b)
{
    const struct sighting *x = a, *y = b;
    if (x->run != y->run)
        return x->run < y->run ? -1 : 1;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return (x->place < y->place) - (x->place > y->place); /* farthest first */
}

/* A run that only Redis knows generated at least what is there. */
static void runs_extend(struct books *b)
{
    for (size_t i = 0; i < b->sighting_count; i++) {
        struct run *r = &b->runs[b->sightings[i].run];
        if (!r->spool_read && b->sightings[i].seq > r->generated)
            r->generated = b->sightings[i].seq;
    }
}

void books_close(struct books *b, const char *data_dir)
{
    struct err err;
    struct store *s = b->store_read ? store_open(data_dir, STORE_READER, &err) : NULL;
    runs_extend(b);
    if (b->sighting_count)
        qsort(b->sightings, b->sighting_count, sizeof *b->sightings, by_record);
    for (size_t i = 0; i < b->sighting_count; i++) {
        const struct sighting *at = &b->sightings[i];
        struct run *r = &b->runs[at->run];
        if (i > 0 && at[-1].run == at->run && at[-1].seq == at->seq)
            continue;
        if (at->seq > r->generated || (s && store_has_arrived(s, r->sensor, r->epoch, at->seq)))
            continue;
        r->in_spool += at->place == IN_SPOOL;
        r->in_redis += at->place == IN_REDIS;
    }
    for (size_t i = 0; s && i < b->run_count; i++)
        b->store_read &= store_arrivals(s, b->runs[i].sensor, b->runs[i].epoch,
                                        b->runs[i].generated, &b->runs[i].arrived, &err) == 0;
    store_close(s);
}

void books_release(struct books *b)
{
    for (size_t i = 0; i < b->run_count; i++)
        free(b->runs[i].packets);
    free(b->runs);
    free(b->sightings);
    *b = (struct books){0};
}

int64_t run_missing(const struct run *r)
{
    uint64_t known = r->arrived.alerts + r->arrived.stats + r->arrived.dead + r->in_redis +
                     r->in_spool + r->shed_full + r->shed_error;
    return (int64_t)r->generated - (int64_t)known;
}

int64_t run_packets_missing(const struct run *r)
{
    return (int64_t)r->seen - (int64_t)(r->inspected + r->ignored + r->dropped);
}
