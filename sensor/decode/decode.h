/* sensor/decode/decode.h - frames to packets.
 *
 * One decoder per thread: it holds the fragments that wait for their datagram. */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H
#include "sensor/decode/host_policy.h"
#include "sensor/decode/packet.h"

enum checksum_mode { CHECKSUM_NONE, CHECKSUM_AUTO, CHECKSUM_ALL };

struct decoder_options {
    enum checksum_mode checksums; /* AUTO: ignored once more than 10 % of the first 1000 are bad */
    bool local_host; /* captured on a host's own interface: AUTO takes unfinished checksums */
    uint16_t vxlan_ports[4];                   /* zero-terminated; all zero means 4789 */
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

struct decode_counters {
    uint64_t frames, packets, invalid, bytes, ipv4, ipv6, tcp, udp, icmp, icmpv6, sctp, vlan, qinq,
        mpls, pppoe, gre, vxlan, teredo, arp, other_link, fragments, reassembled, defrag_timeout,
        defrag_memcap, events;
};
const struct decode_counters *decode_counters(const struct decoder *d);

#endif
