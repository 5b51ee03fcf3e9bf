/* sensor/flow/flow.h - both directions of a tuple over time.
 *
 * A flow belongs to one worker; nothing here locks. What hangs on a flow dies with the flow. */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H
#include "sensor/decode/packet.h"

struct tcp_session; /* stream/ */
struct app_flow;    /* app/ */
struct flow_vars;   /* detect/: flowbits and the like */

/* Addresses and ports in the order of the first packet: [TO_SERVER] is the client's end (source of
 * packets to the server), [TO_CLIENT] the server's. For ICMP the ports hold type and code, for
 * other protocols zero. */
struct tuple {
    struct addr addr[2];
    uint16_t port[2];
    uint16_t vlan[PACKET_VLAN_MAX];
    uint8_t proto, ip_version, recursion;
};

enum flow_state { FLOW_NEW, FLOW_ESTABLISHED, FLOW_CLOSED };
enum flow_end { FLOW_END_NONE, FLOW_END_TIMEOUT, FLOW_END_FORCED, FLOW_END_SHUTDOWN, FLOW_END_TCP_REUSE };

struct flow {
    struct flow *bucket_next; /* in the table; newest first */
    struct flow *older, *newer; /* by last packet, within the flow's time-out class */
    uint64_t hash;
    struct tuple tuple;
    uint64_t id;           /* EVE's flow_id: from the tuple, the first packet and its time; never 0, 53 bits */
    uint64_t first_packet; /* frame number */
    uint64_t first_us, last_us;
    uint64_t packets[2], bytes[2]; /* by enum direction; bytes of raw */
    uint8_t state, end;            /* enum flow_state, enum flow_end */
    uint8_t timeout_class;
    bool emergency;
    bool no_packet_inspection; /* pass rule took the whole flow */
    uint32_t alerts;
    int32_t org;               /* index in the sensor's organisation list, -1 unknown; set by worker */
    struct tcp_session *tcp;
    struct app_flow *app;
    struct flow_vars *vars;
};

struct flow_options {
    uint32_t buckets;      /* 0: 65536, rounded up to a power of two */
    size_t cap_bytes;      /* 0: 256 MiB; beyond it the oldest flow goes first, counted */
    uint64_t seed;         /* of the hash; the same in every worker and run that must agree */
};

/* Called before a flow is freed: log it, release app, tcp, vars. f->end tells why. */
typedef void flow_end_fn(void *ctx, struct flow *f);

struct flow_table;
struct flow_table *flow_table_new(const struct flow_options *o, flow_end_fn *on_end, void *ctx);
void flow_table_free(struct flow_table *t); /* without ending flows; call flow_table_flush first */

/* The hash by which flows are spread over workers: symmetric, the same for every packet of a flow,
 * for an ICMP error that of the datagram it quotes. 0 when the packet has no flow. */
uint64_t flow_hash(const struct packet *p, uint64_t seed);

/* The packet's flow, found or made, its counters brought up to date, or NULL when the packet has none
 * (fragment, invalid). *dir receives the packet's direction. A flow that has timed out by the
 * packet's own time is ended first, so results do not depend on when expire ran. A SYN on a closed
 * TCP flow starts a new one (FLOW_END_TCP_REUSE). */
struct flow *flow_table_packet(struct flow_table *t, const struct packet *p, enum direction *dir);

/* Ends what has timed out at now_us, oldest first. */
void flow_table_expire(struct flow_table *t, uint64_t now_us);
/* Ends all, in order of first packet. */
void flow_table_flush(struct flow_table *t);
/* Swaps client and server (midstream pick-up found the other way round). */
void flow_swap(struct flow *f);

struct flow_counters {
    uint64_t active, created, ended, timeout, evicted, tcp_reuse, memory_bytes;
};
const struct flow_counters *flow_counters(const struct flow_table *t);

const char *flow_state_name(const struct flow *f); /* "new", "established", "closed" */
const char *flow_end_name(const struct flow *f);   /* "timeout", "forced", "shutdown", "tcp_reuse" */

/* Community ID 1.0 (seed 0) as "1:...": https://github.com/corelight/community-id-spec. Empty text
 * when it is not defined. out holds COMMUNITY_ID_MAX. */
#define COMMUNITY_ID_MAX 32
size_t community_id(const struct tuple *t, char out[COMMUNITY_ID_MAX]);

#endif
