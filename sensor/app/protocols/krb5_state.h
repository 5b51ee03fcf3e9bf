/* sensor/app/protocols/krb5_state.h - what krb5.c reads and krb5_log.c writes. */
#ifndef APP_KRB5_STATE_H
#define APP_KRB5_STATE_H
#include "sensor/app/parser.h"
#include "sensor/app/protocols/krb5.h"

/* RFC 4120 section 7.5.7: message types, which are also the tags of the messages. */
enum krb5_message {
    KRB5_AS_REQ = 10,
    KRB5_AS_REP = 11,
    KRB5_TGS_REQ = 12,
    KRB5_TGS_REP = 13,
    KRB5_AP_REQ = 14,
    KRB5_ERROR = 30,
};

struct krb5_tx {
    struct app_tx tx;
    struct app_text realm, cname, sname; /* names: BER, a list of strings */
    int32_t etype, ticket_etype;         /* of replies */
    int32_t error;                       /* of errors */
    uint8_t message;                     /* 0: damaged, not shown */
    uint8_t request;                     /* what an error answers, 0 when it was not seen */
    uint8_t dir;
};

/* krb5_log.c */
void krb5_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void krb5_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape krb5_shapes[];
extern const struct app_buffer krb5_buffers[];

#endif
