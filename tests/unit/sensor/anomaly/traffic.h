/* tests/unit/sensor/anomaly/traffic.h - made-up hosts whose doings are observations.
 *
 * Seeded and in order of time, so that every run is the same. */
#ifndef TESTS_ANOMALY_TRAFFIC_H
#define TESTS_ANOMALY_TRAFFIC_H
#include <math.h>
#include "sensor/anomaly/anomaly.h"

#define START_US UINT64_C(1794787200000000) /* 2026-11-16 00:00 UTC */
#define SECOND   UINT64_C(1000000)

struct dice {
    uint64_t state;
};

static inline double dice_unit(struct dice *d)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(d->state >> 11) + 0.5) / 9007199254740992.0;
}

static inline double dice_normal(struct dice *d)
{
    double u = dice_unit(d);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * dice_unit(d));
}

static inline struct addr host_v4(uint32_t n)
{
    const uint8_t b[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    return addr_v4(b);
}

/* What the detectors said. */
struct findings {
    unsigned by_sid[300];
    unsigned count;
    struct anomaly_alert last;
    char last_reasons[2048], last_host[256];
};

static inline void note_finding(void *ctx, const struct anomaly_alert *a)
{
    struct findings *f = ctx;
    f->count++;
    f->by_sid[a->sid < 300 ? a->sid : 0]++;
    f->last = *a;
    snprintf(f->last_reasons, sizeof f->last_reasons, "%.*s", (int)a->reasons.len,
             (const char *)a->reasons.p);
    snprintf(f->last_host, sizeof f->last_host, "%.*s", (int)a->host.len, (const char *)a->host.p);
}

struct traffic {
    struct anomaly *anomaly;
    struct findings findings;
    struct dice dice;
    uint64_t flow_id;
};

static inline void traffic_begin(struct traffic *t, size_t cap_entries, uint64_t seed)
{
    const struct anomaly_options o = {.cap_entries = cap_entries};
    *t = (struct traffic){.dice = {seed}};
    t->anomaly = anomaly_new(&o, note_finding, &t->findings);
}

static inline struct observation observation_of(struct traffic *t, uint64_t ts_us,
                                                struct addr client, struct addr server,
                                                uint16_t port)
{
    return (struct observation){.kind = OBS_ATTEMPT,
                                .transport = 6,
                                .client_inside = true,
                                .ts_us = ts_us,
                                .start_us = ts_us,
                                .flow_id = t->flow_id,
                                .packet = t->flow_id,
                                .client = client,
                                .server = server,
                                .client_port = 40000,
                                .server_port = port};
}

enum outcome { ANSWERED, REFUSED, SILENT };

/* One connection from its first packet to its outcome. */
static inline void knock(struct traffic *t, uint64_t ts_us, struct addr client, struct addr server,
                         uint16_t port, enum outcome outcome)
{
    t->flow_id++;
    struct observation o = observation_of(t, ts_us, client, server, port);
    anomaly_observe(t->anomaly, &o);
    o.ts_us += 20000;
    o.kind = outcome == ANSWERED ? OBS_ANSWERED : OBS_REFUSED;
    if (outcome != SILENT)
        anomaly_observe(t->anomaly, &o);
}

/* One whole request: connection, request (host may be ""), end. */
static inline void call(struct traffic *t, uint64_t ts_us, struct addr client, struct addr server,
                        uint16_t port, const char *host, uint64_t sent)
{
    knock(t, ts_us, client, server, port, ANSWERED);
    struct observation o = observation_of(t, ts_us + 30000, client, server, port);
    if (*host) {
        o.kind = OBS_REQUEST;
        o.host = bytes_str(host);
        anomaly_observe(t->anomaly, &o);
    }
    o.kind = OBS_END;
    o.ts_us = ts_us + 200000;
    o.bytes_to_server = sent;
    o.bytes_to_client = 4000;
    anomaly_observe(t->anomaly, &o);
}

/* A program calling home: period with uniform jitter of +-share, so many times. */
static inline void beacon(struct traffic *t, double period_s, double jitter, unsigned beats,
                          const char *host)
{
    double at_s = 0;
    for (unsigned i = 0; i < beats; i++) {
        call(t, START_US + (uint64_t)(at_s * 1e6), host_v4(0x0a010105), host_v4(0xc633642a), 443,
             host, 800 + (uint64_t)(dice_unit(&t->dice) * 200));
        at_s += period_s * (1 + jitter * (2 * dice_unit(&t->dice) - 1));
    }
}

/* A person at one site: pauses are log-normal (median 12 s, with long tails), in visits of a few
 * dozen pages; what is sent varies with the forms and cookies. */
static inline void person(struct traffic *t, struct addr client, const char *host, unsigned pages)
{
    double at_s = dice_unit(&t->dice) * 1800;
    for (unsigned i = 0; i < pages; i++) {
        call(t, START_US + (uint64_t)(at_s * 1e6), client, host_v4(0xc6336450), 443, host,
             (uint64_t)(600 * exp(0.8 * dice_normal(&t->dice))));
        at_s += dice_unit(&t->dice) < 0.05 ? 600 + 1800 * dice_unit(&t->dice)
                                           : 12 * exp(1.2 * dice_normal(&t->dice));
    }
}

#endif
