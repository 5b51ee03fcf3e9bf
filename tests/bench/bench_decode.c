/* tests/bench/bench_decode.c - what reading and decoding a capture costs.
 *
 *   bench_decode [-k] [-n RUNS] [-e] FILE...
 *
 * Prints packets by protocol, then for each run ns per frame and Gbit/s, and the median with its
 * spread. -k leaves checksums unchecked, -e lists the events raised. A cut or broken file is
 * reported and what came before the break is counted. */
#include "common/clock.h"
#include "common/text.h"
#include "sensor/capture/capture.h"
#include "sensor/decode/decode.h"
#include <unistd.h>

#define RUNS_MAX 99

struct tally {
    uint64_t packets, flags, events[EVENT_COUNT];
    uint64_t views; /* sums what a worker would look at, so that nothing is optimised away */
};

static void count_packet(void *ctx, struct packet *p)
{
    struct tally *t = ctx;
    t->packets++;
    t->flags |= p->flags;
    t->views += p->payload.len + p->sport + p->dport + p->ip.len;
    for (unsigned i = 0; i < p->event_count; i++)
        t->events[p->events[i]]++;
}

static int run_file(const char *path, struct decoder *d, struct tally *t)
{
    struct err err;
    struct frame f = {0};
    enum capture_result rc;
    struct capture *c = capture_open_file(path, &err);
    if (!c) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    while ((rc = capture_next(c, &f, &err)) == CAPTURE_FRAME)
        decode_frame(d, &f, count_packet, t);
    if (rc < 0)
        fprintf(stderr, "%s\n", err.text);
    capture_close(c);
    return 0;
}

static void print_counters(const struct decode_counters *c)
{
    struct json j = {0};
    json_object(&j, NULL);
    decode_counters_json(c, &j);
    json_object_end(&j);
    printf("%.*s\n", (int)j.len, j.text);
    json_release(&j);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One pass over all files with a new decoder; ns per frame, 0 when there was no frame. */
static double run_all(char **files, int count, enum checksum_mode mode, struct tally *t, bool print)
{
    struct decoder_options o = {.checksums = mode};
    struct decoder *d = decoder_new(&o);
    uint64_t start_us = clock_monotonic_us();
    for (int i = 0; i < count; i++)
        run_file(files[i], d, t);
    double us = (double)(clock_monotonic_us() - start_us);
    const struct decode_counters *c = decode_counters(d);
    double ns = c->frames ? us * 1000 / (double)c->frames : 0;
    if (print)
        print_counters(c);
    if (c->frames)
        printf("%.1f ns/frame, %.2f Gbit/s\n", ns, us > 0 ? (double)c->bytes * 8 / us / 1000 : 0);
    decoder_free(d);
    return ns;
}

int main(int argc, char **argv)
{
    enum checksum_mode mode = CHECKSUM_ALL;
    bool list_events = false;
    uint64_t runs = 1;
    double ns[RUNS_MAX];
    struct tally t = {0};
    for (int c; (c = getopt(argc, argv, "ken:")) != -1;) {
        if (c == 'k')
            mode = CHECKSUM_NONE;
        else if (c == 'e')
            list_events = true;
        else if (c != 'n' || !text_u64(bytes_str(optarg), 1, RUNS_MAX, &runs))
            return 2;
    }
    for (uint64_t i = 0; i < runs; i++)
        ns[i] = run_all(argv + optind, argc - optind, mode, &t, i == 0);
    qsort(ns, runs, sizeof *ns, compare_doubles);
    printf("median %.1f ns/frame, %.1f to %.1f in %llu runs\n", ns[runs / 2], ns[0], ns[runs - 1],
           (unsigned long long)runs);
    for (int e = 0; list_events && e < EVENT_COUNT; e++)
        if (t.events[e])
            printf("%8llu %s\n", (unsigned long long)(t.events[e] / runs),
                   packet_event_name((enum packet_event)e));
    return 0;
}
