/* analyzer/http/ring.h - the inside of push: the ring of events and one viewer's way through it.
 *
 * For push.c and stream.c only. Nothing here locks; the caller holds push's lock. */
#ifndef HTTP_RING_H
#define HTTP_RING_H
#include "analyzer/http/push.h"
#include "common/err.h"

enum { RING_SLOTS = 4096, RING_SEVERITIES = 4, RING_JSON_MAX = 65536 };

/* Event number n (counted from 1) lives in slot n % RING_SLOTS until RING_SLOTS more have come. */
struct ring_slot {
    const char *name;
    char *orgs; /* NULL: no bound viewer sees it */
    unsigned severity;
    char *json;
    size_t len;
};
struct ring {
    struct ring_slot slots[RING_SLOTS];
    uint64_t epoch; /* start of this ring; event ids are "EPOCH-NUMBER" */
    uint64_t head;  /* number of the latest event; 0: none yet */
    uint64_t floor; /* events up to this number were never kept */
};

void ring_add(struct ring *r, const struct push_event *e);
/* Counts an event that is not kept, so that whoever resumes across it is told of a loss. */
void ring_skip(struct ring *r);
void ring_release(struct ring *r);

/* Text of an event stream, written but not yet sent from `at` on. */
struct ring_text {
    char *p;
    size_t len, cap, at;
};

/* A viewer's place, allowances and what is written but not yet sent. */
struct ring_reader {
    struct push_viewer viewer;
    uint64_t next; /* number of the first event not looked at */
    double allowance[RING_SEVERITIES];
    uint64_t refilled_us, lost_told_us, wrote_us; /* monotonic */
    uint64_t lost;                                /* since it was last told */
    uint64_t lost_total, delivered;               /* ever */
    struct ring_text out;
};

/* Starts at the ring's head, or after `last_id` when that event is still here; when it is not, the
 * reader begins with a "lost" event, so that the console reads the archive. last_id may be NULL. */
void ring_reader_init(struct ring_reader *rr, const struct ring *r, const struct push_viewer *v,
                      const char *last_id, uint64_t now_us);
void ring_reader_release(struct ring_reader *rr);

/* Writes what is due into rr->out, a bounded amount at a time: events, losses (at most one report a
 * second), a comment when nothing was said for 15 s. */
void ring_reader_fill(struct ring_reader *rr, const struct ring *r, uint64_t now_us);
/* Moves up to cap bytes of that text to buf; returns how many. */
size_t ring_reader_take(struct ring_reader *rr, char *buf, size_t cap);

#endif
