/* sensor/live.c - one thread a worker, each with its own ring on the interface. */
#include "sensor/sources.h"
#include "common/clock.h"
#include "common/log.h"

#define BATCH_FRAMES 1024
#define BATCH_US     100000 /* records of a slow link must not wait for a full batch */
#define BATCHES_EACH 8
#define GRACE_US     100000 /* for the kernel to hand over what came before a stop */

struct lane {
    const struct source_options *options;
    struct worker *worker;
    struct capture *capture;
    struct decoder *decoder;
    unsigned number;
    bool failed;
    enum overload overload;
    struct capture_counters kernel; /* as last asked for */
    uint64_t now_us, frames;
    uint64_t stop_us; /* when a stop was noticed; 0: not yet */
    pthread_t thread;
};

static void to_worker(void *ctx, struct packet *p)
{
    worker_packet(ctx, p);
}

static void hand_over(struct lane *l, struct batch *b, bool last)
{
    b->end_us = l->now_us;
    b->last_number = l->frames;
    b->last = last;
    b->flush_before = last ? UINT64_MAX : 0;
    b->counters.decode = *decode_counters(l->decoder);
    worker_end(l->worker);
    b->counters.kernel = l->kernel;
    batch_queue_push(l->options->done, b);
}

/* How far the kernel is ahead: so the worker knows what to give up with the next batch. */
static void weigh(struct lane *l)
{
    uint64_t dropped_before = l->kernel.kernel_dropped;
    capture_counters(l->capture, &l->kernel);
    l->overload = overload_next(l->overload, capture_fill(l->capture),
                                l->kernel.kernel_dropped > dropped_before);
    worker_overload(l->worker, l->overload, l->now_us);
}

static void take_frame(struct lane *l, struct frame *f)
{
    if (f->ts_us > l->now_us)
        l->now_us = f->ts_us;
    l->frames = f->number;
    decode_frame(l->decoder, f, to_worker, l->worker);
}

/* Frames of one batch: until it is full or old, or nothing comes for a while. False when it is the
 * last: the capture failed, or what came before the stop has been read. */
static bool fill(struct lane *l, struct err *err)
{
    uint64_t until_us = l->now_us + BATCH_US;
    for (int i = 0; i < BATCH_FRAMES && l->now_us < until_us; i++) {
        struct frame f;
        switch (capture_next(l->capture, &f, err)) {
        case CAPTURE_FRAME:
            take_frame(l, &f);
            if (l->stop_us && f.ts_us > l->stop_us)
                return false;
            break;
        case CAPTURE_IDLE:
            l->now_us = clock_wall_us();
            return !l->stop_us || l->now_us < l->stop_us + GRACE_US;
        case CAPTURE_END:
        case CAPTURE_CUT:
        case CAPTURE_ERROR:
            return false;
        }
    }
    return true;
}

static void *lane_main(void *arg)
{
    struct lane *l = arg;
    struct err err = {0};
    for (bool going = true; going;) {
        struct batch *b = batch_queue_pop(&l->options->free_batches[l->number], 0);
        batch_reset(b);
        b->rules = rule_switch_enter(l->options->worker->rules);
        worker_begin(l->worker, b);
        if (!l->stop_us && atomic_load(l->options->stop)) {
            capture_stop(l->capture);
            l->stop_us = clock_wall_us();
        }
        going = fill(l, &err);
        weigh(l);
        hand_over(l, b, !going);
    }
    if (err.text[0]) {
        l->failed = true;
        atomic_store(l->options->stop, true);
        log_error("%s", err.text);
    }
    return NULL;
}

int live_run(const struct source_options *o, const char *interface, struct capture *const *captures)
{
    struct lane *lanes = calloc(o->workers, sizeof *lanes);
    ASSERT(lanes);
    struct decoder_options decoder = o->decoder;
    decoder.live = true;
    for (unsigned i = 0; i < o->workers; i++) {
        affinity_of_worker(o->affinity, i); /* memory is had where it is first written to */
        lanes[i] = (struct lane){.options = o,
                                 .number = i,
                                 .worker = worker_new(o->worker, i),
                                 .capture = captures[i],
                                 .decoder = decoder_new(&decoder)};
        worker_set_interface(lanes[i].worker, interface);
        for (int k = 0; k < BATCHES_EACH; k++)
            batch_queue_push(&o->free_batches[i], batch_new(i));
        ASSERT(pthread_create(&lanes[i].thread, NULL, lane_main, &lanes[i]) == 0);
    }
    affinity_of_management(o->affinity);
    int failed = 0;
    log_info("watching %s with %u worker%s", interface, o->workers, o->workers > 1 ? "s" : "");
    for (unsigned i = 0; i < o->workers; i++) {
        pthread_join(lanes[i].thread, NULL);
        failed += lanes[i].failed;
        worker_free(lanes[i].worker);
        decoder_free(lanes[i].decoder);
    }
    free(lanes);
    return failed;
}
