/* snmp.c - SNMP 1, 2c and 3: one tx a message. */
#include "sensor/app/protocols/ber.h"
#include "sensor/app/protocols/oneway.h"
#include "sensor/app/protocols/snmp_message.h"
#include <stdio.h>

#define MESSAGE_MAX 65535u
/* Variables shown of one message. */
#define VARIABLES_MAX 256u
#define OID_TEXT_MAX  640 /* 128 numbers, as many as RFC 2578 allows, when they are small */

enum snmp_event {
    SNMP_EVENT_MALFORMED_DATA,
    SNMP_EVENT_UNKNOWN_SECURITY_MODEL,
    SNMP_EVENT_VERSION_MISMATCH,
    SNMP_EVENT_COUNT
};
static const char *const events[SNMP_EVENT_COUNT] = {
    [SNMP_EVENT_MALFORMED_DATA] = "malformed_data",
    [SNMP_EVENT_UNKNOWN_SECURITY_MODEL] = "unknown_security_model",
    [SNMP_EVENT_VERSION_MISMATCH] = "version_mismatch",
};

struct snmp_tx {
    struct app_tx tx;
    struct app_text text;        /* the message, which the views below are into */
    struct snmp_message message; /* version 0: damaged */
    uint8_t dir;
};

struct snmp_state {
    uint8_t version; /* of the flow's first message */
};

static enum app_result snmp_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    static const uint16_t ports[] = {161, 162};
    struct snmp_message m;
    (void)dir;
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (e->port[0] == ports[i] || e->port[1] == ports[i])
            return snmp_peek_version(data) ? APP_OK : APP_DECLINE;
    return snmp_read(data, &m) && snmp_variables_are_whole(m.variables) ? APP_OK : APP_DECLINE;
}

static enum app_result snmp_feed(void *state, const struct app_input *in)
{
    struct snmp_state *s = state;
    if (in->data.len == 0)
        return APP_OK;
    struct snmp_tx *t = app_alloc(in->app, sizeof *t);
    t->dir = (uint8_t)in->dir;
    oneway_add(in, APP_SNMP, &t->tx);
    app_text_add(in->app, &t->text, in->data, MESSAGE_MAX);
    if (!snmp_read(app_text_bytes(&t->text), &t->message)) {
        t->message = (struct snmp_message){0};
        app_tx_event(&t->tx, SNMP_EVENT_MALFORMED_DATA);
        return APP_OK;
    }
    if (s->version == 0)
        s->version = t->message.version;
    if (s->version != t->message.version)
        app_tx_event(&t->tx, SNMP_EVENT_VERSION_MISMATCH);
    if (t->message.version == 3 && t->message.security_model != SNMP_SECURITY_USM)
        app_tx_event(&t->tx, SNMP_EVENT_UNKNOWN_SECURITY_MODEL);
    if (!snmp_variables_are_whole(t->message.variables))
        app_tx_event(&t->tx, SNMP_EVENT_MALFORMED_DATA);
    return APP_OK;
}

static void snmp_tx_free(struct app *a, struct app_tx *tx)
{
    struct snmp_tx *t = (struct snmp_tx *)tx;
    app_text_free(a, &t->text);
    app_dealloc(a, t, sizeof *t);
}

static void *snmp_open(struct app *a, struct app_flow *f)
{
    (void)f;
    return app_alloc(a, sizeof(struct snmp_state));
}

static void snmp_close(struct app *a, void *state)
{
    app_dealloc(a, state, sizeof(struct snmp_state));
}

/* ---- records ---- */

static const char *pdu_name(uint8_t pdu)
{
    static const char *const names[] = {
        "get_request",      "get_next_request", "response", "set_request", "trap_v1",
        "get_bulk_request", "inform_request",   "trap_v2",  "report",
    };
    return names[pdu - SNMP_GET];
}

/* Names as Suricata's parser library spells them. */
static void put_named(struct json *j, const char *key, uint32_t value, const char *const *names,
                      size_t count, const char *kind)
{
    char text[64];
    if (value < count) {
        json_strz(j, key, names[value]);
        return;
    }
    snprintf(text, sizeof text, "%s(%u / 0x%x)", kind, value, value);
    json_strz(j, key, text);
}

static void put_error(struct json *j, uint32_t error)
{
    static const char *const names[] = {
        "NoError",
        "TooBig",
        "NoSuchName",
        "BadValue",
        "ReadOnly",
        "GenErr",
        "NoAccess",
        "WrongType",
        "WrongLength",
        "WrongEncoding",
        "WrongValue",
        "NoCreation",
        "InconsistentValue",
        "ResourceUnavailable",
        "CommitFailed",
        "UndoFailed",
        "AuthorizationError",
        "NotWritable",
        "InconsistentName",
    };
    put_named(j, "error", error, names, sizeof names / sizeof *names, "ErrorStatus");
}

static void put_oid(struct json *j, const char *key, struct bytes oid)
{
    char text[OID_TEXT_MAX];
    size_t len = snmp_oid_text(oid, text, sizeof text);
    json_str(j, key, bytes_of(text, len));
}

static void put_trap(struct json *j, const struct snmp_message *m)
{
    static const char *const names[] = {
        "coldStart",       "warmStart",          "linkDown", "linkUp", "authenticationFailure",
        "egpNeighborLoss", "enterpriseSpecific",
    };
    put_named(j, "trap_type", m->trap, names, sizeof names / sizeof *names, "TrapType");
    put_oid(j, "trap_oid", m->enterprise);
    if (m->agent.len == 4) {
        struct addr a = addr_v4(m->agent.p);
        json_addr(j, "trap_address", &a);
    }
}

static void put_variables(struct json *j, struct bytes list)
{
    struct bytes oid;
    if (list.len == 0)
        return;
    json_array(j, "vars");
    for (unsigned i = 0; i < VARIABLES_MAX && list.len > 0 && snmp_next_variable(&list, &oid); i++)
        put_oid(j, NULL, oid);
    json_array_end(j);
}

static void put_message(struct json *j, const struct snmp_message *m)
{
    json_u64(j, "version", m->version);
    if (m->encrypted) {
        json_strz(j, "pdu_type", "encrypted");
        return;
    }
    json_strz(j, "pdu_type", pdu_name(m->pdu));
    if (m->error)
        put_error(j, m->error);
    if (m->pdu == SNMP_TRAP_V1)
        put_trap(j, m);
    put_variables(j, m->variables);
    if (m->version < 3)
        json_str(j, "community", m->community);
    else if (m->security_model == SNMP_SECURITY_USM)
        json_str(j, "usm", m->user);
}

static void snmp_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct snmp_message *m = &((const struct snmp_tx *)tx)->message;
    if (m->version == 0)
        return;
    json_object(j, "snmp");
    put_message(j, m);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    snmp_alert_json(tx, j);
}

static void snmp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct snmp_tx *t = (const struct snmp_tx *)tx;
    struct app_record r = {.event_type = "snmp", .dir = (enum direction)t->dir, .encode = encode};
    app_record_once(tx, last, t->message.version, &r, emit, ctx);
}

#define SNMP_SHAPE                                                                                 \
    "{version: uint, pdu_type: string, error?: string, trap_type?: string, trap_oid?: string, "    \
    "trap_address?: string, vars?: [string], community?: string, usm?: string}"
static const struct app_shape snmp_shapes[] = {
    {"snmp", "snmp: " SNMP_SHAPE},
    {"alert", "snmp?: " SNMP_SHAPE},
    {0},
};

/* ---- for rules ---- */

static bool get_community(struct app_tx *tx, enum direction dir, unsigned index,
                          struct arena *scratch, struct bytes *out)
{
    const struct snmp_tx *t = (const struct snmp_tx *)tx;
    (void)scratch;
    *out = t->message.community;
    return index == 0 && t->dir == dir && t->message.community.len > 0;
}

static bool get_user(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                     struct bytes *out)
{
    const struct snmp_tx *t = (const struct snmp_tx *)tx;
    (void)scratch;
    *out = t->message.user;
    return index == 0 && t->dir == dir && t->message.user.p;
}

static bool get_version(struct app_tx *tx, enum direction dir, unsigned index,
                        struct arena *scratch, struct bytes *out)
{
    const struct snmp_tx *t = (const struct snmp_tx *)tx;
    return index == 0 && t->dir == dir && t->message.version > 0 &&
           app_number_bytes(t->message.version, scratch, out);
}

/* As the tag counts them, from GetRequest on; what is encrypted has none. */
static bool get_pdu_type(struct app_tx *tx, enum direction dir, unsigned index,
                         struct arena *scratch, struct bytes *out)
{
    const struct snmp_tx *t = (const struct snmp_tx *)tx;
    return index == 0 && t->dir == dir && t->message.pdu >= SNMP_GET &&
           app_number_bytes(t->message.pdu - SNMP_GET, scratch, out);
}

#define BOTH (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT)
/* clang-format off */
static const struct app_buffer snmp_buffers[] = {
    APP_BUFFER(SNMP, "snmp.community", "", "", BOTH, ONEWAY_DONE, ONEWAY_DONE, get_community),
    APP_BUFFER(SNMP, "snmp.usm",       "", "", BOTH, ONEWAY_DONE, ONEWAY_DONE, get_user),
    APP_NUMBER(SNMP, "snmp.version", "", BOTH, ONEWAY_DONE, ONEWAY_DONE, get_version, &app_u32),
    APP_NUMBER(SNMP, "snmp.pdu_type", "", BOTH, ONEWAY_DONE, ONEWAY_DONE, get_pdu_type, &app_u32),
    {0},
};
/* clang-format on */

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    return first == BER_SEQUENCE;
}

const struct app_parser app_parser_SNMP = {
    .transports = APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = SNMP_EVENT_COUNT,
    .probe = snmp_probe,
    .begins = begins,
    .ports = {161, 162},
    .open = snmp_open,
    .close = snmp_close,
    .feed = snmp_feed,
    .tx_free = snmp_tx_free,
    .records = snmp_records,
    .alert_json = snmp_alert_json,
    .buffers = snmp_buffers,
    .shapes = snmp_shapes,
};
