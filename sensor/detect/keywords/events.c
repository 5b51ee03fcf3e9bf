/* keywords/events.c - what decoder, stream engine and parsers found odd, and which protocol it is.
 */
#include "sensor/detect/flow_vars.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

static bool packet_event_match(const void *arg, struct inspect *in)
{
    return packet_has_event(in->packet, *(const enum packet_event *)arg);
}

static int packet_event_parse(struct build *b, struct bytes value, const char *family,
                              const void **arg, struct err *err)
{
    char name[128];
    struct bytes text = word_unquote(value);
    snprintf(name, sizeof name, "%s.%.*s", family, WORD_ARG(text));
    int event = packet_event_find(bytes_str(name));
    if (event < 0)
        event = packet_event_find(text);
    if (event < 0)
        return err_set(err, "unknown event '%.*s'", WORD_ARG(text));
    enum packet_event *kept = build_alloc(b, sizeof *kept);
    *kept = (enum packet_event)event;
    *arg = kept;
    return 0;
}

static int decode_event_parse(struct build *b, struct bytes value, const void **arg,
                              struct err *err)
{
    return packet_event_parse(b, value, "decoder", arg, err);
}

static int stream_event_parse(struct build *b, struct bytes value, const void **arg,
                              struct err *err)
{
    return packet_event_parse(b, value, "stream", arg, err);
}

/* ---- events of parsers ---- */
struct app_event {
    enum app_proto proto; /* APP_UNKNOWN: of the flow, not of a transaction */
    uint16_t number;
};

/* An event of the flow counts at the packet that brought it. */
static bool flow_event_match(const struct app_event *e, const struct inspect *in)
{
    const uint16_t *events;
    if (!in->flow || !in->flow->app || !in->vars)
        return false;
    uint8_t count = app_flow_events(in->flow->app, &events);
    for (uint8_t i = in->vars->events_seen; i < count; i++)
        if (events[i] == e->number)
            return true;
    return false;
}

static bool app_layer_event_match(const void *arg, struct inspect *in)
{
    const struct app_event *e = arg;
    if (e->proto == APP_UNKNOWN)
        return flow_event_match(e, in);
    if (!in->tx || in->proto != e->proto)
        return false;
    for (uint8_t i = 0; i < in->tx->event_count; i++)
        if (in->tx->events[i] == e->number)
            return true;
    return false;
}

static int app_layer_event_parse(struct build *b, struct bytes value, const void **arg,
                                 struct err *err)
{
    struct app_event *e = build_alloc(b, sizeof *e);
    struct bytes name = word_unquote(value);
    int number = app_event_find(name, &e->proto);
    if (number < 0)
        return err_set(err, "unknown event '%.*s'", WORD_ARG(name));
    e->number = (uint16_t)number;
    *arg = e;
    if (e->proto == APP_UNKNOWN)
        return 0;
    b->sig->flags |= SIG_TX | SIG_TX_EVENT;
    return build_require_proto(b, e->proto, err);
}

/* ---- app-layer-protocol ---- */
struct app_protocol {
    enum app_proto proto;
    bool any_http, negated;
};

/* As signature_wants_app() has it: HTTP is of either version, also where it turned into WebSocket,
 * and SMB carries DCE/RPC. */
static bool is_of(const struct app_protocol *a, enum app_proto proto)
{
    return proto == a->proto || (a->any_http && proto == APP_HTTP2) ||
           (a->proto == APP_HTTP && proto == APP_WEBSOCKET) ||
           (a->proto == APP_DCERPC && proto == APP_SMB);
}

/* Nothing is said, nor denied, of a direction that is not known. */
static bool app_protocol_match(const void *arg, struct inspect *in)
{
    const struct app_protocol *a = arg;
    if (!in->flow || !in->flow->app)
        return false;
    enum app_proto proto = app_flow_proto_dir(in->flow->app, in->dir);
    if (proto == APP_UNKNOWN && a->proto != APP_UNKNOWN)
        return false;
    return is_of(a, proto) != a->negated;
}

/* What is said twice, or of two protocols at once, can never or must always come true. */
static int check_protocols(const struct build *b, const struct app_protocol *a, struct err *err)
{
    if (b->sig->proto != APP_UNKNOWN)
        return err_set(err, "rule is about %s already", app_proto_name(b->sig->proto));
    for (size_t i = 0; i < b->condition_count; i++) {
        const struct app_protocol *other = b->conditions[i].arg;
        if (b->conditions[i].match != app_protocol_match)
            continue;
        if (!a->negated || !other->negated)
            return err_set(err, "a flow speaks one protocol: several can only be excluded");
        if (a->proto == other->proto)
            return err_set(err, "'%s' is excluded already", app_proto_name(a->proto));
    }
    return 0;
}

static int app_layer_protocol_parse(struct build *b, struct bytes value, const void **arg,
                                    struct err *err)
{
    (void)arg;
    struct bytes rest = word_unquote(value), name;
    struct app_protocol *a = build_alloc(b, sizeof *a);
    word_next(&rest, ',', &name);
    a->negated = name.len && name.p[0] == '!';
    name = word_trim(bytes_slice(name, a->negated, name.len));
    int proto = WORD_IS(name, "unknown")  ? APP_UNKNOWN
                : WORD_IS(name, "failed") ? APP_FAILED
                : WORD_IS(name, "ssl")    ? APP_TLS
                : WORD_IS(name, "http1")  ? APP_HTTP
                                          : app_proto_find(name);
    if (proto < 0)
        return err_set(err, "unknown protocol '%.*s'", WORD_ARG(name));
    a->proto = (enum app_proto)proto;
    a->any_http = WORD_IS(name, "http");
    b->proto_condition = true;
    if (check_protocols(b, a, err))
        return -1;
    return build_condition(b, app_protocol_match, a, err);
}

const struct keyword keyword_decode_event = {
    .name = "decode-event",
    .aliases = "engine-event",
    .summary = "the decoder found this odd",
    .example = "decode-event:ipv4.pkt_too_small;",
    .flags = KEYWORD_EVENT,
    .parse = decode_event_parse,
    .match = packet_event_match,
};
const struct keyword keyword_stream_event = {
    .name = "stream-event",
    .summary = "the TCP engine found this odd",
    .example = "stream-event:est_packet_out_of_window;",
    .parse = stream_event_parse,
    .match = packet_event_match,
};
const struct keyword keyword_app_layer_event = {
    .name = "app-layer-event",
    .summary = "a protocol parser found this odd",
    .example = "app-layer-event:applayer_mismatch_protocol_both_directions;",
    .parse = app_layer_event_parse,
    .match = app_layer_event_match,
};
const struct keyword keyword_app_layer_protocol = {
    .name = "app-layer-protocol",
    .summary = "the flow speaks this protocol",
    .example = "app-layer-protocol:!http;",
    .parse = app_layer_protocol_parse,
};
