/* sensor/flow/flow.h - both directions of a tuple over time.
 *
 * A flow belongs to one worker; nothing here locks. What hangs on a flow dies with the flow. A
 * flow's life depends on its own packets alone, so the same flows come out for any number of
 * workers; only eviction at the memory cap is an exception, and it is counted. */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H
#include "sensor/decode/packet.h"

struct tcp_session; /* stream/ */
struct app_flow;    /* app/ */
struct flow_vars;   /* detect/: flowbits and the like */

/* Addresses and ports in the order of the first packet: [TO_SERVER] is the client's end (source of
 * packets to the server), [TO_CLIENT] the server's. For ICMP the ports hold type and code of the
 * first packet, for ESP the upper and lower half of the SPI, for other protocols zero. */
struct tuple {
    struct addr addr[2];
    uint16_t port[2];
    uint16_t vlan[PACKET_VLAN_MAX];
    uint8_t proto, ip_version, recursion;
};

enum flow_state { FLOW_NEW, FLOW_ESTABLISHED, FLOW_CLOSED };
enum flow_end {
    FLOW_END_NONE,
    FLOW_END_TIMEOUT,
    FLOW_END_FORCED, /* evicted at the memory cap */
    FLOW_END_SHUTDOWN,
    FLOW_END_TCP_REUSE
};

/* What a rule or an exception policy decided for all that is still to come. Dropping is only worked
 * out: this is a passive sensor (--simulate-ips). BYPASS: passed, and not even followed. */
enum flow_action { FLOW_ACTION_NONE, FLOW_ACTION_PASS, FLOW_ACTION_DROP, FLOW_ACTION_BYPASS };

/* Link addresses seen at one end; the first ones are kept. */
#define FLOW_MACS_MAX 4
struct flow_macs {
    uint8_t count;
    uint8_t mac[FLOW_MACS_MAX][6];
};
/* Those of both ends, [TO_SERVER] the client's. Most flows come by the same few routers, so what is
 * equal is kept once, by the table. */
struct flow_links {
    struct flow_macs macs[2];
    const struct flow_links *turned; /* the same with the ends exchanged */
};

/* One cache line to find and judge it, one to count, one for the rest. */
struct flow {
    uint64_t hash;
    struct tuple tuple;
    uint32_t seen_s; /* packet_clock() of the last packet; orders the time-out lists */
    uint8_t state;   /* enum flow_state; TCP: set by stream */
    uint8_t end;     /* enum flow_end */
    uint8_t timeout_class;
    bool tcp_done; /* set by stream: a SYN with another ISN than tcp_isn starts a new flow */

    uint64_t last_us;
    uint64_t packets[2], bytes[2]; /* by enum direction; bytes of raw */
    struct flow *older, *newer;    /* by last packet, within the flow's time-out class */
    struct tcp_session *tcp;

    struct app_flow *app;
    struct flow_vars *vars;
    uint64_t
        id; /* EVE's flow_id: from the tuple, the first packet and its time; never 0, 53 bits */
    uint64_t first_packet; /* frame number */
    uint64_t first_us;
    const struct flow_links *links; /* NULL: none known; lives as long as the table */
    uint32_t tcp_isn;
    uint8_t ttl_min[2], ttl_max[2]; /* of this direction's packets; valid once packets[dir] > 0 */
    uint8_t icmp_answer[2];         /* type and code of the first packet to the client */
    bool heard[2];                  /* a packet of this direction that is no ICMP error */
    bool alerted : 1;
    bool emergency : 1; /* it ended before its time: the table was full */
    bool turned : 1;    /* changes with each flow_swap() */
    uint8_t action;     /* enum flow_action: settled for the whole flow */
    uint8_t exceptions; /* 1 << enum exception, of those met */
};

/* How long a flow lives without a packet, in seconds: by protocol and state, and while the table is
 * full or nearly so. */
enum timeout_proto { TIMEOUT_DEFAULT, TIMEOUT_TCP, TIMEOUT_UDP, TIMEOUT_ICMP, TIMEOUT_PROTOS };
enum timeout_state {
    TIMEOUT_NEW,
    TIMEOUT_ESTABLISHED,
    TIMEOUT_CLOSED,
    TIMEOUT_BYPASSED,
    TIMEOUT_STATES
};
struct flow_timeouts {
    uint32_t normal_s[TIMEOUT_PROTOS][TIMEOUT_STATES], emergency_s[TIMEOUT_PROTOS][TIMEOUT_STATES];
};
extern const struct flow_timeouts flow_timeout_defaults; /* those of Suricata's configuration */

struct flow_options {
    uint32_t buckets; /* at the start; 0: 65536, rounded up to a power of two; grows by itself */
    size_t cap_bytes; /* of flows; 0: 256 MiB. See flow_table_packet() */
    const struct flow_timeouts *timeouts; /* borrowed; NULL: the defaults */
    uint32_t emergency_recovery;          /* percent; 0: 30 */
    uint64_t seed; /* of the hash; the same in every worker and run that must agree */
};

/* Called before a flow is freed: log it, release app, tcp, vars. f->end tells why. */
typedef void flow_end_fn(void *ctx, struct flow *f);

struct flow_table;
struct flow_table *flow_table_new(const struct flow_options *o, flow_end_fn *on_end, void *ctx);
void flow_table_free(struct flow_table *t); /* without ending flows; call flow_table_flush first */

/* The packet's tuple as seen from its sender. False when the packet has no flow of its own: broken,
 * a fragment, ICMP errors of IPv4, or a protocol that flows are not kept for (TCP, UDP, SCTP, ICMP,
 * ICMPv6 and ESP have flows). */
bool flow_tuple(const struct packet *p, struct tuple *out);

/* The hash by which flows are spread over workers: that of the pair of hosts, so that what one flow
 * says of another (FTP's data connections, parts of a file) stays with one worker; for an IPv4 ICMP
 * error that of the datagram it quotes. 0 when the packet has no flow. */
uint64_t flow_hash(const struct packet *p, uint64_t seed);

/* Brings what flow_table_packet() and those after it will touch into the cache: first the slot,
 * once that is there the flow it leads to, then what hangs on that. Notes the hash in the packet.
 */
void flow_table_expect(const struct flow_table *t, struct packet *p);
void flow_table_approach(const struct flow_table *t, const struct packet *p);
void flow_table_reach(const struct flow_table *t, const struct packet *p);

/* The packet's flow, found or made, its counters brought up to date, or NULL when the packet has
 * none (fragment, invalid). *dir receives the packet's direction. A flow that has timed out by the
 * packet's own time is ended first, so results do not depend on when expire ran. A SYN on a closed
 * TCP flow starts a new one (FLOW_END_TCP_REUSE). An ICMP "destination unreachable" belongs to the
 * flow it quotes, when that is there, and has none otherwise. UDP, ICMP and the like become
 * FLOW_ESTABLISHED with the first packet of the second direction.
 *
 * Where cap_bytes leave no room for a new flow, the one longest without a packet goes, and an
 * emergency begins: flow_table_expire() goes by the time-outs for one until emergency_recovery
 * percent of the room are free. */
struct flow *flow_table_packet(struct flow_table *t, const struct packet *p, enum direction *dir);

/* Whether packets begin flows from here on; what one would have begun is counted (not_begun). */
void flow_table_begin(struct flow_table *t, bool begin);

/* Ends what has timed out at now_us, in order of first packet. */
void flow_table_expire(struct flow_table *t, uint64_t now_us);
/* At the end of the run: ends the flows whose first packet's number is below `before`, in order of
 * first packet. Asked again with higher numbers, so that what is said of very many flows need not
 * be kept all at once; UINT64_MAX ends all. No packet comes between. */
void flow_table_flush(struct flow_table *t, uint64_t before);
/* Swaps client and server (midstream pick-up found the other way round). */
void flow_swap(struct flow *f);

struct flow_counters {
    uint64_t active, created, ended, timeout, evicted, tcp_reuse, not_begun, memory_bytes;
    uint64_t emergencies, emergencies_over;
    uint64_t macs_unkept; /* packets whose link addresses were one set too many to remember */
};
const struct flow_counters *flow_counters(const struct flow_table *t);

/* "new", "established", "closed", "bypassed" */
const char *flow_state_name(const struct flow *f);
const char *flow_end_name(const struct flow *f); /* "timeout", "forced", "shutdown", "tcp_reuse" */

/* Community ID 1.0 (seed 0) as "1:...": https://github.com/corelight/community-id-spec. Empty text
 * when it is not defined. out holds COMMUNITY_ID_MAX. */
#define COMMUNITY_ID_MAX 32
size_t community_id(const struct tuple *t, char out[COMMUNITY_ID_MAX]);

#endif
