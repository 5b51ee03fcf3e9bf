/* sensor/batch.c - see batch.h. */
#include "sensor/batch.h"
#include "sensor/profile.h"
#include <time.h>

#define RECORDS_KEPT_BYTES (4u << 20) /* many flows may end at once; seldom twice */

struct batch *batch_new(unsigned worker)
{
    struct batch *b = calloc(1, sizeof *b);
    ASSERT(b);
    b->worker = worker;
    return b;
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    free(b->records);
    free(b);
}

void batch_reset(struct batch *b)
{
    b->records_used = b->record_count = 0;
    if (b->records_cap > RECORDS_KEPT_BYTES) {
        free(b->records);
        b->records = NULL;
        b->records_cap = 0;
    }
    b->newest = (struct record_order){0};
    b->disordered = b->last = false;
    b->flush_before = 0;
}

static void *grow(void *p, size_t *cap, size_t need, size_t item, size_t least)
{
    if (need <= *cap)
        return p;
    size_t n = *cap ? *cap : least;
    while (n < need)
        n *= 2;
    p = realloc(p, n * item);
    ASSERT(p);
    *cap = n;
    return p;
}

struct record *batch_add_record(struct batch *b, enum record_kind kind, struct record_order order,
                                struct bytes body)
{
    size_t need = (sizeof(struct record) + body.len + 15) & ~(size_t)15;
    b->records = grow(b->records, &b->records_cap, b->records_used + need, 1, 1 << 16);
    struct record *r = (struct record *)(void *)(b->records + b->records_used);
    *r = (struct record){.order = order, .kind = kind, .text_len = (uint32_t)body.len, .org = -1};
    if (body.len)
        memcpy(r + 1, body.p, body.len);
    b->records_used += need;
    b->record_count++;
    b->disordered |= record_order_before(&order, &b->newest);
    b->newest = order;
    return r;
}

struct record *batch_add_extra(struct batch *b, struct record *last, struct bytes extra)
{
    if (extra.len == 0)
        return last;
    size_t at = (size_t)((uint8_t *)last - b->records);
    size_t need = at + ((sizeof *last + last->text_len + extra.len + 15) & ~(size_t)15);
    b->records = grow(b->records, &b->records_cap, need, 1, 1 << 16);
    struct record *r = (struct record *)(void *)(b->records + at);
    memcpy((uint8_t *)(r + 1) + r->text_len, extra.p, extra.len);
    r->extra_len = (uint32_t)extra.len;
    b->records_used = need;
    return r;
}

/* Of equal order the one that lies first came first. */
static int by_order(const void *left, const void *right)
{
    const struct record *a = *(struct record *const *)left, *b = *(struct record *const *)right;
    if (record_order_before(&a->order, &b->order))
        return -1;
    if (record_order_before(&b->order, &a->order))
        return 1;
    return a < b ? -1 : a > b;
}

void batch_put_in_order(struct batch *b)
{
    if (!b->disordered)
        return;
    struct record **refs = malloc(b->record_count * sizeof(struct record *));
    uint8_t *ordered = malloc(b->records_cap);
    ASSERT(refs && ordered);
    size_t at = 0;
    for (size_t i = 0; i < b->record_count; i++) {
        refs[i] = (struct record *)(void *)(b->records + at);
        at += record_stride(refs[i]);
    }
    qsort(refs, b->record_count, sizeof(struct record *), by_order);
    at = 0;
    for (size_t i = 0; i < b->record_count; i++) {
        memcpy(ordered + at, refs[i], record_stride(refs[i]));
        at += record_stride(refs[i]);
    }
    free(refs);
    free(b->records);
    b->records = ordered;
    b->disordered = false;
}

void batch_queue_init(struct batch_queue *q)
{
    *q = (struct batch_queue){.first = NULL};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->filled, &monotonic);
    pthread_condattr_destroy(&monotonic);
    q->tail = &q->first;
}

void batch_queue_release(struct batch_queue *q)
{
    while (q->first) {
        struct batch *next = q->first->next;
        batch_free(q->first);
        q->first = next;
    }
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->filled);
}

void batch_queue_push_all(struct batch_queue *q, struct batch *first, struct batch *last)
{
    last->next = NULL;
    pthread_mutex_lock(&q->lock);
    *q->tail = first;
    q->tail = &last->next;
    pthread_cond_signal(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

void batch_queue_push(struct batch_queue *q, struct batch *b)
{
    batch_queue_push_all(q, b, b);
}

struct batch *batch_queue_pop(struct batch_queue *q, unsigned timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&q->lock);
    int rc = 0;
    while (!q->first && !q->closed && rc == 0)
        rc = IN_ROOM(WAIT, timeout_ms ? pthread_cond_timedwait(&q->filled, &q->lock, &until)
                                      : pthread_cond_wait(&q->filled, &q->lock));
    struct batch *b = q->first;
    if (b) {
        q->first = b->next;
        if (!q->first)
            q->tail = &q->first;
    }
    pthread_mutex_unlock(&q->lock);
    return b;
}

void batch_queue_close(struct batch_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

bool batch_queue_is_done(struct batch_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool done = q->closed && !q->first;
    pthread_mutex_unlock(&q->lock);
    return done;
}
