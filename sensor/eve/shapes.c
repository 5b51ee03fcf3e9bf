/* shapes.c - the shapes of the records this room writes, and the list of all record types. The
 * language is described at app_shape (sensor/app/app.h). */
#include "sensor/eve/shapes.h"

const char eve_common_shape[] =
    "timestamp: string, flow_id?: uint, in_iface?: string, pcap_cnt?: uint, event_type: string, "
    "vlan?: [uint], src_ip?: string, src_port?: uint, dest_ip?: string, dest_port?: uint, "
    "proto?: string, ip_v?: uint, icmp_type?: uint, icmp_code?: uint, spi?: uint, pkt_src?: "
    "string, "
    "ether?: {src_mac?: string, dest_mac?: string, src_macs?: [string], dest_macs?: [string]}, "
    "community_id?: string, tx_id?: uint, tx_guessed?: bool, metadata?: {flowbits?: [string], "
    "flowints?: {*: uint}, "
    "flowvars?: [{*: string}], pktvars?: [{*: string}]}, "
    "sekisho?: any";

#define COUNTS                                                                                     \
    "pkts_toserver: uint, pkts_toclient: uint, bytes_toserver: uint, bytes_toclient: uint, "       \
    "start: string"
#define APP_PROTO                                                                                  \
    "app_proto?: string, app_proto_ts?: string, app_proto_tc?: string, app_proto_orig?: string"
#define END "{ip: string, port?: uint}"
#define FLAGS                                                                                      \
    "syn?: bool, fin?: bool, rst?: bool, psh?: bool, ack?: bool, urg?: bool, ecn?: bool, "         \
    "cwr?: bool"
#define TCP                                                                                        \
    "{tcp_flags: string, tcp_flags_ts: string, tcp_flags_tc: string, " FLAGS ", state?: string, "  \
    "ts_gap?: bool, tc_gap?: bool, ts_max_regions?: uint, tc_max_regions?: uint, "                 \
    "ts_urgent_oob_data?: uint, tc_urgent_oob_data?: uint}"
#define TUNNEL                                                                                     \
    "{src_ip: string, src_port?: uint, dest_ip: string, dest_port?: uint, proto: string, "         \
    "depth: uint, pcap_cnt?: uint, pkt_src: string}"
#define VERDICT "{action: string, reject-target?: string, reject?: [string]}"
#define NDPI    "{proto: string, category: string, risks: [string], score: uint}"

#define ALERT                                                                                      \
    "{action: string, gid: uint, signature_id: uint, rev: uint, signature: string, "               \
    "category: string, severity: uint, source?: " END ", target?: " END                            \
    ", metadata?: {*: [string]}, references?: [string], rule?: string, xff?: string}"

const struct app_shape eve_own_shapes[] = {
    {"alert",
     "alert: " ALERT ", "
     "tunnel?: " TUNNEL ", " APP_PROTO ", direction?: string, "
     "flow?: {" COUNTS ", src_ip: string, dest_ip: string, src_port?: uint, dest_port?: uint}, "
     "payload?: string, payload_printable?: string, stream?: uint, packet?: string, "
     "frame?: {type: string, id: uint, direction: string, stream_offset?: uint, length: uint, "
     "payload?: string, payload_printable?: string, complete: bool, tx_id?: uint}, "
     "packet_info?: {linktype: uint}, verdict?: " VERDICT ", files?: [" APP_FILE_SHAPE "]"},
    {"packet", "packet: string, packet_info: {linktype: uint}"},
    {"anomaly", "anomaly: {app_proto?: string, type: string, event: string, layer?: string}"},
    {"flow", "response_icmp_type?: uint, response_icmp_code?: uint, " APP_PROTO ", ndpi?: " NDPI
             ", flow: {" COUNTS ", end: string, age: uint, "
             "state: string, reason: string, alerted: bool, bypass?: string, action?: string, "
             "exception_policy?: [{target: string, policy: string}], emergency?: bool}, "
             "tcp?: " TCP},
    {"netflow", "app_proto: string, netflow: {pkts: uint, bytes: uint, start: string, end: string, "
                "age: uint, min_ttl: uint, max_ttl: uint}, tcp?: {tcp_flags: string, " FLAGS "}"},
    {"drop", "drop: {len: uint, tos?: uint, ttl?: uint, ipid?: uint, tc?: uint, hoplimit?: uint, "
             "tcpseq?: uint, tcpack?: uint, tcpwin?: uint, syn?: bool, ack?: bool, psh?: bool, "
             "rst?: bool, urg?: bool, fin?: bool, tcpurgp?: uint, udplen?: uint, icmp_id?: uint, "
             "icmp_seq?: uint, reason: string}, alert?: " ALERT ", " APP_PROTO
             ", direction?: string, verdict: " VERDICT},
    {"stats", "stats: any"},
    {0},
};

static bool is_among(const char *name, const struct app_shape *from, const struct app_shape *to)
{
    for (; from < to; from++)
        if (strcmp(from->event_type, name) == 0)
            return true;
    return false;
}

/* Whether row s of protocol p says a type that no row before it says. */
static bool is_new(const struct app_shape *s, int p)
{
    const struct app_shape *own = eve_own_shapes;
    while (own->event_type)
        own++;
    if (is_among(s->event_type, eve_own_shapes, own) ||
        is_among(s->event_type, app_shapes((enum app_proto)p), s))
        return false;
    for (int q = APP_UNKNOWN; q < p; q++) {
        const struct app_shape *rows = app_shapes((enum app_proto)q), *end = rows;
        while (end && end->event_type)
            end++;
        if (rows && is_among(s->event_type, rows, end))
            return false;
    }
    return true;
}

const char *eve_type_at(size_t i)
{
    for (const struct app_shape *s = eve_own_shapes; s->event_type; s++)
        if (i-- == 0)
            return s->event_type;
    for (int p = APP_UNKNOWN; p < APP_PROTO_COUNT; p++)
        for (const struct app_shape *s = app_shapes((enum app_proto)p); s && s->event_type; s++)
            if (is_new(s, p) && i-- == 0)
                return s->event_type;
    return NULL;
}
