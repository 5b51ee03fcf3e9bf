/* sensor/app/dns_state.h - what the dns_*.c files share. */
#ifndef APP_DNS_STATE_H
#define APP_DNS_STATE_H
#include "sensor/app/protocols/dns.h"
#include "sensor/app/protocols/dns_message.h"
#include "sensor/app/parser.h"

enum dns_event {
    DNS_EVENT_MALFORMED_DATA,
    DNS_EVENT_NOT_REQUEST,
    DNS_EVENT_NOT_RESPONSE,
    DNS_EVENT_Z_FLAG_SET,
    DNS_EVENT_INVALID_OPCODE,
    DNS_EVENT_NAME_TOO_LONG,
    DNS_EVENT_INFINITE_LOOP,
    DNS_EVENT_TOO_MANY_LABELS,
    DNS_EVENT_COUNT
};

/* Questions beyond this many are counted, not kept; real messages carry one. */
#define DNS_QUESTIONS_MAX 16
struct dns_question {
    uint16_t type;
    uint16_t name_at, name_len; /* within names */
};

struct dns_tx {
    struct app_tx tx;
    struct dns_header header;
    struct app_text message; /* as sent, without the length that TCP puts before it */
    struct app_text names;   /* of the questions, dotted */
    struct dns_question questions[DNS_QUESTIONS_MAX];
    uint8_t question_count;
    bool mirrored;       /* sent by the end that the flow calls the other one */
    uint16_t answers_at; /* offset of the first record in message */
};

struct dns_state {
    struct app *app;
    struct app_flow *flow;
    struct app_text held[2]; /* TCP: a message that is not whole yet */
    bool first_seen,
        mirrored; /* mirrored: the flow's first message was a response to the "server" */
    bool lost[2]; /* TCP: after a gap, until a message starts again */
};

#define DNS_OPCODE_MAX 6 /* DSO, RFC 8490 */

enum app_result dns_probe(const struct app_endpoints *e, enum direction dir, struct bytes data);
bool dns_is_reversed(const struct app_endpoints *e, struct bytes data);
void dns_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void dns_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape dns_shapes[];
void dns_facts(const struct app_tx *tx, struct app_facts *out);

#endif
