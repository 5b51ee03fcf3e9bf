/* sensor/replay.c - reads capture files and takes their frames to the workers in rounds. */
#include "sensor/lane.h"
#include "sensor/profile.h"
#include "common/clock.h"
#include "common/log.h"
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLUSH_FRAMES 65536 /* flows that began within so many frames end together at the end */

struct reader {
    const struct source_options *options;
    struct lane **lanes;
    struct rounds *rounds; /* of several workers; NULL: the only one works in this thread */
    struct round own;      /* without rounds */
    struct round *round;   /* the one at hand */
    uint64_t last_us;      /* time of the last frame */
    uint64_t frames, round_frames;
    double pace;
    uint64_t first_us, started_us; /* for the pace: packet time and our time of the first frame */
};

/* A reload takes effect between two rounds, at the same packet for every worker. */
static void round_begin(struct reader *r)
{
    struct rule_switch *rules = r->options->worker->rules;
    r->round = r->rounds ? rounds_begin(r->rounds) : &r->own;
    r->round->rules = rule_switch_enter(rules);
    for (unsigned i = 1; i < r->options->workers; i++)
        rule_switch_hold(rules, r->round->rules);
    if (!r->rounds)
        lane_begin(r->lanes[0], r->round);
    r->round_frames = 0;
}

/* flush_before: see struct batch; UINT64_MAX with the last round. */
static void round_end(struct reader *r, uint64_t flush_before)
{
    r->round->end_us = r->last_us;
    r->round->last_number = r->frames;
    r->round->flush_before = flush_before;
    if (r->rounds)
        rounds_publish(r->rounds);
    else
        lane_end(r->lanes[0], r->round);
}

/* Holds a frame back until its time has come; in slices, so that a stop is heard. */
static void keep_pace(struct reader *r, uint64_t ts_us)
{
    if (r->pace <= 0)
        return;
    if (!r->started_us) {
        r->started_us = clock_monotonic_us();
        r->first_us = ts_us;
    }
    uint64_t since = ts_us > r->first_us ? ts_us - r->first_us : 0;
    uint64_t due = r->started_us + (uint64_t)((double)since / r->pace);
    for (uint64_t now; (now = clock_monotonic_us()) < due && !atomic_load(r->options->stop);) {
        round_end(r, 0); /* what was read goes on while we wait, and so does a reload */
        round_begin(r);
        uint64_t left = due - now;
        usleep((useconds_t)(left > 100000 ? 100000 : left));
    }
}

static void take_frame(struct reader *r, struct frame *f)
{
    if (f->turned && !r->rounds)
        lane_settle(r->lanes[0]);
    keep_pace(r, f->ts_us);
    f->number = ++r->frames;
    r->last_us = f->ts_us;
    if (r->rounds)
        round_add(r->round, f);
    else
        lane_frame(r->lanes[0], f);
    if (++r->round_frames == ROUND_FRAMES) {
        round_end(r, 0);
        round_begin(r);
    }
}

static void progress(const struct reader *r, const char *file, bool end)
{
    if (!r->options->show_progress || (!end && r->frames % 200000))
        return;
    fprintf(stderr, "\r%s: %" PRIu64 " packets%s", file, r->frames, end ? "\n" : "");
    fflush(stderr);
}

/* 0, or -1 when nothing of the file could be read. One that is damaged further on is worth what
 * came before the damage, as the peer sees it too: a warning says where it ends. */
static int read_file(struct reader *r, const char *path, struct err *err)
{
    struct capture *c = capture_open_file(path, err);
    if (!c)
        return -1;
    struct frame f;
    uint64_t before = r->frames;
    enum capture_result got = CAPTURE_END;
    while (!atomic_load_explicit(r->options->stop, memory_order_relaxed) &&
           (got = IN_ROOM(CAPTURE, capture_next(c, &f, err))) == CAPTURE_FRAME) {
        take_frame(r, &f);
        progress(r, path, false);
    }
    progress(r, path, true);
    if (!r->rounds)
        lane_settle(r->lanes[0]);
    capture_close(c);
    bool damaged = got == CAPTURE_CUT || got == CAPTURE_ERROR;
    if (damaged && r->frames == before)
        return -1;
    if (damaged)
        log_warn("%s", err->text);
    return 0;
}

/* What is left when all was read, in rounds of its own: what there is to say of millions of flows
 * need not be kept in memory all at once. */
static void end_flows(struct reader *r)
{
    round_end(r, 0);
    for (uint64_t before = FLUSH_FRAMES; before <= r->frames; before += FLUSH_FRAMES) {
        round_begin(r);
        round_end(r, before);
    }
    round_begin(r);
    round_end(r, UINT64_MAX);
}

/* Not of a pipe, whose writer may take its time. */
static bool are_files(char *const *files, int count)
{
    for (int i = 0; i < count; i++) {
        struct stat s;
        if (stat(files[i], &s) != 0 || !S_ISREG(s.st_mode))
            return false;
    }
    return true;
}

static void start_lanes(struct reader *r, bool flows)
{
    const struct source_options *o = r->options;
    r->rounds = o->workers > 1 ? rounds_new(o->workers) : NULL;
    r->lanes = calloc(o->workers, sizeof(struct lane *));
    ASSERT(r->lanes);
    for (unsigned i = 0; i < o->workers; i++)
        r->lanes[i] = lane_new(o, i, r->rounds, flows);
}

static void stop_lanes(struct reader *r)
{
    for (unsigned i = 0; i < r->options->workers; i++)
        lane_free(r->lanes[i]);
    free(r->lanes);
    rounds_free(r->rounds);
}

int replay_run(const struct source_options *o, char *const *files, int count, double pace,
               uint64_t *frames)
{
    struct reader r = {.options = o, .pace = pace};
    int broken = 0;
    start_lanes(&r, are_files(files, count) && pace <= 0);
    round_begin(&r);
    for (int i = 0; i < count && !atomic_load(o->stop); i++) {
        struct err err;
        if (read_file(&r, files[i], &err) != 0) {
            log_error("%s", err.text);
            broken++;
        }
    }
    end_flows(&r);
    stop_lanes(&r);
    *frames = r.frames;
    return broken;
}
