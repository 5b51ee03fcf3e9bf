/* sensor/lane.c - see lane.h. */
#include "sensor/lane.h"
#include "sensor/profile.h"

#define BATCHES_EACH 8 /* held, in work, being collected */
#define HELD_MAX     4 /* with records, before the collector is woken for them */

_Static_assert(BATCHES_EACH > HELD_MAX, "else a lane waits for a batch that it holds itself");

#define QUIET_ROUNDS 16 /* that nothing is to be recorded of, before the collector hears of one */

enum { BEHIND = 4 }; /* packets between the reader and the one worked on; a power of two */

struct lane {
    unsigned number, workers;
    uint64_t seed; /* of the hash that says whose packet it is */
    struct worker *worker;
    struct decoder *decoder;
    struct rule_switch *rules;
    struct batch_queue *done, *free_batches;
    struct batch *filling;

    struct bytes frame;           /* the one being decoded */
    struct packet behind[BEHIND]; /* [worked_on, put) are still to be worked on */
    uint64_t put, worked_on;

    unsigned quiet_rounds;
    struct batch *held, *newest_held; /* not given to the collector yet, linked by next */
    unsigned held_count, held_max;

    struct rounds *rounds;
    pthread_t thread; /* with rounds */
};

/* ---- packets --------------------------------------------------------------------------------- */

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

/* What was put together from fragments stands on the decoder's memory, not in the frame. */
static void take_packet(void *ctx, struct packet *p)
{
    struct lane *l = ctx;
    if (l->workers > 1 && flow_hash(p, l->seed) % l->workers != l->number)
        return;
    put_behind(l, p);
    if (p->raw.p < l->frame.p || p->raw.p > l->frame.p + l->frame.len)
        catch_up(l);
}

static void to_lane(void *ctx, struct packet *p)
{
    IN_ROOM(PATH, take_packet(ctx, p));
}

void lane_frame(struct lane *l, const struct frame *f)
{
    l->frame = f->data;
    IN_ROOM(DECODE, decode_frame(l->decoder, f, to_lane, l));
}

void lane_settle(struct lane *l)
{
    catch_up(l);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

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
 * records wait for some more of them, or for a round without any. Of several workers it wants a
 * batch for every round. */
static void hand_over(struct lane *l, struct batch *b)
{
    bool quiet = b->record_count == 0 && !b->last;
    l->quiet_rounds = quiet && !l->rounds ? l->quiet_rounds + 1 : 0;
    if (l->quiet_rounds % QUIET_ROUNDS == 0) {
        hold(l, b);
    } else {
        rule_switch_leave(l->rules, b->rules);
        batch_queue_push(l->free_batches, b);
    }
    if ((quiet && !l->rounds) || b->last || l->held_count == l->held_max)
        release(l);
}

void lane_begin(struct lane *l, const struct round *round)
{
    l->filling = batch_queue_pop(l->free_batches, 0);
    batch_reset(l->filling);
    l->filling->rules = round->rules;
    worker_begin(l->worker, l->filling);
}

void lane_end(struct lane *l, const struct round *round)
{
    struct batch *b = l->filling;
    catch_up(l);
    b->end_us = round->end_us;
    b->last_number = round->last_number;
    b->flush_before = round->flush_before;
    b->last = round->flush_before == UINT64_MAX;
    if (l->number == 0) /* all decode the same */
        b->counters.decode = *decode_counters(l->decoder);
    worker_end(l->worker);
    hand_over(l, b);
}

/* The first bytes of frames to come, for what each worker looks at of all. */
static void expect_frame(const struct round *round, size_t i)
{
    enum { LINE = 64, AHEAD = 6 };
    if (i + AHEAD >= round->count)
        return;
    __builtin_prefetch(round->frames[i + AHEAD].data.p);
    __builtin_prefetch(round->frames[i + AHEAD].data.p + LINE);
}

static void *thread_main(void *arg)
{
    struct lane *l = arg;
    bool last = false;
    for (uint64_t turn = 0; !last; turn++) {
        struct round *round = rounds_take(l->rounds, turn);
        lane_begin(l, round);
        for (size_t i = 0; i < round->count; i++) {
            expect_frame(round, i);
            lane_frame(l, &round->frames[i]);
        }
        lane_end(l, round);
        last = round->flush_before == UINT64_MAX;
        rounds_done(l->rounds, round);
    }
    return NULL;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

struct lane *lane_new(const struct source_options *o, unsigned number, struct rounds *rounds,
                      bool flows)
{
    struct lane *l = calloc(1, sizeof *l);
    ASSERT(l);
    l->number = number;
    l->workers = o->workers;
    l->seed = o->worker->flow.seed;
    l->worker = worker_new(o->worker, number);
    l->decoder = decoder_new(&o->decoder);
    l->rules = o->worker->rules;
    l->done = o->done;
    l->free_batches = &o->free_batches[number];
    l->rounds = rounds;
    l->held_max = flows ? HELD_MAX : 1;
    for (int k = 0; k < BATCHES_EACH; k++)
        batch_queue_push(l->free_batches, batch_new(number));
    if (rounds)
        ASSERT(pthread_create(&l->thread, NULL, thread_main, l) == 0);
    return l;
}

void lane_free(struct lane *l)
{
    if (l->rounds)
        pthread_join(l->thread, NULL);
    worker_free(l->worker);
    decoder_free(l->decoder);
    free(l);
}
