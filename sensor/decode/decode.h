/* sensor/decode/decode.h - frames to packets.
 *
 * One decoder per thread: it holds the fragments that wait for their datagram. */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H
#include "common/json.h"
#include "sensor/decode/host_policy.h"
#include "sensor/decode/packet.h"

enum checksum_mode { CHECKSUM_NONE, CHECKSUM_AUTO, CHECKSUM_ALL };

/* The UDP ports of a tunnel, zero-terminated; none: it is not looked for. */
#define TUNNEL_PORTS_MAX 8
struct tunnel_ports {
    bool set; /* false: the assigned port */
    bool any; /* all of them: what is in the datagram decides */
    uint16_t ports[TUNNEL_PORTS_MAX];
};

struct decoder_options {
    enum checksum_mode checksums; /* AUTO: ignored once more than 10 % of the first 1000 are bad;
                                   those that the frame says are unfinished are as good as right */
    bool live;                    /* captured on an interface: a frame that was cut is told */
    struct tunnel_ports vxlan, geneve, teredo, gtpu;
    size_t defrag_cap_bytes;                   /* memory for waiting fragments; 0 means 32 MiB */
    uint32_t defrag_timeout_s;                 /* how long a datagram waits; 0 means 60 */
    const struct host_policies *host_policies; /* borrowed; NULL: none known */
};

struct decoder;
struct decoder *decoder_new(const struct decoder_options *o);
void decoder_free(struct decoder *d);

/* Called for each packet of the frame, outermost first. p is borrowed for the call. */
typedef void packet_fn(void *ctx, struct packet *p);

/* Decodes one frame. A frame that is no IP (ARP, broken) still gives one packet, so that its events
 * are seen. Cost: one pass over the headers; no allocation but for fragments, within the budget. */
void decode_frame(struct decoder *d, const struct frame *f, packet_fn *emit, void *ctx);

/* Headers read, by their names in Suricata's stats record: X(field, name). */
#define DECODE_HEADER_COUNTER_TABLE(X)                                                             \
    X(ipv4, "ipv4")                                                                                \
    X(ipv6, "ipv6")                                                                                \
    X(ethernet, "ethernet")                                                                        \
    X(arp, "arp")                                                                                  \
    X(unknown_ethertype, "unknown_ethertype")                                                      \
    X(unknown_linktype, "unknown_linktype")                                                        \
    X(chdlc, "chdlc")                                                                              \
    X(raw, "raw")                                                                                  \
    X(null, "null")                                                                                \
    X(sll, "sll")                                                                                  \
    X(sll2, "sll2")                                                                                \
    X(tcp, "tcp")                                                                                  \
    X(udp, "udp")                                                                                  \
    X(sctp, "sctp")                                                                                \
    X(esp, "esp")                                                                                  \
    X(icmp, "icmpv4")                                                                              \
    X(icmpv6, "icmpv6")                                                                            \
    X(ppp, "ppp")                                                                                  \
    X(pppoe, "pppoe")                                                                              \
    X(gre, "gre")                                                                                  \
    X(vlan, "vlan")                                                                                \
    X(qinq, "vlan_qinq")                                                                           \
    X(qinqinq, "vlan_qinqinq")                                                                     \
    X(vxlan, "vxlan")                                                                              \
    X(vntag, "vntag")                                                                              \
    X(ieee8021ah, "ieee8021ah")                                                                    \
    X(teredo, "teredo")                                                                            \
    X(ipv4_in_ipv4, "ipv4_in_ipv4")                                                                \
    X(ipv6_in_ipv4, "ipv6_in_ipv4")                                                                \
    X(ipv4_in_ipv6, "ipv4_in_ipv6")                                                                \
    X(ipv6_in_ipv6, "ipv6_in_ipv6")                                                                \
    X(mpls, "mpls")                                                                                \
    X(erspan, "erspan")                                                                            \
    X(nsh, "nsh")                                                                                  \
    X(geneve, "geneve")                                                                            \
    X(gtpu, "gtpu")

#define DECODE_COUNTER(field, name) uint64_t field;
struct decode_counters {
    uint64_t frames, packets, invalid, bytes;
    DECODE_HEADER_COUNTER_TABLE(DECODE_COUNTER)
    struct {
        uint64_t fragments, reassembled;
    } defrag_ipv4, defrag_ipv6;
    uint64_t defrag_timeout, defrag_memcap, defrag_memory_bytes;
    uint64_t events[EVENT_COUNT];
};
const struct decode_counters *decode_counters(const struct decoder *d);
/* "decoder" and "defrag" of a stats record; of events those that were seen. */
void decode_counters_json(const struct decode_counters *c, struct json *j);

#endif
