/* sensor/lane.c - see lane.h. */
#include "sensor/lane.h"
#include "sensor/profile.h"

#define BATCHES_EACH 8 /* read ahead, in work, being collected */
#define HELD_MAX     4 /* with records, before the collector is woken for them */

#define QUIET_ROUNDS 16 /* that nothing is to be recorded of, before the collector hears of one */

enum { BEHIND = 4 }; /* packets between the reader and the one worked on; a power of two */

struct lane {
    struct worker *worker;
    struct rule_switch *rules;
    struct batch_queue *done, *free_batches;
    struct batch *filling;

    bool alone;
    struct packet behind[BEHIND]; /* alone: [worked_on, put) are still to be worked on */
    uint64_t put, worked_on;
    unsigned quiet_rounds;
    struct batch *held, *newest_held; /* not given to the collector yet, linked by next */
    unsigned held_count;

    struct batch_queue in; /* else */
    pthread_t thread;
};

/* ---- in the reader's thread ------------------------------------------------------------------ */

static struct packet *behind(struct lane *l, uint64_t place)
{
    return &l->behind[place % BEHIND];
}

static void work_on(struct lane *l)
{
    worker_packet(l->worker, behind(l, l->worked_on++));
}

static void catch_up(struct lane *l)
{
    while (l->worked_on < l->put)
        work_on(l);
}

/* What a packet needs comes from memory, a step at a time, while those before it are worked on. */
static void put_behind(struct lane *l, const struct packet *p)
{
    uint64_t at = l->put++;
    *behind(l, at) = *p;
    worker_expect(l->worker, behind(l, at));
    if (at >= l->worked_on + 1)
        worker_approach(l->worker, behind(l, at - 1));
    if (at >= l->worked_on + 2)
        worker_reach(l->worker, behind(l, at - 2));
    if (l->put - l->worked_on == BEHIND)
        work_on(l);
}

static void release(struct lane *l)
{
    if (l->held_count)
        batch_queue_push_all(l->done, l->held, l->newest_held);
    l->held_count = 0;
}

static void hold(struct lane *l, struct batch *b)
{
    if (l->held_count++)
        l->newest_held->next = b;
    else
        l->held = b;
    l->newest_held = b;
}

/* To wake the collector costs more than many a round: its counters may be a few rounds old, and
 * records wait for some more of them, or for a round without any. */
static void hand_over(struct lane *l, struct batch *b)
{
    bool quiet = b->record_count == 0 && !b->last;
    l->quiet_rounds = quiet ? l->quiet_rounds + 1 : 0;
    if (l->quiet_rounds % QUIET_ROUNDS == 0) {
        hold(l, b);
    } else {
        rule_switch_leave(l->rules, b->rules);
        batch_queue_push(l->free_batches, b);
    }
    if (quiet || b->last || l->held_count == HELD_MAX)
        release(l);
}

/* ---- in a thread of its own ------------------------------------------------------------------ */

static void fetch(const struct packet *p)
{
    enum { LINE = 64 };
    for (size_t at = 0; at < offsetof(struct packet, icmp); at += LINE)
        __builtin_prefetch((const uint8_t *)p + at);
}

/* Here a packet comes out of another core's cache, too. */
static void run_packets(struct worker *w, struct packet *packets, size_t count)
{
    enum { FETCH = 12, EXPECT = 8, APPROACH = 4, REACH = 2 };
    for (size_t i = 0; i < count; i++) {
        if (i + FETCH < count)
            fetch(&packets[i + FETCH]);
        if (i + EXPECT < count)
            worker_expect(w, &packets[i + EXPECT]);
        if (i + APPROACH < count)
            worker_approach(w, &packets[i + APPROACH]);
        if (i + REACH < count)
            worker_reach(w, &packets[i + REACH]);
        worker_packet(w, &packets[i]);
    }
}

static void *thread_main(void *arg)
{
    struct lane *l = arg;
    for (bool last = false; !last;) {
        struct batch *b = batch_queue_pop(&l->in, 0);
        if (!b)
            break;
        last = b->last;
        worker_begin(l->worker, b);
        run_packets(l->worker, b->packets, b->packet_count);
        worker_end(l->worker);
        batch_queue_push(l->done, b);
    }
    return NULL;
}

/* ---- either ---------------------------------------------------------------------------------- */

void lane_begin(struct lane *l, struct batch *b)
{
    l->filling = b;
    if (l->alone)
        worker_begin(l->worker, b);
}

struct batch *lane_batch(const struct lane *l)
{
    return l->filling;
}

void lane_packet(struct lane *l, const struct packet *p, bool stays)
{
    if (!l->alone) {
        batch_add_packet(l->filling, p);
        return;
    }
    put_behind(l, p);
    if (!stays)
        catch_up(l);
}

void lane_settle(struct lane *l)
{
    catch_up(l);
}

void lane_end(struct lane *l)
{
    if (!l->alone) {
        batch_queue_push(&l->in, l->filling);
        return;
    }
    catch_up(l);
    worker_end(l->worker);
    hand_over(l, l->filling);
}

struct lane *lane_new(const struct source_options *o, unsigned number)
{
    struct lane *l = calloc(1, sizeof *l);
    ASSERT(l);
    l->worker = worker_new(o->worker, number);
    l->rules = o->worker->rules;
    l->done = o->done;
    l->free_batches = &o->free_batches[number];
    l->alone = o->workers == 1;
    for (int k = 0; k < BATCHES_EACH; k++)
        batch_queue_push(l->free_batches, batch_new(number));
    batch_queue_init(&l->in);
    if (!l->alone)
        ASSERT(pthread_create(&l->thread, NULL, thread_main, l) == 0);
    return l;
}

void lane_free(struct lane *l)
{
    if (!l->alone)
        pthread_join(l->thread, NULL);
    worker_free(l->worker);
    batch_queue_release(&l->in);
    free(l);
}
