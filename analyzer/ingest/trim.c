/* analyzer/ingest/trim.c - removes from the streams what every consumer group acknowledged. */
#include "analyzer/ingest/internal.h"
#include "common/log.h"

struct entry_id {
    uint64_t ms, seq;
};

static bool id_parse(const redisReply *r, struct entry_id *out)
{
    unsigned long long ms, seq;
    if (!r || r->type != REDIS_REPLY_STRING || sscanf(r->str, "%llu-%llu", &ms, &seq) != 2)
        return false;
    *out = (struct entry_id){ms, seq};
    return true;
}

static bool id_before(struct entry_id a, struct entry_id b)
{
    return a.ms < b.ms || (a.ms == b.ms && a.seq < b.seq);
}

/* Value of a key in the flat name-value array of XINFO. */
static const redisReply *info_get(const redisReply *info, const char *name)
{
    if (info->type != REDIS_REPLY_ARRAY)
        return NULL;
    for (size_t i = 0; i + 1 < info->elements; i += 2)
        if (info->element[i]->type == REDIS_REPLY_STRING &&
            strcmp(info->element[i]->str, name) == 0)
            return info->element[i + 1];
    return NULL;
}

/* First entry that the group still needs: its oldest pending one, else the next to deliver. */
static int group_needs(struct ingest *in, const struct stream *s, const redisReply *group,
                       struct entry_id *first, uint64_t *waiting, struct err *err)
{
    const redisReply *name = info_get(group, "name"), *pending = info_get(group, "pending");
    const redisReply *lag = info_get(group, "lag");
    if (!name || name->type != REDIS_REPLY_STRING || !pending ||
        !id_parse(info_get(group, "last-delivered-id"), first))
        return err_set(err, "%s: XINFO GROUPS answers in a form not known here", s->key);
    first->seq++; /* after the last delivered one */
    if (strcmp(name->str, INGEST_GROUP) == 0)
        *waiting = (uint64_t)pending->integer +
                   (lag && lag->type == REDIS_REPLY_INTEGER ? (uint64_t)lag->integer : 0);
    if (pending->integer == 0)
        return 0;
    redisReply *r = redis_call(in->redis, err, "XPENDING", s->key, name->str, NULL);
    if (!r)
        return -1;
    struct entry_id oldest;
    if (r->type == REDIS_REPLY_ARRAY && r->elements >= 2 && id_parse(r->element[1], &oldest) &&
        id_before(oldest, *first))
        *first = oldest;
    freeReplyObject(r);
    return 0;
}

/* The minimum over all groups; 0 and *ok false when it cannot be told. */
static int stream_needs(struct ingest *in, const struct stream *s, struct entry_id *first,
                        uint64_t *waiting, bool *ok, struct err *err)
{
    redisReply *groups = redis_call(in->redis, err, "XINFO", "GROUPS", s->key, NULL);
    if (!groups)
        return -1;
    int rc = 0;
    *ok = groups->type == REDIS_REPLY_ARRAY && groups->elements > 0;
    for (size_t i = 0; *ok && rc == 0 && i < groups->elements; i++) {
        struct entry_id needs = {0, 0};
        rc = group_needs(in, s, groups->element[i], &needs, waiting, err);
        if (i == 0 || id_before(needs, *first))
            *first = needs;
    }
    freeReplyObject(groups);
    return rc;
}

static int stream_measure(struct ingest *in, struct stream *s, uint64_t waiting, struct err *err)
{
    redisReply *r = redis_call(in->redis, err, "XLEN", s->key, NULL);
    if (!r)
        return -1;
    uint64_t length = r->type == REDIS_REPLY_INTEGER ? (uint64_t)r->integer : 0;
    freeReplyObject(r);
    s->changed |= length != s->length || waiting != s->waiting;
    s->length = length;
    s->waiting = waiting;
    return 0;
}

static int stream_trim(struct ingest *in, struct stream *s, struct err *err)
{
    struct entry_id first = {0, 0};
    uint64_t waiting = 0;
    bool ok = false;
    if (stream_needs(in, s, &first, &waiting, &ok, err) != 0)
        return -1;
    if (ok && s->touched) {
        char id[48];
        snprintf(id, sizeof id, "%llu-%llu", (unsigned long long)first.ms,
                 (unsigned long long)first.seq);
        redisReply *r = redis_call(in->redis, err, "XTRIM", s->key, "MINID", id, NULL);
        if (!r)
            return -1;
        if (r->type == REDIS_REPLY_ERROR)
            log_warn("cannot trim %s: %s", s->key, r->str);
        freeReplyObject(r);
    }
    if (stream_measure(in, s, waiting, err) != 0)
        return -1;
    s->touched = s->length > 0; /* what another group still needs may be free next time */
    return 0;
}

/* What changed goes to the store in one transaction, for the console's health page. */
static int streams_note(struct ingest *in, uint64_t now_us, struct err *err)
{
    struct store *store = in->o.store;
    if (store_begin(store, err) != 0)
        return -1;
    int rc = 0;
    for (size_t i = 0; i < in->stream_count && rc == 0; i++) {
        struct stream *s = &in->streams[i];
        struct stream_row row = {s->key, s->org, s->length, s->waiting, now_us};
        if (s->changed)
            rc = store_stream_put(store, &row, err) < 0 ? -1 : 0;
        s->changed = false;
    }
    if (rc == 0 && store_commit(store, err) == 0)
        return 0;
    store_rollback(store);
    return -1;
}

int trim_streams(struct ingest *in, uint64_t now_us, struct err *err)
{
    bool changed = false;
    for (size_t i = 0; i < in->stream_count; i++) {
        struct stream *s = &in->streams[i];
        if (!s->broken && stream_trim(in, s, err) != 0)
            return -1;
        changed |= s->changed;
    }
    return changed ? streams_note(in, now_us, err) : 0;
}
