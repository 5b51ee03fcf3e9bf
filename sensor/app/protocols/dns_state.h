/* sensor/app/protocols/dns_state.h - what the dns_*.c files share. */
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
    uint16_t name_at, name_len; /* within dns_tx_names() */
};

struct dns_tx {
    struct app_tx tx;
    struct dns_header header;
    struct dns_question questions[DNS_QUESTIONS_MAX];
    uint8_t question_count;
    bool mirrored;                   /* sent by the end that the flow calls the other one */
    uint16_t answers_at;             /* offset of the first record in the message */
    uint16_t message_len, names_len; /* of what stands behind it */
};
/* As sent, without the length that TCP puts before it. */
static inline struct bytes dns_tx_message(const struct dns_tx *t)
{
    return bytes_of((const uint8_t *)(t + 1), t->message_len);
}
/* Of the questions, dotted. */
static inline struct bytes dns_tx_names(const struct dns_tx *t)
{
    return bytes_of((const uint8_t *)(t + 1) + t->message_len, t->names_len);
}

/* What is known of a flow once its first message came: app_flow_note(). */
enum dns_flow_note {
    DNS_FLOW_SEEN = 1 << 0,
    DNS_FLOW_MIRRORED = 1 << 1, /* that was a response to the "server" */
};
/* TCP, by direction; datagrams need no state. */
struct dns_stream {
    struct app_text held[2]; /* a message that is not whole yet */
    bool lost[2];            /* after a gap, until a message starts again */
};

#define DNS_OPCODE_MAX 6 /* DSO, RFC 8490 */
#define DNS_Z          0x0040

/* Shared with mdns.c. */
extern const char *const dns_events[DNS_EVENT_COUNT];
void *dns_open(struct app *a, struct app_flow *f);
void dns_close(struct app *a, void *state);
enum app_result dns_feed(void *state, const struct app_input *in);
void dns_tx_free(struct app *a, struct app_tx *tx);

enum app_result dns_probe(const struct app_endpoints *e, enum direction dir, struct bytes data);
bool dns_is_reversed(const struct app_endpoints *e, struct bytes data);
void dns_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void dns_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape dns_shapes[];
void dns_facts(const struct app_tx *tx, struct app_facts *out);

/* Shapes of what dns_log.c writes. */
#define DNS_SOA_SHAPE                                                                              \
    "{mname: string, rname: string, serial: uint, refresh: uint, retry: uint, expire: uint, "      \
    "minimum: uint}"
#define DNS_SRV_SHAPE   "{priority: uint, weight: uint, port: uint, name: string}"
#define DNS_SSHFP_SHAPE "{fingerprint: string, algo: uint, type: uint}"
#define DNS_RECORDS_SHAPE                                                                          \
    "[{rrname: string, rrtype: string, ttl: uint, rdata?: string, soa?: " DNS_SOA_SHAPE            \
    ", srv?: " DNS_SRV_SHAPE ", sshfp?: " DNS_SSHFP_SHAPE "}]"
#define DNS_GROUPED_SHAPE                                                                          \
    "{*: [string | " DNS_SOA_SHAPE " | " DNS_SRV_SHAPE " | " DNS_SSHFP_SHAPE "]}"
#define DNS_QUERY_SHAPE                                                                            \
    "{version?: uint, type: string, id: uint, rrname: string, rrtype: string, tx_id: uint, z?: "   \
    "bool, "                                                                                       \
    "opcode: uint}"
#define DNS_ANSWER_SHAPE                                                                           \
    "{version: uint, type: string, id: uint, flags: string, qr?: bool, aa?: bool, tc?: bool, "     \
    "rd?: bool, ra?: bool, z?: bool, opcode: uint, rrname?: string, rrtype?: string, "             \
    "rcode: string, answers?: " DNS_RECORDS_SHAPE ", grouped?: " DNS_GROUPED_SHAPE                 \
    ", authorities?: " DNS_RECORDS_SHAPE "}"

#endif
