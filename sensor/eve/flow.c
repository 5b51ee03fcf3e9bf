/* sensor/eve/flow.c - flow and netflow records at a flow's end, decoder and stream anomalies. */
#include "sensor/eve/header.h"
#include "common/text.h"

static void put_hex8(struct json *j, const char *key, uint8_t v)
{
    char text[3];
    text_hex(bytes_of(&v, 1), text);
    json_word(j, key, text);
}

static void put_flag_names(struct json *j, uint8_t set)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } flags[] = {{TCP_SYN, "syn"}, {TCP_FIN, "fin"}, {TCP_RST, "rst"}, {TCP_PSH, "psh"},
                 {TCP_ACK, "ack"}, {TCP_URG, "urg"}, {TCP_ECE, "ecn"}, {TCP_CWR, "cwr"}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (set & flags[i].flag)
            json_bool(j, flags[i].name, true);
}

static void put_stream(struct json *j, const struct stream_summary *s)
{
    json_word(j, "state", s->state);
    if (s->gap_bytes[TO_SERVER])
        json_bool(j, "ts_gap", true);
    if (s->gap_bytes[TO_CLIENT])
        json_bool(j, "tc_gap", true);
    json_u64(j, "ts_max_regions", s->max_regions[TO_SERVER]);
    json_u64(j, "tc_max_regions", s->max_regions[TO_CLIENT]);
    if (s->urgent_bytes[TO_SERVER])
        json_u64(j, "ts_urgent_oob_data", s->urgent_bytes[TO_SERVER]);
    if (s->urgent_bytes[TO_CLIENT])
        json_u64(j, "tc_urgent_oob_data", s->urgent_bytes[TO_CLIENT]);
}

/* A flow picked up midway, or refused, has no stream: its flags are none, as Suricata shows it. */
static void put_tcp(struct json *j, const struct flow *f)
{
    static const struct stream_summary none;
    const struct stream_summary *s = stream_summary(f), *flags = s ? s : &none;
    if (f->tuple.proto != IPP_TCP)
        return;
    json_object(j, "tcp");
    put_hex8(j, "tcp_flags", flags->all_flags);
    put_hex8(j, "tcp_flags_ts", flags->flags[TO_SERVER]);
    put_hex8(j, "tcp_flags_tc", flags->flags[TO_CLIENT]);
    put_flag_names(j, flags->all_flags);
    if (s)
        put_stream(j, s);
    json_object_end(j);
}

static void put_tcp_side(struct json *j, const struct flow *f, enum direction dir)
{
    const struct stream_summary *s = stream_summary(f);
    uint8_t flags = s ? s->flags[dir] : 0;
    if (f->tuple.proto != IPP_TCP)
        return;
    json_object(j, "tcp");
    put_hex8(j, "tcp_flags", flags);
    put_flag_names(j, flags);
    json_object_end(j);
}

static void put_icmp_answer(struct json *j, const struct flow *f)
{
    if ((f->tuple.proto != IPP_ICMP && f->tuple.proto != IPP_ICMPV6) || !f->packets[TO_CLIENT])
        return;
    json_u64(j, "response_icmp_type", f->icmp_answer[0]);
    json_u64(j, "response_icmp_code", f->icmp_answer[1]);
}

static uint64_t age_s(const struct flow *f)
{
    return f->last_us / 1000000 - f->first_us / 1000000;
}

void eve_flow(struct json *j, const struct eve_context *c, const struct flow *f, uint64_t now_us)
{
    struct eve_place at = {.context = c, .flow = f, .dir = TO_SERVER, .ts_us = now_us};
    eve_open(j, &at, "flow");
    put_icmp_answer(j, f);
    eve_app_proto(j, f);
    if (f->app)
        app_flow_dpi_json(f->app, j);
    json_object(j, "flow");
    eve_flow_counts(j, f);
    json_time(j, "end", f->last_us);
    json_u64(j, "age", age_s(f));
    json_word(j, "state", flow_state_name(f));
    json_word(j, "reason", flow_end_name(f));
    json_bool(j, "alerted", f->alerted);
    if (f->action == FLOW_ACTION_BYPASS)
        json_strz(j, "bypass", "local");
    if (f->action != FLOW_ACTION_NONE)
        json_strz(j, "action", f->action == FLOW_ACTION_DROP ? "drop" : "pass");
    exceptions_json(c->exceptions, f, j);
    if (f->emergency)
        json_bool(j, "emergency", true);
    json_object_end(j);
    if (f->vars)
        detect_vars_json(c->rules, f, NULL, j);
    put_tcp(j, f);
    json_object_end(j);
}

void eve_netflow(struct json *j, const struct eve_context *c, const struct flow *f,
                 enum direction dir, uint64_t now_us)
{
    struct eve_place at = {.context = c, .flow = f, .dir = dir, .ts_us = now_us};
    eve_open(j, &at, "netflow");
    json_strz(j, "app_proto", app_proto_name(f->app ? app_flow_proto(f->app) : APP_UNKNOWN));
    json_object(j, "netflow");
    json_u64(j, "pkts", f->packets[dir]);
    json_u64(j, "bytes", f->bytes[dir]);
    json_time(j, "start", f->first_us);
    json_time(j, "end", f->last_us);
    json_u64(j, "age", age_s(f));
    json_u64(j, "min_ttl", f->ttl_min[dir]);
    json_u64(j, "max_ttl", f->ttl_max[dir]);
    json_object_end(j);
    put_tcp_side(j, f, dir);
    json_object_end(j);
}

/* Decoder events stand for the packet alone, stream events for its flow. */
void eve_packet_event(struct json *j, const struct eve_place *at, enum packet_event e)
{
    const char *name = packet_event_name(e);
    bool stream = bytes_starts(bytes_str(name), BYTES_LIT("stream."));
    eve_open(j, at, "anomaly");
    json_object(j, "anomaly");
    json_strz(j, "type", stream ? "stream" : "decode");
    json_strz(j, "event", name);
    json_object_end(j);
    json_object_end(j);
}
