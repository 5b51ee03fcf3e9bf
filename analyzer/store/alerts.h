/* analyzer/store/alerts.h - the archive of alerts and their roll-up to detections. */
#ifndef STORE_ALERTS_H
#define STORE_ALERTS_H
#include "analyzer/store/store.h"

/* One archived alert. The columns are what is filtered and shown; eve is the whole record. */
struct alert_row {
    int64_t id; /* grows with arrival; 0 before it is stored */
    const char *sensor;
    uint64_t epoch, seq;
    const char *org, *centre;
    uint64_t ts_us, received_us;
    uint32_t gid, rev;
    uint64_t sid;
    uint32_t severity; /* 1 gravest ... 4 */
    const char *signature, *category;
    const char *src, *dst; /* addresses as text; may be empty */
    uint16_t src_port, dst_port;
    const char *proto, *app_proto;
    uint64_t flow_id;
    const char *community_id;
    const char *host, *ja4; /* name contacted (HTTP host, SNI, DNS name), client fingerprint */
    const char *detector;   /* anomaly detector's name; empty for signatures */
    const char *direction;  /* inbound, outbound, internal, external */
    const char *country;    /* of the outside address, ISO 3166-1 alpha-2; empty: unknown */
    uint32_t asn;           /* of the outside address; 0: unknown */
    const char *as_name;
    bool drill;
    int64_t detection; /* the detection it was rolled up into */
    struct bytes eve;  /* JSON text */
};

/* Archives one alert; a second copy of (sensor, epoch, seq) changes nothing. a->detection must be
 * set. Returns 1 when stored (a->id is set), 0 when it was there, -1 and err. */
int store_alert_put(struct store *s, struct alert_row *a, struct err *err);
/* Is this record (alert or stats) kept already? */
bool store_has_record(struct store *s, const char *sensor, uint64_t epoch, uint64_t seq);

struct alert_filter {
    struct store_scope scope;
    const char *org;       /* NULL or empty: any */
    const char *sensor;    /* NULL or empty: any */
    uint32_t severity_max; /* 1: only the gravest; 0: any */
    const char
        *text; /* part of signature, category, address, host or community id; ASCII case ignored */
    uint64_t from_us, to_us;     /* alert time, inclusive; 0: open */
    int64_t before_id, after_id; /* 0: open */
    int64_t detection, incident; /* 0: any */
    enum store_drill drill;
    size_t limit; /* 0 means 100; at most 1000 */
};
/* Newest first. 0, or -1 and err. */
typedef void store_alert_fn(void *ctx, const struct alert_row *a);
int store_alerts(struct store *s, const struct alert_filter *f, store_alert_fn *fn, void *ctx,
                 struct err *err);
/* One alert; 1 found, 0 not (or out of scope), -1 and err. */
int store_alert(struct store *s, const struct store_scope *scope, int64_t id, store_alert_fn *fn,
                void *ctx, struct err *err);

/* ---- detections: equal alerts rolled up, never across organisations ---- */

/* One row per organisation, rule, source, destination and severity: when a rule's severity changes
 * a new detection starts, so an escalation is never hidden in an old row. */
struct detection_row {
    int64_t id;
    const char *org;
    uint32_t gid;
    uint64_t sid;
    uint32_t severity;
    const char *signature, *category, *src, *dst, *proto, *direction, *detector, *country, *host;
    uint16_t dst_port; /* of the first alert */
    uint64_t count, first_us, last_us;
    bool drill;
};

/* Finds or makes the detection of a and counts a in; returns its id, or -1 and err. *created tells
 * whether it is new. Call only for an alert that is not archived yet. */
int64_t store_detection_add(struct store *s, const struct alert_row *a, bool *created,
                            struct err *err);

struct detection_filter {
    struct store_scope scope;
    const char *org;
    uint32_t severity_max;
    const char *text;
    int64_t incident;  /* 0: any */
    int64_t before_id; /* 0: open; detections come newest last_us first unless this is used */
    enum store_drill drill;
    size_t limit; /* 0 means 100; at most 1000 */
};
typedef void store_detection_fn(void *ctx, const struct detection_row *d);
/* By last_us, newest first (by id, newest first, when before_id is set). */
int store_detections(struct store *s, const struct detection_filter *f, store_detection_fn *fn,
                     void *ctx, struct err *err);
int store_detection(struct store *s, const struct store_scope *scope, int64_t id,
                    store_detection_fn *fn, void *ctx, struct err *err);

/* ---- counts ---- */

/* Alerts per hour of alert time, organisation and severity; kept as alerts arrive. */
struct hour_row {
    uint64_t hour_us; /* start of the hour */
    const char *org;
    uint32_t severity;
    bool drill;
    uint64_t count;
};
typedef void store_hour_fn(void *ctx, const struct hour_row *h);
int store_hours(struct store *s, const struct store_scope *scope, uint64_t from_us, uint64_t to_us,
                store_hour_fn *fn, void *ctx, struct err *err);

/* Whole counts for one organisation (from the same roll-up). */
struct org_counts {
    const char *org;
    uint64_t alerts, by_severity[5]; /* [1]..[4]; [0]: none given */
    uint64_t detections, incidents_open, first_us, last_us;
};
typedef void store_org_counts_fn(void *ctx, const struct org_counts *c);
int store_org_counts(struct store *s, const struct store_scope *scope, enum store_drill drill,
                     store_org_counts_fn *fn, void *ctx, struct err *err);

/* JSON objects as the API and the push stream show them; appended to j as a value. With eve false
 * the record itself is left out (lists). */
void alert_row_json(struct json *j, const struct alert_row *a, bool eve);
void detection_row_json(struct json *j, const struct detection_row *d);

#endif
