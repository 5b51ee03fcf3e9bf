/* sensor/eve/eve.h - what happened, as EVE JSON.
 *
 * One function a record type; each resets j and leaves one complete object in it. Field names and
 * types are Suricata 7's. */
#ifndef EVE_EVE_H
#define EVE_EVE_H
#include "sensor/anomaly/anomaly.h"
#include "sensor/app/app.h"
#include "sensor/detect/detect.h"
#include "sensor/flow/exception.h"
#include "sensor/stream/stream.h"

/* Which record types are written. */
#define EVE_TYPES_MAX 128
struct eve_types {
    bool all;
    uint64_t beginnings; /* a bit for how each begins: most of what is not wanted is told by that */
    const char *names[EVE_TYPES_MAX];
    size_t count;
};
/* "all", or "alert,flow,http"; false at an unknown one (*unknown: which). */
bool eve_types_parse(struct bytes list, struct eve_types *out, struct bytes *unknown);
bool eve_types_has(const struct eve_types *t, const char *event_type);

/* Whose address an alert shows when a proxy stands between, as Suricata's eve-log.xff. */
struct eve_xff {
    bool enabled;
    bool overwrite; /* of the client; else beside it, as alert.xff */
    bool forward;   /* the proxy stands before clients; else before servers */
    const char *header;
};
/* What alerts show, named as in Suricata's eve-log.types.alert. */
struct eve_alert_options {
    bool payload, payload_printable, packet, http_body, http_body_printable, verdict;
    bool app_layer, flow, rule_metadata, rule_raw; /* below "metadata" there */
    uint64_t payload_cap_bytes;                    /* payload-buffer-size: of stream bytes */
    struct eve_xff xff;
};
extern const struct eve_alert_options eve_alert_defaults;

/* What is the same for every record of one sensor process. */
struct eve_context {
    const char *in_iface; /* live; NULL in replay */
    const struct ruleset *rules;
    const struct exception_policies *exceptions;
    const struct eve_alert_options *alerts; /* NULL: the defaults */
    struct arena *scratch;                  /* for the bytes of one record */
};

/* A packet-level or transaction record: where it was seen. flow or packet may be NULL, not both.
 * Source and destination are given in direction dir of the flow. */
struct eve_place {
    const struct eve_context *context;
    const struct packet *packet;
    const struct flow *flow;
    enum direction dir;
    uint64_t ts_us;
    const struct app_tx *tx;   /* NULL: no tx_id */
    const struct addr *client; /* stands for the client's address; NULL: it does itself */
};

void eve_alert(struct json *j, const struct eve_context *c, const struct detect_alert *a);
/* One app-layer record; r encodes the protocol's object. */
void eve_tx(struct json *j, const struct eve_place *at, const struct app_tx *tx,
            const struct app_record *r);
void eve_packet_event(struct json *j, const struct eve_place *at, enum packet_event e);
void eve_app_event(struct json *j, const struct eve_place *at, enum app_proto proto,
                   const char *event, const char *layer);
void eve_flow(struct json *j, const struct eve_context *c, const struct flow *f, uint64_t now_us);
/* One direction of a flow that has packets in it. */
void eve_netflow(struct json *j, const struct eve_context *c, const struct flow *f,
                 enum direction dir, uint64_t now_us);
/* Why a packet would have been dropped. From DROP_EXCEPTIONS on: its policy for enum exception. */
enum drop_reason { DROP_NONE, DROP_RULES, DROP_RATE, DROP_FLOW, DROP_URGENT, DROP_EXCEPTIONS };
/* by, verdict: the rule and what the packet's rules came to, for DROP_RULES and DROP_RATE (a
 * rate_filter); else NULL. */
void eve_drop(struct json *j, const struct eve_place *at, enum drop_reason reason,
              const struct signature *by, const struct detect_verdict *verdict);
/* A packet that follows an alert whose rule has a tag. */
void eve_packet(struct json *j, const struct eve_place *at);
/* A finding of a detector: an alert with gid 3000. extra receives the members of its "sekisho"
 * object. */
void eve_anomaly_alert(struct json *j, struct json *extra, const struct eve_context *c,
                       const struct anomaly_alert *a);

/* "TCP", "UDP", "IPv6-ICMP", ... or the number in three digits. */
const char *eve_proto_name(uint8_t proto, char number[4]);

#endif
