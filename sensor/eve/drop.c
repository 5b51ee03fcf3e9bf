/* sensor/eve/drop.c - a packet that an inline sensor would have dropped (--simulate-ips). */
#include "sensor/eve/header.h"

static const char *const reasons[] = {[DROP_NONE] = "",
                                      [DROP_RULES] = "rules",
                                      [DROP_RATE] = "threshold detection_filter",
                                      [DROP_FLOW] = "flow drop",
                                      [DROP_URGENT] = "stream urgent"};

static const char *reason_name(enum drop_reason r)
{
    return r < DROP_EXCEPTIONS ? reasons[r]
                               : exception_drop_reason((enum exception)(r - DROP_EXCEPTIONS));
}

static void put_tcp(struct json *j, const struct packet *p)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } flags[] = {{TCP_SYN, "syn"}, {TCP_ACK, "ack"}, {TCP_PSH, "psh"},
                 {TCP_RST, "rst"}, {TCP_URG, "urg"}, {TCP_FIN, "fin"}};
    json_u64(j, "tcpseq", p->tcp.seq);
    json_u64(j, "tcpack", p->tcp.ack);
    json_u64(j, "tcpwin", p->tcp.window);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        json_bool(j, flags[i].name, p->tcp.flags & flags[i].flag);
    json_u64(j, "tcpurgp", p->tcp.urgent);
}

static void put_packet(struct json *j, const struct packet *p)
{
    json_u64(j, "len", p->ip.len);
    if (p->ip_version == 4) {
        json_u64(j, "tos", p->tos);
        json_u64(j, "ttl", p->ttl);
        json_u64(j, "ipid", p->ip_id);
    } else {
        json_u64(j, "tc", p->tos);
        json_u64(j, "hoplimit", p->ttl);
    }
    if (p->l4.len == 0)
        return;
    if (p->proto == IPP_TCP) {
        put_tcp(j, p);
    } else if (p->proto == IPP_UDP) {
        json_u64(j, "udplen", p->payload.len + 8);
    } else if (p->proto == IPP_ICMP || p->proto == IPP_ICMPV6) {
        json_u64(j, "icmp_id", p->icmp.id);
        json_u64(j, "icmp_seq", p->icmp.seq);
    }
}

void eve_drop(struct json *j, const struct eve_place *at, enum drop_reason reason,
              const struct signature *by, const struct detect_verdict *verdict)
{
    static const struct detect_verdict none;
    eve_open(j, at, "drop");
    json_object(j, "drop");
    put_packet(j, at->packet);
    json_strz(j, "reason", reason_name(reason));
    json_object_end(j);
    if (by)
        eve_alert_object(j, signature_public(by), true);
    if (at->flow) {
        eve_app_proto(j, at->flow);
        json_strz(j, "direction", at->dir == TO_SERVER ? "to_server" : "to_client");
    }
    eve_verdict(j, verdict ? verdict : &none, true, at->packet->proto);
    json_object_end(j);
}
