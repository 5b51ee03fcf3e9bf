/* tests/bench/bench_anomaly.c - how many scans and beacons the detectors find, how many alarms on
 * made-up benign traffic, and what an observation costs.
 *
 * The traffic is the unit tests' (tests/unit/sensor/anomaly/traffic.h), seeded. For beacons the
 * timestamp part of RITA 5's score (mean of 1 - |Bowley skew| and 1 - MAD/median) at 0.7 is shown
 * beside ours as the simple baseline, on the same intervals. */
#include <sys/utsname.h>
#include "common/clock.h"
#include "sensor/anomaly/spread.h"
#include "tests/unit/sensor/anomaly/traffic.h"

#define RUNS 400

/* ---- beacons --------------------------------------------------------------------------------- */

static double rita_timestamp_score(double *intervals, size_t count)
{
    struct spread s = spread_of(intervals, count);
    return (1 - fabs(s.skew) + (s.dispersion < 1 ? 1 - s.dispersion : 0)) / 2;
}

/* Times of one source, from the same dice as the traffic. */
enum habit { JITTER, MISSED, POISSON, PERSON };

static double next_pause(struct dice *d, enum habit habit, double jitter)
{
    double even = 300 * (1 + jitter * (2 * dice_unit(d) - 1));
    switch (habit) {
    case JITTER:
        return even;
    case MISSED:
        return dice_unit(d) < 0.15 ? 2 * even : even;
    case POISSON:
        return -300 * log(dice_unit(d));
    case PERSON:
        return dice_unit(d) < 0.05 ? 600 + 1800 * dice_unit(d) : 12 * exp(1.2 * dice_normal(d));
    }
    return 0;
}

static void beacon_row(const char *what, enum habit habit, double jitter, unsigned beats)
{
    unsigned ours = 0, baseline = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        struct traffic t;
        double at_s = 0, intervals[1024];
        traffic_begin(&t, 0, run * 7919 + 1);
        for (unsigned i = 0; i < beats; i++) {
            uint64_t sent = habit == PERSON ? (uint64_t)(600 * exp(0.8 * dice_normal(&t.dice)))
                                            : 800 + (uint64_t)(dice_unit(&t.dice) * 200);
            call(&t, START_US + (uint64_t)(at_s * 1e6), host_v4(0x0a010105), host_v4(0xc633642a),
                 443, "host.example", sent);
            intervals[i] = next_pause(&t.dice, habit, jitter);
            at_s += intervals[i];
        }
        ours += t.findings.by_sid[200] > 0;
        baseline += rita_timestamp_score(intervals, beats - 1) >= 0.7;
        anomaly_free(t.anomaly);
    }
    printf("  %-34s %4u beats   ours %5.1f %%   baseline %5.1f %%\n", what, beats,
           100.0 * ours / RUNS, 100.0 * baseline / RUNS);
}

static void bench_beacons(void)
{
    printf("beacons, share of %d series alerted\n", RUNS);
    for (unsigned beats = 12; beats <= 48; beats *= 2) {
        beacon_row("jitter 0 %", JITTER, 0, beats);
        beacon_row("jitter 10 %", JITTER, 0.1, beats);
        beacon_row("jitter 30 %", JITTER, 0.3, beats);
        beacon_row("jitter 20 %, 15 % of beats missed", MISSED, 0.2, beats);
        beacon_row("benign: random calls (Poisson)", POISSON, 0, beats);
        beacon_row("benign: a person browsing", PERSON, 0, beats);
    }
    beacon_row("benign: a person browsing", PERSON, 0, 960);
}

/* ---- scans ----------------------------------------------------------------------------------- */

/* Mean number of attempts until the alert, over runs that found one within 1000. */
static void scan_row(const char *what, double success, unsigned warm_up)
{
    unsigned found = 0, attempts = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        struct traffic t;
        uint64_t at_us = START_US;
        traffic_begin(&t, 0, run * 104729 + 1);
        for (uint32_t i = 0; i < warm_up; i++, at_us += SECOND)
            knock(&t, at_us, host_v4(0x0a010105), host_v4(0x32000000 + i), 443, ANSWERED);
        for (uint32_t i = 0; i < 1000 && !t.findings.by_sid[100]; i++, at_us += SECOND) {
            knock(&t, at_us, host_v4(0x0a010105), host_v4(0xc6120000 + i), 445,
                  dice_unit(&t.dice) < success ? ANSWERED : REFUSED);
            attempts += t.findings.by_sid[100] ? i + 1 : 0;
        }
        found += t.findings.by_sid[100] > 0;
        anomaly_free(t.anomaly);
    }
    printf("  %-34s found %5.1f %%   after %.1f attempts\n", what, 100.0 * found / RUNS,
           found ? (double)attempts / found : 0);
}

static void proxy_row(double failing)
{
    unsigned alarms = 0;
    for (unsigned run = 0; run < 50; run++) {
        struct traffic t;
        traffic_begin(&t, 0, run * 15485863 + 1);
        for (uint32_t i = 0; i < 20000; i++)
            knock(&t, START_US + i * SECOND, host_v4(0x0a010105), host_v4(0xc6120000 + i), 443,
                  dice_unit(&t.dice) < failing ? SILENT : ANSWERED);
        alarms += t.findings.count > 0;
        anomaly_free(t.anomaly);
    }
    printf(
        "  benign: busy client, %2.0f %% failing    alarms %u of 50 (20,000 new addresses each)\n",
        failing * 100, alarms);
}

static void bench_scans(void)
{
    printf("scans, %d runs each\n", RUNS);
    scan_row("nothing answers", 0, 0);
    scan_row("one in five answers", 0.2, 0);
    scan_row("one in three answers", 0.33, 0);
    scan_row("nothing answers, after 5000 good", 0, 5000);
    for (double failing = 0.1; failing < 0.45; failing += 0.1)
        proxy_row(failing);
}

/* ---- cost ------------------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void bench_cost(void)
{
    double ns[5];
    uint64_t memory = 0;
    for (int run = 0; run < 5; run++) {
        struct traffic t;
        traffic_begin(&t, 0, 1);
        uint64_t before_us = clock_monotonic_us();
        for (uint32_t i = 0; i < 300000; i++)
            call(&t, START_US + i * 1000, host_v4(0x0a010000 + i % 20000),
                 host_v4(0xc6120000 + i % 997), 443, "host.example", 900);
        const struct anomaly_counters *c = anomaly_counters(t.anomaly);
        ns[run] = (double)(clock_monotonic_us() - before_us) * 1000 / (double)c->observations;
        memory = c->memory_bytes;
        anomaly_free(t.anomaly);
    }
    qsort(ns, 5, sizeof *ns, by_value);
    printf("cost: %.0f ns per observation (median of 5, %.0f to %.0f), 20,000 clients, %.1f MB\n",
           ns[2], ns[0], ns[4], (double)memory / 1e6);
}

int main(void)
{
    struct utsname machine;
    uname(&machine);
    printf("bench_anomaly on %s %s\n", machine.sysname, machine.machine);
    bench_beacons();
    bench_scans();
    bench_cost();
    return 0;
}
