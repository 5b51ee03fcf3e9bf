/* sensor/anomaly/anomaly.h - detectors that need more than one flow.
 *
 * Workers report what hosts did as observations; the collector feeds them in packet order, so the
 * answer does not depend on the number of workers. A detector is one file and one row of
 * anomaly_table.h; it keeps bounded state per key and explains each alert by its score terms. */
#ifndef ANOMALY_ANOMALY_H
#define ANOMALY_ANOMALY_H
#include "common/addr.h"
#include "common/json.h"
#include "sensor/base.h"

enum observation_kind {
    OBS_ATTEMPT,  /* the client's first packet to a server's port (TCP SYN, first UDP datagram) */
    OBS_ANSWERED, /* the server accepted (SYN-ACK, first datagram back) */
    OBS_REFUSED,  /* RST to a SYN, or ICMP unreachable */
    OBS_SILENT,   /* the flow ended without an answer */
    OBS_REQUEST,  /* one HTTP request or TLS ClientHello, with names */
    OBS_END,      /* the flow ended; bytes are final */
};

/* What happened, in flow orientation. Names are views, cut at 255 bytes, borrowed for the call. */
struct observation {
    enum observation_kind kind;
    uint8_t transport;
    bool client_inside, server_inside; /* in $HOME_NET */
    uint64_t ts_us, flow_id, packet;
    uint64_t start_us; /* of the flow */
    struct addr client, server;
    uint16_t client_port, server_port;
    uint64_t bytes_to_server, bytes_to_client;
    struct bytes host, uri, user_agent, ja4; /* OBS_REQUEST */
};

/* One finding. reasons is a JSON array text of {"term","value","baseline","points"}; sums to score.
 */
struct anomaly_alert {
    uint32_t sid; /* within gid 3000; each detector has its own hundred, see README.md */
    const char *detector, *signature, *category;
    uint8_t severity; /* 1 high ... 4 low */
    double score;     /* 0 to 1 */
    struct bytes reasons;
    uint64_t ts_us, flow_id, packet;
    struct addr src, dst;
    uint16_t sport, dport; /* 0 when the finding is about many */
    uint8_t transport;
    struct bytes host; /* name contacted, when there is one */
};
typedef void anomaly_alert_fn(void *ctx, const struct anomaly_alert *a);

struct anomaly_options {
    size_t cap_entries; /* keys per detector; 0 means 262144; beyond it the stalest goes, counted */
};
struct anomaly; /* all detectors of the sensor; one thread */
struct anomaly *anomaly_new(const struct anomaly_options *o, anomaly_alert_fn *on_alert, void *ctx);
void anomaly_free(struct anomaly *a);
void anomaly_observe(struct anomaly *a, const struct observation *o);
struct anomaly_counters {
    uint64_t observations, alerts, evicted, memory_bytes;
};
const struct anomaly_counters *anomaly_counters(const struct anomaly *a);
void anomaly_list(FILE *out); /* detectors and their score terms, for --list-detectors */

#endif
