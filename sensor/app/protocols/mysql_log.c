/* mysql_log.c - logins and commands of MySQL as EVE shows them. */
#include "sensor/app/protocols/mysql_state.h"

static const char *command_name(uint8_t command)
{
    static const char *const names[] = {
        "sleep",
        "quit",
        "init_db",
        "query",
        "field_list",
        "create_db",
        "drop_db",
        "refresh",
        "shutdown",
        "statistics",
        "process_info",
        "connect",
        "process_kill",
        "debug",
        "ping",
        "time",
        "delayed_insert",
        "change_user",
        "binlog_dump",
        "table_dump",
        "connect_out",
        "register_slave",
        "stmt_prepare",
        "stmt_execute",
        "stmt_send_long_data",
        "stmt_close",
        "stmt_reset",
        "set_option",
        "stmt_fetch",
        "daemon",
        "binlog_dump_gtid",
        "reset_connection",
        "clone",
    };
    return command < sizeof names / sizeof *names ? names[command] : "unknown";
}

static void put_login(struct json *j, const struct mysql_tx *t)
{
    if (t->version.len > 0)
        json_str(j, "version", app_text_bytes(&t->version));
    json_bool(j, "tls", t->tls);
    if (t->user.len > 0)
        json_str(j, "user", app_text_bytes(&t->user));
    if (t->database.len > 0)
        json_str(j, "database", app_text_bytes(&t->database));
}

void mysql_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct mysql_tx *t = (const struct mysql_tx *)tx;
    json_object(j, "mysql");
    if (t->is_login)
        put_login(j, t);
    else
        json_strz(j, "command", command_name(t->command));
    if (!t->is_login && t->user.len > 0)
        json_str(j, "user", app_text_bytes(&t->user));
    if (t->verb[0])
        json_strz(j, "verb", t->verb);
    if (t->answered)
        json_strz(j, "status", t->failed ? "error" : "ok");
    if (t->failed)
        json_u64(j, "error_code", t->error);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    mysql_alert_json(tx, j);
}

void mysql_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "mysql", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, true, &r, emit, ctx);
}

#define MYSQL_SHAPE                                                                                \
    "{version?: string, tls?: bool, user?: string, database?: string, command?: string, "          \
    "verb?: string, status?: string, error_code?: uint}"
const struct app_shape mysql_shapes[] = {
    {"mysql", "mysql: " MYSQL_SHAPE},
    {"alert", "mysql: " MYSQL_SHAPE},
    {0},
};
