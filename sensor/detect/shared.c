/* sensor/detect/shared.c - see shared.h. */
#include "sensor/detect/shared.h"

#include "sensor/detect/ruleset.h"
#include "sensor/detect/worker_state.h"

#define BITS_MAX   (1u << 18)
#define TAGGED_MAX (1u << 13)
#define LIMITS_MAX (1u << 16)

struct shared *shared_new(unsigned workers, bool in_order)
{
    struct shared *s = calloc(1, sizeof *s);
    ASSERT(s);
    pthread_mutex_init(&s->lock, NULL);
    turns_init(&s->turns, in_order ? workers : 0);
    host_bits_init(&s->bits, BITS_MAX);
    tagged_hosts_init(&s->tagged, TAGGED_MAX);
    s->thresholds = thresholds_new(NULL, LIMITS_MAX);
    return s;
}

void shared_free(struct shared *s)
{
    if (!s)
        return;
    host_bits_release(&s->bits);
    datasets_free(s->sets);
    thresholds_free(s->thresholds);
    tagged_hosts_release(&s->tagged);
    turns_release(&s->turns);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void detect_join(struct detect *d, struct shared *s, unsigned worker)
{
    d->shared = s;
    d->worker = worker;
}

void detect_at(struct detect *d, uint64_t major, uint64_t minor)
{
    if (d->shared)
        turn_at(&d->shared->turns, d->worker, major, minor);
}

struct shared *shared_enter(struct detect *d)
{
    struct shared *s = d->shared;
    if (!s)
        return NULL;
    d->counters.shared_looks++;
    turn_wait(&s->turns, d->worker);
    pthread_mutex_lock(&s->lock);
    return s;
}

void shared_leave(struct shared *s)
{
    pthread_mutex_unlock(&s->lock);
}

/* ---- sets ---- */
static struct dataset *shared_set(struct shared *s, struct dataset *d)
{
    for (struct dataset *live = s->sets; live; live = live->next)
        if (live->type == d->type && strcmp(live->name, d->name) == 0) {
            dataset_follow(live, d);
            return live;
        }
    struct dataset *live = dataset_move(d);
    live->next = s->sets;
    s->sets = live;
    return live;
}

/* What another set is written to now is no business of one from before. */
static void silence_obsolete(struct shared *s, const struct dataset *current)
{
    for (struct dataset *d = s->sets; d; d = d->next) {
        if (d->serial == current->serial || !dataset_saves_as(d, current))
            continue;
        free(d->save);
        d->save = NULL;
    }
}

void shared_adopt(struct shared *s, struct ruleset *rs)
{
    pthread_mutex_lock(&s->lock);
    for (struct dataset *d = rs->datasets; d; d = d->next)
        if (d->changes) {
            d->live = shared_set(s, d);
            d->live->serial = rs->serial;
        }
    for (const struct dataset *d = s->sets; d; d = d->next)
        if (d->serial == rs->serial)
            silence_obsolete(s, d);
    pthread_mutex_unlock(&s->lock);
}

static struct dataset *take_unnamed(struct shared *s, uint32_t serial)
{
    struct dataset *unnamed = NULL;
    for (struct dataset **at = &s->sets; *at;) {
        struct dataset *d = *at;
        if (d->serial == serial) {
            at = &d->next;
            continue;
        }
        *at = d->next;
        d->next = unnamed;
        unnamed = d;
    }
    return unnamed;
}

static int save_all(const struct dataset *list, struct err *err)
{
    int rc = 0;
    struct err more;
    for (const struct dataset *d = list; d; d = d->next)
        if (d->save && dataset_save(d, rc ? &more : err) != 0)
            rc = -1;
    return rc;
}

int shared_settle(struct shared *s, const struct ruleset *rs, struct err *err)
{
    pthread_mutex_lock(&s->lock);
    struct dataset *unnamed = take_unnamed(s, rs->serial);
    pthread_mutex_unlock(&s->lock);
    int rc = save_all(unnamed, err);
    datasets_free(unnamed);
    return rc;
}

int shared_save(const struct shared *s, struct err *err)
{
    return save_all(s->sets, err);
}
