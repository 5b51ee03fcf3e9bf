/* sensor/detect/tags.h - packets that follow an alert: "tag:session,10,packets".
 *
 * A rule that matched tags its flow, or a host: the packets to come are recorded as they are, until
 * so many packets, bytes or seconds. As with Suricata a rule may renew its tag a few times only. */
#ifndef DETECT_TAGS_H
#define DETECT_TAGS_H
#include "common/addr.h"

enum tag_metric { TAG_PACKETS, TAG_BYTES, TAG_SECONDS };
enum tag_where { TAG_SESSION, TAG_HOST_SRC, TAG_HOST_DST };
/* What a rule asks for. */
struct tag {
    struct tag *next;
    enum tag_where where;
    enum tag_metric metric;
    uint32_t count;
};

/* One rule's tag on a flow or a host. */
struct tag_state {
    uint32_t gid, sid, count, renewed;
    enum tag_metric metric;
    bool started; /* the packet that set it has gone by */
    uint64_t first_s, packets, bytes;
};
#define TAGS_MAX 50 /* on one flow or host */
struct tag_list {
    struct tag_state *states;
    uint16_t count, cap;
};
void tag_list_release(struct tag_list *l);
/* Sets the rule's tag, or begins an existing one anew. */
void tag_list_put(struct tag_list *l, const struct tag *t, uint32_t gid, uint32_t sid,
                  uint64_t now_s);
/* Counts one packet; ended tags go. True when a tag holds for it. */
bool tag_list_packet(struct tag_list *l, size_t packet_bytes, uint64_t now_s);

/* Tagged hosts: a table of fixed size; a full bucket gives up the host longest without a packet. */
struct tagged_host {
    struct addr addr; /* version 0: free */
    uint64_t last_s;
    struct tag_list tags;
};
struct tagged_hosts {
    struct tagged_host *hosts;
    size_t buckets; /* power of two */
    size_t tagged;  /* with tags on them: 0, and no packet need be looked up */
};
void tagged_hosts_init(struct tagged_hosts *t, size_t hosts);
void tagged_hosts_release(struct tagged_hosts *t);
/* True when a host that was still tagged had to go. */
bool tagged_host_put(struct tagged_hosts *t, const struct addr *a, const struct tag *tag,
                     uint32_t gid, uint32_t sid, uint64_t now_s);
bool tagged_host_packet(struct tagged_hosts *t, const struct addr *a, size_t packet_bytes,
                        uint64_t now_s);

#endif
