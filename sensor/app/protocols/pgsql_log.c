/* pgsql_log.c - a PostgreSQL tx as EVE shows it: Suricata 7's record, without passwords. */
#include "sensor/app/protocols/pgsql_state.h"
#include <stdio.h>

/* Parameters shown of one message. */
#define PARAMETERS_SHOWN 64

static const struct pgsql_tx *of(const struct app_tx *tx)
{
    return (const struct pgsql_tx *)tx;
}

/* Bytes up to a NUL, which is passed over; all of them when there is none. */
static struct bytes take_text(struct bytes *rest)
{
    const uint8_t *nul = rest->len ? memchr(rest->p, 0, rest->len) : NULL;
    struct bytes text = nul ? bytes_of(rest->p, (size_t)(nul - rest->p)) : *rest;
    *rest = bytes_slice(*rest, text.len + 1, SIZE_MAX);
    return text;
}

/* Suricata writes the names that have capitals in its own style. */
static struct bytes key_of(struct bytes name)
{
    static const struct {
        const char *name, *key;
    } styled[] = {
        {"DateStyle", "date_style"},
        {"IntervalStyle", "interval_style"},
        {"TimeZone", "time_zone"},
    };
    for (size_t i = 0; i < sizeof styled / sizeof *styled; i++)
        if (bytes_eq(name, bytes_str(styled[i].name)))
            return bytes_str(styled[i].key);
    return name;
}

static void put_parameter(struct json *j, struct bytes name, struct bytes value)
{
    json_object(j, NULL);
    json_str_dynkey(j, key_of(name), value);
    json_object_end(j);
}

static bool next_parameter(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    *name = take_text(rest);
    *value = take_text(rest);
    return name->len > 0;
}

static void put_startup(struct json *j, const struct pgsql_tx *t)
{
    struct bytes rest = app_text_bytes(&t->text), name, value, user = {0};
    unsigned others = 0;
    char version[16];
    snprintf(version, sizeof version, "%u.%u", t->major, t->minor);
    json_strz(j, "protocol_version", version);
    json_object(j, "startup_parameters");
    while (next_parameter(&rest, &name, &value))
        if (bytes_eq(name, BYTES_LIT("user")))
            user = value;
        else
            others++;
    json_str(j, "user", user);
    if (others > 0) {
        json_array(j, "optional_parameters");
        rest = app_text_bytes(&t->text);
        for (unsigned i = 0; i < PARAMETERS_SHOWN && next_parameter(&rest, &name, &value); i++)
            if (!bytes_eq(name, BYTES_LIT("user")))
                put_parameter(j, name, value);
        json_array_end(j);
    }
    json_object_end(j);
}

static void put_sasl_initial(struct json *j, const struct pgsql_tx *t)
{
    struct bytes rest = app_text_bytes(&t->text), mechanism = take_text(&rest);
    if (bytes_eq(mechanism, BYTES_LIT("SCRAM-SHA-256")))
        mechanism = BYTES_LIT("scram_SHA256");
    else if (bytes_eq(mechanism, BYTES_LIT("SCRAM-SHA-256-PLUS")))
        mechanism = BYTES_LIT("scram_SHA256_plus");
    json_str(j, "sasl_authentication_mechanism", mechanism);
    json_str(j, "sasl_param", bytes_slice(rest, 4, SIZE_MAX)); /* after its length */
}

static void put_request(struct json *j, const struct pgsql_tx *t)
{
    json_object(j, "request");
    switch (t->request) {
    case PGSQL_SSL_REQUEST:
        json_strz(j, "message", "SSL Request");
        break;
    case PGSQL_GSSAPI_REQUEST:
        json_strz(j, "message", "GSSAPI Request");
        break;
    case PGSQL_STARTUP:
        put_startup(j, t);
        break;
    case PGSQL_CANCEL:
        json_strz(j, "message", "cancel_request");
        json_u64(j, "process_id", t->cancel_pid);
        json_u64(j, "secret_key", t->cancel_key);
        break;
    case PGSQL_SASL_INITIAL:
        put_sasl_initial(j, t);
        break;
    case PGSQL_SASL_RESPONSE:
        json_str(j, "sasl_response", app_text_bytes(&t->text));
        break;
    case PGSQL_QUERY:
        json_str(j, "simple_query", app_text_bytes(&t->text));
        break;
    case PGSQL_TERMINATE:
        json_strz(j, "message", "termination_message");
        break;
    default: /* a password is not shown */
        break;
    }
    json_object_end(j);
}

/* ---- what was answered ---- */

static const char *auth_message(const struct pgsql_tx *t)
{
    if (pgsql_saw_auth(t, PGSQL_AUTH_OK))
        return "authentication_ok";
    if (pgsql_saw_auth(t, PGSQL_AUTH_CLEARTEXT))
        return "authentication_cleartext_password";
    if (pgsql_saw_auth(t, PGSQL_AUTH_SASL))
        return "authentication_sasl";
    if (pgsql_saw_auth(t, PGSQL_AUTH_SASL_CONTINUE))
        return "authentication_sasl_continue";
    return NULL;
}

static void put_auth(struct json *j, const struct pgsql_tx *t)
{
    if (t->auth.len > 0)
        json_str(j,
                 t->auth_kind == PGSQL_AUTH_MD5    ? "authentication_md5_password"
                 : t->auth_kind == PGSQL_AUTH_SSPI ? "authentication_sspi"
                                                   : "authentication_sasl_final",
                 app_text_bytes(&t->auth));
    if (auth_message(t) && t->error.len == 0) /* an error has a message of its own */
        json_strz(j, "message", auth_message(t));
}

static const char *field_name(uint8_t type)
{
    static const char *const names[128] = {
        ['S'] = "severity_localizable",
        ['V'] = "severity_non_localizable",
        ['C'] = "code",
        ['M'] = "message",
        ['D'] = "detail",
        ['H'] = "hint",
        ['P'] = "position",
        ['p'] = "internal_position",
        ['q'] = "internal_query",
        ['W'] = "where",
        ['s'] = "schema_name",
        ['t'] = "table_name",
        ['c'] = "column_name",
        ['d'] = "data_type",
        ['n'] = "constraint_name",
        ['F'] = "file",
        ['L'] = "line",
        ['R'] = "routine",
    };
    return type < 128 ? names[type] : NULL;
}

/* Fields of an error or a notice, each shown once; those without a known name are left out. */
static void put_fields(struct json *j, struct bytes rest)
{
    bool seen[128] = {false};
    while (rest.len > 0 && rest.p[0] != 0) {
        uint8_t type = rest.p[0];
        rest = bytes_slice(rest, 1, SIZE_MAX);
        struct bytes value = take_text(&rest);
        if (!field_name(type) || seen[type])
            continue;
        seen[type] = true;
        json_str(j, field_name(type), value);
    }
}

static void put_parameters(struct json *j, struct bytes rest)
{
    struct bytes name, value;
    if (rest.len == 0)
        return;
    json_array(j, "parameter_status");
    for (unsigned i = 0; i < PARAMETERS_SHOWN && next_parameter(&rest, &name, &value); i++)
        put_parameter(j, name, value);
    json_array_end(j);
}

static void put_response(struct json *j, const struct pgsql_tx *t)
{
    json_object(j, "response");
    if (t->seen & PGSQL_SEEN_ENCRYPTION)
        json_bool(j, t->request == PGSQL_GSSAPI_REQUEST ? "gssapi_accepted" : "ssl_accepted",
                  t->encryption_accepted);
    put_auth(j, t);
    put_parameters(j, app_text_bytes(&t->parameters));
    put_fields(j, app_text_bytes(&t->error));
    if (t->seen & PGSQL_SEEN_KEY) {
        json_u64(j, "process_id", t->pid);
        json_u64(j, "secret_key", t->key);
    }
    if (t->seen & PGSQL_SEEN_FIELDS)
        json_u64(j, "field_count", t->field_count);
    if (t->rows > 0) {
        json_u64(j, "data_rows", t->rows);
        json_u64(j, "data_size", t->row_bytes);
    }
    if (t->seen & PGSQL_SEEN_COMMAND)
        json_str(j, "command_completed", app_text_bytes(&t->command));
    if (t->seen & PGSQL_SEEN_NOTIFICATION) {
        json_u64(j, "pid", t->notification_pid);
        json_str(j, "channel_name", app_text_bytes(&t->channel));
        json_str(j, "payload", app_text_bytes(&t->payload));
    }
    json_object_end(j);
}

void pgsql_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct pgsql_tx *t = of(tx);
    json_object(j, "pgsql");
    json_u64(j, "tx_id", tx->id + 1);
    if (t->request)
        put_request(j, t);
    if (t->seen || t->parameters.len || t->rows)
        put_response(j, t);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    pgsql_alert_json(tx, j);
}

void pgsql_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "pgsql", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, of(tx)->request, &r, emit, ctx);
}

#define STARTUP "{user: string, optional_parameters?: [{*: string}]}"
#define REQUEST                                                                                    \
    "{message?: string, protocol_version?: string, startup_parameters?: " STARTUP                  \
    ", process_id?: uint, secret_key?: uint, sasl_authentication_mechanism?: string, "             \
    "sasl_param?: string, sasl_response?: string, simple_query?: string}"
#define RESPONSE                                                                                   \
    "{ssl_accepted?: bool, gssapi_accepted?: bool, authentication_md5_password?: string, "         \
    "authentication_sspi?: string, authentication_sasl_final?: string, message?: string, "         \
    "parameter_status?: [{*: string}], severity_localizable?: string, "                            \
    "severity_non_localizable?: string, code?: string, detail?: string, hint?: string, "           \
    "position?: string, internal_position?: string, internal_query?: string, where?: string, "     \
    "schema_name?: string, table_name?: string, column_name?: string, data_type?: string, "        \
    "constraint_name?: string, file?: string, line?: string, routine?: string, "                   \
    "process_id?: uint, secret_key?: uint, field_count?: uint, data_rows?: uint, "                 \
    "data_size?: uint, command_completed?: string, pid?: uint, channel_name?: string, "            \
    "payload?: string}"
#define PGSQL_SHAPE "{tx_id: uint, request?: " REQUEST ", response?: " RESPONSE "}"
const struct app_shape pgsql_shapes[] = {
    {"pgsql", "pgsql: " PGSQL_SHAPE},
    {"alert", "pgsql: " PGSQL_SHAPE},
    {0},
};
