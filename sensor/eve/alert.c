/* sensor/eve/alert.c - "event_type":"alert", of a signature or of a detector. */
#include "sensor/eve/header.h"

#define DATAGRAM_SHOWN_MAX 256  /* bytes of a frame in a datagram */
#define PAYLOAD_SHOWN_MAX  4096 /* bytes of stream data shown with an alert */

void eve_alert_object(struct json *j, const struct signature_public *s, bool dropped)
{
    json_object(j, "alert");
    json_strz(j, "action", dropped ? "blocked" : "allowed");
    json_u64(j, "gid", s->gid);
    json_u64(j, "signature_id", s->sid);
    json_u64(j, "rev", s->rev);
    json_strz(j, "signature", s->msg);
    json_strz(j, "category", s->category);
    json_u64(j, "severity", s->severity);
    if (s->metadata_json)
        json_raw(j, "metadata", bytes_str(s->metadata_json));
    if (s->references_json)
        json_raw(j, "references", bytes_str(s->references_json));
    json_object_end(j);
}

/* "source"/"target" of a rule that says which end is the victim. */
static void put_target(struct json *j, const struct detect_alert *a,
                       const struct signature_public *s)
{
    if (!s->target || !a->packet->ip_version)
        return;
    const struct packet *p = a->packet;
    bool source_is_target = s->target == 1;
    const struct addr *src = a->flow ? &a->flow->tuple.addr[a->dir] : &p->src;
    const struct addr *dst = a->flow ? &a->flow->tuple.addr[OTHER(a->dir)] : &p->dst;
    uint16_t sport = a->flow ? a->flow->tuple.port[a->dir] : p->sport;
    uint16_t dport = a->flow ? a->flow->tuple.port[OTHER(a->dir)] : p->dport;
    json_object(j, "source");
    json_addr(j, "ip", source_is_target ? dst : src);
    json_u64(j, "port", source_is_target ? dport : sport);
    json_object_end(j);
    json_object(j, "target");
    json_addr(j, "ip", source_is_target ? src : dst);
    json_u64(j, "port", source_is_target ? sport : dport);
    json_object_end(j);
}

static void put_flow(struct json *j, const struct flow *f)
{
    json_object(j, "flow");
    eve_flow_counts(j, f);
    json_addr(j, "src_ip", &f->tuple.addr[TO_SERVER]);
    json_addr(j, "dest_ip", &f->tuple.addr[TO_CLIENT]);
    if (f->tuple.proto == IPP_TCP || f->tuple.proto == IPP_UDP || f->tuple.proto == IPP_SCTP) {
        json_u64(j, "src_port", f->tuple.port[TO_SERVER]);
        json_u64(j, "dest_port", f->tuple.port[TO_CLIENT]);
    }
    json_object_end(j);
}

void eve_verdict(struct json *j, const struct detect_verdict *v, bool drops, uint8_t proto)
{
    static const char *const targets[] = {
        [REJECT_SOURCE] = "to_client", [REJECT_DESTINATION] = "to_server", [REJECT_BOTH] = "both"};
    json_object(j, "verdict");
    json_strz(j, "action", drops ? "drop" : v->passes && !v->reject ? "pass" : "alert");
    if (v->reject) {
        json_strz(j, "reject-target", targets[v->reject]);
        json_array(j, "reject");
        if (proto == IPP_TCP)
            json_strz(j, NULL, "tcp-reset");
        else if (proto == IPP_UDP || proto == IPP_ICMP || proto == IPP_ICMPV6)
            json_strz(j, NULL, "icmp-prohib");
        json_array_end(j);
    }
    json_object_end(j);
}

static void put_frame(struct json *j, const struct packet *p)
{
    json_base64(j, "packet", p->raw);
    json_object(j, "packet_info");
    json_u64(j, "linktype", p->linktype);
    json_object_end(j);
}

static void put_bytes(struct json *j, const struct detect_alert *a)
{
    if (a->payload.len) {
        struct bytes shown = bytes_slice(a->payload, 0, PAYLOAD_SHOWN_MAX);
        json_base64(j, "payload", shown);
        json_printable(j, "payload_printable", shown);
    }
    json_u64(j, "stream", a->stream);
    if (a->packet->flags & PACKET_REPLAYED)
        return;
    put_frame(j, a->packet);
}

/* What the rule's frame keyword matched in. */
static void put_app_frame(struct json *j, const struct detect_alert *a)
{
    const struct app_frame *f = a->frame;
    if (!f)
        return;
    json_object(j, "frame");
    json_strz(j, "type", app_frame_name((enum app_proto)f->proto, f->type));
    json_u64(j, "id", f->id);
    json_strz(j, "direction", f->dir == TO_SERVER ? "toserver" : "toclient");
    if (a->packet->proto == IPP_TCP)
        json_u64(j, "stream_offset", f->offset);
    json_u64(j, "length", f->length < 0 ? f->bytes.len : (uint64_t)f->length);
    if (f->bytes.len) {
        bool datagram = a->packet->proto == IPP_UDP;
        struct bytes shown =
            bytes_slice(f->bytes, 0, datagram ? DATAGRAM_SHOWN_MAX : PAYLOAD_SHOWN_MAX);
        json_base64(j, "payload", shown);
        json_printable(j, "payload_printable", shown);
    }
    json_bool(j, "complete", f->complete);
    if (f->has_tx)
        json_u64(j, "tx_id", f->tx_id);
    json_object_end(j);
}

/* Where the packet was found: the ends of the frame's own packet, and how deep in it. */
static void put_tunnel(struct json *j, const struct packet *p)
{
    char number[4];
    if (!p->outer.src.version)
        return;
    json_object(j, "tunnel");
    json_addr(j, "src_ip", &p->outer.src);
    json_u64(j, "src_port", p->outer.sport);
    json_addr(j, "dest_ip", &p->outer.dst);
    json_u64(j, "dest_port", p->outer.dport);
    json_strz(j, "proto", eve_proto_name(p->outer.proto, number));
    json_u64(j, "depth", p->recursion);
    json_u64(j, "pcap_cnt", p->number);
    json_strz(j, "pkt_src", "wire/pcap");
    json_object_end(j);
}

void eve_alert(struct json *j, const struct eve_context *c, const struct detect_alert *a)
{
    const struct signature_public *s = signature_public(a->signature);
    struct eve_place at = {.context = c,
                           .packet = a->packet,
                           .flow = a->flow,
                           .dir = a->dir,
                           .ts_us = a->packet->ts_us,
                           .tx = a->tx};
    eve_open(j, &at, "alert");
    detect_vars_json(c->rules, a->flow, a->packet_texts, j);
    if (a->tx_guessed)
        json_bool(j, "tx_guessed", true);
    eve_alert_object(j, s, a->dropped);
    put_tunnel(j, a->packet);
    put_target(j, a, s);
    if (a->tx) {
        app_tx_alert_json(a->tx, j);
        app_tx_files_json(a->tx, a->dir, j);
    }
    if (a->flow) {
        eve_app_proto(j, a->flow);
        json_strz(j, "direction", a->dir == TO_SERVER ? "to_server" : "to_client");
        put_flow(j, a->flow);
    }
    put_bytes(j, a);
    put_app_frame(j, a);
    eve_verdict(j, &a->verdict, a->verdict.drops, a->packet->proto);
    json_object_end(j);
}

void eve_packet(struct json *j, const struct eve_place *at)
{
    eve_open(j, at, "packet");
    put_frame(j, at->packet);
    json_object_end(j);
}

static void put_anomaly_ends(struct json *j, const struct anomaly_alert *a)
{
    char number[4];
    json_addr(j, "src_ip", &a->src);
    if (a->sport)
        json_u64(j, "src_port", a->sport);
    if (a->dst.version)
        json_addr(j, "dest_ip", &a->dst);
    if (a->dport)
        json_u64(j, "dest_port", a->dport);
    json_strz(j, "proto", eve_proto_name(a->transport, number));
}

void eve_anomaly_alert(struct json *j, struct json *extra, const struct eve_context *c,
                       const struct anomaly_alert *a)
{
    json_reset(j);
    json_object(j, NULL);
    json_time(j, "timestamp", a->ts_us);
    if (a->flow_id)
        json_u64(j, "flow_id", a->flow_id);
    if (c->in_iface)
        json_strz(j, "in_iface", c->in_iface);
    else
        json_u64(j, "pcap_cnt", a->packet);
    json_strz(j, "event_type", "alert");
    put_anomaly_ends(j, a);
    struct signature_public s = {.gid = 3000,
                                 .sid = a->sid,
                                 .rev = 1,
                                 .severity = a->severity,
                                 .msg = a->signature,
                                 .category = a->category};
    eve_alert_object(j, &s, false);
    json_object_end(j);

    json_reset(extra);
    json_strz(extra, "detector", a->detector);
    json_real(extra, "score", a->score);
    if (a->host.len)
        json_str(extra, "host", a->host);
    json_raw(extra, "reasons", a->reasons);
}
