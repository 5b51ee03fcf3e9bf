/* sip_state.h - what sip.c, sip_log.c and sip_sdp.c share: one tx a message. */
#ifndef APP_SIP_STATE_H
#define APP_SIP_STATE_H
#include "sensor/app/protocols/oneway.h"

struct sip_line { /* views into the start line of a message */
    bool is_request;
    struct bytes method, uri;  /* of a request */
    struct bytes code, reason; /* of a response */
    struct bytes version;
};

struct sip_tx {
    struct app_tx tx;
    struct app_text start;   /* the start line */
    struct app_text session; /* its description (SDP), when it carries one */
    struct sip_line line;    /* into start; without a version the message is damaged */
    uint8_t dir;
};

/* Reads a start line without its end; false when it is none. RFC 3261 section 7. */
bool sip_read_line(struct bytes text, struct sip_line *out);

/* sip_log.c */
void sip_alert_json(const struct app_tx *tx, struct json *j);
void sip_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
extern const struct app_shape sip_shapes[];
extern const struct app_buffer sip_buffers[];

/* sip_sdp.c: a session's description (RFC 8866) as the object "sdp". */
void sdp_json(struct json *j, struct bytes description);
#define SDP_SHAPE                                                                                  \
    "{v?: uint, o?: string, s?: string, i?: string, u?: string, e?: string, p?: string, "          \
    "c?: string, t?: string, r?: string, z?: string, b?: [string], a?: [string], "                 \
    "m?: [{m: string, i?: string, c?: string, b?: [string], a?: [string]}]}"

#endif
