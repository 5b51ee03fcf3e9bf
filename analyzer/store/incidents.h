/* analyzer/store/incidents.h - detections that belong together, and their story. */
#ifndef STORE_INCIDENTS_H
#define STORE_INCIDENTS_H
#include "analyzer/store/store.h"

/* Two languages of one text; either may be empty, never NULL when read. */
struct text_pair {
    const char *ja, *en;
};

struct incident_row {
    int64_t id;
    const char *kind; /* "incident" (one organisation) or "campaign" (several) */
    const char *rule; /* id of the correlation rule */
    const char
        *key; /* group it stands for, e.g. "203.0.113.7"; with rule and drill unique while open */
    struct text_pair title, why;        /* why: for the centre, with what was counted */
    struct text_pair judgement, action; /* for notices: why it is bad, what is asked for */
    struct text_pair summary;           /* for management: no address, no name */
    const char *confidence;             /* low, medium, high */
    uint32_t due_hours;                 /* answer wanted within */
    uint32_t severity;
    const char *state; /* "open", "closed" */
    bool drill;
    uint64_t first_us, last_us, created_us, updated_us;
    uint64_t org_count, alert_count; /* filled when read */
};

/* Finds the open incident of (rule, key, drill), or makes it. in->id is set. Title, why, kind,
 * severity and times are brought up to date. *created tells whether it is new. 0, or -1 and err. */
int store_incident_put(struct store *s, struct incident_row *in, bool *created, struct err *err);
/* The first and last moment of an open incident, as its detections say. */
int store_incident_measure(struct store *s, int64_t id, uint64_t now_us, struct err *err);
/* Replaces why, judgement and action of in->id. */
int store_incident_explain(struct store *s, const struct incident_row *in, struct err *err);
/* An incident of several groups goes by the key that sorts first: another one joined it. */
int store_incident_rename(struct store *s, int64_t id, const char *key, struct err *err);
/* Detections and lines of the younger move to the older, which takes in its organisations, too. The
 * younger is closed; it keeps its organisations and notices, so who was told can still look it up.
 */
int store_incident_merge(struct store *s, int64_t older, int64_t younger, uint64_t now_us,
                         struct err *err);
bool store_incident_is_open(struct store *s, int64_t id);
/* The open incident of the rule that holds this detection; 0: none. */
int64_t store_incident_holding(struct store *s, const char *rule, bool drill, int64_t detection);
typedef void store_id_fn(void *ctx, int64_t id);
/* Every open incident that holds this detection. */
int store_incidents_holding(struct store *s, int64_t detection, store_id_fn *fn, void *ctx,
                            struct err *err);
/* Until when (alert time) closed incidents of the rule settled this detection; 0: none did. */
uint64_t store_incident_settled(struct store *s, const char *rule, bool drill, int64_t detection);
/* Both are idempotent; *added tells whether the organisation or detection is new to the incident.
 * An organisation's first and last moment are those of its detections; ts_us stands in while it has
 * none. */
int store_incident_add_org(struct store *s, int64_t incident, const char *org, uint64_t ts_us,
                           bool *added, struct err *err);
int store_incident_add_detection(struct store *s, int64_t incident, int64_t detection, bool *added,
                                 struct err *err);
int store_incident_set_state(struct store *s, int64_t id, const char *state, uint64_t now_us,
                             struct err *err);

/* One line of the story. org is whom it concerns: a reader bound to other organisations may not
 * see it. kind: "detection", "joined", "raised", "notice", "state". */
struct timeline_row {
    int64_t id, incident, detection; /* detection 0: none */
    uint64_t ts_us;                  /* when it happened on the wire */
    const char *org, *kind;
    struct text_pair text;
};
int store_timeline_add(struct store *s, const struct timeline_row *t, struct err *err);

struct incident_filter {
    struct store_scope scope; /* incidents that concern one of these */
    const char *org, *kind, *state;
    enum store_drill drill;
    int64_t before_id;
    size_t limit; /* 0 means 100; at most 1000 */
};
typedef void store_incident_fn(void *ctx, const struct incident_row *in);
int store_incidents(struct store *s, const struct incident_filter *f, store_incident_fn *fn,
                    void *ctx, struct err *err);
int store_incident(struct store *s, const struct store_scope *scope, int64_t id,
                   store_incident_fn *fn, void *ctx, struct err *err);

/* An organisation's part in an incident. */
struct incident_org_row {
    const char *org;
    uint64_t first_us, last_us, alerts, detections;
};
typedef void store_incident_org_fn(void *ctx, const struct incident_org_row *o);
int store_incident_orgs(struct store *s, const struct store_scope *scope, int64_t id,
                        store_incident_org_fn *fn, void *ctx, struct err *err);
typedef void store_timeline_fn(void *ctx, const struct timeline_row *t);
/* By ts_us, oldest first; lines of organisations out of scope are left out. At most 1000. */
int store_timeline(struct store *s, const struct store_scope *scope, int64_t id,
                   store_timeline_fn *fn, void *ctx, struct err *err);
/* Detections of an incident: store_detections() with filter.incident. */

void incident_row_json(struct json *j, const struct incident_row *in);
void incident_org_row_json(struct json *j, const struct incident_org_row *o);
void timeline_row_json(struct json *j, const struct timeline_row *t);

#endif
