/* sensor/anomaly/anomaly.c - runs the detectors of anomaly_table.h; see anomaly.h. */
#include "sensor/anomaly/anomaly_table.h"
#include "sensor/anomaly/detector.h"
#include <math.h>

#define DECLARE(row) extern const struct detector detector_##row;
ANOMALY_TABLE(DECLARE)
#define ROW(row) &detector_##row,
static const struct detector *const detectors[] = {ANOMALY_TABLE(ROW)};
#define DETECTORS (sizeof detectors / sizeof detectors[0])

struct anomaly {
    anomaly_alert_fn *on_alert;
    void *ctx;
    uint64_t now_us;
    void *states[DETECTORS];
    uint64_t observations, alerts;
    struct anomaly_counters counters;
};

struct anomaly *anomaly_new(const struct anomaly_options *o, anomaly_alert_fn *on_alert, void *ctx)
{
    struct anomaly *a = calloc(1, sizeof *a);
    const struct anomaly_options options = {.cap_entries =
                                                o->cap_entries ? o->cap_entries : 262144};
    ASSERT(a);
    a->on_alert = on_alert;
    a->ctx = ctx;
    for (size_t i = 0; i < DETECTORS; i++)
        a->states[i] = detectors[i]->make(&options, a);
    return a;
}

void anomaly_free(struct anomaly *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < DETECTORS; i++)
        detectors[i]->release(a->states[i]);
    free(a);
}

void anomaly_observe(struct anomaly *a, const struct observation *o)
{
    a->observations++;
    if (o->ts_us > a->now_us)
        a->now_us = o->ts_us;
    for (size_t i = 0; i < DETECTORS; i++)
        detectors[i]->observe(a->states[i], o);
}

uint64_t anomaly_now(const struct anomaly *a)
{
    return a->now_us;
}

void anomaly_raise(struct anomaly *a, struct anomaly_alert *alert, const struct score *s)
{
    a->alerts++;
    alert->score = s->thousandths / 1000.0;
    alert->reasons = json_bytes(&s->reasons);
    a->on_alert(a->ctx, alert);
}

const struct anomaly_counters *anomaly_counters(const struct anomaly *a)
{
    struct anomaly_counters *c = &((struct anomaly *)a)->counters; /* a cache of sums */
    *c = (struct anomaly_counters){.observations = a->observations, .alerts = a->alerts};
    for (size_t i = 0; i < DETECTORS; i++)
        detectors[i]->count(a->states[i], c);
    return c;
}

void anomaly_list(FILE *out)
{
    for (size_t i = 0; i < DETECTORS; i++) {
        const struct detector *d = detectors[i];
        fprintf(out, "%s (3000:%s): %s\n", d->name, d->sids, d->summary);
        for (const struct score_term *t = d->terms; t->name; t++)
            fprintf(out, "  %+6.3f  %-20s %s\n", t->points / 1000.0, t->name, t->meaning);
    }
}

/* ---- scores ---------------------------------------------------------------------------------- */

void score_begin(struct score *s)
{
    json_reset(&s->reasons);
    s->thousandths = 0;
    json_array(&s->reasons, NULL);
}

void score_add(struct score *s, const char *term, double value, double baseline, double points)
{
    int thousandths = (int)lround(points * 1000);
    s->thousandths += thousandths;
    json_object(&s->reasons, NULL);
    json_strz(&s->reasons, "term", term);
    json_real(&s->reasons, "value", round(value * 1000) / 1000);
    json_real(&s->reasons, "baseline", baseline);
    json_real(&s->reasons, "points", thousandths / 1000.0);
    json_object_end(&s->reasons);
}

void score_end(struct score *s)
{
    json_array_end(&s->reasons);
}

bool addr_is_one_host(const struct addr *a)
{
    static const uint8_t ones[4] = {255, 255, 255, 255};
    if (a->version == 4)
        return a->b[0] != 0 && (a->b[0] & 0xf0) != 0xe0 && memcmp(a->b, ones, 4) != 0;
    return a->version == 6 && a->b[0] != 0xff;
}
