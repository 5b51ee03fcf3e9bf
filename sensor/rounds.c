/* sensor/rounds.c - see rounds.h. */
#include "sensor/rounds.h"
#include "common/err.h"
#include "sensor/profile.h"
#include <pthread.h>

enum {
    ROUNDS = 8,           /* read ahead, at most */
    KEPT_BYTES = 2 << 20, /* of each: a burst of large frames does not stay for ever */
};

struct rounds {
    pthread_mutex_t lock;
    pthread_cond_t published_one, emptied_one;
    struct round slots[ROUNDS];
    uint64_t published;
    unsigned workers;
};

struct rounds *rounds_new(unsigned workers)
{
    struct rounds *r = calloc(1, sizeof *r);
    ASSERT(r);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->published_one, NULL);
    pthread_cond_init(&r->emptied_one, NULL);
    r->workers = workers;
    return r;
}

void rounds_free(struct rounds *r)
{
    if (!r)
        return;
    for (int i = 0; i < ROUNDS; i++)
        arena_release(&r->slots[i].memory);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->published_one);
    pthread_cond_destroy(&r->emptied_one);
    free(r);
}

struct round *rounds_begin(struct rounds *r)
{
    struct round *round = &r->slots[r->published % ROUNDS];
    pthread_mutex_lock(&r->lock);
    while (round->workers_left)
        IN_ROOM(WAIT, pthread_cond_wait(&r->emptied_one, &r->lock));
    pthread_mutex_unlock(&r->lock);
    if (round->bytes > KEPT_BYTES)
        arena_release(&round->memory);
    arena_reset(&round->memory);
    round->count = round->bytes = 0;
    return round;
}

void round_add(struct round *round, const struct frame *f)
{
    struct frame *to = &round->frames[round->count++];
    *to = *f;
    to->data = arena_copy(&round->memory, f->data);
    round->bytes += f->data.len;
}

void rounds_publish(struct rounds *r)
{
    pthread_mutex_lock(&r->lock);
    r->slots[r->published++ % ROUNDS].workers_left = r->workers;
    pthread_cond_broadcast(&r->published_one);
    pthread_mutex_unlock(&r->lock);
}

struct round *rounds_take(struct rounds *r, uint64_t turn)
{
    pthread_mutex_lock(&r->lock);
    while (r->published <= turn)
        IN_ROOM(WAIT, pthread_cond_wait(&r->published_one, &r->lock));
    pthread_mutex_unlock(&r->lock);
    return &r->slots[turn % ROUNDS];
}

void rounds_done(struct rounds *r, struct round *round)
{
    pthread_mutex_lock(&r->lock);
    if (--round->workers_left == 0)
        pthread_cond_signal(&r->emptied_one);
    pthread_mutex_unlock(&r->lock);
}
