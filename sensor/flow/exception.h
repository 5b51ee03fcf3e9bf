/* sensor/flow/exception.h - exception policies: what becomes of traffic that the sensor lost sight
 * of.
 *
 * As Suricata's. Dropping is only worked out (--simulate-ips): this is a passive sensor. */
#ifndef FLOW_EXCEPTION_H
#define FLOW_EXCEPTION_H
#include "common/json.h"
#include "sensor/flow/flow.h"

/* X(id, name in a setting, name in records) */
#define EXCEPTION_POLICY_TABLE(X)                                                                  \
    X(IGNORE, "ignore", "ignore")                                                                  \
    X(DROP_FLOW, "drop-flow", "drop_flow")                                                         \
    X(DROP_PACKET, "drop-packet", "drop_packet")                                                   \
    X(REJECT, "reject", "reject")                                                                  \
    X(BYPASS, "bypass", "bypass")                                                                  \
    X(PASS_FLOW, "pass-flow", "pass_flow")                                                         \
    X(PASS_PACKET, "pass-packet", "pass_packet")

#define EXCEPTION_POLICY_ENUM(id, setting, name) POLICY_##id,
enum exception_policy { EXCEPTION_POLICY_TABLE(EXCEPTION_POLICY_ENUM) POLICY_COUNT };

struct exception_policies {
    bool ips;                    /* rejecting drops too */
    uint8_t of[EXCEPTION_COUNT]; /* enum exception_policy */
};

struct exception_counters {
    uint64_t met[EXCEPTION_COUNT][POLICY_COUNT];
};

enum exception_verdict {
    VERDICT_INSPECT, /* as any other packet */
    VERDICT_PASS,    /* not inspected */
    VERDICT_DROP,
};

/* What the policies say of p and its flow (NULL: none) for all that was noted on p, which is
 * forgotten; the flow remembers it. *why is the exception that VERDICT_DROP comes from. */
enum exception_verdict exceptions_settle(const struct exception_policies *policies,
                                         struct exception_counters *c, struct packet *p,
                                         struct flow *f, enum exception *why);

const char *exception_drop_reason(enum exception e);
/* "exception_policy": [{"target","policy"}] of what f remembers; nothing when that is nothing. */
void exceptions_json(const struct exception_policies *policies, const struct flow *f,
                     struct json *j);
/* "exception_policy" of a stats record: the counters that are not zero. */
void exception_counters_json(const struct exception_counters *c, struct json *j);

#endif
