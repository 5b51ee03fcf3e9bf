/* sensor/anomaly/detector.h - what a detector is, and how it explains itself. For this folder only.
 */
#ifndef ANOMALY_DETECTOR_H
#define ANOMALY_DETECTOR_H
#include "sensor/anomaly/anomaly.h"

#define IP_TCP 6
#define IP_UDP 17

/* One part of a score, in thousandths. Negative: it speaks against the finding. */
struct score_term {
    const char *name;
    int points; /* the most it can give, or take */
    const char *meaning;
};

struct detector {
    const char *name, *summary;
    const char *sids;
    const struct score_term *terms; /* ends with a NULL name */
    void *(*make)(const struct anomaly_options *o, struct anomaly *a);
    void (*release)(void *state);
    void (*observe)(void *state, const struct observation *o);
    /* Adds the detector's memory and evictions to out. */
    void (*count)(const void *state, struct anomaly_counters *out);
};

/* Latest time seen; never runs backwards. */
uint64_t anomaly_now(const struct anomaly *a);
/* Counts and hands on; score and reasons are taken from s. */
struct score;
void anomaly_raise(struct anomaly *a, struct anomaly_alert *alert, const struct score *s);

/* A score being added up: the points of its reasons sum to it exactly. */
struct score {
    struct json reasons;
    int thousandths;
};
void score_begin(struct score *s);
/* points: 0 to 1, or negative; rounded to a thousandth. value is what was seen, baseline what would
 * have been unremarkable. */
void score_add(struct score *s, const char *term, double value, double baseline, double points);
void score_end(struct score *s);

/* x within [0, 1]. */
static inline double unit(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* A datagram from a service's port to a port of the dynamic kind: an answer whose question was not
 * seen, which makes its sender no client. */
static inline bool is_late_answer(const struct observation *o)
{
    return o->transport == IP_UDP && o->client_port < 1024 && o->server_port >= 1024;
}

/* Multicast, broadcast and unspecified addresses are nobody's to scan or to call home to. */
bool addr_is_one_host(const struct addr *a);

#endif
