/* sensor/worker.h - the packet path of one worker. */
#ifndef SENSOR_WORKER_H
#define SENSOR_WORKER_H
#include "common/clock.h"
#include "sensor/batch.h"
#include "sensor/eve/eve.h"
#include "sensor/rule_switch.h"

/* What all workers share; nothing in it changes while they run. */
struct worker_options {
    struct rule_switch *rules;
    struct shared *shared;                  /* what rules remember beyond a flow; NULL: nothing */
    const struct rule_address_set *inside;  /* $HOME_NET, for observations; may be NULL */
    const struct prefix_map *organisations; /* prefix -> organisation index; may be NULL */
    int32_t default_org;
    struct eve_types types;
    bool detectors; /* anomaly detectors run: they are told what hosts do */
    bool explain;   /* alerts say why their rules matched */
    struct eve_alert_options alerts;
    struct flow_options flow;
    struct exception_policies exceptions;
    struct stream_options stream;
    struct app_options app;
};

struct worker;
/* number: 0, 1, 2 ... among the workers that share. */
struct worker *worker_new(const struct worker_options *o, unsigned number);
void worker_free(struct worker *w);

/* Live: which interface the packets come from, for the records. */
void worker_set_interface(struct worker *w, const char *in_iface);

/* Records and counters of what follows go into b, until the next call; b->rules are in force. */
void worker_begin(struct worker *w, struct batch *b);
/* Packets that come soon: fetches what they will need, in three steps with other work between. */
void worker_expect(struct worker *w, struct packet *p);
void worker_approach(struct worker *w, const struct packet *p);
void worker_reach(struct worker *w, const struct packet *p);
/* Live: what to give up from here on; now_us: the time of the packets. */
void worker_overload(struct worker *w, enum overload step, uint64_t now_us);
/* One packet, to completion. */
void worker_packet(struct worker *w, struct packet *p);
/* Time-outs up to b->end_us, and what b->flush_before ends; counters are copied into b. */
void worker_end(struct worker *w);

#endif
