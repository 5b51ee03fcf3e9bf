/* enip_log.c - EtherNet/IP and the CIP messages within, as EVE shows them: Suricata 8's record. */
#include "sensor/app/protocols/enip_state.h"
#include <stdio.h>

#define ITEMS_MAX          8u
#define SERVICES_MAX       64u /* shown of one multiple service packet */
#define SEGMENTS_MAX       16u /* shown of one path */
#define SERVICE_NAME_BYTES 16u

enum item { ITEM_IDENTITY = 0x0c, ITEM_CONNECTED = 0xb1, ITEM_UNCONNECTED = 0xb2 };
enum cip_service { CIP_MULTIPLE = 0x0a };
enum path { PATH_CLASS = 0x20, PATH_INSTANCE = 0x24, PATH_ATTRIBUTE = 0x30 };
#define CIP_RESPONSE 0x80

static void put_named(struct json *j, const char *key, const char *name, uint32_t number)
{
    char text[32];
    if (!name)
        snprintf(text, sizeof text, "unknown-%u", number);
    json_strz(j, key, name ? name : text);
}

/* ---- CIP ---- */

static const char *segment_name(uint8_t type)
{
    switch (type) {
    case PATH_CLASS:
        return "class_8bit";
    case PATH_CLASS + 1:
        return "class_16bit";
    case PATH_INSTANCE:
        return "instance_8bit";
    case PATH_INSTANCE + 1:
        return "instance_16bit";
    case PATH_ATTRIBUTE:
        return "attribute_8bit";
    case PATH_ATTRIBUTE + 1:
        return "attribute_16bit";
    default:
        return NULL;
    }
}

/* One class, instance or attribute number; false at anything else. */
static bool read_segment(struct cursor *c, uint8_t *type, uint16_t *value)
{
    *type = cursor_u8(c);
    if (*type & 1) { /* aligned */
        cursor_skip(c, 1);
        *value = cursor_le16(c);
    } else {
        *value = cursor_u8(c);
    }
    return cursor_ok(c) && segment_name(*type);
}

/* The numbers of a path, up to what is none; and what the last class is called. */
static void put_path(struct json *j, struct bytes path)
{
    struct cursor c = cursor_over(path);
    uint8_t type;
    uint16_t value;
    int class = -1;
    if (!j || path.len == 0)
        return;
    json_array(j, "path");
    for (unsigned i = 0; i < SEGMENTS_MAX && cursor_left(&c) > 0; i++) {
        if (!read_segment(&c, &type, &value))
            break;
        json_object(j, NULL);
        json_strz(j, "segment_type", segment_name(type));
        json_u64(j, "value", value);
        json_object_end(j);
        if ((type & 0xfe) == PATH_CLASS)
            class = value;
    }
    json_array_end(j);
    if (class >= 0)
        put_named(j, "class_name", enip_class_name((uint16_t) class), (uint32_t) class);
}

/* General status and, counted in words, more of it. */
static void put_status(struct json *j, struct cursor *c)
{
    cursor_skip(c, 1);
    uint8_t status = cursor_u8(c);
    size_t words = cursor_u8(c);
    struct bytes extended = cursor_take(c, 2 * words);
    if (!j)
        return;
    put_named(j, "status", enip_cip_status_name(status), status);
    if (extended.len > 0)
        json_hex(j, "status_extended", extended);
}

static bool put_service(struct json *j, struct bytes data, bool may_nest);

/* Several services in one: a count, offsets from the count, the services. */
static bool put_multiple(struct json *j, struct bytes data)
{
    struct cursor c = cursor_over(data);
    unsigned count = cursor_le16(&c);
    bool ok = true;
    if (j)
        json_array(j, "multiple");
    for (unsigned i = 0; i < count && i < SERVICES_MAX && ok; i++) {
        uint16_t offset = cursor_le16(&c);
        ok = cursor_ok(&c) && offset < data.len;
        if (!ok)
            break;
        if (j)
            json_object(j, NULL);
        ok = put_service(j, bytes_slice(data, offset, SIZE_MAX), false);
        if (j)
            json_object_end(j);
    }
    if (j)
        json_array_end(j);
    return ok;
}

static bool put_service(struct json *j, struct bytes data, bool may_nest)
{
    struct cursor c = cursor_over(data);
    uint8_t service = cursor_u8(&c);
    uint8_t kind = service & (CIP_RESPONSE - 1);
    if (j)
        put_named(j, "service", enip_service_name(kind), kind);
    if (service & CIP_RESPONSE) {
        put_status(j, &c);
    } else {
        size_t words = cursor_u8(&c);
        put_path(j, cursor_take(&c, 2 * words));
    }
    if (!cursor_ok(&c))
        return false;
    return kind != CIP_MULTIPLE || !may_nest || cursor_left(&c) == 0 ||
           put_multiple(j, cursor_rest(&c));
}

/* The first item that carries a CIP message, from its service on; a sequence number comes before it
 * in a connected one. False: the list of items is damaged. */
static bool find_cip(struct bytes data, struct bytes *cip)
{
    struct cursor c = cursor_over(data);
    *cip = (struct bytes){0};
    cursor_skip(&c, 6); /* interface, timeout */
    unsigned count = cursor_le16(&c);
    for (unsigned i = 0; i < count && i < ITEMS_MAX && cursor_ok(&c); i++) {
        uint16_t type = cursor_le16(&c);
        struct bytes item = cursor_take(&c, cursor_le16(&c));
        if (!cip->p && cursor_ok(&c) && (type == ITEM_CONNECTED || type == ITEM_UNCONNECTED))
            *cip = bytes_slice(item, type == ITEM_CONNECTED ? 2 : 0, SIZE_MAX);
    }
    return cursor_ok(&c);
}

static bool put_items(struct json *j, struct bytes data)
{
    struct bytes cip;
    bool ok = find_cip(data, &cip);
    if (!cip.p)
        return ok;
    if (j)
        json_object(j, "cip");
    ok &= put_service(j, cip, true);
    if (j)
        json_object_end(j);
    return ok;
}

/* ---- the rest ---- */

/* The first service of a list; an item has a type and a length before it. */
static bool put_services(struct json *j, struct bytes data)
{
    struct cursor c = cursor_over(data);
    if (data.len == 0) /* a question */
        return true;
    cursor_skip(&c, 2 + 4);
    uint16_t version = cursor_le16(&c), capabilities = cursor_le16(&c);
    struct bytes name = cursor_take(&c, SERVICE_NAME_BYTES);
    if (!j || !cursor_ok(&c))
        return cursor_ok(&c);
    const uint8_t *nul = memchr(name.p, 0, name.len);
    json_object(j, "list_services");
    json_u64(j, "protocol_version", version);
    json_u64(j, "capabilities", capabilities);
    json_str(j, "service_name", bytes_of(name.p, nul ? (size_t)(nul - name.p) : name.len));
    json_object_end(j);
    return true;
}

static bool put_identity(struct json *j, struct bytes data)
{
    struct cursor c = cursor_over(data);
    if (data.len == 0) /* a question */
        return true;
    cursor_skip(&c, 2 + 4);
    uint16_t version = cursor_le16(&c);
    cursor_skip(&c, 16); /* socket address */
    uint16_t vendor = cursor_le16(&c), device = cursor_le16(&c), product = cursor_le16(&c);
    uint8_t major = cursor_u8(&c), minor = cursor_u8(&c);
    uint16_t status = cursor_le16(&c);
    uint32_t serial = cursor_le32(&c);
    struct bytes name = cursor_take(&c, cursor_u8(&c));
    uint8_t state = cursor_u8(&c);
    if (!j || !cursor_ok(&c))
        return cursor_ok(&c);
    char revision[16];
    snprintf(revision, sizeof revision, "%u.%u", major, minor);
    json_object(j, "identity");
    json_u64(j, "protocol_version", version);
    json_strz(j, "revision", revision);
    json_u64(j, "vendor_id", vendor);
    json_u64(j, "device_type", device);
    json_u64(j, "product_code", product);
    json_u64(j, "status", status);
    json_u64(j, "serial", serial);
    json_str(j, "product_name", name);
    json_u64(j, "state", state);
    json_object_end(j);
    return true;
}

static bool put_session(struct json *j, struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint16_t version = cursor_le16(&c), options = cursor_le16(&c);
    if (data.len == 0 || !cursor_ok(&c))
        return data.len == 0;
    if (!j)
        return true;
    json_object(j, "register_session");
    json_u64(j, "protocol_version", version);
    json_u64(j, "options", options);
    json_object_end(j);
    return true;
}

bool enip_put_payload(struct json *j, const struct enip_message *m)
{
    struct bytes data = app_text_bytes(&m->data);
    switch (m->command) {
    case ENIP_SEND_RR_DATA:
    case ENIP_SEND_UNIT_DATA:
        return data.len == 0 || put_items(j, data); /* an error has no items */
    case ENIP_LIST_SERVICES:
        return put_services(j, data);
    case ENIP_LIST_IDENTITY:
        return put_identity(j, data);
    case ENIP_REGISTER_SESSION:
        return put_session(j, data);
    default:
        return true;
    }
}

static void put_side(struct json *j, const char *key, const struct enip_message *m)
{
    if (!m->seen)
        return;
    json_object(j, key);
    put_named(j, "command", enip_command_name(m->command), m->command);
    put_named(j, "status", enip_status_name(m->status), m->status);
    if (m->options != 0)
        json_u64(j, "options", m->options);
    enip_put_payload(j, m);
    json_object_end(j);
}

void enip_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct enip_tx *t = (const struct enip_tx *)tx;
    json_object(j, "enip");
    put_side(j, "request", &t->side[TO_SERVER]);
    put_side(j, "response", &t->side[TO_CLIENT]);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    enip_alert_json(tx, j);
}

void enip_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "enip", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, true, &r, emit, ctx);
}

#define SERVICE(more)                                                                              \
    "{service: string, status?: string, status_extended?: string, "                                \
    "path?: [{segment_type: string, value: uint}], class_name?: string" more "}"
#define MESSAGE                                                                                    \
    "{command: string, status: string, options?: uint, register_session?: {protocol_version: "     \
    "uint, options: uint}, list_services?: {protocol_version: uint, capabilities: uint, "          \
    "service_name: string}, identity?: {protocol_version: uint, revision: string, "                \
    "vendor_id: uint, device_type: uint, product_code: uint, status: uint, serial: uint, "         \
    "product_name: string, state: uint}, "                                                         \
    "cip?: " SERVICE(", multiple?: [" SERVICE("") "]") "}"
#define ENIP_SHAPE "{request?: " MESSAGE ", response?: " MESSAGE "}"
const struct app_shape enip_shapes[] = {
    {"enip", "enip: " ENIP_SHAPE},
    {"alert", "enip: " ENIP_SHAPE},
    {0},
};

/* ---- for rules ---- */

static bool get_command(struct app_tx *tx, enum direction dir, unsigned index,
                        struct arena *scratch, struct bytes *out)
{
    const struct enip_message *m = &((struct enip_tx *)tx)->side[dir];
    return index == 0 && m->seen && app_number_bytes(m->command, scratch, out);
}

/* A service of several in one, from its first byte on. */
static bool nested_service(struct bytes multiple, unsigned index, struct bytes *out)
{
    struct cursor c = cursor_over(multiple);
    cursor_skip(&c, 1);
    cursor_skip(&c, 2 * (size_t)cursor_u8(&c)); /* path */
    struct bytes list = cursor_rest(&c);
    struct cursor offsets = cursor_over(list);
    unsigned count = cursor_le16(&offsets);
    cursor_skip(&offsets, 2 * (size_t)index);
    uint16_t offset = cursor_le16(&offsets);
    *out = bytes_slice(list, offset, SIZE_MAX);
    return index < count && index < SERVICES_MAX && cursor_ok(&offsets) && out->len > 0;
}

/* A requested service with its path and data: keywords/enip.c reads them. First the one that is
 * sent, then those within. */
static bool get_service(struct app_tx *tx, enum direction dir, unsigned index,
                        struct arena *scratch, struct bytes *out)
{
    const struct enip_message *m = &((struct enip_tx *)tx)->side[TO_SERVER];
    bool carries = m->command == ENIP_SEND_RR_DATA || m->command == ENIP_SEND_UNIT_DATA;
    (void)dir;
    (void)scratch;
    if (!m->seen || !carries)
        return false;
    find_cip(app_text_bytes(&m->data), out);
    if (out->len == 0 || index == 0)
        return out->len > 0;
    return out->p[0] == CIP_MULTIPLE && nested_service(*out, index - 1, out);
}

/* clang-format off */
#define TS    APP_BUFFER_TO_SERVER
#define TC    APP_BUFFER_TO_CLIENT
#define MULTI APP_BUFFER_MULTI
const struct app_buffer enip_buffers[] = {
    APP_NUMBER(ENIP, "enip_command", "", TS | TC, ENIP_DONE, ENIP_DONE, get_command, &app_u16),
    APP_BUFFER(ENIP, "cip_service", "", "", TS | MULTI, ENIP_DONE, 0, get_service),
    {0},
};
/* clang-format on */
