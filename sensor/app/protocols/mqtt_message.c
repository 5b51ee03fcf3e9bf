/* mqtt_message.c - the variable header and payload of each MQTT message (3.1, 3.1.1 and 5.0).
 *
 * One walk serves everybody: it checks a message when it arrives, writes it to a record, and finds
 * a field for a rule. Source: OASIS MQTT 3.1.1 and 5.0, chapters 2 and 3; IBM's MQTT V3.1. */
#include "sensor/app/protocols/mqtt_state.h"

#define V5               5
#define PROPERTIES_MAX   64   /* written of one message */
#define ENTRIES_MAX      1024 /* of a list of topics or codes, too */
#define VARINT_BYTES_MAX 4

static const char *const type_names[MQTT_TYPES] = {
    "unassigned", "connect",  "connack",    "publish", "puback",      "pubrec",
    "pubrel",     "pubcomp",  "subscribe",  "suback",  "unsubscribe", "unsuback",
    "pingreq",    "pingresp", "disconnect", "auth"};

const char *mqtt_type_name(uint8_t type)
{
    return type < MQTT_TYPES ? type_names[type] : type_names[0];
}

/* ---- fields: read, and put where the reader wants them ---- */

static void found(struct mqtt_reader *r, const char *name, struct bytes value)
{
    if (!r->want || r->got.p || !cursor_ok(&r->at) || strcmp(name, r->want) != 0)
        return;
    if (r->want_index-- == 0)
        r->got = bytes_of(value.p ? value.p : (const uint8_t *)"", value.len);
}

static struct bytes read_text(struct mqtt_reader *r)
{
    return cursor_take(&r->at, cursor_u16(&r->at));
}

static void text(struct mqtt_reader *r, const char *key, const char *name)
{
    struct bytes value = read_text(r);
    found(r, name, value);
    if (r->json && cursor_ok(&r->at))
        json_str(r->json, key, value);
}

static void number(struct mqtt_reader *r, const char *key, uint64_t value)
{
    if (r->json && cursor_ok(&r->at))
        json_u64(r->json, key, value);
}

#define ZERO BYTES_LIT("\0")

static struct bytes read_byte(struct mqtt_reader *r)
{
    return cursor_take(&r->at, 1);
}

static void reason(struct mqtt_reader *r, const char *key, struct bytes code)
{
    found(r, "reason", code);
    number(r, key, code.len ? code.p[0] : 0);
}

static void boolean(struct mqtt_reader *r, const char *key, bool value)
{
    if (r->json)
        json_bool(r->json, key, value);
}

static void open_array(struct mqtt_reader *r, const char *key)
{
    if (r->json)
        json_array(r->json, key);
}

static void close_array(struct mqtt_reader *r)
{
    if (r->json)
        json_array_end(r->json);
}

static void open_object(struct mqtt_reader *r, const char *key)
{
    if (r->json)
        json_object(r->json, key);
}

static void close_object(struct mqtt_reader *r)
{
    if (r->json)
        json_object_end(r->json);
}

static uint32_t read_varint(struct cursor *c)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
        uint8_t b = cursor_u8(c);
        value |= (uint32_t)(b & 0x7f) << (7 * i);
        if (!(b & 0x80))
            return value;
    }
    c->failed = true;
    return 0;
}

static void packet_id(struct mqtt_reader *r)
{
    r->packet_id = cursor_u16(&r->at);
    number(r, "message_id", r->packet_id);
}

/* ---- properties (5.0, 2.2.2) ---- */

enum property_kind { NONE, BYTE, TWO, FOUR, VARINT, TEXT, PAIR };
static const struct {
    const char *name;
    uint8_t kind;
} properties[] = {
    [1] = {"payload_format_indicator", BYTE},
    [2] = {"message_expiry_interval", FOUR},
    [3] = {"content_type", TEXT},
    [8] = {"response_topic", TEXT},
    [9] = {"correlation_data", TEXT},
    [11] = {"subscription_identifier", VARINT},
    [17] = {"session_expiry_interval", FOUR},
    [18] = {"assigned_client_identifier", TEXT},
    [19] = {"server_keep_alive", TWO},
    [21] = {"authentication_method", TEXT},
    [22] = {"authentication_data", TEXT},
    [23] = {"request_problem_information", BYTE},
    [24] = {"will_delay_interval", FOUR},
    [25] = {"request_response_information", BYTE},
    [26] = {"response_information", TEXT},
    [28] = {"server_reference", TEXT},
    [31] = {"reason_string", TEXT},
    [33] = {"receive_maximum", TWO},
    [34] = {"topic_alias_maximum", TWO},
    [35] = {"topic_alias", TWO},
    [36] = {"maximum_qos", BYTE},
    [37] = {"retain_available", BYTE},
    [38] = {"user_property", PAIR},
    [39] = {"maximum_packet_size", FOUR},
    [40] = {"wildcard_subscription_available", BYTE},
    [41] = {"subscription_identifier_available", BYTE},
    [42] = {"shared_subscription_available", BYTE},
};
#define PROPERTY_COUNT (sizeof properties / sizeof *properties)

static void property_pair(struct mqtt_reader *r)
{
    struct bytes key = read_text(r), value = read_text(r);
    if (r->json && cursor_ok(&r->at))
        json_str_dynkey(r->json, key, value);
}

static void property(struct mqtt_reader *r)
{
    uint32_t id = read_varint(&r->at);
    uint8_t kind = id < PROPERTY_COUNT ? properties[id].kind : NONE;
    const char *name = kind ? properties[id].name : NULL;
    switch (kind) {
    case BYTE:
        number(r, name, cursor_u8(&r->at));
        break;
    case TWO:
        number(r, name, cursor_u16(&r->at));
        break;
    case FOUR:
        number(r, name, cursor_u32(&r->at));
        break;
    case VARINT:
        number(r, name, read_varint(&r->at));
        break;
    case TEXT:
        text(r, name, name);
        break;
    case PAIR:
        property_pair(r);
        break;
    default: /* without its kind nothing tells where it ends */
        cursor_rest(&r->at);
        break;
    }
}

static void read_properties(struct mqtt_reader *r)
{
    struct bytes list = cursor_take(&r->at, read_varint(&r->at));
    if (!cursor_ok(&r->at) || list.len == 0)
        return;
    struct cursor after = r->at;
    struct json *json = r->json;
    r->at = cursor_over(list);
    open_object(r, "properties");
    for (unsigned i = 0; cursor_left(&r->at) > 0; i++) {
        r->json = i < PROPERTIES_MAX ? json : NULL;
        property(r);
    }
    r->json = json;
    close_object(r);
    after.failed = r->at.failed;
    r->at = after;
}

static void properties_of_v5(struct mqtt_reader *r, uint8_t version)
{
    if (version >= V5)
        read_properties(r);
}

/* ---- messages ---- */

static void connect_will(struct mqtt_reader *r)
{
    open_object(r, "will");
    properties_of_v5(r, r->version);
    text(r, "topic", "will_topic");
    text(r, "message", "will_message");
    close_object(r);
}

static void connect_password(struct mqtt_reader *r)
{
    struct json *json = r->json;
    if (r->hide_passwords)
        r->json = NULL;
    text(r, "password", "password");
    r->json = json;
}

static void read_connect(struct mqtt_reader *r, const struct mqtt_message *m)
{
    (void)m;
    text(r, "protocol_string", "protocol_string");
    r->version = cursor_u8(&r->at);
    number(r, "protocol_version", r->version);
    uint8_t flags = cursor_u8(&r->at);
    open_object(r, "flags");
    boolean(r, "username", flags & 0x80);
    boolean(r, "password", flags & 0x40);
    boolean(r, "will_retain", flags & 0x20);
    boolean(r, "will", flags & 0x04);
    boolean(r, "clean_session", flags & 0x02);
    close_object(r);
    cursor_skip(&r->at, 2); /* keep alive */
    properties_of_v5(r, r->version);
    text(r, "client_id", "client_id");
    if (flags & 0x04)
        connect_will(r);
    if (flags & 0x80)
        text(r, "username", "username");
    if (flags & 0x40)
        connect_password(r);
}

static void read_connack(struct mqtt_reader *r, const struct mqtt_message *m)
{
    boolean(r, "session_present", cursor_u8(&r->at) & 1);
    reason(r, "return_code", read_byte(r));
    properties_of_v5(r, m->version);
}

static void read_publish(struct mqtt_reader *r, const struct mqtt_message *m)
{
    text(r, "topic", "publish_topic");
    if (m->flags & 0x06)
        packet_id(r);
    properties_of_v5(r, m->version);
    struct bytes message = cursor_rest(&r->at);
    found(r, "publish_message", message);
    if (r->json && cursor_ok(&r->at))
        json_str(r->json, "message", message);
}

/* PUBACK, PUBREC, PUBREL, PUBCOMP. From 5.0 on, what is left out means success. */
static void read_settled(struct mqtt_reader *r, const struct mqtt_message *m)
{
    packet_id(r);
    if (m->version < V5)
        return;
    reason(r, "reason_code", cursor_left(&r->at) ? read_byte(r) : ZERO);
    if (cursor_left(&r->at) > 0)
        read_properties(r);
}

typedef void entry_fn(struct mqtt_reader *r);

/* What is left of a message, entry by entry; only so many are written, and none is read behind one
 * that was looked for. */
static void read_list(struct mqtt_reader *r, const char *key, entry_fn *entry)
{
    struct json *json = r->json;
    open_array(r, key);
    for (unsigned i = 0; cursor_left(&r->at) > 0 && !r->got.p; i++) {
        r->json = i < ENTRIES_MAX ? json : NULL;
        entry(r);
    }
    r->json = json;
    close_array(r);
}

static void subscription(struct mqtt_reader *r)
{
    open_object(r, NULL);
    text(r, "topic", "subscribe_topic");
    number(r, "qos", cursor_u8(&r->at));
    close_object(r);
}

static void read_subscribe(struct mqtt_reader *r, const struct mqtt_message *m)
{
    packet_id(r);
    properties_of_v5(r, m->version);
    if (cursor_left(&r->at) == 0) /* there has to be one */
        r->at.failed = true;
    read_list(r, "topics", subscription);
}

static void unsubscribed_topic(struct mqtt_reader *r)
{
    text(r, NULL, "unsubscribe_topic");
}

static void code(struct mqtt_reader *r)
{
    struct bytes value = read_byte(r);
    found(r, "code", value);
    number(r, NULL, value.len ? value.p[0] : 0);
}

static void read_unsubscribe(struct mqtt_reader *r, const struct mqtt_message *m)
{
    packet_id(r);
    properties_of_v5(r, m->version);
    read_list(r, "topics", unsubscribed_topic);
}

static void read_codes(struct mqtt_reader *r, const struct mqtt_message *m, const char *key)
{
    packet_id(r);
    properties_of_v5(r, m->version);
    if (cursor_left(&r->at) == 0 && m->type == MQTT_UNSUBACK)
        return;
    read_list(r, key, code);
}

static void read_suback(struct mqtt_reader *r, const struct mqtt_message *m)
{
    read_codes(r, m, "qos_granted");
}

static void read_unsuback(struct mqtt_reader *r, const struct mqtt_message *m)
{
    read_codes(r, m, "reason_codes");
}

/* A reason without properties is shown as 0, as Suricata 7 does. */
static void read_disconnect(struct mqtt_reader *r, const struct mqtt_message *m)
{
    if (m->version < V5)
        return;
    struct bytes code = cursor_left(&r->at) ? read_byte(r) : ZERO;
    bool alone = cursor_left(&r->at) == 0;
    reason(r, "reason_code", alone ? ZERO : code);
    if (!alone)
        read_properties(r);
}

static void read_auth(struct mqtt_reader *r, const struct mqtt_message *m)
{
    (void)m;
    reason(r, "reason_code", read_byte(r));
    read_properties(r);
}

typedef void read_fn(struct mqtt_reader *r, const struct mqtt_message *m);
static read_fn *const readers[MQTT_TYPES] = {
    [MQTT_CONNECT] = read_connect,   [MQTT_CONNACK] = read_connack,
    [MQTT_PUBLISH] = read_publish,   [MQTT_PUBACK] = read_settled,
    [MQTT_PUBREC] = read_settled,    [MQTT_PUBREL] = read_settled,
    [MQTT_PUBCOMP] = read_settled,   [MQTT_SUBSCRIBE] = read_subscribe,
    [MQTT_SUBACK] = read_suback,     [MQTT_UNSUBSCRIBE] = read_unsubscribe,
    [MQTT_UNSUBACK] = read_unsuback, [MQTT_DISCONNECT] = read_disconnect,
    [MQTT_AUTH] = read_auth,
};

bool mqtt_read(struct mqtt_reader *r, const struct mqtt_message *m)
{
    r->at = cursor_over(app_text_bytes(&m->body));
    if (m->type < MQTT_TYPES && readers[m->type])
        readers[m->type](r, m);
    return cursor_ok(&r->at);
}
