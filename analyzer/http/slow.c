/* analyzer/http/slow.c - see slow.h. */
#include "analyzer/http/slow.h"
#include "common/err.h"
#include <pthread.h>

enum { QUEUE_MAX = 16 };

struct slow {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    slow_fn *run;
    void *queue[QUEUE_MAX];
    unsigned first, count;
    bool stop;
};

static void *worker_run(void *arg)
{
    struct slow *s = arg;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (s->count == 0 && !s->stop)
            pthread_cond_wait(&s->changed, &s->lock);
        if (s->count == 0)
            break;
        void *job = s->queue[s->first];
        s->first = (s->first + 1) % QUEUE_MAX;
        s->count--;
        pthread_mutex_unlock(&s->lock);
        s->run(job);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

struct slow *slow_new(slow_fn *run)
{
    struct slow *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->run = run;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    ASSERT(pthread_create(&s->thread, NULL, worker_run, s) == 0);
    return s;
}

void slow_stop(struct slow *s)
{
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
}

void slow_free(struct slow *s)
{
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bool slow_submit(struct slow *s, void *job, slow_fn *before)
{
    pthread_mutex_lock(&s->lock);
    bool room = s->count < QUEUE_MAX && !s->stop;
    if (room) {
        before(job);
        s->queue[(s->first + s->count++) % QUEUE_MAX] = job;
        pthread_cond_signal(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    return room;
}
