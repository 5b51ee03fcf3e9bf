/* sensor/app/protocols/mysql_state.h - what mysql.c reads and mysql_log.c writes. */
#ifndef APP_MYSQL_STATE_H
#define APP_MYSQL_STATE_H
#include "sensor/app/parser.h"

#define MYSQL_VERB_MAX 16u
#define MYSQL_DONE     1

struct mysql_state;
struct mysql_tx {
    struct app_tx tx;
    struct mysql_state *state; /* outlives every tx of the flow */
    bool is_login, answered, failed, tls;
    uint8_t command;
    char verb[MYSQL_VERB_MAX + 1];
    struct app_text version, user, database;
    uint16_t error;
};

/* mysql_log.c */
void mysql_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void mysql_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape mysql_shapes[];

#endif
