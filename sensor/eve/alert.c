/* sensor/eve/alert.c - "event_type":"alert", of a signature or of a detector. */
#include "sensor/eve/header.h"
#include "sensor/eve/xff.h"

#define DATAGRAM_SHOWN_MAX 256 /* bytes of a frame in a datagram */

const struct eve_alert_options eve_alert_defaults = {.payload = true,
                                                     .payload_printable = true,
                                                     .packet = true,
                                                     .verdict = true,
                                                     .app_layer = true,
                                                     .flow = true,
                                                     .rule_metadata = true,
                                                     .payload_cap_bytes = PAYLOAD_SHOWN_MAX,
                                                     .xff = {.header = "X-Forwarded-For"}};

/* ---- the alert object ---- */
static void put_rule(struct json *j, const struct signature_public *s, bool dropped)
{
    json_strz(j, "action", dropped ? "blocked" : "allowed");
    json_u64(j, "gid", s->gid);
    json_u64(j, "signature_id", s->sid);
    json_u64(j, "rev", s->rev);
    json_strz(j, "signature", s->msg);
    json_strz(j, "category", s->category);
    json_u64(j, "severity", s->severity);
}

static void put_about(struct json *j, const struct signature_public *s)
{
    if (s->metadata_json)
        json_raw(j, "metadata", bytes_str(s->metadata_json));
    if (s->references_json)
        json_raw(j, "references", bytes_str(s->references_json));
}

void eve_alert_object(struct json *j, const struct signature_public *s, bool dropped)
{
    json_object(j, "alert");
    put_rule(j, s, dropped);
    put_about(j, s);
    json_object_end(j);
}

static void put_end(struct json *j, const char *key, const struct addr *a, uint16_t port,
                    bool has_port)
{
    json_object(j, key);
    json_addr(j, "ip", a);
    if (has_port)
        json_u64(j, "port", port);
    json_object_end(j);
}

/* "source"/"target" of a rule that says which end is the victim. */
static void put_target(struct json *j, const struct eve_place *at, const struct signature_public *s)
{
    struct eve_ends e = eve_ends(at);
    bool source_is_target = s->target == 1, ports = eve_has_ports(e.proto);
    if (!s->target || !e.version)
        return;
    if (source_is_target) {
        put_end(j, "source", e.dst, e.dport, ports);
        put_end(j, "target", e.src, e.sport, ports);
    } else {
        put_end(j, "source", e.src, e.sport, ports);
        put_end(j, "target", e.dst, e.dport, ports);
    }
}

/* xff: NULL or whom a proxy spoke for. */
static void put_alert(struct json *j, const struct eve_place *at, const struct detect_alert *a,
                      const struct eve_alert_options *o, const char *xff)
{
    const struct signature_public *s = signature_public(a->signature);
    json_object(j, "alert");
    put_rule(j, s, a->dropped);
    put_target(j, at, s);
    if (o->rule_metadata)
        put_about(j, s);
    if (o->rule_raw)
        json_strz(j, "rule", s->text);
    if (xff)
        json_strz(j, "xff", xff);
    json_object_end(j);
}

/* ---- the transaction ---- */
const struct app_buffer *eve_buffer(const struct app_tx *tx, const char *name)
{
    size_t count;
    const struct app_buffer *rows = app_buffers((enum app_proto)tx->proto, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static void put_body(struct json *j, const struct eve_alert_options *o, struct app_tx *tx,
                     enum direction dir, struct arena *scratch)
{
    static const char *const buffers[] = {"http.request_body", "http.response_body"},
                             *const raw[] = {"http_request_body", "http_response_body"},
                             *const printable[] = {"http_request_body_printable",
                                                   "http_response_body_printable"};
    const struct app_buffer *row = eve_buffer(tx, buffers[dir]);
    struct bytes body;
    if (!row || !row->get(tx, dir, 0, scratch, &body) || body.len == 0)
        return;
    if (o->http_body_printable)
        json_printable(j, printable[dir], body);
    if (o->http_body)
        json_base64(j, raw[dir], body);
}

/* Into the object that the transaction ends with. */
static void put_bodies(struct json *j, const struct eve_alert_options *o, struct app_tx *tx,
                       struct arena *scratch)
{
    bool http = tx->proto == APP_HTTP || tx->proto == APP_HTTP2;
    if (!http || !scratch || !(o->http_body || o->http_body_printable))
        return;
    json_object_again(j);
    put_body(j, o, tx, TO_SERVER, scratch);
    put_body(j, o, tx, TO_CLIENT, scratch);
    json_object_end(j);
}

static void put_tx(struct json *j, const struct eve_alert_options *o, const struct detect_alert *a,
                   struct arena *scratch)
{
    size_t before = j->len;
    if (o->app_layer)
        app_tx_alert_json(a->tx, j);
    if (j->len > before)
        put_bodies(j, o, a->tx, scratch);
    if (o->rule_metadata)
        app_tx_files_json(a->tx, a->dir, j);
}

/* ---- flow, bytes, tunnel, verdict ---- */
static void put_flow(struct json *j, const struct eve_place *at)
{
    struct eve_place forward = {.flow = at->flow, .client = at->client};
    struct eve_ends e = eve_ends(&forward);
    json_object(j, "flow");
    eve_flow_counts(j, at->flow);
    json_addr(j, "src_ip", e.src);
    json_addr(j, "dest_ip", e.dst);
    if (eve_has_ports(e.proto)) {
        json_u64(j, "src_port", e.sport);
        json_u64(j, "dest_port", e.dport);
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

static void put_bytes(struct json *j, const struct eve_alert_options *o,
                      const struct detect_alert *a)
{
    struct bytes shown = a->payload;
    if (a->stream)
        shown = bytes_slice(shown, 0, o->payload_cap_bytes);
    if (shown.len && o->payload)
        json_base64(j, "payload", shown);
    if (shown.len && o->payload_printable)
        json_printable(j, "payload_printable", shown);
    if (o->payload || o->payload_printable)
        json_u64(j, "stream", a->stream);
    if (o->packet && !(a->packet->flags & PACKET_REPLAYED))
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
    const struct eve_alert_options *o = c->alerts ? c->alerts : &eve_alert_defaults;
    struct eve_client client;
    bool proxied = c->scratch && eve_xff_find(&o->xff, a, c->scratch, &client);
    bool overwrite = proxied && o->xff.overwrite;
    struct eve_place at = {.context = c,
                           .packet = a->packet,
                           .flow = a->flow,
                           .dir = a->dir,
                           .ts_us = a->packet->ts_us,
                           .tx = a->tx,
                           .client = overwrite ? &client.addr : NULL};
    eve_open(j, &at, "alert");
    detect_vars_json(c->rules, a->flow, a->packet_texts, j);
    if (a->tx_guessed)
        json_bool(j, "tx_guessed", true);
    put_alert(j, &at, a, o, proxied && !overwrite ? client.text : NULL);
    put_tunnel(j, a->packet);
    if (a->tx)
        put_tx(j, o, a, c->scratch);
    if (a->flow) {
        eve_app_proto(j, a->flow);
        json_strz(j, "direction", a->dir == TO_SERVER ? "to_server" : "to_client");
        if (o->flow)
            put_flow(j, &at);
    }
    put_bytes(j, o, a);
    put_app_frame(j, a);
    if (o->verdict)
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
