/* sensor/anomaly/attempts.c - see attempts.h. */
#include "sensor/anomaly/attempts.h"
#include "sensor/anomaly/keyed.h"

struct attempts {
    struct keyed *open; /* by flow; used once each, so the oldest came first */
    attempt_outcome_fn *on_outcome;
    void *ctx;
    bool quiet; /* a state that goes now gets no outcome through attempt_gone() */
};

static struct keyed_key key_of(const struct attempts *t, uint64_t flow_id)
{
    return keyed_digest(t->open, bytes_of(&flow_id, sizeof flow_id));
}

/* It was evicted or has waited long enough, unless attempts_settle() took it out. */
static void attempt_gone(void *ctx, void *state)
{
    struct attempts *t = ctx;
    if (!t->quiet)
        t->on_outcome(t->ctx, state, false);
}

struct attempts *attempts_new(attempt_outcome_fn *on_outcome, void *ctx)
{
    struct attempts *t = calloc(1, sizeof *t);
    ASSERT(t);
    t->on_outcome = on_outcome;
    t->ctx = ctx;
    t->open = keyed_new(ATTEMPTS_MAX, sizeof(struct attempt), attempt_gone, t);
    return t;
}

void attempts_free(struct attempts *t)
{
    if (!t)
        return;
    t->quiet = true;
    keyed_free(t->open);
    free(t);
}

void attempts_open(struct attempts *t, const struct observation *o, bool first)
{
    struct attempt *a = keyed_use(t->open, key_of(t, o->flow_id));
    *a = (struct attempt){.flow_id = o->flow_id,
                          .ts_us = o->ts_us,
                          .packet = o->packet,
                          .client = o->client,
                          .server = o->server,
                          .server_port = o->server_port,
                          .transport = o->transport,
                          .client_inside = o->client_inside,
                          .first = first};
}

void attempts_settle(struct attempts *t, const struct observation *o)
{
    const struct keyed_key key = key_of(t, o->flow_id);
    const struct attempt *found = keyed_find(t->open, key);
    if (!found)
        return;
    struct attempt a = *found;
    bool answered = o->kind == OBS_ANSWERED || o->kind == OBS_REQUEST || o->kind == OBS_END;
    t->quiet = true; /* its outcome is told below */
    keyed_remove(t->open, key);
    t->quiet = false;
    t->on_outcome(t->ctx, &a, answered);
}

void attempts_expire(struct attempts *t, uint64_t now_us)
{
    const struct attempt *a;
    while ((a = keyed_oldest(t->open)) && a->ts_us + ATTEMPT_PATIENCE_US <= now_us)
        keyed_remove_oldest(t->open);
}

size_t attempts_memory(const struct attempts *t)
{
    return sizeof *t + keyed_memory(t->open);
}
