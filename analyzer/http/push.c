/* analyzer/http/push.c - see push.h: the ring, the open streams, and the thread that wakes them.
 *
 * A stream with nothing to send suspends its connection. The publisher only marks that there is
 * news; the waker resumes sleeping connections, at most every 20 ms, so that a burst of alerts
 * costs each viewer one wake-up and the publisher none. */
#include "analyzer/http/push.h"
#include "analyzer/http/ring.h"
#include "analyzer/http/stream.h"
#include "common/clock.h"
#include <pthread.h>

enum { WAKE_GAP_US = 20000, TICK_S = 1, VIEWERS_MAX = 400 };
#define STREAM_LIFE_US (300ULL * 1000000)
/* Events are still kept this long after the last viewer went, who may only be reconnecting. */
#define LINGER_US (60ULL * 1000000)

struct stream {
    struct push *push;
    struct MHD_Connection *connection;
    struct ring_reader reader;
    uint64_t end_us; /* monotonic */
    bool asleep, ended;
    struct stream *next;
};

struct push {
    pthread_mutex_t lock;
    pthread_cond_t news;
    pthread_t waker;
    struct ring ring;
    struct stream *streams;
    struct push_counters count;
    uint64_t left_us; /* when the last stream ended, monotonic; 0: never */
    bool dirty, closed, stop;
};

/* Resumes what sleeps; the reader is called then, and may find it has nothing to send. Locked. */
static void wake_all(struct push *p)
{
    for (struct stream *s = p->streams; s; s = s->next) {
        if (!s->asleep)
            continue;
        s->asleep = false;
        MHD_resume_connection(s->connection);
    }
}

/* Waits for news or the next tick (heartbeats, loss reports, ends of life are due then). Locked. */
static void wait_for_news(struct push *p)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TICK_S;
    while (!p->dirty && !p->stop)
        if (pthread_cond_timedwait(&p->news, &p->lock, &until) != 0)
            return;
}

static void *waker_run(void *arg)
{
    struct push *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        wait_for_news(p);
        p->dirty = false;
        wake_all(p);
        pthread_mutex_unlock(&p->lock);
        struct timespec gap = {.tv_nsec = WAKE_GAP_US * 1000};
        nanosleep(&gap, NULL);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct push *push_new(void)
{
    struct push *p = calloc(1, sizeof *p);
    ASSERT(p);
    p->ring.epoch = clock_wall_us();
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->news, &attr);
    pthread_condattr_destroy(&attr);
    ASSERT(pthread_create(&p->waker, NULL, waker_run, p) == 0);
    return p;
}

void push_free(struct push *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_signal(&p->news);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->waker, NULL);
    ASSERT(!p->streams);
    ring_release(&p->ring);
    pthread_cond_destroy(&p->news);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static void nudge(struct push *p)
{
    p->dirty = true;
    pthread_cond_signal(&p->news);
}

static bool is_watched(const struct push *p)
{
    return p->streams || (p->left_us && clock_monotonic_us() - p->left_us < LINGER_US);
}

void push_publish(struct push *p, const struct push_event *e)
{
    pthread_mutex_lock(&p->lock);
    p->count.published++;
    if (is_watched(p) && e->json.len <= RING_JSON_MAX) {
        ring_add(&p->ring, e);
        nudge(p);
    } else {
        ring_skip(&p->ring);
    }
    pthread_mutex_unlock(&p->lock);
}

bool push_is_watched(struct push *p)
{
    pthread_mutex_lock(&p->lock);
    bool watched = is_watched(p);
    pthread_mutex_unlock(&p->lock);
    return watched;
}

void push_count(struct push *p, struct push_counters *out)
{
    pthread_mutex_lock(&p->lock);
    *out = p->count;
    pthread_mutex_unlock(&p->lock);
}

void push_end(struct push *p, uint64_t session)
{
    pthread_mutex_lock(&p->lock);
    for (struct stream *s = p->streams; s; s = s->next)
        s->ended |= s->reader.viewer.session == session;
    nudge(p);
    pthread_mutex_unlock(&p->lock);
}

void push_close(struct push *p)
{
    pthread_mutex_lock(&p->lock);
    p->closed = true;
    wake_all(p);
    pthread_mutex_unlock(&p->lock);
}

/* The server asks for more of the body. Suspending under our lock keeps the waker from resuming a
 * connection that is not asleep yet. */
static ssize_t stream_read(void *cls, uint64_t pos, char *buf, size_t max)
{
    (void)pos;
    struct stream *s = cls;
    struct push *p = s->push;
    pthread_mutex_lock(&p->lock);
    uint64_t now_us = clock_monotonic_us();
    uint64_t lost = s->reader.lost_total, delivered = s->reader.delivered;
    ring_reader_fill(&s->reader, &p->ring, now_us);
    ssize_t n = (ssize_t)ring_reader_take(&s->reader, buf, max);
    p->count.lost += s->reader.lost_total - lost;
    p->count.delivered += s->reader.delivered - delivered;
    if (n == 0 && (p->closed || s->ended || now_us >= s->end_us)) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (n == 0) {
        s->asleep = true;
        MHD_suspend_connection(s->connection);
    }
    pthread_mutex_unlock(&p->lock);
    return n;
}

static void stream_free(void *cls)
{
    struct stream *s = cls;
    struct push *p = s->push;
    pthread_mutex_lock(&p->lock);
    struct stream **at = &p->streams;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    p->left_us = clock_monotonic_us();
    p->count.viewers--;
    pthread_mutex_unlock(&p->lock);
    ring_reader_release(&s->reader);
    free(s);
}

struct MHD_Response *stream_response(struct push *p, struct MHD_Connection *c,
                                     const struct push_viewer *v, const char *last_id)
{
    struct stream *s = calloc(1, sizeof *s);
    ASSERT(s);
    uint64_t now_us = clock_monotonic_us();
    *s = (struct stream){.push = p, .connection = c, .end_us = now_us + STREAM_LIFE_US};
    pthread_mutex_lock(&p->lock);
    bool room = p->count.viewers < VIEWERS_MAX && !p->closed;
    if (room) {
        ring_reader_init(&s->reader, &p->ring, v, last_id, now_us);
        s->next = p->streams;
        p->streams = s;
        p->count.viewers++;
    }
    pthread_mutex_unlock(&p->lock);
    if (!room) {
        free(s);
        return NULL;
    }
    struct MHD_Response *r =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16 * 1024, stream_read, s, stream_free);
    if (!r)
        stream_free(s);
    return r;
}
