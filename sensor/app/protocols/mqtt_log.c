/* mqtt_log.c - an MQTT tx as EVE shows it, and its fields for rules. */
#include "sensor/app/protocols/mqtt_state.h"

#define LOGGED 1
/* Topics of one message that rules look at, as with Suricata: each is looked for from the front. */
#define TOPICS_MATCHED 100u

static const struct mqtt_tx *of(const struct app_tx *tx)
{
    return (const struct mqtt_tx *)tx;
}

static void put_message(const struct mqtt_message *m, struct json *j, bool hide_passwords)
{
    struct mqtt_reader r = {.json = j, .hide_passwords = hide_passwords};
    if (m->type == 0)
        return;
    json_object(j, mqtt_type_name(m->type));
    json_u64(j, "qos", m->flags >> 1 & 3);
    json_bool(j, "retain", m->flags & 1);
    json_bool(j, "dup", m->flags & 8);
    if (m->cut_bytes) {
        json_bool(j, "truncated", true);
        json_u64(j, "skipped_length", m->cut_bytes);
    } else {
        mqtt_read(&r, m);
    }
    json_object_end(j);
}

/* A message type comes once: two answers of one kind would be two members of one name. */
static bool is_first_of_type(const struct mqtt_tx *t, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (t->messages[i].type == t->messages[index].type)
            return false;
    return true;
}

void mqtt_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct mqtt_tx *t = of(tx);
    json_object(j, "mqtt");
    for (unsigned i = 0; i < t->count; i++)
        if (is_first_of_type(t, i))
            put_message(&t->messages[i], j, t->hide_passwords);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    mqtt_alert_json(tx, j);
}

void mqtt_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    if ((tx->logged & LOGGED) || (!last && !app_tx_is_done(tx)))
        return;
    tx->logged |= LOGGED;
    struct app_record r = {.event_type = "mqtt", .dir = of(tx)->dir, .encode = encode};
    emit(ctx, tx, &r);
}

#define HEAD       "qos: uint, retain: bool, dup: bool, truncated?: bool, skipped_length?: uint"
#define PROPERTIES "properties?: {*: string | uint}"
#define SETTLED    "{" HEAD ", message_id?: uint, reason_code?: uint, " PROPERTIES "}"
const struct app_shape mqtt_shapes[] = {
    {"mqtt",
     "mqtt: {connect?: {" HEAD ", protocol_string?: string, protocol_version?: uint, "
     "client_id?: string, flags?: {username: bool, password: bool, will_retain: bool, will: bool, "
     "clean_session: bool}, username?: string, password?: string, will?: {topic?: string, "
     "message?: string, " PROPERTIES "}, " PROPERTIES "}, connack?: {" HEAD
     ", session_present?: bool, return_code?: uint, " PROPERTIES "}, publish?: {" HEAD
     ", topic?: string, message_id?: uint, message?: string, " PROPERTIES "}, puback?: " SETTLED
     ", pubrec?: " SETTLED ", pubrel?: " SETTLED ", pubcomp?: " SETTLED ", subscribe?: {" HEAD
     ", message_id?: uint, topics?: [{topic?: string, qos?: uint}], " PROPERTIES
     "}, suback?: {" HEAD ", message_id?: uint, qos_granted?: [uint], " PROPERTIES
     "}, unsubscribe?: {" HEAD ", message_id?: uint, topics?: [string], " PROPERTIES
     "}, unsuback?: {" HEAD ", message_id?: uint, reason_codes?: [uint], " PROPERTIES
     "}, pingreq?: {" HEAD "}, pingresp?: {" HEAD "}, auth?: " SETTLED ", disconnect?: " SETTLED
     "}"},
    {0},
};

/* ---- for rules ---- */

static bool find(const struct app_tx *tx, uint8_t type, const char *want, unsigned index,
                 struct bytes *out)
{
    const struct mqtt_tx *t = of(tx);
    for (unsigned i = 0; i < t->count && index < TOPICS_MATCHED; i++) {
        struct mqtt_reader r = {.want = want, .want_index = index};
        if (t->messages[i].type != type)
            continue;
        mqtt_read(&r, &t->messages[i]);
        *out = r.got;
        bool is_topic = type == MQTT_SUBSCRIBE || type == MQTT_UNSUBSCRIBE;
        return r.got.p &&
               (r.got.len > 0 || is_topic); /* as the peer: others have to say something */
    }
    return false;
}

#define GETTER(getter, type, want)                                                                 \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        (void)dir;                                                                                 \
        (void)scratch;                                                                             \
        return find(tx, type, want, index, out);                                                   \
    }
GETTER(get_client_id, MQTT_CONNECT, "client_id")
GETTER(get_username, MQTT_CONNECT, "username")
GETTER(get_password, MQTT_CONNECT, "password")
GETTER(get_protocol_string, MQTT_CONNECT, "protocol_string")
GETTER(get_will_topic, MQTT_CONNECT, "will_topic")
GETTER(get_will_message, MQTT_CONNECT, "will_message")
GETTER(get_publish_topic, MQTT_PUBLISH, "publish_topic")
GETTER(get_publish_message, MQTT_PUBLISH, "publish_message")
GETTER(get_subscribe_topic, MQTT_SUBSCRIBE, "subscribe_topic")
GETTER(get_unsubscribe_topic, MQTT_UNSUBSCRIBE, "unsubscribe_topic")

/* ---- numbers ---- */

#define RETAIN 0x01
#define DUP    0x08

#define MESSAGE_NUMBER(getter, expr)                                                               \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        const struct mqtt_tx *t = of(tx);                                                          \
        (void)dir;                                                                                 \
        return index < t->count && app_number_bytes((uint64_t)(expr), scratch, out);               \
    }
MESSAGE_NUMBER(get_type, t->messages[index].type)
MESSAGE_NUMBER(get_flags, t->messages[index].flags)
MESSAGE_NUMBER(get_qos, t->messages[index].flags >> 1 & 3)

/* Byte `at` of the first message of this type that is so long. */
static bool first_byte(const struct mqtt_tx *t, uint8_t type, size_t at, uint8_t *out)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->messages[i].type == type && t->messages[i].body.len > at) {
            *out = t->messages[i].body.p[at];
            return true;
        }
    return false;
}

static bool get_session_present(struct app_tx *tx, enum direction dir, unsigned index,
                                struct arena *scratch, struct bytes *out)
{
    uint8_t flags;
    (void)dir;
    return index == 0 && first_byte(of(tx), MQTT_CONNACK, 0, &flags) &&
           app_number_bytes(flags & 1, scratch, out);
}

/* A CONNECT's flags stand behind its protocol's name and version. */
static bool get_connect_flags(struct app_tx *tx, enum direction dir, unsigned index,
                              struct arena *scratch, struct bytes *out)
{
    struct bytes name;
    uint8_t flags;
    (void)dir;
    return find(tx, MQTT_CONNECT, "protocol_string", index, &name) &&
           first_byte(of(tx), MQTT_CONNECT, 2 + name.len + 1, &flags) &&
           app_number_bytes(flags, scratch, out);
}

/* Of the flow, as far as this tx knows. */
static bool get_protocol_version(struct app_tx *tx, enum direction dir, unsigned index,
                                 struct arena *scratch, struct bytes *out)
{
    const struct mqtt_tx *t = of(tx);
    uint8_t version = 0;
    (void)dir;
    for (unsigned i = 0; i < t->count; i++) {
        struct mqtt_reader r = {.version = t->messages[i].version};
        if (t->messages[i].type == MQTT_CONNECT)
            mqtt_read(&r, &t->messages[i]);
        version = r.version ? r.version : version;
    }
    return index == 0 && app_number_bytes(version, scratch, out);
}

/* Of one reason for all of it; lists of topics and codes are long. */
static bool has_reason(uint8_t type)
{
    return type == MQTT_CONNACK || (type >= MQTT_PUBACK && type <= MQTT_PUBCOMP) ||
           type == MQTT_DISCONNECT || type == MQTT_AUTH;
}

/* The first reason any message of the tx has; else one by one those of its topics. */
static bool get_reason(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                       struct bytes *out)
{
    const struct mqtt_tx *t = of(tx);
    struct bytes code = {0};
    (void)dir;
    for (unsigned i = 0; i < t->count && !code.p; i++) {
        struct mqtt_reader r = {.want = "reason"};
        if (has_reason(t->messages[i].type))
            mqtt_read(&r, &t->messages[i]);
        code = r.got;
    }
    if (code.p)
        return index == 0 && app_number_bytes(code.p[0], scratch, out);
    if (!find(tx, MQTT_UNSUBACK, "code", index, &code) &&
        !find(tx, MQTT_SUBACK, "code", index, &code))
        return false;
    return app_number_bytes(code.p[0], scratch, out);
}

static const struct app_number message_flags = {
    .words = (const struct app_word[]){{"dup", DUP}, {"retain", RETAIN}, {0}},
    .bits = APP_NUMBER_ALL_BITS,
};
static const struct app_number connect_flags = {
    .words = (const struct app_word[]){{"username", 0x80},
                                       {"password", 0x40},
                                       {"will_retain", 0x20},
                                       {"will", 0x04},
                                       {"clean_session", 0x02},
                                       {0}},
    .bits = APP_NUMBER_ALL_BITS,
};
static const struct app_number qos_levels = {.max = 2};
static const struct app_number yes_or_no = {
    .max = 1,
    .words = (const struct app_word[]){{"yes", 1}, {"true", 1}, {"no", 0}, {"false", 0}, {0}},
};
static const struct app_number types = {
    .max = UINT8_MAX,
    .words = (const struct app_word[]){{"CONNECT", MQTT_CONNECT},
                                       {"CONNACK", MQTT_CONNACK},
                                       {"PUBLISH", MQTT_PUBLISH},
                                       {"PUBACK", MQTT_PUBACK},
                                       {"PUBREC", MQTT_PUBREC},
                                       {"PUBREL", MQTT_PUBREL},
                                       {"PUBCOMP", MQTT_PUBCOMP},
                                       {"SUBSCRIBE", MQTT_SUBSCRIBE},
                                       {"SUBACK", MQTT_SUBACK},
                                       {"UNSUBSCRIBE", MQTT_UNSUBSCRIBE},
                                       {"UNSUBACK", MQTT_UNSUBACK},
                                       {"PINGREQ", MQTT_PINGREQ},
                                       {"PINGRESP", MQTT_PINGRESP},
                                       {"DISCONNECT", MQTT_DISCONNECT},
                                       {"AUTH", MQTT_AUTH},
                                       {0}},
};

/* clang-format off */
#define TS    APP_BUFFER_TO_SERVER
#define TC    APP_BUFFER_TO_CLIENT
#define MULTI APP_BUFFER_MULTI
const struct app_buffer mqtt_buffers[] = {
    APP_BUFFER(MQTT, "mqtt.connect.clientid", "", "", TS, 0, 0, get_client_id),
    APP_BUFFER(MQTT, "mqtt.connect.username", "", "", TS, 0, 0, get_username),
    APP_BUFFER(MQTT, "mqtt.connect.password", "", "", TS, 0, 0, get_password),
    APP_BUFFER(MQTT, "mqtt.connect.protocol_string", "", "", TS, 0, 0, get_protocol_string),
    APP_BUFFER(MQTT, "mqtt.connect.willtopic", "", "", TS, 0, 0, get_will_topic),
    APP_BUFFER(MQTT, "mqtt.connect.willmessage", "", "", TS, 0, 0, get_will_message),
    APP_BUFFER(MQTT, "mqtt.publish.topic", "", "", TS | TC, 0, 0, get_publish_topic),
    APP_BUFFER(MQTT, "mqtt.publish.message", "", "", TS | TC, 0, 0, get_publish_message),
    /* To the client it is never looked at; rules that ask for it load, as with the peer. */
    APP_BUFFER(MQTT, "mqtt.subscribe.topic", "", "", TS | TC | MULTI, 0, MQTT_DONE, get_subscribe_topic),
    APP_BUFFER(MQTT, "mqtt.unsubscribe.topic", "", "", TS | MULTI, 0, 0, get_unsubscribe_topic),
    APP_NUMBER(MQTT, "mqtt.type", "", TS | TC | MULTI, MQTT_DONE, MQTT_DONE, get_type, &types),
    APP_NUMBER(MQTT, "mqtt.flags", "", TS | MULTI, MQTT_DONE, 0, get_flags, &message_flags),
    APP_NUMBER(MQTT, "mqtt.qos", "", TS | MULTI, MQTT_DONE, 0, get_qos, &qos_levels),
    APP_NUMBER(MQTT, "mqtt.reason_code", "mqtt.connack.return_code", TS | TC | MULTI, MQTT_DONE, MQTT_DONE, get_reason, &app_u8),
    APP_NUMBER(MQTT, "mqtt.protocol_version", "", TS, MQTT_DONE, 0, get_protocol_version, &app_u8),
    APP_NUMBER(MQTT, "mqtt.connect.flags", "", TS | MULTI, MQTT_DONE, 0, get_connect_flags, &connect_flags),
    APP_NUMBER(MQTT, "mqtt.connack.session_present", "", TC, 0, MQTT_DONE, get_session_present, &yes_or_no),
    {0},
};
/* clang-format on */
