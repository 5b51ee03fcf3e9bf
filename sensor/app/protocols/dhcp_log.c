/* dhcp_log.c - a DHCP message as EVE shows it: Suricata 7's extended record. */
#include "sensor/app/protocols/dhcp_state.h"
#include <stdio.h>

static void put_address(struct json *j, const char *key, struct bytes value)
{
    if (value.len != 4)
        return;
    struct addr a = addr_v4(value.p);
    json_addr(j, key, &a);
}

static void put_addresses(struct json *j, const char *key, struct bytes value)
{
    json_array(j, key);
    for (size_t at = 0; at + 4 <= value.len; at += 4)
        put_address(j, NULL, bytes_slice(value, at, 4));
    json_array_end(j);
}

/* "00:0b:82:01:fc:42" */
static void put_colon_hex(struct json *j, const char *key, struct bytes value)
{
    char text[3 * 255 + 1];
    size_t at = 0;
    for (size_t i = 0; i < value.len; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, i ? ":%02x" : "%02x", value.p[i]);
    json_str(j, key, bytes_of(text, at));
}

static void put_type(struct json *j, struct bytes value)
{
    static const char *const names[] = {NULL,  "discover", "offer",   "request", "decline",
                                        "ack", "nak",      "release", "inform"};
    if (value.len == 0)
        return;
    bool known = value.p[0] < sizeof names / sizeof *names && names[value.p[0]];
    json_strz(j, "dhcp_type", known ? names[value.p[0]] : "unknown");
}

static const char *parameter_name(uint8_t code)
{
    switch (code) {
    case 1:
        return "subnet_mask";
    case 3:
        return "router";
    case 6:
        return "dns_server";
    case 15:
        return "domain";
    case 35:
        return "arp_timeout";
    case 42:
        return "ntp_server";
    case 66:
        return "tftp_server_name";
    case 150:
        return "tftp_server_ip";
    default:
        return NULL;
    }
}

static void put_parameters(struct json *j, struct bytes value)
{
    json_array(j, "params");
    for (size_t i = 0; i < value.len; i++)
        if (parameter_name(value.p[i]))
            json_strz(j, NULL, parameter_name(value.p[i]));
    json_array_end(j);
}

static void put_seconds(struct json *j, const char *key, struct bytes value)
{
    struct cursor c = cursor_over(value);
    uint32_t seconds = cursor_u32(&c);
    if (cursor_ok(&c))
        json_u64(j, key, seconds);
}

static void put_option(struct json *j, uint8_t code, struct bytes value)
{
    switch (code) {
    case DHCP_SUBNET_MASK:
        put_address(j, "subnet_mask", value);
        break;
    case DHCP_ROUTERS:
        put_addresses(j, "routers", value);
        break;
    case DHCP_DNS_SERVERS:
        put_addresses(j, "dns_servers", value);
        break;
    case DHCP_HOSTNAME:
        if (value.len > 0)
            json_str(j, "hostname", value);
        break;
    case DHCP_REQUESTED_IP:
        put_address(j, "requested_ip", value);
        break;
    case DHCP_LEASE_TIME:
        put_seconds(j, "lease_time", value);
        break;
    case DHCP_TYPE:
        put_type(j, value);
        break;
    case DHCP_PARAMETER_LIST:
        put_parameters(j, value);
        break;
    case DHCP_RENEWAL_TIME:
        put_seconds(j, "renewal_time", value);
        break;
    case DHCP_REBINDING_TIME:
        put_seconds(j, "rebinding_time", value);
        break;
    case DHCP_VENDOR_CLASS:
        if (value.len > 0)
            json_str(j, "vendor_class_identifier", value);
        break;
    case DHCP_CLIENT_ID: /* its first byte is the type of what follows */
        if (value.len >= 2)
            put_colon_hex(j, "client_id", bytes_slice(value, 1, SIZE_MAX));
        break;
    default:
        break;
    }
}

/* An option that comes twice is shown once, so that no key does. */
static void put_options(struct json *j, struct bytes message)
{
    struct cursor c = cursor_over(bytes_slice(message, DHCP_HEADER_BYTES, SIZE_MAX));
    uint8_t code;
    struct bytes value;
    bool seen[256] = {false};
    while (dhcp_next_option(&c, &code, &value)) {
        if (!seen[code])
            put_option(j, code, value);
        seen[code] = true;
    }
}

static void put_message(struct json *j, struct bytes message)
{
    struct cursor c = cursor_over(message);
    uint8_t op = cursor_u8(&c);
    cursor_skip(&c, 1);
    size_t hardware_len = cursor_u8(&c);
    cursor_skip(&c, 1);
    uint32_t id = cursor_u32(&c);
    cursor_skip(&c, 4);
    struct bytes client = cursor_take(&c, 4), yours = cursor_take(&c, 4),
                 server = cursor_take(&c, 4), relay = cursor_take(&c, 4),
                 hardware = cursor_take(&c, 16);
    json_strz(j, "type", op == 1 ? "request" : op == 2 ? "reply" : "<unknown>");
    json_u64(j, "id", id);
    put_colon_hex(j, "client_mac", bytes_slice(hardware, 0, hardware_len));
    put_address(j, "assigned_ip", yours);
    put_address(j, "client_ip", client);
    if (op == 2) {
        put_address(j, "relay_ip", relay);
        put_address(j, "next_server_ip", server);
    }
    put_options(j, message);
}

void dhcp_alert_json(const struct app_tx *tx, struct json *j)
{
    json_object(j, "dhcp");
    put_message(j, app_text_bytes(&((const struct dhcp_tx *)tx)->message));
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    dhcp_alert_json(tx, j);
}

void dhcp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "dhcp",
                           .dir = (enum direction)((const struct dhcp_tx *)tx)->dir,
                           .encode = encode};
    app_record_once(tx, last, true, &r, emit, ctx);
}

#define DHCP_SHAPE                                                                                 \
    "{type: string, id: uint, client_mac: string, assigned_ip: string, client_ip: string, "        \
    "relay_ip?: string, next_server_ip?: string, subnet_mask?: string, routers?: [string], "       \
    "dns_servers?: [string], hostname?: string, requested_ip?: string, lease_time?: uint, "        \
    "dhcp_type?: string, params?: [string], renewal_time?: uint, rebinding_time?: uint, "          \
    "vendor_class_identifier?: string, client_id?: string}"
const struct app_shape dhcp_shapes[] = {
    {"dhcp", "dhcp: " DHCP_SHAPE},
    {"alert", "dhcp: " DHCP_SHAPE},
    {0},
};

/* ---- for rules ---- */

static bool get_seconds(const struct app_tx *tx, uint8_t wanted, struct arena *scratch,
                        struct bytes *out)
{
    struct bytes message = app_text_bytes(&((const struct dhcp_tx *)tx)->message), value;
    struct cursor c = cursor_over(bytes_slice(message, DHCP_HEADER_BYTES, SIZE_MAX));
    uint8_t code;
    while (dhcp_next_option(&c, &code, &value)) {
        struct cursor seconds = cursor_over(value);
        if (code == wanted && value.len == 4)
            return app_number_bytes(cursor_u32(&seconds), scratch, out);
    }
    return false;
}

#define GETTER(getter, code)                                                                       \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        (void)dir;                                                                                 \
        return index == 0 && get_seconds(tx, code, scratch, out);                                  \
    }
GETTER(get_lease, DHCP_LEASE_TIME)
GETTER(get_rebinding, DHCP_REBINDING_TIME)
GETTER(get_renewal, DHCP_RENEWAL_TIME)

#define BOTH (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT)
#define DONE ONEWAY_DONE
const struct app_buffer dhcp_buffers[] = {
    APP_NUMBER(DHCP, "dhcp.leasetime", "", BOTH, DONE, DONE, get_lease, &app_u64),
    APP_NUMBER(DHCP, "dhcp.rebinding_time", "", BOTH, DONE, DONE, get_rebinding, &app_u64),
    APP_NUMBER(DHCP, "dhcp.renewal_time", "", BOTH, DONE, DONE, get_renewal, &app_u64),
    {0},
};
