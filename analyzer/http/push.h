/* analyzer/http/push.h - events from the analyzer to every open console, at once.
 *
 * One ring holds the latest events; each viewer has a place in it. A publisher never waits: a
 * viewer that falls behind by more than the ring, or would get more than it can read, loses events,
 * and is told how many ("lost"), so that the console reloads its list from the archive. */
#ifndef HTTP_PUSH_H
#define HTTP_PUSH_H
#include "common/bytes.h"

struct push;
struct push *push_new(void);
/* After http_stop(). NULL is fine. */
void push_free(struct push *p);

/* One event.
 *   name      "alert", "incident", "notice", "sensor": a literal
 *   orgs      ids of the organisations it concerns, separated by spaces; NULL: all viewers that are
 *             not bound to an organisation. A bound viewer gets it when one of its own is named, so
 *             json must hold nothing that only another of them may know
 *   severity  1 is the gravest; each severity has its own allowance per viewer, so a flood of 3
 *             cannot displace a 1. 0 for what is no alert: never held back
 *   json      one JSON value without line breaks; copied */
struct push_event {
    const char *name, *orgs;
    unsigned severity;
    struct bytes json;
};

/* Hands the event to all viewers. From any thread; never waits for a viewer. Cost: one copy, and
 * nothing at all while nobody watches. */
void push_publish(struct push *p, const struct push_event *e);

/* Is anyone watching? Lets a publisher skip making the JSON. */
bool push_is_watched(struct push *p);

/* Who reads a stream: `orgs` lists the ids it may see, separated by spaces; `session` is any number
 * that push_end can name. A stream ends by itself after five minutes and the browser opens it anew,
 * so that rights taken away take effect. */
#define PUSH_ORGS_MAX 1024
struct push_viewer {
    char orgs[PUSH_ORGS_MAX];
    bool bound; /* false: sees everything, `orgs` is not looked at */
    uint64_t session;
};

/* Ends every stream of that session (logout). */
void push_end(struct push *p, uint64_t session);

/* Totals since start, for the health page. */
struct push_counters {
    uint64_t published, delivered, lost;
    unsigned viewers;
};
void push_count(struct push *p, struct push_counters *out);

#endif
