/* sip_log.c - a SIP message in words, as Suricata 7 has them, and its buffers for rules. */
#include "sensor/app/protocols/sip_state.h"

void sip_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct sip_tx *t = (const struct sip_tx *)tx;
    const struct sip_line *l = &t->line;
    if (l->version.len == 0)
        return;
    json_object(j, "sip");
    if (l->is_request) {
        json_str(j, "method", l->method);
        json_str(j, "uri", l->uri);
        json_str(j, "version", l->version);
        json_str(j, "request_line", app_text_bytes(&t->start));
    } else {
        json_str(j, "version", l->version);
        json_str(j, "code", l->code);
        json_str(j, "reason", l->reason);
        json_str(j, "response_line", app_text_bytes(&t->start));
    }
    if (t->session.len > 0)
        sdp_json(j, app_text_bytes(&t->session));
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    sip_alert_json(tx, j);
}

void sip_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct sip_tx *t = (const struct sip_tx *)tx;
    struct app_record r = {.event_type = "sip", .dir = (enum direction)t->dir, .encode = encode};
    app_record_once(tx, last, t->line.version.len > 0, &r, emit, ctx);
}

#define SIP_SHAPE                                                                                  \
    "{method?: string, uri?: string, version: string, request_line?: string, code?: string, "      \
    "reason?: string, response_line?: string, sdp?: " SDP_SHAPE "}"
const struct app_shape sip_shapes[] = {
    {"sip", "sip: " SIP_SHAPE},
    {"alert", "sip?: " SIP_SHAPE},
    {0},
};

/* ---- for rules ---- */

#define GETTER(name, value, applies)                                                               \
    static bool get_##name(struct app_tx *tx, enum direction dir, unsigned index,                  \
                           struct arena *scratch, struct bytes *out)                               \
    {                                                                                              \
        const struct sip_tx *t = (const struct sip_tx *)tx;                                        \
        (void)scratch;                                                                             \
        *out = (value);                                                                            \
        return index == 0 && t->dir == dir && (applies) && out->len > 0;                           \
    }

GETTER(method, t->line.method, true)
GETTER(uri, t->line.uri, true)
GETTER(request_line, app_text_bytes(&t->start), t->line.is_request)
GETTER(protocol, t->line.version, true)
GETTER(stat_code, t->line.code, true)
GETTER(stat_msg, t->line.reason, true)
GETTER(response_line, app_text_bytes(&t->start), !t->line.is_request)

/* Either end of a call asks and answers, so each buffer goes both ways. */
#define BOTH              (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT)
#define ROW(name, getter) APP_BUFFER(SIP, name, "", "", BOTH, ONEWAY_DONE, ONEWAY_DONE, getter)
const struct app_buffer sip_buffers[] = {
    ROW("sip.method", get_method),
    ROW("sip.uri", get_uri),
    ROW("sip.request_line", get_request_line),
    ROW("sip.protocol", get_protocol),
    ROW("sip.stat_code", get_stat_code),
    ROW("sip.stat_msg", get_stat_msg),
    ROW("sip.response_line", get_response_line),
    {0},
};
